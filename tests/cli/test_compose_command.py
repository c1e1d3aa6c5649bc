"""`mpk compose`: one file, its secrets beside it, and never anything of somebody else's touched."""

import base64
import os
import shutil
import subprocess
import sys
from urllib.parse import quote

import pytest
import yaml
from typer.testing import CliRunner

from cli.app import app
from settings import load, secrets
from settings.loader import ROOT
from tests.support.compose import PRODUCT, read_by_compose
from tests.support.project import Project
from tests.support.spoils import put, put_in_stack

STACK = "Pulumi.local.yaml"
PLACES = [
    {"PYTHONHASHSEED": "0"},
    {"PYTHONHASHSEED": "4242", "TZ": "Asia/Seoul", "LANG": "ko_KR.UTF-8"},
    {"LC_ALL": "C", "TZ": "America/New_York", "HOME": "/nonexistent"},
]


def run(*arguments):
    return CliRunner().invoke(app, ["compose", *map(str, arguments)])


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    """A state folder, and the two files that the command made from it."""
    place = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MANPASIK_STATE", str(place / "state"))
        done = run("local", "-o", place / "out" / "compose.yaml")
    assert done.exit_code == 0, done.stderr
    return place


@pytest.fixture
def mpk(tmp_path, monkeypatch):
    monkeypatch.setenv("MANPASIK_STATE", str(tmp_path / "state"))
    return run


@pytest.fixture
def fresh(tmp_path):
    """Where the command has made nothing yet."""
    return tmp_path / "out" / "compose.yaml"


@pytest.fixture
def file(fresh, made_once, tmp_path):
    """A compose file that the command has made, with `.env` beside it."""
    shutil.copytree(made_once, tmp_path, dirs_exist_ok=True)
    return fresh


@pytest.fixture
def spoil(tmp_path, monkeypatch):
    project = Project.copied_to(tmp_path / "project")
    monkeypatch.setattr("settings.loader.ROOT", project.root)
    return project.spoil


def entries(file):
    lines = file.with_name(".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def rewrite(file, **changed):
    """What a person may do to `.env`: the same entries with other values."""
    env = file.with_name(".env")
    head = [line for line in env.read_text().splitlines() if line.startswith("#")]
    values = {n: v for n, v in {**entries(file), **changed}.items() if v is not None}
    env.write_text("\n".join([*head, *(f"{n}={v}" for n, v in values.items())]) + "\n")


def forms_of(secret):
    return {secret, base64.b64encode(secret.encode()).decode(), quote(secret, safe="")}


def test_what_it_writes_is_all_that_compose_needs_but_the_product_s_folder(file):
    assert {path.name for path in file.parent.iterdir()} == {"compose.yaml", ".env"}
    loaded = read_by_compose(file.parent, PRODUCT_DIR=PRODUCT)
    assert loaded.returncode == 0, loaded.stderr


def test_without_a_name_the_file_lies_in_the_state_folder_not_in_the_checkout(mpk, tmp_path):
    done = mpk("dev")
    folder = tmp_path / "state" / "compose" / "dev"
    assert f"docker compose -f {folder}/compose.yaml up -d" in done.stderr
    assert {path.name for path in folder.iterdir()} == {"compose.yaml", ".env"}


def test_secrets_are_readable_by_their_owner_alone(mpk, fresh):
    old = os.umask(0)
    try:
        mpk("local", "-o", fresh)
    finally:
        os.umask(old)
    assert fresh.with_name(".env").stat().st_mode & 0o777 == 0o600


def test_no_secret_stands_in_the_file_or_is_printed(mpk, file):
    planted = "Planted/Secret+Number0001==and-some-more"
    mpk("local", "-o", file)
    rewrite(file, JWT_SECRET=f"'{planted}'")
    file.unlink()
    done = mpk("local", "-o", file)
    assert done.exit_code == 0, done.stderr
    told = file.read_text() + done.output + mpk("local", "-o", "-").output
    # Two of the values are names that the catalogue holds in the open.
    secrets = {
        v for n, v in entries(file).items() if not n.endswith(("USER", "USERNAME", "KEY_ID"))
    }
    for secret in {*secrets, planted}:
        for form in forms_of(secret):
            assert form not in told


@pytest.mark.usefixtures("mpk")
def test_the_secrets_are_those_of_the_same_stack_on_kubernetes(file):
    settings = load("local")
    resolved = secrets.resolve(settings, {}, secrets.stack_seed(settings)).values
    assert resolved.items() <= entries(file).items()


def test_a_second_run_changes_nothing_and_says_so(mpk, file):
    before = {path: path.read_bytes() for path in file.parent.iterdir()}
    assert mpk("local", "-o", file).stderr.startswith("no change\n")
    assert {path: path.read_bytes() for path in file.parent.iterdir()} == before


def test_a_secret_that_stands_there_is_never_overwritten(mpk, file):
    own = {"TOSS_SECRET_KEY": "live_0123456789abcdef0", "PRODUCT_DIR": "/my/product"}
    rewrite(file, **own)
    mpk("local", "-o", file)
    assert own.items() <= entries(file).items()


def test_a_secret_that_is_absent_is_added_and_the_rest_stays(mpk, file):
    before = entries(file)
    rewrite(file, REDIS_PASSWORD=None)
    mpk("local", "-o", file)
    assert entries(file) == before


def test_an_optional_secret_reaches_its_service_once_it_stands_there(mpk, file):
    assert "LLM_API_KEY" not in file.read_text()
    rewrite(file, LLM_API_KEY="a-key-of-mine")
    mpk("local", "-o", file)
    given = yaml.safe_load(file.read_text())["services"]["ai-inference-service"]["environment"]
    assert given["LLM_API_KEY"].startswith("${LLM_API_KEY:?")


def test_a_secret_that_the_code_would_not_take_is_refused_where_it_stands(mpk, file):
    before = file.read_bytes()
    rewrite(file, CONFIG_ENCRYPTION_KEY="not-hexadecimal")
    done = mpk("local", "-o", file)
    assert done.exit_code == 2
    assert (
        f"{file.with_name('.env')}: CONFIG_ENCRYPTION_KEY = [secret]: has the wrong form"
        in done.stderr
    )
    assert file.read_bytes() == before


def test_a_secret_that_the_stack_holds_encrypted_is_asked_for_and_not_made_up(mpk, fresh, spoil):
    spoil(put(STACK, "config/manpasik:secrets/TOSS_SECRET_KEY", {"secure": "v1:abc"}))
    done = mpk("local", "-o", fresh)
    assert done.exit_code == 0, done.stderr
    assert "TOSS_SECRET_KEY is encrypted in Pulumi.local.yaml" in done.stderr
    assert "TOSS_SECRET_KEY" not in entries(fresh)
    loaded = read_by_compose(fresh.parent, PRODUCT_DIR=PRODUCT)
    assert "TOSS_SECRET_KEY is missing a value" in loaded.stderr


def test_the_file_is_the_same_wherever_it_is_made(tmp_path):
    made = set()
    for number, place in enumerate(PLACES):
        folder = tmp_path / str(number)
        folder.mkdir()
        program = "from cli.app import app; app()"
        command = [sys.executable, "-c", program, "compose", "local", "-o", "-"]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **place}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
        made.add(done.stdout)
        assert not list(folder.iterdir()), "printing writes nothing"
    assert len(made) == 1, "hash seed, locale, time zone or working directory shows"


def test_a_file_and_standard_output_are_alike(mpk, file):
    assert mpk("local", "-o", "-").stdout == file.read_text()


def test_a_change_of_one_service_changes_its_part_alone(mpk, spoil):
    before = yaml.safe_load(mpk("local", "-o", "-").stdout)
    spoil(put_in_stack("services/shop-service", {"image_tag": "v2", "memory": "64Mi"}))
    after = yaml.safe_load(mpk("local", "-o", "-").stdout)
    names = before["services"].keys() | after["services"].keys()
    changed = {n for n in names if before["services"].get(n) != after["services"].get(n)}
    assert changed == {"shop-service"}
    assert {**before, "services": 0} == {**after, "services": 0}


def test_a_service_that_is_left_out_leaves_and_so_does_its_schema(mpk, spoil):
    spoil(put_in_stack("services/shop-service", {"enabled": False}))
    made = mpk("local", "-o", "-").stdout
    assert "shop" not in made


def test_a_store_that_nobody_uses_any_more_leaves_with_its_volume(mpk, spoil):
    spoil(put_in_stack("services/measurement-service", {"enabled": False}))
    made = mpk("local", "-o", "-").stdout
    assert "milvus" not in made


def test_a_machine_that_is_too_small_is_a_warning(mpk, spoil):
    assert "warning" not in mpk("local", "-o", "-").stderr
    row = {"from_phase": 1, "count": 1, "vcpu": 4, "memory_gb": 4, "storage_gb": 50}
    spoil(put("catalog/environments.yaml", "local/nodes", [row]))
    done = mpk("local", "-o", "-")
    assert done.exit_code == 0
    assert "a machine of 4 vCPU and 4 GB (R-NODE) has 3.9 and 2.9 for them" in done.stderr


def test_a_second_replica_is_a_warning(mpk, spoil):
    spoil(put_in_stack("services/shop-service", {"replicas": 2}))
    done = mpk("local", "-o", "-")
    assert done.exit_code == 0
    assert "Compose runs one container of shop-service; the stack says 2" in done.stderr


def test_a_file_of_somebody_else_is_refused_and_stays(mpk, tmp_path):
    theirs = tmp_path / "docker-compose.yml"
    theirs.write_text("services: {}\n")
    done = mpk("local", "-o", theirs)
    assert done.exit_code == 2
    assert f"{theirs} was not written by `mpk compose`; name another file" in done.stderr
    assert theirs.read_text() == "services: {}\n"
    assert not theirs.with_name(".env").exists()


@pytest.mark.parametrize("theirs", ["A=1\n", "# Secrets of stack dev for its compose file.\nA=1\n"])
def test_secrets_of_somebody_else_are_refused_and_stay(mpk, fresh, theirs):
    fresh.parent.mkdir()
    fresh.with_name(".env").write_text(theirs)
    done = mpk("local", "-o", fresh)
    assert done.exit_code == 2
    assert ".env is not the one of stack local" in done.stderr
    assert (fresh.with_name(".env").read_text(), fresh.exists()) == (theirs, False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "there is no stack 'nowhere'; allowed: dev, local"),
        (["staging"], "manpasik:stack.environment = staging: runs on a cluster, not by Compose"),
        (["production"], "name a stack whose environment is local or dev"),
        (["local", "-o", ""], "name a file, or - for standard output"),
        (["local", "-o", "/"], "/ cannot be read (Is a directory); name a file"),
        (["local", "-o", "/proc/no/file"], "cannot be written"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_written(mpk, tmp_path, arguments, said):
    done = mpk(*arguments)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "state" / "compose").exists()
