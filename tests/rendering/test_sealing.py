"""Secrets in git: sealed for one cluster, kept by renderings, and nowhere in the open."""

import base64
from dataclasses import replace
from urllib.parse import quote

import pytest
import yaml
from typer.testing import CliRunner

from cli.app import BAD_INPUT, app
from rendering import kustomize, manifests, record, sealing
from rendering.kustomize_files import sealed_file
from rendering.recorder import reveal
from rendering.sealing import SealedKey
from rendering.secret_values import Given, opened
from settings import load
from settings.problems import SettingsError
from settings.secrets import stand_ins
from settings.variables import required_secrets, secret_readers
from tests.support.kustomize import documents, objects
from tests.support.project import Project
from tests.support.sealing import controller, kubeseal, plain
from tests.support.spoils import put, remove

GIVEN = {"TOSS_SECRET_KEY": "live_planted_0000000000000001", "LLM_API_KEY": "planted/llm+key=01"}
TOSS = SealedKey("manpasik", "manpasik-secrets", "TOSS_SECRET_KEY")
JWT = SealedKey("manpasik", "manpasik-secrets", "JWT_SECRET")
SEED = "the seed of a test"


@pytest.fixture(scope="module")
def cluster():
    return controller()


@pytest.fixture(scope="module")
def place(tmp_path_factory, cluster):
    """A project whose stack dev knows the cluster's certificate, and what the operator gives.

    It has no other overlay: each would be recorded with every command.
    """
    folder = tmp_path_factory.mktemp("sealing")
    project = Project.copied_to(folder / "project")
    key = "config/manpasik:stack/sealing_certificate"
    project.spoil(
        put("Pulumi.dev.yaml", key, cluster.certificate),
        remove("Pulumi.staging.yaml"),
        remove("Pulumi.production.yaml"),
    )
    (folder / "given.yaml").write_text(yaml.safe_dump(GIVEN))
    (folder / "given.yaml").chmod(0o600)
    (folder / "state" / "seeds").mkdir(parents=True)
    (folder / "state" / "seeds" / "dev").write_text(SEED)
    return folder


@pytest.fixture
def mpk(place, monkeypatch):
    monkeypatch.setattr("settings.loader.ROOT", place / "project")
    monkeypatch.setenv("MANPASIK_STATE", str(place / "state"))
    return lambda *arguments: CliRunner().invoke(app, list(map(str, arguments)))


@pytest.fixture(scope="module")
def sealed(place):
    """The tree after `mpk seal dev`, once for all tests, and what the command said."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("settings.loader.ROOT", place / "project")
        patch.setenv("MANPASIK_STATE", str(place / "state"))
        done = CliRunner().invoke(app, ["seal", "dev", "--secrets", str(place / "given.yaml")])
        assert done.exit_code == 0, done.output
        return kustomize.folder(), done.output


def values(tree):
    return sealing.read(tree / sealed_file("dev"))


def of_kind(tree, kind):
    found = {}
    for path in sorted((tree / "apps" / "dev").rglob("*.yaml")):
        found |= objects(path.read_text())
    return {name: content for (_, k, name, _), content in found.items() if k == kind}


def recorded_secrets(values, seed=SEED):
    found = manifests(record(load("dev"), secrets=values, seed=seed))
    return [reveal(each.content) for each in found if each.kind == "Secret"]


def test_what_is_sealed_opens_to_exactly_the_secret_that_the_program_declares(
    sealed, cluster, tmp_path
):
    found = of_kind(sealed[0], "SealedSecret")
    for secret in recorded_secrets(GIVEN):
        opened = cluster.opened(found.pop(secret["metadata"]["name"]), tmp_path)
        assert plain(opened) == plain(secret)
        assert opened["type"] == secret["type"]
        for part in ("name", "namespace", "labels"):
            assert opened["metadata"][part] == secret["metadata"][part]
    assert found == {}


def test_no_secret_is_in_the_open_in_any_file_or_word(sealed):
    tree, told = sealed
    texts = [told, *(path.read_text() for path in tree.rglob("*") if path.is_file())]
    secrets = [value for each in recorded_secrets(GIVEN) for value in plain(each).values()]
    for value in (each for each in secrets if len(each) > len("manpasik")):
        for form in (value, base64.b64encode(value.encode()).decode(), quote(value, safe="")):
            assert not any(form in text for text in texts)


@pytest.mark.parametrize("change", [{"name": "other"}, {"namespace": "manpasik-data"}])
def test_a_sealed_value_opens_under_its_own_name_and_namespace_only(
    sealed, cluster, tmp_path, change
):
    found = of_kind(sealed[0], "SealedSecret")["manpasik-secrets"]
    moved = {**found, "metadata": {**found["metadata"], **change}}
    assert cluster.opened(found, tmp_path) is not None
    assert cluster.opened(moved, tmp_path) is None


def test_another_cluster_opens_nothing(sealed, tmp_path):
    found = of_kind(sealed[0], "SealedSecret")["manpasik-secrets"]
    assert controller().opened(found, tmp_path) is None


def test_a_rendering_keeps_what_is_sealed_byte_for_byte(sealed, mpk):
    before = {path: path.read_bytes() for path in sealed[0].rglob("*") if path.is_file()}
    assert mpk("render", "--kustomize").exit_code == 0
    after = {path: path.read_bytes() for path in sealed[0].rglob("*") if path.is_file()}
    assert after == before


def test_one_key_alone_is_sealed_anew_and_rolls_exactly_its_readers(sealed, mpk, place):
    tree = sealed[0]
    before, old = values(tree), of_kind(tree, "Deployment")
    done = mpk("seal", "dev", "--secrets", place / "given.yaml", "--only", TOSS)
    assert done.exit_code == 0, done.output
    assert {k for k, text in values(tree).items() if before[k] != text} == {TOSS}
    new = of_kind(tree, "Deployment")
    assert {name for name in new if new[name] != old[name]} == {"payment-service"}


def test_a_key_that_is_gone_goes_from_the_sealed_values_and_one_that_is_new_is_told(
    sealed, mpk, tmp_path
):
    tree = tmp_path / "tree"
    file = tree / sealed_file("dev")
    file.parent.mkdir(parents=True)
    text = (sealed[0] / sealed_file("dev")).read_text()
    file.write_text(text.replace("JWT_SECRET:", "JWT_SECRET_OF_OLD:"))
    (tree / ".rendered").write_text(f"{sealed_file('dev')}\n")
    done = mpk("render", "--kustomize", "-o", tree)
    assert "dropped manpasik/manpasik-secrets/JWT_SECRET_OF_OLD: no such key" in done.stderr
    assert "manpasik/manpasik-secrets: JWT_SECRET\n" in done.stderr
    expected = values(sealed[0]).keys() - {JWT}
    assert values(tree).keys() == expected


def test_another_sealed_text_changes_checksums_and_nothing_else():
    settings = load("dev")
    every = {k: "AgA" for s in recorded_secrets({}) for k in sealing.keys_of(s)}
    one, other = (
        kustomize.overlay(settings, dict.fromkeys(every, text)).objects for text in ("AgA", "AgB")
    )
    differing = {k for k in one if k[1] != sealing.KIND and one[k] != other[k]}
    assert {kind for _, kind, *_ in differing} == {"Deployment", "StatefulSet"}
    for key in differing:
        assert without_checksum(one[key]) == without_checksum(other[key])


def without_checksum(content):
    template = content["spec"]["template"]
    annotations = {
        k: v for k, v in template["metadata"]["annotations"].items() if "checksum" not in k
    }
    metadata = template["metadata"] | {"annotations": annotations}
    return content["spec"] | {"template": template | {"metadata": metadata}}


def test_every_stand_in_has_the_form_that_its_variable_asks_for():
    for stack in ("dev", "production"):
        settings = load(stack)
        known = list(secret_readers(settings))
        record(settings, secrets=stand_ins(settings, known, "AgA"), seed="a seed")


@pytest.mark.parametrize(
    ("pem", "message"),
    [
        (None, "sealing_certificate: is missing; put there what the cluster gives"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "is no certificate"),
        (controller(elliptic=True).certificate, "holds no RSA key"),
    ],
    ids=["missing", "broken", "elliptic"],
)
def test_a_certificate_that_cannot_seal_is_one_sentence(pem, message):
    with pytest.raises(SettingsError, match=message):
        sealing.certificate(with_certificate(load("dev"), pem))


def with_certificate(settings, pem):
    stack = settings.stack.model_copy(update={"sealing_certificate": pem})
    return replace(settings, stack=stack)


def test_a_certificate_that_has_run_out_is_one_sentence_without_the_values():
    certificate = sealing.certificate(
        with_certificate(load("dev"), controller(days=-1).certificate)
    )
    with pytest.raises(SettingsError, match=r"cannot be sealed with .*expired") as refused:
        sealing.seal(kubeseal(), certificate, recorded_secrets(GIVEN))
    assert GIVEN["TOSS_SECRET_KEY"] not in str(refused.value)


def test_every_secret_that_is_missing_is_named_at_once_with_where_to_write_it():
    with pytest.raises(SettingsError) as refused:
        opened(load("staging"), Given(source="given.yaml", values={}, seed="a seed"))
    assert {each.key for each in refused.value.problems} == {*required_secrets(load("staging"))}
    for each in refused.value.problems:
        assert each.file == "given.yaml"
        assert each.remedy == "write its value into given.yaml"


def test_a_missing_seed_is_named_like_a_missing_secret():
    """The stores' own passwords follow from it, where an environment generates none."""
    stack = load("staging")
    values = stand_ins(stack, required_secrets(stack), "x")
    with pytest.raises(SettingsError, match=r"given\.yaml: manpasik:seed: is missing") as refused:
        opened(stack, Given(source="given.yaml", values=values, seed=""))
    assert str(refused.value).endswith("write its value into given.yaml")


def test_a_seed_that_is_given_goes_before_the_machine_s_own(place, monkeypatch):
    monkeypatch.setenv("MANPASIK_STATE", str(place / "state"))
    found = opened(load("dev"), Given(source="given.yaml", values={}, seed="another seed"))
    assert list(map(plain, found)) == list(map(plain, recorded_secrets({}, "another seed")))


def test_a_single_key_needs_no_other_secret():
    given = Given(source="given.yaml", values=GIVEN, seed="")
    (secret,) = opened(load("staging"), given, [str(TOSS)])
    assert plain(secret) == {"TOSS_SECRET_KEY": GIVEN["TOSS_SECRET_KEY"]}


def test_a_key_that_follows_from_a_secret_that_is_not_given_is_never_sealed():
    """A stand-in in its place would be deployed, and every service refused by the database."""
    given = Given(source="given.yaml", values=GIVEN, seed="a seed")
    with pytest.raises(SettingsError, match="POSTGRES_PASSWORD: follows from secrets that are not"):
        opened(load("staging"), given, ["postgres/POSTGRES_PASSWORD"])


def test_a_key_that_no_secret_has_is_refused_with_its_likeness():
    given = Given(source="given.yaml", values={}, seed="")
    with pytest.raises(SettingsError, match="did you mean 'manpasik-secrets/JWT_SECRET'"):
        opened(load("dev"), given, ["manpasik-secrets/JWT_SECRETS"])


def test_the_values_of_no_stack_are_sealed_where_the_stack_has_no_overlay(mpk, place):
    done = mpk("seal", "local", "--secrets", place / "given.yaml")
    assert done.exit_code == BAD_INPUT
    assert "has no overlay: nothing of it is in git; name one of dev" in done.stderr


def test_sealed_values_are_patches_that_kustomize_knows(sealed):
    found = documents((sealed[0] / sealed_file("dev")).read_text())
    assert {each["kind"] for each in found} == {"SealedSecret"}
    assert all(each["spec"].keys() == {"encryptedData"} for each in found)
