"""The jobs without a cloud do from a fresh clone what they do on GitHub (issue 7, line 1).

`make test` is itself lint, types and the tiers, so this clone runs those no second time, nor `make
workflows`, which tests/pipelines/test_workflows.py judges by the same function, nor `make
security`, of which tests/program/test_cloud_safety.py judges what is quick. Whatever else `ci` and
`preview` run is run here, in their order. The drills of `nightly` have tests of their own.
"""

import os
import subprocess

import pytest

from settings.loader import ROOT
from tests.support.repositories import git
from tests.support.workflows import steps

IN_THIS_SUITE = ("make lint", "make types", "make workflows", "make security", 'make "$TIER"')
RUN_HERE = (
    "make setup",
    ".venv/bin/mpk check",
    ".venv/bin/mpk schema --check",
    ".venv/bin/mpk cost",
    "make fresh",
    ".venv/bin/mpk pr-comment --base HEAD^1 --output pr-comment",
)


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """The last two commits, as a pipeline has them."""
    place = tmp_path_factory.mktemp("fresh") / "clone"
    git(ROOT, "clone", "--quiet", "--depth", "2", f"file://{ROOT}", str(place))
    return place


def run(clone, *words):
    """As on a machine that has the pinned uv: to bring it was this checkout's own set-up's part."""
    path = f"{ROOT / '.uv/bin'}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path}
    return subprocess.run(
        words, cwd=clone, env=environment, capture_output=True, text=True, check=False
    )


def test_nothing_of_the_jobs_without_a_cloud_is_left_out():
    found = [s["run"] for place, s in steps() if place.startswith(("ci.yml", "preview.yml"))
             if "run" in s]  # fmt: skip
    once = list(dict.fromkeys(found))
    assert [each for each in once if each not in IN_THIS_SUITE] == list(RUN_HERE)
    assert set(IN_THIS_SUITE) <= set(once)
    whole = (ROOT / "Makefile").read_text().partition("\ntest: ")[2].partition("\n\n")[0]
    assert "lint types suite" in whole, "the suite is all three"


@pytest.mark.parametrize("command", RUN_HERE)
def test_each_does_its_work_in_their_order(clone, command):
    done = run(clone, *command.split())
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


def test_a_generated_file_that_git_does_not_know_is_stale(clone):
    """A new stack's golden files would be on this disk alone."""
    stale = clone / "docs/stale.md"
    stale.write_text("new")
    done = run(clone, "make", "--old-file=golden", "fresh")
    stale.unlink()
    assert done.returncode
    assert "docs/stale.md" in done.stdout
    assert run(clone, "make", "--old-file=golden", "fresh").returncode == 0
