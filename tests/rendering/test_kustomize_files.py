"""The Kustomize tree (R-KUS, decision 2). That kustomize builds it to exactly what the program
declares is shown with kustomize itself, in `tests/cluster/shared/test_kustomize.py`.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import PurePosixPath

import pytest
import yaml
from typer.testing import CliRunner

from cli.app import BAD_INPUT, app
from rendering import kustomize
from rendering.folder import LIST
from rendering.kustomize_files import sealed_file
from rendering.waves import in_its_wave
from settings import load
from settings.loader import ROOT
from tests.support.kustomize import documents, files, names, objects, overlay

STACKS = names()
BUILD = """
import hashlib
import json
from cli.app import BAD_INPUT, app
from rendering import kustomize
from settings import load
place = kustomize.folder()
found = [
    kustomize.overlay(load(n), kustomize.sealed_values(n, place)) for n in kustomize.overlay_names()
]
print(hashlib.sha256(repr(sorted(kustomize.tree(found).items())).encode()).hexdigest())
"""


def kustomization(folder):
    return yaml.safe_load(files()[f"{folder}/kustomization.yaml"])


def below(folder):
    return {name for name in files() if name.startswith(f"{folder}/")}


def test_the_committed_tree_is_what_the_program_makes_now():
    folder = kustomize.folder()
    committed = {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.name != LIST
    }
    differing = {
        name for name in {*committed, *files()} if committed.get(name) != files().get(name)
    }
    assert sorted(differing)[:5] == [], "run `make golden`, and read the difference"


def test_there_is_an_overlay_for_dev_staging_and_production_in_that_order():
    assert STACKS == ("dev", "staging", "production")


def test_the_base_stands_in_the_specification_s_own_layout():
    wanted = {"kustomization.yaml", "ingress.yaml", "config/configmap.yaml", "config/secrets.yaml"}
    services = {f"services/{name}.yaml" for name in load("production").services}
    assert {f"base/{name}" for name in wanted | services} <= set(files())


@pytest.mark.parametrize("stack", STACKS)
def test_every_file_is_named_by_a_kustomization(stack):
    """A manifest beside the tree was applied with the folder and hid the real one (KUST-06)."""
    named = set()
    for folder in ("base", f"overlays/{stack}"):
        named |= _named_by(folder)
    assert named == below("base") | below(f"overlays/{stack}")


def _named_by(folder):
    held = kustomization(folder)
    patches = [each["path"] for each in held.get("patches", []) if "path" in each]
    found = {f"{folder}/kustomization.yaml"}
    found |= {f"{folder}/{n}" for n in [*held.get("resources", []), *patches] if n != "../../base"}
    return found.union(*(_named_by(f"{folder}/{each}") for each in held.get("components", [])))


def test_no_kustomization_renames_or_moves_an_object():
    """`namespace:` made three Namespaces one, and no overlay could be built (KUST-01)."""
    allowed = {"apiVersion", "kind", "metadata", "resources", "components", "patches", "labels"}
    for name in files():
        if name.endswith("kustomization.yaml"):
            assert yaml.safe_load(files()[name]).keys() <= allowed, name


def test_new_objects_are_resources_and_every_patch_has_an_object_in_the_base():
    """Patches on objects that nobody made stopped the build of production (KUST-02)."""
    base = {key for name in below("base") for key in objects_of(name)}
    for name in files():
        patches = yaml.safe_load(files()[name]).get("patches", []) if is_component(name) else []
        for target in (each["target"] for each in patches if "target" in each):
            version = f"{target.get('group', '')}/{target['version']}".lstrip("/")
            known = target.get("namespace", ""), target["kind"], target["name"], version
            assert known in base, f"{name} patches {known}"


def is_component(name):
    return name.startswith("overlays/") and PurePosixPath(name).name == "kustomization.yaml"


def objects_of(name):
    return {} if name.endswith("kustomization.yaml") else objects(files()[name])


def test_what_a_scaler_writes_is_in_no_file():
    """Each apply set the scale back to 3 (KUST-04)."""
    for stack in STACKS:
        found = overlay(stack).objects.values()
        scaled = {o["spec"]["scaleTargetRef"]["name"] for o in found if "Autoscaler" in o["kind"]}
        for each in found:
            if each["kind"] == "Deployment" and each["metadata"]["name"] in scaled:
                assert "replicas" not in each["spec"]
    for name in below("base"):
        assert not any("replicas" in o.get("spec", {}) for (_, kind, *_), o in
                       objects_of(name).items() if kind == "Deployment"), name  # fmt: skip


@pytest.mark.parametrize("stack", STACKS)
def test_one_transformer_names_the_environment_and_no_patch_does(stack):
    """Labels of the environment in selectors cannot change any more (KUST-05)."""
    (entry,) = kustomization(f"overlays/{stack}")["labels"]
    assert entry["pairs"] == {"manpasik.com/stack": stack}
    assert not {"includeSelectors", "includeTemplates"} & entry.keys()
    for name in (below("base") | below(f"overlays/{stack}")) - {
        f"overlays/{stack}/kustomization.yaml"
    }:
        assert "manpasik.com/stack" not in files()[name], name


@pytest.mark.parametrize("stack", STACKS)
def test_the_paths_of_argo_cd_hold_together_exactly_what_the_stack_declares(stack):
    found = {}
    for name in sorted(below(f"apps/{stack}")):
        for key, content in objects(files()[name]).items():
            assert key not in found, f"{key} stands twice: two Applications would fight over it"
            found[key] = content
    declared = overlay(stack).objects
    assert found == {key: in_its_wave(each) for key, each in declared.items()}


@pytest.mark.parametrize("stack", STACKS)
def test_every_service_has_one_flat_path_of_its_own(stack):
    parts = [PurePosixPath(name).parts for name in below(f"apps/{stack}")]
    assert {len(each) for each in parts} == {4}, "Argo CD looks into no folder below"
    assert {each[2] for each in parts} == {*load(stack).services, "data", "platform"}
    for service in load(stack).services:
        kinds = {PurePosixPath(name).stem for name in below(f"apps/{stack}/{service}")}
        assert {"deployment", "service", "serviceaccount"} <= kinds


def test_one_service_s_change_alters_that_service_s_files_only():
    changes = {"image_tag": "v9.9.9", "cpu": "300m", "max_replicas": 7}
    stack = load("production").stack.model_dump(mode="json", exclude_unset=True)
    after = load("production", stack | {"services": {"shop-service": changes}})
    rest = [overlay(name) for name in STACKS if name != "production"]
    changed = kustomize.tree([*rest, kustomize.overlay(after, overlay("production").sealed)])
    differing = {n for n in {*changed, *files()} if changed.get(n) != files().get(n)}
    owned = ("overlays/production/services/shop-service/", "apps/production/shop-service/")
    # The quota is the sum over all services.
    own = {n for n in differing if not n.startswith(owned)} - LIMITS
    assert own == set()
    assert any(name.startswith(owned) for name in differing)


LIMITS = {
    "overlays/production/platform/limits/kustomization.yaml",
    "apps/production/platform/limits.yaml",
}


def test_the_tree_has_the_same_bytes_wherever_it_is_made(tmp_path):
    place = {"PYTHONHASHSEED": "4242", "TZ": "Asia/Seoul", "LC_ALL": "C", "HOME": "/nonexistent"}
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **place}
    command = [sys.executable, "-c", BUILD]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    here = repr(sorted(files().items()))
    assert done.stdout.strip() == hashlib.sha256(here.encode()).hexdigest()


def test_no_file_holds_a_plain_secret():
    for name, text in files().items():
        assert not any(each.get("kind") == "Secret" for each in documents(text)
                       if isinstance(each, dict)), name  # fmt: skip
        assert "[secret]" not in text


def test_every_file_says_who_writes_it():
    for name, text in files().items():
        writer = "mpk seal" if name in map(sealed_file, STACKS) else "mpk render --kustomize"
        assert text.startswith("# ")
        assert writer in text.splitlines()[0], name


def test_a_secret_outside_of_a_secret_is_never_written(monkeypatch):
    """`[secret]` in the place of a value would be deployed as it is."""
    monkeypatch.setattr("rendering.kustomize.redact", lambda value: value)
    leaking = kustomize.Secret("planted")
    with pytest.raises(ValueError, match="ConfigMap manpasik-config holds a secret"):
        kustomize._in_git(_config_map({"KEY": leaking}), {})


def _config_map(data):
    content = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "manpasik-config"}}
    return kustomize.Manifest(urn="", content=content | {"data": data}, depends_on=frozenset())


@pytest.mark.parametrize(
    ("arguments", "word"),
    [(["--kustomize", "dev"], "name none"), ([], "name a stack, or say --kustomize")],
)
def test_the_tree_is_of_all_stacks_and_everything_else_of_one(arguments, word):
    done = CliRunner().invoke(app, ["render", *arguments])
    assert (done.exit_code, word in done.stderr) == (BAD_INPUT, True)


def test_a_program_can_read_what_is_not_sealed_yet(tmp_path, monkeypatch):
    monkeypatch.setattr(kustomize, "overlay", lambda settings, _: overlay(settings.stack_name))
    done = CliRunner().invoke(app, ["render", "--kustomize", "-o", str(tmp_path / "t"), "--json"])
    told = json.loads(done.stdout)["unsealed"]
    assert told == {name: [f"{k.namespace}/{k}" for k in overlay(name).unsealed] for name in STACKS}
