"""No secret is in anything that the program writes or says (issue 4, line 7; pitfall P-4).

Each is planted with characters that other writings escape, and looked for in all those writings.
"""

import base64
import functools
import json
import traceback
from urllib.parse import quote, quote_plus

import pytest
import yaml
from typer.testing import CliRunner

from cli.app import app
from rendering import kustomize, manifests, record, sealing, write_manifests
from rendering.compose import compose
from rendering.hiding import hidden
from rendering.plan_text import as_dict, as_markdown, as_text
from rendering.recorder import reveal
from settings import load
from tests.support.plans import KEY, between
from tests.support.project import Project
from tests.support.recording import recorded
from tests.support.spoils import put

PLANTED = {
    "DB_PASSWORD": "PlantedDbPassword0000001",
    "REDIS_PASSWORD": "PlantedRedisPassword0002",
    "ELASTICSEARCH_PASSWORD": "PlantedSearchPassword003",
    "JWT_SECRET": "planted\"jwt\\secret/+&=%<'0000000000000004",
    "TOSS_SECRET_KEY": "live_planted_0000000000000005",
    "FCM_SERVER_KEY": "planted:fcm?key#0000000000006",
    "CONFIG_ENCRYPTION_KEY": "5ec7e7" * 10 + "0007",
    "LLM_API_KEY": "sk-planted~{0000000000008}",
    "ALERT_SLACK_URL": "https://planted.invalid/slack?a='0000000000010",
    "ALERT_PAGERDUTY_KEY": "plantedpagerduty0000000000000011",
    "ALERT_SMTP_PASSWORD": 'planted"smtp\\password+0012',
    "ALERT_HEARTBEAT_URL": "https://planted.invalid/beat/<0000000000013>",
}
SEED = "planted seed/of a stack 0009"
STACK = "production"


def forms(value):
    """A text as YAML, JSON, Python, URLs, shells and Kubernetes write it."""
    raw = value.encode()
    plain = {value, json.dumps(value)[1:-1], repr(value)[1:-1], value.replace("'", "''")}
    in_urls = {quote(value), quote(value, safe=""), quote_plus(value)}
    encoded = {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
    return plain | in_urls | {text.rstrip("=") for text in encoded} | {raw.hex()}


FORMS = {name: forms(value) for name, value in {**PLANTED, "the seed": SEED}.items()}


def leaked(*texts):
    """The planted secrets that some text holds in some form."""
    return {name for name, found in FORMS.items() for form in found
            if any(form in text for text in texts)}  # fmt: skip


@functools.cache
def planted():
    """The stack with every secret planted."""
    return tuple(record(load(STACK), secrets=PLANTED, seed=SEED))


@functools.cache
def before_and_after():
    """The stack's objects as a plan takes them: with other secrets, then with the planted ones."""
    found = (recorded(STACK), planted())
    return [hidden([each.content for each in manifests(resources)], KEY) for resources in found]


def test_what_is_looked_for_is_really_there():
    revealed = [reveal(manifest.content) for manifest in manifests(planted())]
    assert leaked(json.dumps(revealed)) == set(PLANTED)
    assert leaked(yaml.safe_dump(revealed)) == set(PLANTED)
    assert leaked(str(list(map(forms, PLANTED.values())))) == set(PLANTED)


def test_no_rendered_file_holds_one(tmp_path):
    written = write_manifests(manifests(planted()), tmp_path / "out")
    assert leaked(*(path.read_text() for path in written)) == set()
    assert leaked(*(path.name for path in written)) == set()


@pytest.mark.parametrize("write", [as_text, as_markdown, lambda p: json.dumps(as_dict(p)), repr],
                         ids=["text", "Markdown", "JSON", "repr"])  # fmt: skip
@pytest.mark.parametrize("way", [1, -1], ids=["there", "back"])
def test_no_plan_holds_one(write, way):
    plan = between(*before_and_after()[::way])
    assert not plan.empty, "the secrets are others"
    assert leaked(write(plan)) == set()


def test_no_plan_of_a_new_stack_holds_one():
    plan = between([], before_and_after()[1])
    assert leaked(as_text(plan), as_markdown(plan), json.dumps(as_dict(plan))) == set()


def test_no_recording_shows_one_when_it_is_printed():
    found = manifests(planted())
    assert leaked(repr(planted()), str(planted()), repr(found), str(found)) == set()


MIDDLES = [
    "components.workloads.workload.budget",  # while components are made
    "settings.names.checksum",  # while the values of secrets are at hand
    "components.data.server._spec",  # between a store's Secret and its pods
    "rendering.recorder._plain",  # while the engine's words are read
]


@pytest.mark.parametrize("place", MIDDLES)
def test_no_failure_in_the_middle_shows_one(place, monkeypatch, capfd):
    def fail(*_, **__):
        raise RuntimeError("the middle of a recording")

    monkeypatch.setattr(place, fail)
    with pytest.raises(Exception, match="the middle of a recording") as caught:
        record(load("dev", SMALL), secrets=PLANTED, seed=SEED)
    told = "".join(traceback.format_exception(caught.value))
    assert leaked(told, repr(caught.value), *capfd.readouterr()) == set()


SMALL = {"environment": "dev", "services_up_to_phase": 1, "services": {"gateway": {"replicas": 2}}}


def test_no_compose_file_holds_one():
    made = compose(load("dev"), PLANTED, SEED)
    read = {name: value for name, value in PLANTED.items() if not name.startswith("ALERT_")}
    assert read.items() <= made.values.items(), "they belong in .env"
    assert leaked(made.text, repr(made), json.dumps(made.document), *made.warnings) == set()


def test_no_file_of_the_kustomize_tree_holds_one(monkeypatch):
    monkeypatch.setattr(sealing, "stand_in_secrets", lambda *_: (PLANTED, SEED))
    made = kustomize.overlay(load(STACK), {})
    files = kustomize.tree([made])
    assert leaked(*files, *files.values(), repr(made), str(made.secrets)) == set()


@pytest.mark.parametrize("command", ["check", "check --json", "plan dev --json", "render dev -o x"])
@pytest.mark.parametrize("place", ["config/manpasik:secrets", "config/manpasik:stack/variables"])
def test_no_command_repeats_one_that_stands_in_a_stack_file(command, place, tmp_path, monkeypatch):
    project = Project.copied_to(tmp_path).spoil(put("Pulumi.dev.yaml", place, PLANTED))
    monkeypatch.setattr("settings.loader.ROOT", project.root)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, command.split())
    assert done.exit_code == 2, done.output
    assert "in the open" in done.stderr
    assert leaked(done.output, done.stderr, repr(done.exception)) == set()
    assert not (tmp_path / "x").exists()
