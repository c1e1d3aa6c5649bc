"""Programs are built once, whole, and again when a pin changes. A shell script plays Go here."""

import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from localcluster import LocalClusterError, programs, toolchain
from localcluster.tool_table import ALL_TOOLS, TEST_TOOLS, Tool
from localcluster.toolchain import Toolchain

KUBERNETES = ALL_TOOLS[0]
GO = Toolchain(go=Path("/nowhere/go"), identity="go version go1.26.6 linux/amd64")
ETCD_ONLY = ["etcd"]
WAITING = "another process builds it; waiting"
WELL = """
    case "$1" in
        list) printf 'a\\nb\\nexample/main\\n' ;;
        build) echo build >> "$COUNT"
               for _ in $(seq 300); do [ ! -e "${HOLD:-/nowhere}" ] || sleep 0.1; done
               printf 'a\\nexample/main\\n' >&2
               while [ "$1" != -o ]; do shift; done; echo built > "$2" ;;
    esac
"""


@pytest.fixture
def play_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Put a script in Go's place; count its builds; keep programs in a fresh cache."""
    monkeypatch.setenv("MANPASIK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COUNT", str(tmp_path / "count"))
    script = tmp_path / "go"

    def play(body: str) -> Path:
        script.write_text("#!/bin/sh\n" + textwrap.dedent(body))
        script.chmod(0o755)
        return tmp_path / "count"

    fake = Toolchain(go=script, identity=GO.identity)
    monkeypatch.setattr(toolchain, "find", lambda _required: fake)
    return play


def test_every_tool_pins_the_version_that_it_reports():
    assert set(programs.versions()) == {"kubernetes", "etcd", "kwok"}
    assert all(version.startswith("v") for version in programs.versions().values())


def test_the_programs_are_told_the_version_that_go_mod_pins():
    version = programs.pinned_version(KUBERNETES)
    assert f"component-base/version.gitVersion={version}" in programs.build_flags(KUBERNETES)[-1]


def test_a_module_without_its_pin_is_refused_by_name():
    tool = Tool(name="etcd", main_module="example.com/absent", packages={})
    with pytest.raises(LocalClusterError, match=r"etcd/go\.mod does not require example\.com"):
        programs.pinned_version(tool)


@pytest.mark.parametrize("file", ["go.mod", "go.sum"])
def test_a_changed_pin_asks_for_a_new_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
):
    before = programs.cache_key(KUBERNETES, GO)
    shutil.copytree(programs.TOOLS, tmp_path / "tools")
    monkeypatch.setattr(programs, "TOOLS", tmp_path / "tools")
    assert programs.cache_key(KUBERNETES, GO) == before
    with (tmp_path / "tools" / "kubernetes" / file).open("a") as pins:
        pins.write("\n")
    assert programs.cache_key(KUBERNETES, GO) != before


def test_a_changed_source_of_our_own_asks_for_a_new_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    compose = next(tool for tool in TEST_TOOLS if tool.name == "compose")
    before = programs.cache_key(compose, GO)
    shutil.copytree(programs.TOOLS, tmp_path / "tools")
    monkeypatch.setattr(programs, "TOOLS", tmp_path / "tools")
    with (tmp_path / "tools" / "compose" / "main.go").open("a") as source:
        source.write("\n")
    assert programs.cache_key(compose, GO) != before


def test_another_go_asks_for_a_new_build():
    newer = Toolchain(go=GO.go, identity="go version go1.27.0 linux/amd64")
    assert programs.cache_key(KUBERNETES, newer) != programs.cache_key(KUBERNETES, GO)


def test_an_unknown_program_is_refused_with_the_known_ones():
    with pytest.raises(LocalClusterError, match=r"Unknown programs kubelet\. Known: kube-api"):
        programs.ensure(["kubelet"], programs.quiet)


def test_a_built_program_is_not_built_again(play_go):
    count = play_go(WELL)
    first = programs.ensure(ETCD_ONLY, programs.quiet)
    assert programs.ensure(ETCD_ONLY, programs.quiet) == first
    assert first["etcd"].read_text() == "built\n"
    assert count.read_text() == "build\n"


def test_progress_counts_packages_up_to_all_of_them(play_go):
    play_go(WELL)
    told: list[tuple[int, int]] = []
    programs.ensure(ETCD_ONLY, lambda done, total, _message: told.append((done, total)))
    assert told == [(0, 0), (0, 3), (1, 3), (2, 3), (3, 3)]


def test_a_failed_build_leaves_nothing_that_looks_finished(play_go):
    play_go("echo 'x.go:1: undefined: y' >&2; exit 1")
    with pytest.raises(LocalClusterError, match=r"undefined: y(.|\n)*tools/etcd/go\.mod"):
        programs.ensure(ETCD_ONLY, programs.quiet)
    count = play_go(WELL)
    assert programs.ensure(ETCD_ONLY, programs.quiet)["etcd"].exists()
    assert count.read_text() == "build\n"


def test_without_a_network_the_error_names_the_kind_of_registry(play_go):
    play_go("echo 'go: a@v1: dial tcp: lookup x: no such host' >&2; exit 1")
    with pytest.raises(LocalClusterError, match="needs the Go module proxy"):
        programs.ensure(ETCD_ONLY, programs.quiet)


def test_two_builders_at_once_build_once(play_go, tmp_path, monkeypatch: pytest.MonkeyPatch):
    count, hold = play_go(WELL), tmp_path / "hold"
    monkeypatch.setenv("HOLD", str(hold))
    hold.touch()  # the build goes on once the other has said that it waits
    code = (
        "import sys; from pathlib import Path; from localcluster import programs, toolchain\n"
        "fake = toolchain.Toolchain(go=Path(sys.argv[1]), identity=sys.argv[2])\n"
        "toolchain.find = lambda _: fake\n"
        "programs.ensure(['etcd'], lambda d, t, message: print(message, flush=True))"
    )
    command = [sys.executable, "-c", code, str(count.with_name("go")), GO.identity]
    root = Path(programs.__file__).parent.parent
    outputs = [tmp_path / "one.txt", tmp_path / "other.txt"]
    builders = []
    for output in outputs:
        with output.open("w") as told:
            builders.append(subprocess.Popen(command, cwd=root, stdout=told))
    deadline = time.monotonic() + 25
    while not any(WAITING in output.read_text() for output in outputs):
        assert time.monotonic() < deadline, "nobody waits for the other"
        time.sleep(0.05)
    hold.unlink()
    assert [builder.wait(30) for builder in builders] == [0, 0]
    assert count.read_text() == "build\n", "two builders built the same twice"
    assert sum(WAITING in output.read_text() for output in outputs) == 1


def test_a_missing_toolchain_is_named_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(toolchain.sys, "prefix", "/nowhere")
    monkeypatch.setenv("PATH", "/nowhere")
    toolchain.find.cache_clear()
    with pytest.raises(LocalClusterError, match="make setup"):
        toolchain.find((1, 26, 0))


def test_a_go_that_is_too_old_is_refused_with_both_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    script = tmp_path / "bin" / "go"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\necho go version go1.20.1 linux/amd64\n")
    script.chmod(0o755)
    monkeypatch.setattr(toolchain.sys, "prefix", str(tmp_path))
    monkeypatch.setenv("PATH", "/nowhere")
    toolchain.find.cache_clear()
    with pytest.raises(LocalClusterError, match=r"version 1\.26\.0 .*go1\.20\.1"):
        toolchain.find((1, 26, 0))


def test_a_killed_builder_does_not_block_the_next(play_go):
    count = play_go(WELL)
    home = programs.paths.cache_dir() / "programs"
    code = (
        "import sys, time; from pathlib import Path; from localcluster.files import locked\n"
        "with locked(Path(sys.argv[1]), lambda: None): print('held', flush=True); time.sleep(60)"
    )
    etcd = next(tool for tool in ALL_TOOLS if tool.name == "etcd")
    lock = home / f"etcd-{programs.cache_key(etcd, GO)}.lock"
    root = Path(programs.__file__).parent.parent
    with subprocess.Popen(
        [sys.executable, "-c", code, str(lock)], cwd=root, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.kill()
    began = time.monotonic()
    assert programs.ensure(ETCD_ONLY, programs.quiet)["etcd"].exists()
    assert time.monotonic() - began < 10
    assert count.read_text() == "build\n"
