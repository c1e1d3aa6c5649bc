"""docs/access.md says what the catalogue, the objects and the workflows do (R-ENV-2, line 7)."""

import pytest

from settings import access_table
from settings.loader import ROOT, load_catalog, stack_names
from tests.support.project import Project
from tests.support.recording import of_kind
from tests.support.spoils import put
from tests.support.workflows import jobs

PAGE = access_table.page(load_catalog(), stack_names())


def test_the_page_is_fresh():
    assert (ROOT / access_table.PATH).read_text() == PAGE, "run `make golden`"


def test_another_right_is_another_page(tmp_path):
    put("catalog/environments.yaml", "production/access/qa", "change")(Project.copied_to(tmp_path))
    assert access_table.page(load_catalog(tmp_path), stack_names()) != PAGE


@pytest.mark.parametrize("stack", ["staging", "production"])
def test_the_objects_bind_the_groups_of_the_page(stack):
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {stack} |")]
    changing = row.split(" | ")[3].split(", ")
    found = {
        subject["name"].rpartition(":")[2].rpartition("manpasik-")[2]
        for binding in of_kind(stack, "RoleBinding")
        if binding["metadata"]["name"] == "manpasik-change"
        for subject in binding["subjects"]
    }
    assert found == set(changing)


def test_only_operations_change_production_and_only_after_an_approval():
    (row,) = [line for line in PAGE.splitlines() if line.startswith("| production |")]
    assert row.endswith("| operations | by operations, named in the record |")


def test_every_environment_of_a_workflow_is_on_the_page():
    named = {job["environment"] for _, _, job in jobs() if "environment" in job}
    computed = {each for each in named if each.startswith("${{")}
    assert computed == {"${{ matrix.stack }}", "${{ needs.targets.outputs.above }}"}, (
        "both are stacks that `mpk targets production` names"
    )
    regions = {each for each in stack_names() if each.startswith("production-")}
    wanted = named - computed | {"production", *regions}
    assert {place for place in wanted if f"| `{place}` |" in PAGE} == wanted
