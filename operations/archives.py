"""The charts' archives: brought from their publishers or a mirror, and compared with their pins.

They lie in `.charts` beside the program, from where the engine installs them: what was not
compared is never used (decision 0036). A chart that the catalogue calls `unverified` has no digest
to compare; its name and version are, and its SHA-256 is told, so that somebody can pin it.
"""

import contextlib
import hashlib
import io
import tarfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import yaml

from operations.downloads import Downloads, NotBroughtError
from operations.refusal import RefusedError
from rendering.folder import replace_file
from settings import loader, platform
from settings.charts import ARCHIVES, Chart, ChartName
from settings.loader import Settings

State = Literal["same", "unverified", "absent", "other"]
Report = Callable[[str], None]
_MOST_MANIFEST = 64 * 1024


class ArchiveError(RefusedError):
    """Archives that are not what the catalogue pins, or could not be brought."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Archive:
    """One chart's archive, as it lies here."""

    name: ChartName
    chart: Chart
    path: Path

    @property
    def state(self) -> State:
        """How the file compares with its pin."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return "absent"
        if self.complaint(content):
            return "other"
        return "same" if self.chart.digest else "unverified"

    def complaint(self, content: bytes) -> str | None:
        """What makes these bytes another archive than the pinned one."""
        found = hashlib.sha256(content).hexdigest()
        if self.chart.digest and found != self.chart.digest:
            return f"its SHA-256 is {found}, pinned is {self.chart.digest}"
        wanted = (self.chart.chart or self.name, self.chart.version)
        told = _named(content)
        return None if told == wanted else f"it holds {_told(told)}, pinned is {_told(wanted)}"


def archives(settings: Iterable[Settings], root: Path | None = None) -> list[Archive]:
    """The archives of the charts that stacks install, each once, in the order of installation."""
    folder = (root or loader.ROOT) / ARCHIVES
    found: dict[ChartName, Chart] = {}
    for each in settings:
        found |= {name: each.catalog.charts[name] for name in platform.charts(each)}
    return [
        Archive(name=name, chart=chart, path=folder / chart.archive(name))
        for name, chart in found.items()
    ]


def bring(settings: Sequence[Settings], report: Report, root: Path | None = None) -> list[Archive]:
    """Make every archive of the stacks lie here as pinned; raises once, with all that is wrong."""
    mirrors = {
        name: each.stack.charts.mirror for each in settings for name in platform.charts(each)
    }
    found = archives(settings, root)
    wrong: dict[str, str] = {}
    with contextlib.closing(Downloads()) as downloads:
        for each in found:
            if each.state in ("same", "unverified"):
                continue
            try:
                _bring(each, mirrors[each.name], downloads, report)
            except NotBroughtError as error:
                wrong[each.name] = str(error)
    if wrong:
        raise ArchiveError(_all(wrong))
    return found


def compare(settings: Iterable[Settings], root: Path | None = None) -> list[Archive]:
    """The archives as they lie here, without a network; raises where one is not as pinned."""
    found = archives(settings, root)
    wrong = {each.name: _at_rest(each) for each in found if each.state in ("absent", "other")}
    if wrong:
        raise ArchiveError(_all(wrong))
    return found


def _bring(archive: Archive, mirror: str | None, downloads: Downloads, report: Report) -> None:
    chart, name = archive.chart, archive.chart.chart or archive.name
    if mirror:
        place, content = downloads.from_mirror(mirror, name, chart.version)
    else:
        place, content = downloads.from_publisher(chart.repository, name, chart.version)
    if complaint := archive.complaint(content):
        raise NotBroughtError(
            f"{place}: {complaint}; nothing of it was kept. Find out which is right before "
            "catalog/charts.yaml changes"
        )
    replace_file(archive.path, content)
    digest = hashlib.sha256(content).hexdigest()
    told = "as pinned" if chart.digest else f"not pinned; its SHA-256 is {digest}"
    report(f"{archive.name} {chart.version} from {place}: {told}")


def _at_rest(archive: Archive) -> str:
    if archive.state == "absent":
        return f"{archive.path} is not there; run: mpk charts fetch"
    return (
        f"{archive.path}: {archive.complaint(archive.path.read_bytes())}; delete it and run: "
        "mpk charts fetch"
    )


def _all(wrong: Mapping[str, str]) -> str:
    count = "1 chart" if len(wrong) == 1 else f"{len(wrong)} charts"
    return "\n  ".join([f"{count} cannot be used", *(f"{n}: {why}" for n, why in wrong.items())])


def _named(content: bytes) -> tuple[str, str] | None:
    """The name and version in an archive's own Chart.yaml."""
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as packed:
            for member in packed:
                if member.name.count("/") == 1 and member.name.endswith("/Chart.yaml"):
                    file = packed.extractfile(member)
                    return _of(yaml.safe_load(file.read(_MOST_MANIFEST) if file else b""))
    except (tarfile.TarError, EOFError, OSError, yaml.YAMLError):
        return None
    return None


def _of(manifest: object) -> tuple[str, str] | None:
    if not isinstance(manifest, dict):
        return None
    entries = cast("dict[str, Any]", manifest)
    return str(entries.get("name")), str(entries.get("version"))


def _told(what: tuple[str, str] | None) -> str:
    return " ".join(what) if what else "no chart"
