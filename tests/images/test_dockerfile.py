"""The recipe of every image (R-IMG-2): what is copied when, as whom it runs, what stops the build.

No image is built here: hadolint judges the file, and its shell runs with folders of a test's own.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from settings.loader import ROOT, load_catalog

FILE = ROOT / "images" / "Dockerfile"
OFTEN_SECRET = re.compile("secret|passw|token|credential|_key", re.IGNORECASE)
Instruction = tuple[str, str]


def instructions() -> dict[str, list[Instruction]]:
    """The instructions of each stage by its name; what comes before the first has none."""
    text = re.sub(r"^\s*#.*\n", "", FILE.read_text(), flags=re.MULTILINE).replace("\\\n", "")
    stages: dict[str, list[Instruction]] = {"": []}
    name = ""
    for line in filter(str.strip, text.splitlines()):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            stages[name] = [("FROM", base)]
        else:
            stages[name].append((word, rest.strip()))
    return stages


def all_of(stage: str, word: str) -> list[str]:
    return [rest for found, rest in instructions()[stage] if found == word]


def shell(stage: str, holding: str) -> str:
    """The one RUN of a stage that holds a text."""
    (found,) = [run for run in all_of(stage, "RUN") if holding in run]
    return found


def run(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", script],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_hadolint_finds_nothing():
    program = Path(sys.prefix) / "bin" / "hadolint"
    done = subprocess.run([program, FILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_base_images_are_those_of_the_catalogue():
    images = load_catalog().images
    assert all_of("", "ARG") == [
        f"BUILDER_IMAGE={images['builder'].image}",
        f"RUNTIME_IMAGE={images['runtime'].image}",
    ]


@pytest.mark.parametrize("stage", ["files", "migrations", "service"])
def test_what_is_shipped_stands_on_the_runtime_image(stage):
    assert instructions()[stage][0] == ("FROM", "${RUNTIME_IMAGE}")


def test_the_modules_are_fetched_before_any_source_and_for_all_services_alike():
    assert instructions()["modules"] == [
        ("FROM", "${BUILDER_IMAGE}"),
        ("WORKDIR", "/src"),
        ("COPY", "go.mod go.sum ./"),
        ("RUN", "go mod download"),
    ]
    assert instructions()["program"][0] == ("FROM", "modules")


def test_a_change_of_one_service_builds_no_other():
    assert all_of("program", "COPY") == [
        "shared/ shared/",
        "services/${SERVICE}/ services/${SERVICE}/",
    ]


def test_the_program_is_static_stripped_and_built_from_what_is_pinned():
    build = shell("program", "go build")
    for part in (
        "CGO_ENABLED=0", "GOWORK=off", "GOTOOLCHAIN=local", "-mod=readonly", "-trimpath",
        "-ldflags='-s -w'", "./services/${SERVICE}/cmd",
    ):  # fmt: skip
        assert part in build, "SEED-16, CI-02, CI-04, CI-11"
    assert not [each for each in all_of("program", "RUN") if "go mod tidy" in each]


def test_what_is_copied_is_what_is_run():
    """The product's own recipe ran a file that it never wrote (CI-01)."""
    assert "-o /out/service " in shell("program", "go build")
    assert all_of("service", "COPY") == ["--from=program /out/service /app/service"]
    assert all_of("service", "ENTRYPOINT") == ['["/app/service"]']
    assert not all_of("service", "CMD")


@pytest.mark.parametrize("stage", ["migrations", "service"])
def test_nobody_runs_it_by_number_and_nothing_is_done_after(stage):
    found = instructions()[stage]
    assert ("USER", "65534:65534") in found, "SEC-02"
    after = found[found.index(("USER", "65534:65534")) + 1 :]
    assert all(word == "ENTRYPOINT" for word, _ in after)


@pytest.mark.parametrize("stage", ["migrations", "service"])
def test_an_image_says_what_it_is(stage):
    (labels,) = all_of(stage, "LABEL")
    for label in ("title", "version", "revision", "vendor"):
        assert f"org.opencontainers.image.{label}=" in labels


def test_a_build_that_names_no_stage_makes_a_service():
    assert list(instructions())[-1] == "service"


def test_no_argument_or_variable_can_carry_a_secret_into_an_image():
    for stage in instructions():
        for word in ("ARG", "ENV"):
            assert not [text for text in all_of(stage, word) if OFTEN_SECRET.search(text)]
    assert "**/.env" in FILE.with_name("Dockerfile.dockerignore").read_text().splitlines()


def test_without_a_service_the_build_says_what_to_give():
    check = shell("program", "is missing")
    done = run(check)
    assert done.returncode != 0
    assert "SERVICE: is missing; say --build-arg SERVICE=auth-service" in done.stderr
    assert run(check, SERVICE="gateway").returncode == 0


@pytest.mark.parametrize(("more", "code"), [(0, 0), (1, 1)])
def test_a_program_above_the_budget_fails_the_build(tmp_path, more, code):
    (argument,) = [a for a in all_of("program", "ARG") if a.startswith("SIZE_BUDGET_BYTES=")]
    budget = int(argument.partition("=")[2])
    assert budget == 30 * 1000 * 1000, "R-IMG-2"
    program = tmp_path / "service"
    with program.open("wb") as file:
        file.truncate(budget + more)
    check = shell("program", "wc -c").replace("/out/service", str(program))
    done = run(check, SERVICE="auth-service", SIZE_BUDGET_BYTES=str(budget))
    assert done.returncode == code
    wanted = (
        "auth-service has 30000001 bytes, and its budget is 30000000 (R-IMG-2)." if code else ""
    )
    assert done.stderr.startswith(wanted)
    assert bool(done.stderr) is bool(code)
