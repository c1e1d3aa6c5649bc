"""One update at a time, and no lock that outlives its owner (A-6; issue 7, acceptance 3)."""

import json
import os
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest

from cli.failures import LockedError
from cli.locks import alone, owner_lives

HERE = socket.gethostname()


def test_a_second_run_is_refused_with_the_process_of_the_first(tmp_path):
    with alone(tmp_path, "dev", 0), pytest.raises(LockedError) as refused:
        _enter(tmp_path)
    assert f"process {os.getpid()}" in str(refused.value)
    assert "--wait-for-lock" in str(refused.value)


def test_a_second_run_waits_as_long_as_it_is_told(tmp_path):
    free = threading.Event()
    with alone(tmp_path, "dev", 0):
        second = threading.Thread(target=lambda: (_enter(tmp_path, 60), free.set()))
        second.start()
        assert not free.wait(0.3)
    assert free.wait(60)
    second.join()


def test_a_killed_run_leaves_no_lock(tmp_path):
    hold = (
        "import sys, time, pathlib\nfrom cli.locks import alone\n"
        "with alone(pathlib.Path(sys.argv[1]), 'dev', 0):\n    print('held', flush=True)\n"
        "    time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", hold, tmp_path], stdout=subprocess.PIPE) as held:
        assert held.stdout
        assert held.stdout.readline() == b"held\n"
        with pytest.raises(LockedError):
            _enter(tmp_path)
        held.kill()
    _enter(tmp_path)


def _enter(folder, patience=0.0):
    with alone(folder, "dev", patience):
        pass


def _engine_lock(folder, stack="dev", **content):
    file = folder / ".pulumi" / "locks" / "organization" / "manpasik" / stack / "one.json"
    file.parent.mkdir(parents=True)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.123456789Z")
    file.write_text(json.dumps({"pid": os.getpid(), "hostname": HERE, "timestamp": now} | content))
    return f"file://{folder}"


def test_the_lock_of_a_running_engine_is_respected(tmp_path):
    assert owner_lives(_engine_lock(tmp_path), "dev")


def test_the_lock_of_a_dead_engine_is_nobodys(tmp_path):
    assert not owner_lives(_engine_lock(tmp_path, pid=2**22 + 1), "dev")


def test_a_process_number_that_was_given_out_again_does_not_keep_a_lock(tmp_path):
    before = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    assert not owner_lives(_engine_lock(tmp_path, timestamp=before), "dev")


def test_another_machines_lock_is_never_judged_from_here(tmp_path):
    assert owner_lives(_engine_lock(tmp_path, hostname="elsewhere", pid=2**22 + 1), "dev")


def test_a_backend_that_is_no_folder_cannot_be_looked_into():
    assert owner_lives("s3://manpasik-state", "dev")


def test_another_stacks_lock_is_no_lock_of_this_one(tmp_path):
    assert not owner_lives(_engine_lock(tmp_path, stack="staging"), "dev")
