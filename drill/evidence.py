"""What a drill has shown, as plain data and as a picture."""

import datetime
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from drill.course import quantile
from drill.picture import Drawn, write


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """The outcome of a drill."""

    drill: str
    at: str
    kept: bool
    """Whether everything was as the specification promises."""
    promises: Mapping[str, bool]
    """Each of them, and whether it was kept."""
    figures: Mapping[str, Any]
    runs: Sequence[Mapping[str, Any]]
    settings: Mapping[str, Any]
    machine: Mapping[str, Any] = field(default_factory=dict[str, Any])


def evidence(
    drill: str,
    promises: Mapping[str, bool],
    figures: Mapping[str, Any],
    runs: Sequence[Any],
    settings: Mapping[str, Any],
) -> Evidence:
    """Of runs (dataclasses), with the machine they ran on."""
    return Evidence(
        drill=drill,
        at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        kept=all(promises.values()),
        promises=promises,
        figures=figures,
        runs=[asdict(run) for run in runs],
        settings=settings,
        machine={
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
            "load_average": round(os.getloadavg()[0], 1),
        },
    )


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, P95 and the largest of some seconds."""
    found = {"p50": quantile(values, 0.5), "p95": quantile(values, 0.95)}
    return {**found, "max": max(values, default=0.0), "count": len(values)}


def as_json(of: Evidence) -> str:
    """The evidence as JSON."""
    return json.dumps(asdict(of), indent=2)


def save(of: Evidence, drawn: Mapping[str, Drawn], folder: Path) -> list[Path]:
    """Write it and its pictures, by name, into a folder; says which files."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{of.drill}-{of.at.replace(':', '').replace('+0000', 'Z')}"
    files = [folder / f"{stem}.json"]
    files[0].write_text(as_json(of) + "\n", encoding="utf-8")
    for name, each in drawn.items():
        files.append(folder / f"{'-'.join(filter(None, (stem, name)))}.svg")
        write(files[-1], each)
    return files
