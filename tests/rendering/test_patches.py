"""From several versions to what they share, and from there to each of them again."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rendering.patches import common, patch, to_text
from tests.support.json_patch import applied

NAMES = st.sampled_from(["a", "b", "c/d", "e~f"])
PLAIN = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "x", "1", "y", "a\nb"])
NAMED = st.builds(lambda name, rest: {"name": name} | rest, NAMES, st.dictionaries(NAMES, PLAIN))
LISTS = st.lists(PLAIN, max_size=3) | st.lists(NAMED, max_size=3, unique_by=lambda e: e["name"])
VALUES = st.recursive(
    PLAIN | LISTS,
    lambda below: st.dictionaries(NAMES, below, max_size=3) | st.lists(below, max_size=3),
    max_leaves=12,
)


def steps(old, new):
    return yaml.safe_load(to_text(list(patch(old, new)))) or []


def exact(value):
    """As text in which true is not 1, and the order of keys does not count."""
    if isinstance(value, dict):
        return sorted((key, exact(entry)) for key, entry in value.items())
    return [exact(entry) for entry in value] if isinstance(value, list) else repr(value)


@settings(max_examples=300, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=3))
def test_from_what_is_shared_a_patch_leads_to_every_version(versions):
    shared = common(versions)
    for version in versions:
        assert exact(applied(shared, steps(shared, version))) == exact(version)


@settings(max_examples=200, deadline=None)
@given(VALUES, VALUES)
def test_a_patch_leads_from_any_value_to_any_other(old, new):
    assert exact(applied(old, steps(old, new))) == exact(new)


def test_what_one_environment_lacks_is_not_shared_so_nothing_is_ever_removed():
    scaled, fixed = {"spec": {"paused": False}}, {"spec": {"paused": False, "replicas": 1}}
    shared = common([fixed, scaled])
    assert shared == scaled
    assert steps(shared, fixed) == [{"op": "add", "path": "/spec/replicas", "value": 1}]


def variables(*names):
    return {"env": [{"name": name, "value": "1"} for name in names]}


def test_a_variable_that_one_environment_adds_is_inserted_in_its_place():
    shared = common([variables("A", "C"), variables("A", "B", "C")])
    assert shared == variables("A", "C")
    (step,) = steps(shared, variables("A", "B", "C"))
    assert step == {"op": "add", "path": "/env/1", "value": {"name": "B", "value": "1"}}


def test_a_list_whose_items_are_all_named_otherwise_is_not_emptied():
    """The API server refuses an Ingress without a rule, and each environment has a host."""
    rules = [{"rules": [{"host": host, "http": {}}]} for host in ("a.com", "b.com")]
    assert common(rules) == rules[0]
    (step,) = steps(rules[0], rules[1])
    assert step == {"op": "replace", "path": "/rules/0/host", "value": "b.com"}


def test_an_order_that_differs_is_replaced_as_a_whole():
    """`$(NAME)` sees only the variables before it, so the order of variables acts."""
    one, other = variables("A", "B"), variables("B", "A")
    assert [step["path"] for step in steps(common([one, other]), other)] == ["/env"]


def test_values_that_differ_stay_together_as_the_first_version_has_them():
    sizes = [{"requests": "1", "limits": "1"}, {"requests": "2", "limits": "4"}]
    assert common(sizes) == sizes[0]


def test_a_step_into_a_list_says_which_item_it_means():
    old, new = ({"containers": [{"name": "gateway", "image": tag}]} for tag in ("v1", "v2"))
    text = to_text(list(patch(old, new)))
    assert text.splitlines()[0] == "# containers[gateway].image"


@pytest.mark.parametrize("key", ["manpasik.com/stack", "a~b", "~1"])
def test_a_key_with_a_slash_or_tilde_is_escaped(key):
    new = {"labels": {key: "x"}}
    assert applied({"labels": {}}, steps({"labels": {}}, new)) == new
