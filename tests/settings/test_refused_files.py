"""What no YAML file of the project may look like."""

import os
from pathlib import Path

import pytest

from settings.loader import load_catalog
from settings.problems import SettingsError
from tests.support.project import STACK, Project
from tests.support.refusals import Wrong, refused, said
from tests.support.spoils import below, instead, write

AUTH = "catalog/services/auth-service.yaml"
ENVIRONMENT = "    environment: local"
BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"
DEEP = "deep: " + "[" * 5000 + "]" * 5000


def raw(rule, text, value, message, remedy):
    """A row: a service's file holds this text and nothing else."""
    return refused(rule, write(AUTH, text), Wrong(AUTH, "", value, message, remedy))


TEXTS = [
    raw("nothing", "", "", "is empty", "write its keys"),
    raw("only a comment", "# soon\n", "", "is empty", "write its keys"),
    raw("a list", "- a\n- b\n", '["a", "b"]', "is not a mapping", "key: value"),
    raw("a word", "auth\n", '"auth"', "is not a mapping", "key: value"),
    raw("a number", "8\n", "8", "is not a mapping", "key: value"),
    raw("an open bracket", "name: [a\nport: 1\n", "", "is not YAML: expected ',' or ']'", "line"),
    raw("a tab", "name:\n\tport: 1\n", "", "'\\t' that cannot start any token (line 2)", "line"),
    raw("a wrong indent", "a: 1\n  b: 2\n", "", "mapping values are not allowed here", "line"),
    raw("two documents", "a: 1\n---\nb: 2\n", "", "but found another document", "line"),
    raw("a control character", "name: \x07\n", "", "special characters are not allowed", "line"),
    raw("bytes that are no UTF-8", b"name: \xff\xfe\n", "", "not UTF-8 text (byte 6)", "as UTF-8"),
    raw("a key twice", "port: 1\nport: 2\n", '"port"', "line 2 has a key that stood", "one of"),
    raw("an inner key twice", "a:\n  b: 1\n  b: 1\n", '"b"', "line 3 has a key", "keep one"),
    raw("a key that is a number", "1: a\n", '"1"', "a key that is not text", "quote it"),
    raw("a key that is nothing", "~: a\n", '"~"', "a key that is not text", "quote it"),
    raw("a key that is a list", "? [a]\n: b\n", '"…"', "a key that is not text", "quote it"),
    raw("a merge", "<<: {name: a}\n", '"<<"', "a key that is not text", "quote it"),
    raw("an alias bomb", BOMB, '"*a"', "line 2 holds an alias", "write the value out"),
    raw("a circle", "a: &a [*a]\n", '"*a"', "line 1 holds an alias", "write the value out"),
    raw("an unknown alias", "a: *b\n", '"*b"', "line 1 holds an alias", "write the value out"),
    raw("a deep nest", DEEP, '"…"', "nests deeper than 30 levels", "write it flatter"),
    raw("a Python object", "a: !!python/name:os.system x\n", '"x"', "a tagged value", "plainly"),
    raw("a set", "a: !!set {b: }\n", '"tag:yaml.org,2002:set"', "a tagged value", "plainly"),
    raw("a tagged date", "a: !!timestamp 2026-01-01\n", '"2026-01-01"', "a tagged", "plainly"),
    raw("a half character", 'a: "\\ud800"\n', '"…"', "a character that no text", "remove it"),
    raw("a null character", 'a: "\\0"\n', '"…"', "a character that no text", "remove it"),
]
NUMBERS = [
    raw(f"the number {text}", f"port: {text}\n", f'"{text}"', "ambiguous form", "plain decimal")
    for text in ["010", "0o10", "0x1F", "0b11", "1_000", "13:55", ".nan", ".inf", "12e4567"]
]


@pytest.mark.parametrize(("spoil", "expected"), TEXTS + NUMBERS)
def test_a_file_that_two_readers_would_read_differently_is_refused(project, spoil, expected):
    assert said(project.spoil(spoil).problems(), expected) == expected


@pytest.mark.parametrize("text", ["yes", "no", "on", "off", "True", "y"])
def test_only_true_and_false_are_truth_values(project: Project, text: str):
    below(ENVIRONMENT, f"    services: {{auth-service: {{enabled: {text}}}}}\n")(project)
    (problem,) = project.problems()
    assert (problem.key, problem.value, problem.remedy) == (
        "manpasik:stack.services.auth-service.enabled", f'"{text}"', "allowed: true or false",
    )  # fmt: skip


def test_a_date_stays_text(project: Project):
    below(ENVIRONMENT, "    images: {tag: 2026-01-01}\n")(project)
    assert project.load().stack.images.tag == "2026-01-01"


@pytest.mark.parametrize(("make", "message"), [("folder", "is a folder"), ("link", "not exist")])
@pytest.mark.parametrize("file", [AUTH, STACK, "catalog/stores.yaml"])
def test_what_only_looks_like_a_file_is_refused(project: Project, make: str, message: str, file):
    (problem,) = project.spoil(instead(file, make)).problems()
    assert problem.file == file
    assert message in problem.message
    assert problem.remedy


def test_a_link_to_itself_is_refused(project: Project):
    path = project.root / AUTH
    path.unlink()
    path.symlink_to(path)
    (problem,) = project.problems()
    assert "Too many levels of symbolic links" in problem.message
    assert problem.remedy == "let your user read it"


def test_a_file_that_the_user_may_not_read_is_refused(project, monkeypatch: pytest.MonkeyPatch):
    # Root reads everything, so the refusal of the kernel is played.
    honest = Path.read_text

    def read_text(path: Path, *args, **kwargs) -> str:
        if path.name == "auth-service.yaml":
            raise PermissionError(13, os.strerror(13), str(path))
        return honest(path, *args, **kwargs)

    monkeypatch.setattr(Path, "read_text", read_text)
    (problem,) = project.problems()
    assert (problem.file, problem.message) == (AUTH, "cannot be read (Permission denied)")


@pytest.mark.parametrize("content", ["", "- a", "a: [", b"\xff", "1: 2", DEEP, BOMB])
@pytest.mark.parametrize("file", [STACK, "catalog/variables.yaml", "catalog/environments.yaml"])
def test_no_file_at_all_lets_another_error_escape(project: Project, file: str, content):
    found = project.spoil(write(file, content)).problems()
    assert [problem.file for problem in found] == [file]
    assert found[0].remedy, "every refusal says what to do"


def test_the_name_of_a_file_may_be_no_text_and_the_message_prints_all_the_same(project: Project):
    odd = os.fsencode(project.root / "catalog/services") + b"/\xff.yaml"
    Path(os.fsdecode(odd)).write_text("")
    with pytest.raises(SettingsError) as caught:
        load_catalog(project.root)
    assert "services/\\udcff.yaml" in str(caught.value).encode("utf-8").decode()


@pytest.mark.parametrize("given", [[], "local", 7, True, {}, {"environment": float("nan")}])
def test_what_the_engine_hands_over_is_refused_like_a_file(project: Project, given: object):
    found = project.problems(given=given)
    assert [problem.file for problem in found] == [STACK]
    assert found[0].key.startswith("manpasik:stack")
    assert found[0].remedy
