"""A project of its own for each test of the settings."""

from pathlib import Path

import pytest

from tests.support.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A sound copy of the real project."""
    return Project.copied_to(tmp_path)


@pytest.fixture(scope="session")
def real() -> Project:
    """The real project, read only."""
    return Project(root=Path(__file__).parents[2])
