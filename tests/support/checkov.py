"""The real Checkov over every stack on both clouds: `make security` (decision 0037).

Offline, without an account. It reads the recordings as Terraform, one folder a graph, in one run.
What it may find is waived in `tests/security/waivers.yaml`, by check and resource, with a reason,
an owner and a last day. A waiver that is past it, or that waives nothing, is a finding itself.
"""

import datetime
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, TypeAdapter

from rendering import Recorded
from rendering.terraform import configuration
from settings.loader import ROOT
from settings.model import Model
from tests.support.clouds import CLOUD_STACKS, CLOUDS, above_regions, whole

WAIVERS = ROOT / "tests/security/waivers.yaml"
_HOME = ROOT / ".uv/checkov"
_MINUTES = 60
_FEWEST = 50
"""Checks that pass in any whole graph; fewer, and Checkov did not understand what it was given."""


class Waiver(Model):
    """What Checkov may find, why, and until when."""

    check: Annotated[str, Field(pattern=r"^CKV2?_[A-Z]+_[0-9]+$")]
    """Checkov's own id."""

    resources: Annotated[str, Field(min_length=8)]
    """`<stack>-<cloud>/<type>.<name>`, with `*` and `?` for what may stand there."""

    reason: Annotated[str, Field(min_length=20)]
    """Why it is so on purpose."""

    owner: Annotated[str, Field(min_length=3)]
    """The group that answers for it."""

    until: datetime.date
    """The last day on which it holds; then somebody must look again."""

    def covers(self, finding: "Finding") -> bool:
        """Whether it is about this."""
        return self.check == finding.check and fnmatchcase(finding.resource, self.resources)


@dataclass(frozen=True, order=True, kw_only=True)
class Finding:
    """A check that a resource does not pass."""

    check: str
    resource: str
    says: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one run of Checkov saw."""

    passed: Mapping[str, int]
    """Checks passed, by graph."""
    failed: Sequence[Finding]


def waivers(path: Path = WAIVERS) -> list[Waiver]:
    """The file, checked."""
    return TypeAdapter(list[Waiver]).validate_python(yaml.safe_load(path.read_text()))


def graphs() -> dict[str, tuple[Recorded, ...]]:
    """Every stack on every cloud, by `<stack>-<cloud>`."""
    found = {f"{stack}-{cloud}": whole(stack, cloud) for stack in CLOUD_STACKS for cloud in CLOUDS}
    found |= {f"server-{cloud}": whole("dev", cloud, "server") for cloud in CLOUDS}
    return found | {f"front-{cloud}": above_regions(cloud) for cloud in CLOUDS}


def scan(texts: Mapping[str, str]) -> Report:
    """Checkov's judgement of some configurations, each for itself."""
    subprocess.run([sys.executable, ROOT / "tools/setup.py", "checkov"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            (Path(folder) / name).mkdir()
            (Path(folder) / name / "main.tf").write_text(text)
        told = _run(Path(folder))
    passed = dict.fromkeys(texts, 0)
    for each in told["passed_checks"]:
        passed[_graph(each)] += 1
    return Report(passed=passed, failed=sorted({_finding(each) for each in told["failed_checks"]}))


def problems(report: Report, waived: Sequence[Waiver], today: datetime.date) -> list[str]:
    """What must not be, one sentence each."""
    silent = [name for name, count in report.passed.items() if count < _FEWEST]
    found = [f"{name}: Checkov read too little of it" for name in silent]
    for each in report.failed:
        if not any(waiver.covers(each) for waiver in waived):
            found.append(f"{each.resource}: {each.says} ({each.check})")
    for waiver in waived:
        of_it = f"waivers.yaml: {waiver.check} of {waiver.resources}"
        if waiver.until < today:
            found.append(f"{of_it} held until {waiver.until}; {waiver.owner} must look again")
        if not any(waiver.covers(each) for each in report.failed):
            found.append(f"{of_it} waives nothing any more; remove it")
    return found


def _run(folder: Path) -> dict:
    quiet = {k: v for k, v in os.environ.items() if not k.startswith(("BC_", "CKV_", "PRISMA_"))}
    command = [_HOME / "bin/checkov", "--directory", ".", "--framework", "terraform", "--compact",
               "--soft-fail", "--skip-download", "--skip-results-upload",
               "--output", "json"]  # fmt: skip
    done = subprocess.run(command, cwd=folder, env=quiet, capture_output=True, text=True,
                          check=False, timeout=10 * _MINUTES)  # fmt: skip
    broken = [line for line in done.stderr.splitlines() if "Failed to run check" in line]
    if done.returncode or broken:
        raise RuntimeError("\n".join([*broken, done.stderr[-2000:], done.stdout[-2000:]]))
    told = json.loads(done.stdout)
    if told["results"].get("parsing_errors"):
        raise RuntimeError(f"Checkov cannot read {told['results']['parsing_errors']}")
    return told["results"]


def _graph(each: dict) -> str:
    return each["file_path"].strip("/").partition("/")[0]


def _finding(each: dict) -> Finding:
    return Finding(check=each["check_id"], resource=f"{_graph(each)}/{each['resource']}",
                   says=each["check_name"])  # fmt: skip


def main() -> int:
    """Say what is wrong, or how much is right."""
    waived = waivers()
    report = scan({name: configuration(found) for name, found in graphs().items()})
    wrong = problems(report, waived, datetime.datetime.now(datetime.UTC).date())
    passed = sum(report.passed.values())
    sys.stdout.write("".join(f"{line}\n" for line in wrong))
    sys.stdout.write(f"{passed} checks of {len(report.passed)} graphs passed, "
                     f"{len(report.failed)} are waived by {len(waived)} waivers, "
                     f"{len(wrong)} problems\n")  # fmt: skip
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
