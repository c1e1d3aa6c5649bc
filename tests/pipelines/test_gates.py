"""The load gate, the day on Staging, the pinned engine, the product's own build: each can fail."""

import hashlib
import io
import json
import os
import sys
import tarfile
from collections import namedtuple
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote_plus

import pytest
import typer
from typer.testing import CliRunner

import operations.load
from cli import engine_install, load
from cli.app import BAD_INPUT, NOT_THERE, app
from cli.failures import MissingEngineError
from drill import loading
from drill.behaviour import Behaviour
from localcluster import programs
from operations import product, stability
from operations.load import Loaded, LoadError, attack
from settings import signals


def mpk(*arguments):
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize(
    ("behaviour", "missing"),
    [
        (Behaviour(), ""),
        (Behaviour(error_share=0.3), "succeeded, 99% must"),
        (Behaviour(latency=0.4), "P95 is "),
    ],
    ids=["good", "errors", "slow"],
)
def test_a_load_through_envoy_is_judged_by_what_came_back(behaviour, missing):
    generator = programs.ensure(["vegeta"], programs.quiet)["vegeta"]
    found = loading.load(generator, rate=60, seconds=2, behaviour=behaviour)
    assert 0 < sum(found.codes.values()) <= 120
    assert found.p95_ms >= 1000 * behaviour.latency
    assert missing in "".join(found.missing)
    assert (found.verdict == "kept") <= (not missing), "a busy machine may make it inconclusive"
    assert missing or found.verdict != "refused"


def test_a_rate_that_was_not_sent_and_an_address_that_is_none_fail():
    generator = programs.ensure(["vegeta"], programs.quiet)["vegeta"]
    with pytest.raises(LoadError, match="no address"):
        attack(generator, "file:///etc/passwd", rate=1, seconds=1)
    found = attack(generator, "http://127.0.0.1:9/", rate=10, seconds=1)
    assert found.success == 0
    assert found.missing


GOOD_LOAD = {"asked": 5000, "rate": 5000.1, "seconds": 60.0, "success": 1.0, "p50_ms": 1.0,
             "p95_ms": 9.0, "p99_ms": 20.0, "codes": {"200": 300_000}, "busy": 0.5}  # fmt: skip
WAITED = {"rate": 2110.0, "p95_ms": 900.0}
UNANSWERED = {"success": 0.5, "codes": {"200": 1, "0": 1}}
FAILED = {"success": 0.5, "codes": {"200": 1, "503": 1}}


@pytest.mark.parametrize(
    ("figures", "verdict", "code"),
    [
        ({}, "kept", 0),
        ({"busy": 1.0}, "kept", 0),
        ({"rate": 4995.0}, "kept", 0),
        ({"rate": 4980.0}, "refused", 1),
        (WAITED, "refused", 1),
        ({**WAITED, "busy": 0.97}, "inconclusive", 5),
        ({"p95_ms": 288.0, "busy": 0.99}, "inconclusive", 5),
        ({**UNANSWERED, "busy": 0.99}, "inconclusive", 5),
        (UNANSWERED, "refused", 1),
        ({**UNANSWERED, "exhausted": "too many open files"}, "inconclusive", 5),
        ({**WAITED, **FAILED, "busy": 0.99}, "refused", 1),
    ],
)
def test_a_machine_that_cannot_send_the_load_says_nothing_of_the_product(figures, verdict, code):
    """R-CHECK: 2,110 a second at load 24 is a figure of this machine, and still no pass."""
    found = Loaded(**{**GOOD_LOAD, **figures})
    assert (found.verdict, found.as_dict()["verdict"]) == (verdict, verdict)
    assert bool(found.limit) == (verdict == "inconclusive")
    command = typer.Typer()
    command.command()(lambda: load.tell(found, as_json=False))
    done = CliRunner().invoke(command, [])
    assert done.exit_code == code
    assert ("inconclusive: this machine" in done.stderr) == (code == 5)


def test_a_busy_machine_is_seen_and_its_own_errors_are_read():
    cpu = namedtuple("cpu", "user idle iowait guest guest_nice")
    assert operations.load._busy(cpu(0, 0, 0, 0, 0), cpu(90, 5, 5, 40, 0)) == 0.9
    quiet = {"latencies": dict.fromkeys(("50th", "95th", "99th"), 1), "rate": 1, "success": 0,
             "duration": 1e9, "status_codes": {"0": 9}}  # fmt: skip
    told = {**quiet, "errors": ["Get x: dial tcp: connect: cannot assign requested address"]}
    assert operations.load._read(told, 1, 0.1).limit.startswith("this machine has no more")
    assert operations.load._read(quiet, 1, 0.1).verdict == "refused"


FIGURES = {
    signals.ERRORS: "0.0004",
    "restarts_total": "0",
    "avg_over_time": "1",
    "count_over_time": "1440",
}


class _Prometheus(BaseHTTPRequestHandler):
    def do_GET(self):
        query = unquote_plus(self.path)
        image = {"metric": {"image": "ghcr.io/manpasik/auth-service:v1.2.3"}, "value": [0, "1"]}
        value = next((v for part, v in self.server.figures.items() if part in query), None)
        plain = [] if value is None else [{"metric": {}, "value": [0, value]}]
        found = [image] if "container_info" in query else plain
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"data": {"result": found}}).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def prometheus():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Prometheus) as server:
        server.figures = dict(FIGURES)
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_day_on_staging_is_read_from_its_figures(prometheus):
    found = stability.seen(f"http://127.0.0.1:{prometheus.server_address[1]}")
    assert found == {"errors": 0.0004, "restarts": 0.0, "seen": 1.0, "hours": 24,
                     "versions": ["v1.2.3"]}  # fmt: skip
    prometheus.figures["count_over_time"] = "144"
    found = stability.seen(f"http://127.0.0.1:{prometheus.server_address[1]}")
    assert found["seen"] == 0.1, "a monitoring that was down has seen nothing"


def test_a_night_tells_whether_the_last_day_was_stable(prometheus):
    """R-P3-CI: the drills' companion; which version ran is the checklist's question."""
    address = f"http://127.0.0.1:{prometheus.server_address[1]}"
    assert mpk("stable", "--prometheus", address).exit_code == 0
    prometheus.figures["restarts_total"] = "2"
    done = mpk("stable", "--prometheus", address, "--json")
    assert (done.exit_code, json.loads(done.stdout)["missing"]) == (1, "2 restarts")
    assert mpk("stable", "--prometheus", "http://127.0.0.1:9").exit_code == BAD_INPUT


def test_a_day_without_figures_is_no_stable_day(prometheus):
    del prometheus.figures["restarts_total"]
    with pytest.raises(stability.StabilityError, match="no figure for"):
        stability.seen(f"http://127.0.0.1:{prometheus.server_address[1]}")
    with pytest.raises(stability.StabilityError, match="cannot be asked"):
        stability.seen("http://127.0.0.1:9")


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """A folder with an archive as the engine's, the pin of its digest, and a cache of its own."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as packed:
        entry = tarfile.TarInfo("pulumi/pulumi")
        entry.size = 2
        packed.addfile(entry, io.BytesIO(b"ok"))
    folder = tmp_path / "mirror"
    folder.mkdir()
    file = folder / f"pulumi-v{engine_install.VERSION}-here.tar.gz"
    file.write_bytes(content.getvalue())
    pin = ("here", hashlib.sha256(content.getvalue()).hexdigest())
    monkeypatch.setattr(engine_install, "ARCHIVES", dict.fromkeys(engine_install.ARCHIVES, pin))
    monkeypatch.setattr(engine_install.paths, "cache_dir", lambda: tmp_path / "cache")
    monkeypatch.setenv(engine_install.FROM, str(folder))
    return file


def test_the_pinned_engine_is_installed_once(archive):
    done = mpk("engine", "install")
    assert done.exit_code == 0
    assert "seen at third parties only" in done.stderr, "0024: a person is told"
    assert (engine_install.root() / "bin/pulumi").read_text() == "ok"
    archive.unlink()
    assert mpk("engine", "install").exit_code == 0, "it is there already"


def test_an_installed_engine_is_on_the_path_of_the_steps_that_follow(archive, monkeypatch):
    assert archive.exists()
    told = mpk("engine", "path")
    assert (told.exit_code, "first: mpk engine install" in told.stderr) == (NOT_THERE, True)
    listening = archive.with_name("path")
    monkeypatch.setenv("GITHUB_PATH", str(listening))
    assert mpk("engine", "install").exit_code == mpk("engine", "install").exit_code == 0
    folder = mpk("engine", "path").stdout
    assert listening.read_text() == folder * 2
    assert (Path(folder.strip()) / "pulumi").is_file()


def test_an_archive_with_another_checksum_is_not_unpacked(archive):
    archive.write_bytes(archive.read_bytes() + b" ")
    done = mpk("engine", "install")
    assert done.exit_code == NOT_THERE
    assert "it is not the engine that was reviewed" in done.stderr
    assert not (engine_install.root() / "bin").exists()


@pytest.mark.parametrize("place", ["/nowhere", "http://example.com", "https://127.0.0.1:9"])
def test_a_machine_that_cannot_fetch_it_gets_one_sentence(archive, monkeypatch, place):
    assert archive.exists()
    monkeypatch.setenv(engine_install.FROM, place)
    with pytest.raises(MissingEngineError, match=r"^[^\n]+$"):
        engine_install.ensure()


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A product with one service, and the go.work that stops its own build (CI-04)."""
    backend = tmp_path / "product/backend"
    (backend / "services/auth-service/cmd").mkdir(parents=True)
    (backend / "go.mod").write_text("module product\n\ngo 1.21\n")
    (backend.parent / "go.work").write_text("go 1.21\n\nuse ./nowhere\n")
    (backend / "services/auth-service/cmd/main.go").write_text("package main\n\nfunc main() {}\n")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", path)
    return backend.parent


def test_the_product_is_built_in_spite_of_its_go_work_and_a_bad_one_fails(checkout):
    said = []
    steps = product.go(checkout, ["auth-service"])
    assert product.run(steps, said.append)["failed"] == 0, said
    assert (checkout / "backend/.built").is_dir()
    main = checkout / "backend/services/auth-service/cmd/main.go"
    main.write_text("package main\n\nfunc main() { no }\n")
    assert product.run(steps, said.append)["failed"] == 1


def test_what_is_no_product_or_lacks_a_service_is_refused(checkout, tmp_path):
    with pytest.raises(product.ProductError, match="has no video-service, which the catalogue has"):
        product.go(checkout, ["auth-service", "video-service"])
    for language in ("go", "rust"):
        assert mpk("product", language, str(tmp_path)).exit_code == BAD_INPUT
