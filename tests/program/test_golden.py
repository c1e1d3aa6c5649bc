"""Logical names are keys of the engine's state: they change on purpose, or not at all."""

import pytest

from tests.support.golden import FOLDER, urns
from tests.support.recording import STACKS


@pytest.mark.parametrize("stack", STACKS)
def test_no_logical_name_changes_unnoticed(stack):
    before = (FOLDER / stack / "urns.txt").read_text()
    assert urns(stack) == before, "run `make golden`, and say in the CHANGELOG what is replaced"


def test_the_same_product_has_the_same_logical_names_in_every_stack():
    names = {s: set(urns(s).replace(f"urn:pulumi:{s}::", "").splitlines()) for s in STACKS}
    assert names["local"] < names["dev"] < names["staging"], "a name that only one of them has"
    assert names["staging"] == names["production"], "a stack's name is part of a logical name"
