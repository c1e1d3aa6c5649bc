"""A stack that a commit and this tree cannot differ in is not recorded (issue 4, line 7)."""

import shutil
import subprocess

import pytest

from rendering.alike import alike

STACKS = ("dev", "local")
GIT = str(shutil.which("git"))


@pytest.fixture
def tree(tmp_path):
    files = ("Pulumi.dev.yaml", "Pulumi.local.yaml", "__main__.py", "catalog/stores.yaml",
             "docs/performance.md", ".gitignore")  # fmt: skip
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("ignored.yaml\n")
    who = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    for words in (["init", "--quiet"], ["add", "."], [*who, "commit", "--quiet", "-m", "all"]):
        subprocess.run([GIT, "-C", tmp_path, *words], check=True)
    return tmp_path


def found(tree, commit="HEAD"):
    return alike((GIT, "-C", str(tree)), commit, STACKS)


def test_a_clean_tree_is_alike_in_every_stack(tree):
    assert found(tree) == set(STACKS)


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("Pulumi.dev.yaml", {"local"}),
        ("Pulumi.new.yaml", set(STACKS)),
        ("catalog/stores.yaml", set()),
        ("catalog/added.yaml", set()),
        ("catalog/ignored.yaml", set()),
        ("__main__.py", set()),
        ("unheard-of", set()),
        ("uv.lock", set()),
        ("docs/performance.md", set(STACKS)),
        ("tests/test_new.py", set(STACKS)),
        ("catalog/__pycache__/x.pyc", set(STACKS)),
        (".venv/lib/module.py", set(STACKS)),
    ],
)
def test_a_change_counts_for_the_stacks_that_read_it(tree, path, left):
    (tree / path).parent.mkdir(parents=True, exist_ok=True)
    (tree / path).write_text("another")
    assert found(tree) == left


def test_a_file_that_is_gone_or_renamed_counts_under_both_names(tree):
    (tree / "catalog/stores.yaml").rename(tree / "docs/stores.yaml")
    assert found(tree) == set()


def test_a_stack_without_a_file_in_the_commit_is_not_alike(tree):
    subprocess.run([GIT, "-C", tree, "rm", "--quiet", "--cached", "Pulumi.dev.yaml"], check=True)
    assert found(tree) == {"local"}


def test_where_git_cannot_say_none_is_alike(tree, tmp_path):
    assert found(tree, "no-such-commit") == set()
    assert found(tmp_path / "nowhere") == set()
