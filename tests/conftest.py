"""The three tiers of truth, and which of them this run holds.

Recorded always runs; cluster builds and starts what it needs by itself; engine runs where `pulumi`
is on PATH. A tier that is asked for and cannot run is an error, never a skip.
"""

import importlib
import os
import shutil
import subprocess
import sys

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

from cli.commands import COMMANDS
from rendering import sdk_modules

# Before any test imports an SDK: each worker imports them, and whole they are 0.7 s and 100 MiB.
sdk_modules.install()
# Nor must a control plane of minutes be small: a sixth of an API server's CPU collects garbage.
os.environ.setdefault("GOGC", "400")

TIERS = ("recorded", "cluster", "engine")
_ENGINE_MISSING = "no `pulumi` on PATH"
_CLUSTER = "tests/cluster/"
# What takes longest begins first, and what waits for a clock beside what computes.
_EARLY = (
    *(_CLUSTER + each for each in ("product", "test_drains", "drill", "test_capacity")),
    *(_CLUSTER + each for each in ("releasing", "test_scaling")),
    "tests/rehearsal/",
)
_WAITING_SHARE = 0.6


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--tier",
        action="append",
        choices=TIERS,
        help="Run this tier only; may be given more than once. Default: each that can run here.",
    )


def pytest_configure(config: pytest.Config) -> None:
    asked = config.getoption("tier") or []
    if "engine" in asked and shutil.which("pulumi") is None:
        raise pytest.UsageError(f"the engine tier was asked for, but there is {_ENGINE_MISSING}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    chosen = _chosen(config)
    kept = [item for item in items if tier_of(item) in chosen]
    config.hook.pytest_deselected(items=[item for item in items if tier_of(item) not in chosen])
    items[:] = sorted(kept, key=lambda item: _turn(item.nodeid))


def _turn(nodeid: str) -> int:
    early = [nodeid.startswith(each) for each in _EARLY]
    return early.index(True) if any(early) else len(early)


def pytest_collection_finish() -> None:
    """Tests put a copy in the place of the project: what reads `ROOT` while it is imported has.

    `mpk` imports a command when it is asked for, which may be while such a test runs.
    """
    for place in COMMANDS.values():
        importlib.import_module(f"cli.{place.partition(':')[0]}")


class _Scheduling(LoadFileScheduling):
    """A file for a worker; of the cluster's tests a folder, since its files share a cluster.

    Tests with clusters mostly wait, the others compute: some workers take these first, the rest
    those, so that neither the cores nor the clusters stand still.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        folder, _, _ = file.rpartition("/")
        return folder if folder.startswith(_CLUSTER) else file

    def _assign_work_unit(self, node: WorkerController) -> None:
        waits = self.nodes.index(node) < len(self.nodes) * _WAITING_SHARE
        for scope in self.workqueue:
            if scope.startswith(_CLUSTER) == waits:
                self.workqueue.move_to_end(scope, last=False)
                break
        super()._assign_work_unit(node)


def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """In a fresh clone all is compiled once, before the workers begin, not by each of them."""
    if sys.dont_write_bytecode or (config.rootpath / "tests/support/__pycache__").exists():
        return
    collected = ["-m", "pytest", "--collect-only", "-qq", *config.args]
    for arguments in (collected, ["-m", "tests.support.compiled"]):
        command = [sys.executable, *arguments]
        subprocess.run(command, cwd=config.rootpath, check=False, capture_output=True)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _Scheduling:
    return _Scheduling(config, log)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    reports = [
        report
        for outcome in ("passed", "failed", "error")
        for report in terminalreporter.stats.get(outcome, [])
        if isinstance(report, pytest.TestReport) and report.when == "call"
    ]
    for tier in TIERS:
        ran = sum(_report_tier(report) == tier for report in reports)
        terminalreporter.write_line(f"tier {tier}: {_told(tier, ran, config)}")


def tier_of(item: pytest.Item) -> str:
    """The tier of a test: its marker, else recorded."""
    return next((tier for tier in TIERS if item.get_closest_marker(tier)), "recorded")


def _report_tier(report: pytest.TestReport) -> str:
    return next((tier for tier in TIERS if tier in report.keywords), "recorded")


def _chosen(config: pytest.Config) -> set[str]:
    asked = config.getoption("tier")
    if asked:
        return set(asked)
    return set(TIERS) if shutil.which("pulumi") else set(TIERS) - {"engine"}


def _told(tier: str, ran: int, config: pytest.Config) -> str:
    if tier in _chosen(config):
        return f"{ran} tests ran"
    if tier == "engine" and not config.getoption("tier"):
        return f"not run, {_ENGINE_MISSING}"
    return "not asked for"
