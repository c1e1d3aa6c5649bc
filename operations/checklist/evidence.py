"""Evidence of a release: a folder with one JSON file a line, each for one version and commit."""

import datetime
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from operations.refusal import RefusedError


class EvidenceError(RefusedError):
    """Evidence that cannot be read, or of no line."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What a command saw."""

    line: str
    version: str
    commit: str
    when: str
    data: Any


def write(folder: Path, line: str, version: str, commit: str, data: Any) -> Path:
    """Keep what was seen now."""
    when = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    found = Evidence(line=line, version=version, commit=commit, when=when, data=data)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{line}.json"
    path.write_text(json.dumps(asdict(found), indent=1, sort_keys=True) + "\n")
    return path


def read(folder: Path) -> dict[str, Evidence]:
    """What the folder holds, by line; every unreadable file at once."""
    found: dict[str, Evidence] = {}
    bad: list[str] = []
    for path in sorted(folder.glob("*.json")):
        try:
            content = cast("Mapping[str, Any]", json.loads(path.read_text()))
            found[path.stem] = Evidence(**content)
        except (OSError, ValueError, TypeError) as error:
            bad.append(f"{path}: is no evidence ({type(error).__name__})")
    if bad:
        raise EvidenceError("\n".join(bad))
    return found
