"""`mpk pr-comment` between real commits, and what a hostile one gets (issue 7, lines 2 and 4)."""

import ast
import json
import os
import re

import pytest
from typer.testing import CliRunner

from cli.app import BAD_INPUT, app
from cli.pr_comment import UNSOUND
from rendering.sources import _LENT
from settings import cost
from settings.loader import load
from tests.support.repositories import commit, git, program_at

PLANTED = "Planted+Secret/Value0042"
CREDENTIALS = ("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "PULUMI_ACCESS_TOKEN", "KUBECONFIG",
               "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "PYTHONSTARTUP", "SSH_AUTH_SOCK")  # fmt: skip


@pytest.fixture
def repository(tmp_path, monkeypatch):
    root = program_at(tmp_path / "repository")
    monkeypatch.setattr("settings.loader.ROOT", root)
    return root


def mpk(*arguments):
    return CliRunner().invoke(app, ["pr-comment", *map(str, arguments)])


def test_a_branch_is_told_whole_with_the_artifact_beside_it(repository, tmp_path):
    git(repository, "switch", "--quiet", "--create", "change")
    (repository / "catalog/services/translation-service.yaml").unlink()
    cloud = "    cloud: {provider: aws, region: ap-northeast-2, kind: server}\n"
    (repository / "Pulumi.other.yaml").write_text(
        (repository / "Pulumi.dev.yaml").read_text() + cloud
    )
    gateway = repository / "catalog/services/gateway.yaml"
    gateway.write_text(re.sub(r"translation-service,\s*", "", gateway.read_text()))
    commit(repository, "one service less, one stack more")
    out = tmp_path / "out"
    done = mpk("--base", "main", "--head", "change", "--output", out)
    assert done.exit_code == 0, done.output
    plans = {p["stack"]: p for p in json.loads((out / "plans.json").read_text())["plans"]}
    gone = {(o["kind"], o["name"]) for o in plans["dev"]["objects"] if o["action"] == "delete"}
    assert ("Deployment", "translation-service") in gone
    assert plans["other"]["summary"]["delete"] == 0
    text = (out / "comment.md").read_text()
    assert "### Dangerous" in text
    bill = f"{cost.bill(load('other')).monthly:,.0f}"
    assert {name: columns(text, name)[-2:] for name in ("dev", "other")} == {
        "dev": ["0", "hold it"],
        "other": [f"{bill} (**+{bill}**)", "hold it"],
    }


def columns(text, stack):
    """A stack's row of the overview, which is the first table."""
    row = next(line for line in text.splitlines() if line.startswith(f"| {stack} |"))
    return [cell.strip() for cell in row.strip("|").split("|")]


HOSTILE = """
import os, pathlib
with pathlib.Path({loot!r}).open("a") as loot:
    loot.write(repr((__name__, dict(os.environ))) + chr(10))
"""
PLACES = ("__main__.py", "settings/__init__.py", "rendering/recorder.py")


def poison(file, loot):
    """Put code that looks for credentials below a module's docstring."""
    text = file.read_text()
    end = text.index('"""', text.index('"""') + 3) + 3
    file.write_text(text[:end] + HOSTILE.format(loot=str(loot)) + text[end:])


def test_a_hostile_program_finds_no_credential_in_its_environment(
    repository, tmp_path, monkeypatch
):
    loot = tmp_path / "loot"
    git(repository, "switch", "--quiet", "--create", "evil")
    for place in PLACES:
        poison(repository / place, loot)
    commit(repository, "evil")
    for name in CREDENTIALS:
        monkeypatch.setenv(name, PLANTED)
    done = mpk("dev", "--base", "main", "--head", "evil")
    assert done.exit_code == 0, done.output
    seen = [ast.literal_eval(line) for line in loot.read_text().splitlines()]
    assert len({module for module, _ in seen}) == len(PLACES), "the planted code never ran"
    assert PLANTED not in repr(seen) + done.output
    allowed = {*_LENT, "HOME", "PYTHONPATH", "MANPASIK_STATE", "LC_CTYPE", "KUBECONFIG"}
    assert {name for _, found in seen for name in found if "PULUMI" not in name} <= allowed
    assert all(found["HOME"] != os.environ["HOME"] for _, found in seen), (
        "credential files lie there"
    )


def test_a_hostile_catalogue_is_data_and_is_refused(repository, tmp_path):
    git(repository, "switch", "--quiet", "--create", "evil")
    loot = tmp_path / "loot"
    (repository / "catalog/services/gateway.yaml").write_text(
        f"name: !!python/object/apply:os.system ['touch {loot}']\n"
    )
    commit(repository, "evil")
    done = mpk("dev", "--base", "main", "--head", "evil")
    assert done.exit_code == UNSOUND
    assert "### Not sound: dev" in done.stdout
    assert not loot.exists()


@pytest.mark.parametrize("ref", ["nowhere", "--upload-pack=x", "HEAD~99"])
@pytest.mark.usefixtures("repository")
def test_an_unknown_base_is_one_sentence(ref):
    done = mpk("--base", ref)
    assert done.exit_code == BAD_INPUT
    assert "no commit of that name" in done.stderr
