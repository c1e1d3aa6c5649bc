"""A process is ours by its mark alone: nobody else's is ever ended."""

import os
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from localcluster import files, processes
from localcluster.processes import Launch

SLEEP = ["/bin/sleep", "60"]


def _own(directory: Path) -> list[psutil.Process]:
    """What this test started, told by its working directory: should `running` ever be wrong, the
    clusters of whoever runs these tests must not pay for it."""
    found = [each.process for each in processes.running(directory)]
    return [process for process in found if process.cwd() == str(directory)]


@pytest.fixture
def directory(tmp_path: Path):
    (tmp_path / "logs").mkdir()
    yield tmp_path
    processes.stop(_own(tmp_path))


def _wait_for(directory: Path, count: int) -> list[processes.Running]:
    deadline = time.monotonic() + 5
    while len(found := processes.running(directory)) != count and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def test_a_started_process_is_found_by_part_and_digest(directory: Path):
    launch = Launch(part="etcd", command=SLEEP)
    processes.start(launch, directory)
    found = _wait_for(directory, 1)
    assert [(each.part, each.digest) for each in found] == [("etcd", launch.digest())]


def test_a_started_process_is_in_a_session_of_its_own_and_not_our_child(directory: Path):
    processes.start(Launch(part="etcd", command=SLEEP), directory)
    process = _wait_for(directory, 1)[0].process
    assert os.getsid(process.pid) != os.getsid(0), "Ctrl-C would reach it"
    assert process.ppid() != os.getpid(), "nobody would reap it"


def test_the_users_proxy_and_kubeconfig_do_not_reach_it_but_its_bounds_of_memory(
    directory: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("KUBECONFIG", "/home/somebody/.kube/config")
    monkeypatch.setenv("GOGC", "300")
    processes.start(Launch(part="etcd", command=SLEEP), directory)
    environment = _wait_for(directory, 1)[0].process.environ()
    assert not {"HTTPS_PROXY", "KUBECONFIG"} & environment.keys()
    assert environment["GOGC"] == "300"


def test_a_process_of_another_cluster_is_not_ours(directory: Path, tmp_path: Path):
    processes.start(Launch(part="etcd", command=SLEEP), directory)
    _wait_for(directory, 1)
    assert processes.running(tmp_path / "other") == []
    assert processes.running(directory.parent) == []


def test_a_recycled_pid_is_never_signalled(monkeypatch: pytest.MonkeyPatch):
    with subprocess.Popen(SLEEP) as stranger:
        known = psutil.Process(stranger.pid)
        monkeypatch.setattr(known, "_ident", (stranger.pid, 1.0))
        monkeypatch.setattr(known, "_create_time", 1.0)
        processes.stop([known])
        with pytest.raises(subprocess.TimeoutExpired):  # else it was ended in another's place
            stranger.wait(timeout=0.5)
        stranger.kill()


def test_a_process_that_ignores_term_is_killed(directory: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(processes, "TERMINATE_SECONDS", 0.3)
    stubborn = ["/bin/sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"]
    processes.start(Launch(part="etcd", command=stubborn), directory)
    _wait_for(directory, 1)
    time.sleep(0.2)
    processes.stop(_own(directory))
    assert _wait_for(directory, 0) == []


def test_a_changed_file_or_flag_changes_the_digest(tmp_path: Path):
    file = tmp_path / "key"
    file.write_text("one")
    before = Launch(part="etcd", command=["etcd", "--a"], files=[file]).digest()
    assert Launch(part="etcd", command=["etcd", "--a"], files=[file]).digest() == before
    assert Launch(part="etcd", command=["etcd", "--b"], files=[file]).digest() != before
    file.write_text("two")
    assert Launch(part="etcd", command=["etcd", "--a"], files=[file]).digest() != before


def test_its_log_and_what_it_writes_are_private(directory: Path):
    script = "echo written > file; echo said"
    processes.start(Launch(part="etcd", command=["/bin/sh", "-c", script]), directory)
    log = directory / "logs" / "etcd.log"
    deadline = time.monotonic() + 5
    while log.read_text() != "said\n" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert log.read_text() == "said\n"
    assert log.stat().st_mode & 0o777 == 0o600
    assert (directory / "file").stat().st_mode & 0o777 == 0o600


def test_a_lock_leaves_no_file_and_admits_one_at_a_time(tmp_path: Path):
    path = tmp_path / "lock"
    with files.locked(path, lambda: None):
        assert files._try_lock(path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_private_file_is_replaced_whole_and_never_widened(tmp_path: Path):
    path = tmp_path / "key"
    path.write_text("old")
    path.chmod(0o644)
    files.write_private(path, "new")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o600)
    path.chmod(0o644)
    files.write_private(path, "new")
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
