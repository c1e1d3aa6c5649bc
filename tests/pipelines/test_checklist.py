"""`mpk checklist`: each line can fail, and Production waits for all of them (issue 7, line 5)."""

import copy
import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from cli.app import BAD_INPUT, app
from cli.checklist import NOT_YET
from operations.checklist import Evidence, ready, whole
from operations.checklist.judging import LINES, Asked
from settings import load
from tests.support import topologies

VERSION, COMMIT = "v1.2.3", "c" * 40
ASKED = Asked(version=VERSION, commit=COMMIT, images=["auth-service", "migrations"],
              changelog="## [1.2.3]\n")  # fmt: skip
PRODUCTION = load("production")
REGIONS = ["production-kr", "production-us"]
FOUR = replace(ASKED, clusters=REGIONS, above=["production"], opened=[*REGIONS, "production"])


def released(stack, seconds=1800.0):
    return {
        "stack": stack,
        "version": VERSION,
        "outcome": "succeeded",
        "services": {"auth-service": {"after": VERSION}},
        "stages": [
            {"name": "migrate", "outcome": "succeeded", "seconds": 3.0},
            {"name": "watch", "outcome": "succeeded", "seconds": seconds},
        ],
    }


GOOD = {
    "ci": {"ci": {"result": "success"}, "images": {"result": "success"}},
    "images": {"auth-service": "signed", "migrations": "unsigned"},
    "migration": released("staging"),
    "e2e": {"passed": 40, "failed": 0},
    "load": {"rate": 5000.1, "seconds": 60.0, "success": 0.9999, "p95_ms": 88.0},
    "stable": {"hours": 24, "seen": 0.999, "errors": 0.0001, "restarts": 0.0,
               "versions": [VERSION]},
    "approval": {"by": {"production": ["kim"]}, "run": "1"},
    "production": released("production"),
    "watch": released("production"),
}  # fmt: skip
# Line, what is put where, and what the line then says.
SPOILED = [
    ("ci", "ci/result", "failure", "not green: ci"),
    ("ci", "images/result", "skipped", "not green: images"),
    ("images", "migrations", "absent", "the registry has no migrations"),
    ("images", "auth-service", "unknown", "the registry has no auth-service"),
    ("migration", "stages/0/outcome", "failed", "migrations: failed"),
    ("migration", "stack", "local", "the record is of local"),
    (
        "migration",
        "services/auth-service/after",
        "v1.2.2",
        "other versions run on staging: auth-service",
    ),
    ("e2e", "failed", 1, "40 passed, 1 failed"),
    ("e2e", "passed", 0, "0 passed, 0 failed"),
    ("load", "rate", 4980.0, "4,980 requests a second of 5,000"),
    ("load", "seconds", 10.0, "10 s of 60"),
    ("load", "success", 0.9, "success 90.00%"),
    ("load", "p95_ms", 201.0, "P95 201 ms"),
    ("stable", "hours", 23, "23 of 24 hours"),
    ("stable", "seen", 0.5, "samples of only 50% of the time"),
    ("stable", "errors", 0.02, "error rate 2.00%"),
    ("stable", "restarts", 1.0, "1 restarts"),
    ("stable", "versions", ["v1.2.2", VERSION], "versions v1.2.2, v1.2.3"),
    ("approval", "by", {}, "nobody approved production"),
    ("approval", "by", {"staging": ["kim"]}, "nobody approved production"),
    ("migration", "version", "v1.2.2", "the release on staging is of v1.2.2"),
    ("production", "outcome", "rolled back", "the release on production rolled back"),
    ("watch", "stages/1/seconds", 1799.0, "production was watched 1799 s of 1800"),
    ("watch", "stages/1/outcome", "failed", "watch of production: failed"),
]


def evidence(data=None, **more):
    given = {"version": VERSION, "commit": COMMIT, "when": "2026-01-01", **more}
    return {n: Evidence(line=n, data=each, **given) for n, each in (data or GOOD).items()}


def open_lines(found, asked=ASKED):
    return {line.name: line.missing for line in whole(found, asked) if not line.holds}


def test_a_release_of_which_everything_is_known_is_complete():
    assert open_lines(evidence()) == {}
    assert len(whole(evidence(), ASKED)) == 10, "R-CHECK has ten lines"


@pytest.mark.parametrize(("line", "place", "value", "says"), SPOILED)
def test_each_line_fails_by_itself(line, place, value, says):
    data = copy.deepcopy(GOOD)
    *way, last = place.split("/")
    at = data[line]
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    at[last] = value
    assert open_lines(evidence(data)) == {line: says}


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("how", ["absent", "empty", "other version", "other commit"])
def test_no_line_holds_without_evidence_of_this_version_and_commit(line, how):
    found = evidence()
    other = {"other version": {"version": "v1.2.2"}, "other commit": {"commit": "d" * 40}}
    if how == "absent":
        del found[line]
    else:
        data = {} if how == "empty" else GOOD[line]
        found |= evidence({line: data}, **other.get(how, {}))
    assert list(open_lines(found)) == [line]


def test_a_load_that_a_machine_could_not_send_is_told_as_that():
    data = {**GOOD["load"], "rate": 2110.0, "limit": "this machine was 97% busy"}
    said = "inconclusive, this machine was 97% busy: 2,110 requests a second of 5,000"
    assert open_lines(evidence({**GOOD, "load": data})) == {"load": said}


def test_before_production_everything_but_production_itself_is_asked():
    found = {n: e for n, e in evidence().items() if n not in ("production", "watch")}
    assert all(line.holds for line in ready(found, ASKED))
    del found["approval"]
    assert [line.name for line in ready(found, ASKED) if not line.holds] == ["approval"]


def in_four_regions(**more):
    every = [released(each, 1800.0) for each in REGIONS] + [released("production", 0.0)]
    approved = {"by": {each: ["kim"] for each in FOUR.opened}, "run": "1"}
    return {**GOOD, "production": every, "watch": every, "approval": approved, **more}


@pytest.mark.parametrize(
    ("line", "spoiled", "says"),
    [
        ("production", 0, "no record of production-kr"),
        ("watch", 1, "no record of production-us"),
        ("production", 2, "no record of production"),
        (
            "approval",
            {"by": {"production-kr": ["kim"]}},
            "nobody approved production-us, production",
        ),
    ],
)
def test_in_phase_4_every_region_and_the_stack_above_must_be_there(line, spoiled, says):
    """R-P4-REG: a line holds where it holds in every region; nobody watches the stack above."""
    assert open_lines(evidence(in_four_regions()), FOUR) == {}
    whole = in_four_regions()[line]
    left = spoiled if isinstance(spoiled, dict) else [*whole[:spoiled], *whole[spoiled + 1 :]]
    assert open_lines(evidence(in_four_regions(**{line: left})), FOUR) == {line: says}
    assert "production" in open_lines(evidence(), FOUR), "one record is not four"


def test_a_changelog_without_the_version_is_open():
    asked = Asked(version=VERSION, commit=COMMIT, images=ASKED.images, changelog="## [1.2.2]")
    assert open_lines(evidence(), asked) == {"changelog": "CHANGELOG.md has no section ## [1.2.3]"}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a tag, its evidence, and nothing else that is asked."""
    monkeypatch.setattr("cli.checklist.resolved", lambda *_: COMMIT)
    monkeypatch.setattr("cli.checklist.loader.ROOT", tmp_path)
    monkeypatch.setattr(
        "cli.checklist.load_catalog", lambda: type("C", (), {"services": ["auth-service"]})
    )
    monkeypatch.setattr("cli.checklist.load", lambda _: PRODUCTION)
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## [Unreleased]\n\n### Added\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def mpk(*arguments):
    return CliRunner().invoke(app, list(arguments))


def gather(*lines):
    for line in lines:
        given = json.dumps(GOOD[line])
        assert mpk("evidence", line, VERSION, "--given", given).exit_code == 0 or line == "approval"


def test_production_without_approval_is_refused(project):
    gather(*(line for line in LINES if line not in ("approval", "production", "watch")))
    done = mpk("checklist", VERSION, "--before-production", "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["ready"]) == (NOT_YET, False)
    assert [x["line"] for x in told["lines"] if not x["holds"]] == ["approval"]
    assert (project / "CHANGELOG.md").read_text().count("##") == 2


def test_a_region_waits_for_its_own_approval(project, monkeypatch):
    above = topologies.above("aws", "kr", "us")
    found = topologies.settings(above, "production")
    monkeypatch.setattr("cli.checklist.load", lambda _: found)
    gather(*(line for line in LINES if line not in ("approval", "production", "watch")))
    approval = replace(evidence()["approval"], data={"by": {"production-kr": ["kim"]}})
    (project / "evidence/approval.json").write_text(json.dumps(vars_of(approval)))
    asked = ("checklist", VERSION, "--before-production", "--stack")
    assert mpk(*asked, "production-kr").exit_code == 0
    done = mpk(*asked, "production-us")
    assert (done.exit_code, "nobody approved production-us" in done.stdout) == (NOT_YET, True)
    assert "allowed: production-kr, production-us" in mpk(*asked, "staging").stderr


def test_records_of_a_folder_are_one_evidence(project):
    (project / "records").mkdir()
    for stack in REGIONS:
        (project / f"records/{stack}.json").write_text(json.dumps(released(stack)))
    assert mpk("evidence", "production", VERSION, "--from", "records").exit_code == 0
    kept = json.loads((project / "evidence/production.json").read_text())
    assert [each["stack"] for each in kept["data"]] == REGIONS


def test_the_changelog_is_headed_only_when_everything_else_holds(project):
    gather(*(line for line in LINES if line != "approval"))
    assert mpk("checklist", VERSION, "--update-changelog").exit_code == NOT_YET
    assert "1.2.3" not in (project / "CHANGELOG.md").read_text()
    approval = evidence()["approval"]
    (project / "evidence/approval.json").write_text(json.dumps(vars_of(approval)))
    for _ in range(2):
        assert mpk("checklist", VERSION, "--update-changelog").exit_code == 0
    text = (project / "CHANGELOG.md").read_text()
    assert text.count("## [1.2.3]") == 1
    assert text.index("[Unreleased]") < text.index("[1.2.3]") < text.index("### Added")


def vars_of(each):
    return {name: getattr(each, name) for name in ("line", "version", "commit", "when", "data")}


@pytest.mark.usefixtures("project")
def test_what_is_no_evidence_is_refused_in_a_sentence():
    assert mpk("evidence", "load", VERSION, "--given", "{").exit_code == BAD_INPUT
    assert mpk("evidence", "moon", VERSION, "--given", "{}").exit_code == BAD_INPUT
    gather("load")
    from pathlib import Path  # noqa: PLC0415 - only here

    Path("evidence/ci.json").write_text("{}")
    done = mpk("checklist", VERSION)
    assert done.exit_code == BAD_INPUT
    assert "evidence/ci.json: is no evidence" in done.stderr
