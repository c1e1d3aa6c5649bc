"""Stacks of one process share what the catalogue says, until a file of it says something else.

To read it is most of what settings cost: a plan of nine stacks reads it 27 times (issue 4, line 7).
"""

import pytest

from settings import SettingsError
from settings.loader import load_catalog
from tests.support.project import Project

SERVICE = "catalog/services/auth-service.yaml"


@pytest.fixture
def project(tmp_path):
    return Project.copied_to(tmp_path)


def test_what_is_the_same_is_read_once(project):
    assert load_catalog(project.root) is load_catalog(project.root)


def test_a_changed_and_a_new_file_are_seen(project):
    before = load_catalog(project.root)
    file = project.root / SERVICE
    file.write_text(file.read_text().replace("priority: critical", "priority: standard"))
    assert before.services["auth-service"].priority == "critical"
    assert load_catalog(project.root).services["auth-service"].priority == "standard"
    (project.root / "catalog/services/other.yaml").write_text("name: misnamed\n")
    with pytest.raises(SettingsError, match=r"misnamed|other"):
        load_catalog(project.root)


def test_a_problem_is_told_every_time_and_no_longer_once_it_is_mended(project):
    file = project.root / "catalog/regions.yaml"
    text = file.read_text()
    file.unlink()
    for _ in range(2):
        with pytest.raises(SettingsError, match=r"catalog/regions\.yaml.*does not exist"):
            load_catalog(project.root)
    file.write_text(text)
    assert load_catalog(project.root).regions
