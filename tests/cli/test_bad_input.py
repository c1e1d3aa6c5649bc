"""Bad input at the commands: exit code 2, every problem with its remedy, nothing written.

The tables of what is refused are in `tests/settings`; here is how a refusal reaches a person.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.app import BAD_INPUT, app
from settings.loader import ROOT
from tests.support.project import Project
from tests.support.spoils import drop, instead, put, put_in_stack, remove, write

AUTH = "catalog/services/auth-service.yaml"
STACK = "Pulumi.local.yaml"
MPK = Path(sys.executable).with_name("mpk")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project that the commands work on; what they keep lies beside it."""
    (tmp_path / "project").mkdir()
    project = Project.copied_to(tmp_path / "project")
    monkeypatch.setattr("settings.loader.ROOT", project.root)
    monkeypatch.setenv("MANPASIK_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("MANPASIK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    return project


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "out"


def mpk(*arguments: object) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, with its content."""
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def refusal(result: Result) -> str:
    """What a refused command says; it says it on standard error, and no more than that."""
    assert result.exit_code == BAD_INPUT, result.output
    assert isinstance(result.exception, SystemExit), "no other error escapes"
    assert "Traceback" not in result.output
    assert result.stdout == "", "standard output is for results"
    return result.stderr


BAD = [
    (
        put(AUTH, "port", "50051"),
        f'{AUTH}: port = "50051": has the wrong type; allowed: a whole number without quotes',
    ),
    (
        put(AUTH, "prot", 1),
        f"{AUTH}: prot = 1: unknown key; did you mean 'port'? allowed: calls, ",
    ),
    (
        put(AUTH, "port", 8080),
        "gateway.yaml: port = 8080: is also the port of auth-service; give each service",
    ),
    (
        put(AUTH, "stores", ["postgres", "mongodb"]),
        f"{AUTH}: stores.1 = \"mongodb\": is not allowed; allowed: 'postgres', 'redis'",
    ),
    (
        put_in_stack("services", {"auth-service": {"replicas": -1}}),
        f"{STACK}: manpasik:stack.services.auth-service.replicas = -1: is not allowed; "
        "allowed: greater than or equal to 1",
    ),
    (
        put_in_stack("services", {"auth-service": {"cpu": "abc"}}),
        'services.auth-service.cpu = "abc": not a CPU quantity; write whole cores as "2"',
    ),
    (
        put_in_stack("images", {"tag": "[bold]v1[/]"}),
        'manpasik:stack.images.tag = "[bold]v1[/]": has the wrong form; allowed: text',
    ),
    (remove("catalog/services/gateway.yaml"), "there is no gateway, so nothing reaches the serv"),
    (write(AUTH, ""), f"{AUTH}: is empty; write its keys, or delete the file"),
    (write(AUTH, "- a"), f'{AUTH} = ["a"]: is not a mapping; write key: value lines'),
    (write(AUTH, b"\xff"), f"{AUTH}: is not UTF-8 text (byte 0); save it as UTF-8"),
    (instead(AUTH, "folder"), f"{AUTH}: is a folder; put a YAML file there"),
    (instead(STACK, "link"), f"{STACK}: does not exist; write it, or name another stack"),
    (write(STACK, "config: {}"), f"{STACK}: config.manpasik:stack: is missing; write config:"),
]
COMMANDS = [
    ("check",),
    ("check", "local"),
    ("check", "local", "--json"),
    ("up", "local"),
    ("up", "local", "--engine", "none"),
    ("destroy", "local", "--confirm", "local"),
]


@pytest.mark.parametrize(("spoil", "message"), BAD, ids=[message for _, message in BAD])
def test_a_bad_project_is_refused_and_nothing_is_rendered(project, output, spoil, message):
    before = files(project.spoil(spoil).root)
    assert message in refusal(mpk("render", "local", "-o", output))
    assert not output.exists(), "half an output is worse than none"
    assert files(project.root) == before


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_refuses_a_bad_stack_before_it_makes_anything(project, tmp_path, command):
    put_in_stack("phase", 9)(project)
    assert f"{STACK}: manpasik:stack.phase = 9: is not allowed" in refusal(mpk(*command))
    assert [path.name for path in tmp_path.iterdir()] == ["project"]


def test_the_problems_of_all_files_are_told_at_once(project: Project, output: Path):
    project.spoil(put_in_stack("phase", 9), put(AUTH, "port", "1"), drop(AUTH, "protocol"))
    told = refusal(mpk("render", "local", "-o", output)).splitlines()
    assert told[0] == "error 3 problems in the settings"
    assert [line.split(" ")[2:4] for line in told[1:]] == [
        [f"{STACK}:", "manpasik:stack.phase"],
        [f"{AUTH}:", "port"],
        [f"{AUTH}:", "protocol:"],
    ]


def test_a_secret_in_the_open_is_not_repeated_in_the_terminal(project: Project):
    put_in_stack("variables", {"TOSS_SECRET_KEY": "live_hunter2hunter2hunter2"})(project)
    told = refusal(mpk("check", "local"))
    assert "hunter2" not in told
    assert "pulumi config set --secret --path manpasik:secrets.TOSS_SECRET_KEY" in told


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("command", [*COMMANDS[1:], ("render", "local", "-o", "never")])
def test_an_unknown_stack_is_refused_with_the_names_of_the_others(command):
    words = [word.replace("local", "locla") for word in command]
    told = refusal(mpk(*words))
    assert "Pulumi.locla.yaml: there is no stack 'locla'; did you mean 'local'?" in told
    assert "allowed: dev, local" in told


@pytest.mark.usefixtures("project")
def test_a_folder_with_foreign_files_is_refused_and_stays_as_it_is(output: Path):
    (output / "inner").mkdir(parents=True)
    (output / "thesis.txt").write_text("years of work")
    told = refusal(mpk("render", "local", "-o", output))
    assert "holds inner, which no rendering wrote; name an empty folder" in told
    assert files(output) == {str(output / "thesis.txt"): b"years of work"}


@pytest.mark.usefixtures("project")
def test_a_file_in_the_folders_place_is_refused_and_stays_as_it_is(output: Path):
    output.write_text("years of work")
    assert f"{output} is a file; name a folder" in refusal(mpk("render", "local", "-o", output))
    assert output.read_text() == "years of work"


@pytest.mark.usefixtures("project")
def test_a_wrong_confirmation_deletes_nothing(tmp_path: Path):
    told = refusal(mpk("destroy", "local", "--confirm", "dev"))
    assert "not deleted: 'dev' is not the stack's name 'local'" in told
    assert [path.name for path in tmp_path.iterdir()] == ["project"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["render", "local"], "--output"),
        (["rendr", "local"], "rendr"),
        (["up", "local", "--timeout", "soon"], "--timeout"),
        (["up", "local", "--engine", "magic"], "--engine"),
    ],
)
def test_a_wrong_command_line_is_refused_and_the_word_named(arguments, word):
    assert word in refusal(mpk(*arguments))


def test_the_installed_program_refuses_like_its_parts(tmp_path: Path):
    arguments = ["render", "locla", "-o", "never"]
    done = subprocess.run([MPK, *arguments], cwd=tmp_path, capture_output=True, check=False)
    told = done.stderr.decode()
    assert (done.returncode, done.stdout) == (BAD_INPUT, b"")
    assert "there is no stack 'locla'; did you mean 'local'?" in told
    assert "Traceback" not in told
    assert not list(tmp_path.iterdir())


def test_the_installed_program_tells_a_name_that_no_terminal_can_print(project: Project):
    (project.root / "catalog/services/\udcff.yaml").write_text("")
    program = "import sys; sys.argv[1:] = ['check']; from settings import loader; "
    program += f"loader.ROOT = loader.Path({str(project.root)!r}); from cli.app import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == BAD_INPUT, done.stderr
    assert b"services/\\udcff.yaml: is empty" in done.stderr
