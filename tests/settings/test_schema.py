"""What editors know is what the models say: no field without words, no file left behind."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from settings.catalog import Service
from settings.files import read_mapping
from settings.loader import ROOT
from settings.model import Model
from settings.schema import FOLDER, kinds, outdated, pointed, schemas
from tests.settings.test_refused_catalogue import PARTS, PLACES, SERVICES
from tests.settings.test_refused_environments import SHAPES as GROWN
from tests.settings.test_refused_stacks import QUANTITIES, SHAPES
from tests.support.project import STACK
from tests.support.spoils import below, instead, put, put_in_stack, write
from tests.support.stacks import STACK_DATA, for_all

AUTH = "catalog/services/auth-service.yaml"
SALT = "encryptionsalt: v1:abc\nsecretsprovider: passphrase\n"
SECURE = {"secure": "v1:abc"}
# Rules over more than one value, or over arithmetic: `mpk check` tells them, an editor cannot.
ONLY_THE_LOADER = {
    "an-environment-that-nobody-describes",
    "cpu-501m-in-an-override",
    "memory-1024Mi-in-an-override",
    "memory-1Gi-in-an-override",
    "a-value-that-its-own-pattern-refuses",
    "a-variable-per-service-that-the-program-does-not-know",
    "a-store-image-that-is-not-pinned",
    "a-store-that-asks-for-more-than-its-limit",
    "a-server-that-the-store-does-not-have",
    "an-environment-that-asks-for-more-than-its-limit",
}
TABLES = [*SHAPES, *GROWN, *QUANTITIES, *SERVICES, *PLACES, *PARTS]
MISTAKES = [row for row in TABLES if row.id not in ONLY_THE_LOADER]
UNSEEN = [row for row in TABLES if row.id in ONLY_THE_LOADER]
FORMATS = FormatChecker(formats=())
FORMATS.checks("regex", raises=(re.error, OverflowError))(lambda text: bool(re.compile(text)))
VALIDATORS = {
    kind: Draft202012Validator(schema, format_checker=FORMATS) for kind, schema in schemas().items()
}


def models(base: type[Model] = Model) -> list[type[Model]]:
    """Every model of the settings."""
    found = [model for model in base.__subclasses__() if model.__module__.startswith("settings.")]
    return found + [deeper for model in found for deeper in models(model)]


def complaints(root: Path, file: str) -> list[str]:
    """What an editor marks in a file."""
    content = read_mapping(root / file, file, [])
    return [error.message for error in VALIDATORS[kinds(root)[file]].iter_errors(content)]


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_every_model_and_every_field_says_what_it_is(model):
    assert model.__doc__
    assert [name for name, field in model.model_fields.items() if not field.description] == []


def test_a_field_s_docstring_is_what_the_editor_shows():
    shown = schemas()["service"]["properties"]
    told = {name: field.description for name, field in Service.model_fields.items()}
    assert {name: field["description"] for name, field in shown.items()} == told


@pytest.mark.parametrize("kind", VALIDATORS)
def test_every_schema_is_one_and_says_what_its_file_is(kind):
    schema = schemas()[kind]
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)
    assert schema["description"]


def test_no_committed_schema_and_no_first_line_is_stale():
    assert list(outdated(ROOT)) == [], "run `mpk schema`"


def test_no_schema_is_left_over():
    committed = {path.name for path in (ROOT / FOLDER).iterdir()}
    assert committed == {f"{kind}.json" for kind in VALIDATORS}


def test_every_yaml_file_of_catalogue_and_stacks_has_a_schema():
    written = {*ROOT.glob("catalog/**/*.y*ml"), *ROOT.glob("Pulumi.*.y*ml")}
    assert {ROOT / file for file in kinds(ROOT)} == written


@pytest.mark.parametrize(("file", "kind"), kinds(ROOT).items())
def test_the_first_line_of_a_real_file_leads_to_the_schema_of_its_kind(file, kind):
    first = (ROOT / file).read_text().splitlines()[0]
    relative = first.removeprefix("# yaml-language-server: $schema=")
    assert ((ROOT / file).parent / relative).resolve() == ROOT / FOLDER / f"{kind}.json"


@pytest.mark.parametrize("file", kinds(ROOT))
def test_no_real_file_is_marked_in_the_editor(file):
    assert complaints(ROOT, file) == []


@for_all(STACK_DATA, examples=50)
def test_no_stack_that_loads_is_marked_in_the_editor(data):
    VALIDATORS["stack"].validate({"config": {"manpasik:stack": data}})


def test_what_the_engine_writes_into_a_stack_file_is_not_marked(project):
    project.spoil(
        below("config:", "  aws:region: ap-northeast-2\n  pulumi:tags: {a: b}\n"),
        put(STACK, "config/manpasik:secrets", {"LLM_API_KEY": SECURE}),
        put(STACK, "config/manpasik:seed", SECURE),
    )
    (project.root / STACK).write_text((project.root / STACK).read_text() + SALT)
    assert complaints(project.root, STACK) == []
    assert project.problems() == []


@pytest.mark.parametrize(("spoil", "expected"), MISTAKES)
def test_a_mistake_in_one_file_s_shape_is_marked_and_refused_alike(project, spoil, expected):
    file = expected[0].file
    project.spoil(spoil)
    assert complaints(project.root, file)
    assert project.problems()


@pytest.mark.parametrize(("spoil", "expected"), UNSEEN)
def test_what_only_the_loader_can_know_is_not_marked(project, spoil, expected):
    project.spoil(spoil)
    assert not complaints(project.root, expected[0].file)
    assert project.problems()


def test_what_is_left_to_the_loader_is_named_rightly():
    assert {row.id for row in UNSEEN} == ONLY_THE_LOADER


@pytest.mark.parametrize(
    "spoil",
    [
        write(STACK, "encryptionsalt: v1\n"),
        write(STACK, "config: {a: 1}\n"),
        write(STACK, "config: [1]\n"),
        put(STACK, "config/manpasik:stak", 1),
        put(STACK, "config/manpasik:stack2", 1),
        put_in_stack("secrets", {"JWT_SECRET": "hunter2"}),
    ],
)
def test_a_stack_file_without_its_part_is_marked_and_refused_alike(project, spoil):
    project.spoil(spoil)
    assert complaints(project.root, STACK)
    assert project.problems()


@pytest.mark.parametrize("place", ["secrets/JWT_SECRET", "seed", "secrets/jwt_secret"])
def test_a_secret_in_the_open_is_marked_where_it_is_written(project, place):
    put(STACK, f"config/manpasik:{place}", "hunter2")(project)
    assert complaints(project.root, STACK)


def test_the_schemas_are_the_same_bytes_whatever_the_hash_seed():
    code = "from settings.schema import schemas; import json; print(json.dumps(schemas()))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }  # fmt: skip
    assert len(printed) == 1


@pytest.mark.parametrize("before", [b"", b"# yaml-language-server: $schema=old.json\n"])
def test_a_file_gets_the_line_once_and_keeps_every_other_byte(before):
    rest = b"# why\r\nname: \xff\n\n# the end"
    right = pointed(AUTH, "service", before + rest)
    assert right == b"# yaml-language-server: $schema=../../schemas/service.json\n" + rest
    assert pointed(AUTH, "service", right) == right


@pytest.mark.parametrize("make", ["folder", "link"])
def test_what_cannot_be_read_is_left_to_the_loader(project, make):
    instead(AUTH, make)(project)
    assert AUTH not in outdated(project.root)
