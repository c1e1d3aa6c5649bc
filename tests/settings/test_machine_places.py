"""Where a machine keeps what the program makes, and which cluster a stack may meet."""

from pathlib import Path

import pytest

from settings import paths
from settings.kubeconfig import kubeconfig_path
from settings.problems import SettingsError
from tests.support.project import Project
from tests.support.spoils import put, put_in_stack

VARIABLES = ("MANPASIK_CACHE", "MANPASIK_STATE", "XDG_CACHE_HOME", "XDG_STATE_HOME", "KUBECONFIG")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user whose default kubeconfig is that of production."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    home = tmp_path / "home"
    (home / ".kube").mkdir(parents=True)
    (home / ".kube" / "config").write_text("current-context: production")
    monkeypatch.setenv("HOME", str(home))
    return home


def test_without_a_word_everything_lies_below_the_users_home(home: Path):
    assert paths.cache_dir() == home / ".cache" / "manpasik"
    assert paths.state_dir() == home / ".local" / "state" / "manpasik"


def test_the_xdg_directories_move_cache_and_state(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/big")
    monkeypatch.setenv("XDG_STATE_HOME", "/safe")
    assert paths.cache_dir() == Path("/big/manpasik")
    assert paths.state_dir() == Path("/safe/manpasik")


def test_the_programs_own_variable_goes_before_xdg(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/safe")
    monkeypatch.setenv("MANPASIK_STATE", "~/mine")
    assert paths.state_dir() == home / "mine"
    assert paths.cache_dir() == home / ".cache" / "manpasik"


def test_a_relative_place_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MANPASIK_CACHE", "cache")
    assert paths.cache_dir() == tmp_path / "cache"


def test_an_empty_variable_counts_as_unset(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MANPASIK_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert paths.cache_dir() == home / ".cache" / "manpasik"


def test_each_cluster_has_its_own_kubeconfig(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MANPASIK_STATE", "/state")
    assert paths.local_kubeconfig() == Path("/state/clusters/local/kubeconfig")
    assert paths.local_kubeconfig("b") != paths.local_kubeconfig("a")


def test_the_local_stack_uses_the_embedded_clusters_kubeconfig(project: Project):
    assert kubeconfig_path(project.load()) == str(paths.local_kubeconfig())


@pytest.mark.parametrize("environment", ["dev", "staging", "production"])
def test_no_stack_ever_falls_back_to_the_users_default_kubeconfig(project: Project, environment):
    put("Pulumi.dev.yaml", "config/manpasik:stack/environment", environment)(project)
    put("Pulumi.dev.yaml", "config/manpasik:stack/images", {"tag": "v1.0.0"})(project)
    with pytest.raises(SettingsError) as caught:
        kubeconfig_path(project.load("dev"))
    (problem,) = caught.value.problems
    assert (problem.file, problem.key) == ("Pulumi.dev.yaml", "manpasik:stack.cluster.kubeconfig")
    assert "export KUBECONFIG, to one file; the default kubeconfig is never used" in problem.remedy


def test_a_variable_that_names_several_files_is_refused(project: Project, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", "/first:/second")
    with pytest.raises(SettingsError, match="names several files"):
        kubeconfig_path(project.load("dev"))


def test_the_variable_names_the_cluster_where_the_stack_does_not(project: Project, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", "/given")
    assert kubeconfig_path(project.load("dev")) == "/given"


def test_the_stacks_own_kubeconfig_goes_before_the_variable(project, home: Path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", "/given")
    put_in_stack("cluster/kubeconfig", "~/own")(project)
    assert kubeconfig_path(project.load()) == str(home / "own")


def test_an_empty_kubeconfig_is_no_kubeconfig(project: Project):
    put("Pulumi.dev.yaml", "config/manpasik:stack/cluster", {"kubeconfig": ""})(project)
    with pytest.raises(SettingsError, match="no cluster is named"):
        kubeconfig_path(project.load("dev"))


def test_the_home_of_nobody_is_refused(project: Project):
    put_in_stack("cluster/kubeconfig", "~nobody-such-user/config")(project)
    with pytest.raises(SettingsError, match="names the home of nobody"):
        kubeconfig_path(project.load())
