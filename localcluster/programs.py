"""Build the cluster's programs from pinned Go modules, once, into the cache.

`tools/<tool>/go.mod` pins every module; a cache key over the pins, the build flags and the Go
toolchain names the directory, so a changed pin never meets an old program. A build happens beside
its place and is renamed there: an interrupted one leaves nothing that looks finished.
"""

import hashlib
import re
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from localcluster import toolchain
from localcluster.errors import LocalClusterError
from localcluster.files import locked
from localcluster.tool_table import ALL_TOOLS, EVERY_TOOL, PROGRAMS, Tool
from localcluster.toolchain import Toolchain
from settings import paths

TOOLS = Path(__file__).resolve().parent.parent / "tools"
STDERR_LINES_SHOWN = 20
NETWORK_SIGNS = ("dial tcp", "no such host", "i/o timeout", "connection refused", "proxyconnect")
"""What Go prints when it could not fetch a module."""

Report = Callable[[int, int, str], None]
"""Told (packages done, packages in all, what happens); 0 in all means: not known yet."""


def quiet(_done: int, _total: int, _message: str) -> None:
    """Report to nobody."""


def pinned_version(tool: Tool) -> str:
    """The version of the tool's main module, as its go.mod pins it."""
    go_mod = TOOLS / tool.name / "go.mod"
    pattern = rf"^\s*(?:require )?{re.escape(tool.main_module)} (v\S+)"
    found = re.search(pattern, go_mod.read_text(), re.MULTILINE)
    if found is None:
        message = f"{go_mod} does not require {tool.main_module}. Add it with `go get -tool`."
        raise LocalClusterError(message)
    return found[1]


def versions() -> dict[str, str]:
    """The pinned version of each tool."""
    return {tool.name: pinned_version(tool) for tool in ALL_TOOLS}


def build_flags(tool: Tool) -> list[str]:
    """Small, reproducible programs that know their version."""
    version = pinned_version(tool)
    major, minor = version.removeprefix("v").split(".")[:2]
    stamps = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    linker = ["-s", "-w"]
    for package in tool.version_packages:
        for variable, value in stamps.items():
            linker += ["-X", f"{package}.{variable}={value}"]
    if tool.version_variable:
        linker += ["-X", f"{tool.version_variable}={version}"]
    tags = ["-tags", ",".join(tool.tags)] if tool.tags else []
    return ["-mod=readonly", "-trimpath", *tags, "-ldflags", " ".join(linker)]


def cache_key(tool: Tool, go: Toolchain) -> str:
    """What the programs are made of, in 16 characters."""
    folder = TOOLS / tool.name
    digest = hashlib.sha256()
    for part in (folder / "go.mod", folder / "go.sum", *sorted(folder.glob("*.go"))):
        digest.update(hashlib.sha256(part.read_bytes()).digest())
    digest.update("\0".join([*build_flags(tool), go.identity]).encode())
    return digest.hexdigest()[:16]


def ensure(names: Sequence[str], report: Report) -> dict[str, Path]:
    """Paths of the named programs; those that the cache lacks are built first."""
    if unknown := sorted(set(names) - set(PROGRAMS)):
        message = f"Unknown programs {', '.join(unknown)}. Known: {', '.join(PROGRAMS)}."
        raise LocalClusterError(message)
    found: dict[str, Path] = {}
    for tool in EVERY_TOOL:
        wanted = [name for name in tool.packages if name in names]
        if wanted:
            home = _ensure_tool(tool, report)
            found |= {name: home / name for name in wanted}
    return found


def _ensure_tool(tool: Tool, report: Report) -> Path:
    required = toolchain.numbers_of((TOOLS / tool.name / "go.mod").read_text())
    go = toolchain.find(required)
    home = paths.cache_dir() / "programs" / f"{tool.name}-{cache_key(tool, go)}"
    if home.is_dir():
        return home

    def waiting() -> None:
        report(0, 0, f"{tool.name}: another process builds it; waiting for it to finish")

    with locked(home.with_name(f"{home.name}.lock"), waiting) as lock:
        if not home.is_dir():
            beside = home.with_name(f"{home.name}.partial")
            shutil.rmtree(beside, ignore_errors=True)
            beside.mkdir()
            _build(tool, go, beside, lock, report)
            beside.rename(home)
    return home


def _build(tool: Tool, go: Toolchain, into: Path, lock: int, report: Report) -> None:
    packages = list(tool.packages.values())
    flags = build_flags(tool)

    def fetching(line: str) -> None:
        if line.startswith("go: downloading "):
            report(0, 0, f"{tool.name}: fetching {line.removeprefix('go: downloading ')}")

    report(0, 0, f"{tool.name}: reading the module list")
    listed = [each for each in flags[: flags.index("-ldflags")] if each != "-trimpath"]
    listing = _run_go(tool, go, ["list", "-deps", *listed, *packages], lock, fetching)
    total = len(listing.splitlines())
    done = 0

    def compiling(line: str) -> None:
        nonlocal done
        if " " in line:
            fetching(line)
            return
        done = min(done + 1, total)
        # After a program's own package comes half a minute of linking, which Go does not mention.
        verb = "compiling and linking " if line in packages else ""
        report(done, total, f"{tool.name}: {verb}{line}")

    # One package takes the name we want; several take the last part of theirs, which is that name.
    output = into if len(packages) > 1 else into / next(iter(tool.packages))
    report(0, total, f"{tool.name} {pinned_version(tool)}: building {', '.join(tool.packages)}")
    _run_go(tool, go, ["build", "-v", *flags, "-o", str(output), *packages], lock, compiling)
    report(total, total, f"{tool.name}: built")


def _run_go(
    tool: Tool, go: Toolchain, arguments: list[str], lock: int, each: Callable[[str], None]
) -> str:
    """Run Go, hand over each line of its stderr, and return its stdout."""
    tail: deque[str] = deque(maxlen=STDERR_LINES_SHOWN)
    with (
        tempfile.TemporaryFile("w+") as output,
        # The child inherits the lock: should we die, no second build starts beside this one.
        subprocess.Popen(  # noqa: S603 - only Go, as `toolchain.find` checked it
            [go.go, *arguments],
            cwd=TOOLS / tool.name,
            env=toolchain.environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=(lock,),
        ) as process,
    ):
        try:
            for line in process.stderr or ():
                tail.append(line.rstrip())
                each(line.strip())
        except BaseException:
            process.terminate()
            raise
        if process.wait() != 0:
            raise LocalClusterError(_build_failure(tool, arguments[0], list(tail)))
        output.seek(0)
        return output.read()


def _build_failure(tool: Tool, step: str, tail: list[str]) -> str:
    text = "\n  ".join(tail)
    remedy = f"Read the lines above; the pins are in tools/{tool.name}/go.mod."
    if any(sign in text for sign in NETWORK_SIGNS):
        remedy = (
            "A module could not be fetched: the first build needs the Go module proxy. "
            "Check the network and GOPROXY, then run the same command again; "
            "what was already fetched and compiled is kept."
        )
    if "no space left on device" in text:
        remedy = (
            "The disk is full: a first build needs about 4 GB in Go's caches (`go env GOCACHE`)."
        )
    return f"`go {step}` failed in tools/{tool.name}:\n  {text}\n{remedy}"
