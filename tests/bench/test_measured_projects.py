"""What `bench` measures is sound: lawful copies, the same objects for every tool, honest ratios."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
import yaml

from bench import growth, peers, projects
from bench.measure import RunFailedError, TookTooLongError, run
from bench.table import MEBIBYTE, figures
from settings.loader import load_all, load_catalog, stack_names


@pytest.fixture(scope="module")
def thrice(tmp_path_factory):
    further = projects.nine_stacks()[1]
    return projects.project(tmp_path_factory.mktemp("bench") / "project", 3, further)


def test_a_project_with_more_services_keeps_every_rule_in_every_stack(thrice):
    found = load_all(stack_names(thrice), thrice)
    assert len(found) == 9
    assert len(found["staging"].services) == 3 * len(load_catalog().services)


def test_a_copied_service_calls_and_shares_with_copies_alone(thrice):
    services = load_catalog(thrice).services
    assert services["admin-service-2"].database_of == "auth-service-2"
    assert all(callee.endswith("-2") for callee in services["gateway-2"].calls)


def test_a_measured_project_holds_no_change_against_its_own_commit(thrice):
    status = ["git", "-C", str(thrice), "status", "--porcelain"]
    assert subprocess.run(status, capture_output=True, check=True).stdout == b""


def test_what_is_measured_is_the_copy_and_not_the_installed_program(thrice):
    where = [*projects.command()[:2], "import cli.app; print(cli.app.__file__)"]
    told = subprocess.run(where, cwd=thrice, capture_output=True, text=True, check=True).stdout
    assert told.strip() == str(thrice / "cli" / "app.py")


@pytest.fixture
def objects(tmp_path):
    folder = tmp_path / "objects"
    folder.mkdir()
    for name, text in (("a", "plain"), ("b", "{{ kept }}")):
        content = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"key": text}}
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(content))
    return folder


def test_every_tool_gets_every_object(objects, tmp_path):
    assert peers.write_kustomize(objects, tmp_path / "tree") == 2
    listed = yaml.safe_load((tmp_path / "tree/kustomization.yaml").read_text())["resources"]
    peers.write_chart(objects, tmp_path / "chart")
    assert listed == ["a.yaml", "b.yaml"]
    assert sorted(path.name for path in (tmp_path / "chart/templates").iterdir()) == listed
    assert '{{ "{{" }} kept }}' in (tmp_path / "chart/templates/b.yaml").read_text()


def test_a_tool_that_prints_other_objects_is_no_measure():
    accept = peers.refuse_other(2)
    accept(SimpleNamespace(output="kind: A\nspec:\n  kind: B\n---\nkind: C\n"))
    with pytest.raises(RunFailedError, match="printed 1 objects instead of 2"):
        accept(SimpleNamespace(output="kind: A\n"))


def test_a_tool_that_is_not_here_is_an_error_by_name(monkeypatch, tmp_path):
    monkeypatch.setattr(peers, "ENVIRONMENT", tmp_path)
    with pytest.raises(RunFailedError, match="cdk8s is not here; `make bench` brings it"):
        peers.cdk8s()


def test_growth_is_linear_where_each_further_service_costs_the_same():
    straight, bent = growth.growth([3.0, 5.0, 12.0], 20), growth.growth([3.0, 5.0, 26.0], 20)
    assert straight.per_service == pytest.approx((0.05, 0.05))
    assert (straight.linearity, bent.linearity) == pytest.approx((1.0, 3.0))


def test_each_command_of_growth_is_told_by_its_three_scales():
    seconds = {f"mpk render x, {n}x services": float(n) for n in growth.SCALES}
    assert growth.growths(seconds)["mpk render x"].cpu_seconds == (1.0, 3.0, 10.0)


def test_nine_stacks_are_compared_with_one_by_the_least_disturbed_run():
    def runs(*seconds):
        return [SimpleNamespace(cpu_seconds=each) for each in seconds]

    single = {growth.EACH.format(name): runs(each) for name, each in (("a", 2), ("b", 4))}
    found = {growth.ONE: runs(4, 2), growth.NINE_OF_ONE: runs(3, 4), growth.NINE: runs(6, 9)}
    ratios = growth.nine_over_one(found | single)
    assert list(ratios.values()) == [1.5, 2.0, 3.0, 1.5]
    assert [name.rpartition(" / ")[2] for name in ratios][1:] == [
        "the mean of the nine alone", "the cheapest (a)", "the dearest (b)"
    ]  # fmt: skip


def test_a_command_that_was_ended_at_one_size_has_no_growth_and_others_have():
    seconds = {f"mpk render x, {times}x services": float(times) for times in growth.SCALES}
    assert list(growth.growths(seconds | {"mpk plan x, 1x services": 1.0})) == ["mpk render x"]


def test_a_run_is_as_large_as_it_is_and_not_as_its_caller():
    kept = b"x" * (200 * MEBIBYTE)
    assert run(["true"], {}).peak_bytes < 30 * MEBIBYTE < len(kept)
    held = run([sys.executable, "-c", f"b'x' * {100 * MEBIBYTE}"], {})
    assert held.peak_bytes > 100 * MEBIBYTE


def test_a_run_that_takes_too_long_is_ended_and_said_to_be():
    with pytest.raises(TookTooLongError, match="ended after 0 s"):
        run([sys.executable, "-c", "import time; time.sleep(60)"], {}, longest=0.1)


def test_a_part_s_ratios_are_to_its_first_row():
    def run(seconds):
        return SimpleNamespace(seconds=seconds, cpu_seconds=seconds, peak_bytes=8)

    found = figures({"first": [run(2.0)], "second": [run(6.0)]})
    assert (found["first"]["cpu_ratio"], found["second"]["cpu_ratio"]) == (1.0, 3.0)
    assert json.dumps(found)
