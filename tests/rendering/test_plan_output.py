"""How a plan is written: no secret in any form, well-formed, the same at every run."""

import base64
import json
import os
import re
import subprocess
import sys
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rendering import manifests, record
from rendering.differences import differences, naming_key, same
from rendering.hiding import hidden
from rendering.plan_text import as_dict, as_markdown, as_text
from settings import load
from settings.loader import ROOT
from tests.support.plans import KEY, applied, between, changed, objects, of_open, pair, with_stack

PLANTED = "Planted/Secret+Number0001"
OTHER = "Other?Planted=Secret&0002"
FORMS = {"text": as_text, "markdown": as_markdown, "json": lambda plan: json.dumps(as_dict(plan))}


def forms_of(value):
    encoded = base64.b64encode(value.encode()).decode()
    return {value, encoded, quote(value, safe=""), quote(value), json.dumps(value)[1:-1]}


def leaked(plan):
    texts = [write(plan) for write in FORMS.values()] + [repr(plan), str(as_dict(plan))]
    return [form for value in (PLANTED, OTHER) for form in forms_of(value)
            for text in texts if form in text]  # fmt: skip


def secret(**content):
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, **content}


def in_the_open(value):
    """Every place in which a secret may lie without a mark of the program."""
    encoded = base64.b64encode(value.encode()).decode()
    env = [{"name": "A", "value": f"postgres://u:{value}@h"}, {"name": "PASSWORD", "value": value}]
    args = [f"--password={value}", encoded, quote(value, safe="")]
    deployment = changed("Deployment", template={"containers": [{"name": "c", "env": env,
                                                                  "args": args}]})[1]  # fmt: skip
    config = {**changed("ConfigMap")[0], "data": {"API_TOKEN": value, "file": f"x\n{value}\ny"}}
    return [secret(data={"a": encoded}, stringData={"b": value}), deployment, config]


def test_no_secret_that_lies_open_in_files_or_a_cluster_is_in_any_output():
    plans = [of_open(in_the_open(PLANTED), in_the_open(OTHER)), of_open([], in_the_open(OTHER)),
             of_open(in_the_open(PLANTED), [])]  # fmt: skip
    assert not any(map(leaked, plans))
    assert not plans[0].empty
    assert "[secret] changed" in as_text(plans[0])


def test_no_secret_that_the_program_marked_is_in_any_output():
    given = [
        {"JWT_SECRET": value * 2, "CONFIG_ENCRYPTION_KEY": "0" * 64} for value in (PLANTED, OTHER)
    ]
    old, new = (hidden([m.content for m in manifests(record(load("dev"), secrets=g))], KEY)
                for g in given)  # fmt: skip
    plan = between(old, new)
    assert not leaked(plan)
    assert "stringData.JWT_SECRET: [secret] changed" in as_text(plan)
    assert 'annotations["manpasik.com/checksum"]: (a checksum of values) changed' in as_text(plan)


def test_a_secret_that_nobody_knows_is_not_told_as_changed():
    assert of_open(
        [secret(stringData={"a": "[secret]"})], [secret(stringData={"a": PLANTED})]
    ).empty


def test_a_short_secret_is_hidden_in_its_own_place():
    old, new = ([secret(stringData={"user": value})] for value in ("short1", "short2"))
    plan = of_open(old, new)
    assert "stringData.user: [secret] changed" in as_text(plan)
    assert not any("short" in write(plan) for write in FORMS.values())


def test_no_mark_of_a_secret_is_in_any_output():
    plan = of_open(in_the_open(PLANTED), in_the_open(OTHER))
    assert not any(re.search("[0-9a-f]{64}", write(plan)) for write in [*FORMS.values(), repr])


def test_data_and_string_data_of_one_value_are_the_same():
    encoded = base64.b64encode(PLANTED.encode()).decode()
    assert of_open([secret(data={"a": encoded})], [secret(stringData={"a": PLANTED})]).empty


NASTY = ["a|b", "`tick`", "``", "line\nbreak", "*bold*", "<b>", "\x1b[31m", " ", "", "\u202e", "\\"]


@pytest.mark.parametrize("value", NASTY)
def test_markdown_is_well_formed_whatever_the_values(value):
    text = as_markdown(pair("ConfigMap", {"x": value, value: "1"}, {"x": value + "2", "y": value}))
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}
    assert all(line.isprintable() for line in text.split("\n"))
    for cell in (cell for row in rows[2:] for cell in re.split(r"(?<!\\)\|", row)):
        fence = re.match(r" (`+)", cell)
        assert fence is None or cell.rstrip().endswith(fence[1])


@pytest.mark.parametrize("value", NASTY)
def test_text_keeps_a_change_on_its_line(value):
    plan = pair("ConfigMap", {"x": "before"}, {"x": value})
    lines = as_text(plan).split("\n")
    assert len(lines) == 6
    assert all(line.isprintable() for line in lines)


def test_json_round_trips_and_tells_absent_from_null():
    plan = pair("ConfigMap", {"a": None, "b": 1}, {"b": None})
    told = as_dict(plan)
    assert json.loads(json.dumps(told)) == told
    changes = {change["path"]: change for change in told["objects"][0]["changes"]}
    assert changes["spec.a"] == {"path": "spec.a", "danger": "", "old": None}
    assert changes["spec.b"] == {"path": "spec.b", "danger": "", "old": 1, "new": None}


def test_a_long_text_shows_the_lines_that_differ():
    old, new = ("\n".join(["first", "second", *middle, "last"]) for middle in (["x"], ["y", "z"]))
    assert "spec.a: … ⏎ x ⏎ … → … ⏎ y ⏎ z ⏎ …" in as_text(pair("ConfigMap", {"a": old}, {"a": new}))


PROGRAM = """
import json
from tests.support.plans import between, objects, with_stack
from rendering.plan_text import as_dict, as_markdown, as_text
plan = between(objects(), with_stack(images={"tag": "v2"}))
print(as_text(plan), as_markdown(plan), json.dumps(as_dict(plan)))
"""


def test_the_same_change_gives_the_same_bytes_whatever_the_hash_seed():
    told = set()
    for seed in ("0", "4242"):
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", PROGRAM]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
        told.add(done.stdout)
    assert len(told) == 1


WORDS = st.sampled_from(["name", "env", "a", "initContainers", "port", "b.c/d"])
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "x", "$(a)", "1"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(WORDS, inner, max_size=4)
    | st.lists(st.fixed_dictionaries({"name": st.sampled_from("abcd"), "value": inner}),
               max_size=4),
    max_leaves=12,
)  # fmt: skip
OBJECTS = st.dictionaries(WORDS, PLAIN, max_size=4)


@given(OBJECTS)
@settings(deadline=None)
def test_nothing_differs_from_itself(value):
    assert list(differences(value, json.loads(json.dumps(value)))) == []


@pytest.mark.parametrize(("old", "new"), [(True, 1), ("1", 1), (None, ""), ([], {}), (0, False)])
def test_values_of_other_types_differ(old, new):
    assert len(list(differences({"a": old}, {"a": new}))) == 1


@given(OBJECTS, OBJECTS)
@settings(deadline=None, max_examples=300)
def test_the_differences_made_in_the_old_value_give_the_new_one(old, new):
    assert same(in_order(applied(old, differences(old, new))), in_order(new))


def in_order(value):
    """The value with its named lists in the order of names: the rest of their order is nothing."""
    if isinstance(value, dict):
        return {key: in_order(entry) for key, entry in value.items()}
    if isinstance(value, list):
        key = naming_key(value)
        items = [in_order(item) for item in value]
        return items if key is None else sorted(items, key=lambda item: str(item[key]))
    return value


def test_the_changes_of_a_real_plan_lead_from_the_one_to_the_other():
    new = {each["metadata"]["name"]: each for each in with_stack(images={"tag": "v2"})
           if each["kind"] == "Deployment"}  # fmt: skip
    for old in (each for each in objects() if each["kind"] == "Deployment"):
        wanted = new[old["metadata"]["name"]]
        assert same(in_order(applied(old, differences(old, wanted))), in_order(wanted))
