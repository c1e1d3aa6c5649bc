"""Logical names are keys of the engine's state: they change on purpose, or not at all."""

import pytest

from tests.support.golden import FOLDER, urns
from tests.support.recording import STACKS


@pytest.mark.parametrize("stack", STACKS)
def test_no_logical_name_changes_unnoticed(stack):
    before = (FOLDER / stack / "urns.txt").read_text()
    assert urns(stack) == before, "run `make golden`, and say in the CHANGELOG what is replaced"


def test_the_same_product_has_the_same_logical_names_in_every_stack():
    names = {stack: urns(stack).replace(f"urn:pulumi:{stack}::", "") for stack in STACKS}
    assert len(set(names.values())) == 1, "a stack's name must not be part of a logical name"
