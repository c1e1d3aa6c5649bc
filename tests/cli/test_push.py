"""`mpk push`: what the Dev server runs lies in its bucket, beside secrets that stay (D-3)."""

import json
import tarfile

import pytest
from typer.testing import CliRunner

from cli import push
from cli.app import BAD_INPUT, app
from settings import load
from tests.support.clouds import CLOUDS, on
from tests.support.compose import read_by_compose

CARRIER = """#!/bin/sh
# A bucket as a folder: `ls` and `cp` as both clouds' commands take them.
eval address=\\${$#}
case " $* " in
*" ls "*) [ -z "$DENIED" ] || { echo AccessDenied >&2; exit 254; }
  [ -f "$BUCKET" ] || { printf '%s' "$ABSENT" >&2; exit 1; } ;;
*" cp "*"$BUCKET_ADDRESS"*)
  case $address in *://*) eval from=\\${$(($# - 1))}; cp "$from" "$BUCKET" ;;
  *) cp "$BUCKET" "$address" ;; esac ;;
esac
"""
ABSENT = {"aws": "", "gcp": "ERROR: One or more URLs matched no objects."}


@pytest.fixture(params=CLOUDS)
def server(request, tmp_path, monkeypatch):
    """A server's stack, a product, and a bucket of this disk."""
    found = on("dev", request.param, kind="server")
    monkeypatch.setattr(push, "load", lambda _: found)
    monkeypatch.setattr(push, "_bucket_of", lambda _: "b")
    command = tmp_path / {"aws": "aws", "gcp": "gcloud"}[request.param]
    command.write_text(CARRIER)
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("MANPASIK_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("BUCKET", str(tmp_path / "object"))
    monkeypatch.setenv("ABSENT", ABSENT[request.param])
    sql = tmp_path / "product/infrastructure/database/init"
    sql.mkdir(parents=True)
    (sql / "01-auth.sql").write_text("select 1;")
    return tmp_path


def mpk(place, *more):
    return CliRunner().invoke(app, ["push", "dev", "--product", str(place / "product"), *more])


def held(place):
    with tarfile.open(place / "object") as archive:
        return {each.name: archive.extractfile(each).read() for each in archive if each.isfile()}


def test_what_lies_there_is_whole_and_compose_takes_it(server, tmp_path):
    done = mpk(server, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["pushed"] is True
    folder = tmp_path / "there"
    with tarfile.open(server / "object") as archive:
        archive.extractall(folder, filter="data")
    read = read_by_compose(folder, PRODUCT_DIR=str(folder / "product"))
    there = json.loads(read.stdout)["services"].keys()
    assert there >= {*load("dev").services, "postgres", "redis"}, "a server has no store elsewhere"
    sql = folder / "product/infrastructure/database/init"
    assert str(sql) in read.stdout
    assert (sql / "01-auth.sql").is_file()


def test_secrets_that_are_there_stay_and_the_same_again_is_not_carried(server, monkeypatch):
    mpk(server)
    first = held(server)
    monkeypatch.setenv("MANPASIK_STATE", str(server / "another runner"))
    done = mpk(server, "--json")
    assert json.loads(done.stdout)["pushed"] is False
    (server / "product/infrastructure/database/init/02-user.sql").write_text("select 2;")
    assert json.loads(mpk(server, "--json").stdout)["pushed"] is True
    assert held(server)[".env"] == first[".env"], "PostgreSQL keeps the password it began with"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda _, patch: patch.setenv("DENIED", "1"), "AccessDenied"),
        (lambda server, _: (server / "object").write_text("x"), "no archive of ours"),
        (lambda _, patch: patch.setenv("PATH", "/nowhere"), "is not on PATH"),
        (lambda server, _: [f.unlink() for f in server.rglob("*.sql")], "holds no SQL"),
    ],
)
def test_where_nobody_can_say_what_is_there_nothing_is_put_in_its_place(
    server, monkeypatch, spoil, says
):
    """A new `.env` over the old one would lock every service out of its database."""
    spoil(server, monkeypatch)
    before = (server / "object").read_bytes() if (server / "object").exists() else None
    done = mpk(server)
    assert (done.exit_code, says in done.stderr) == (BAD_INPUT, True), done.stderr
    assert ((server / "object").read_bytes() if (server / "object").exists() else None) == before


def test_a_secret_that_only_the_engine_can_open_is_given_once(server, monkeypatch):
    monkeypatch.setattr("rendering.compose.secret_names", lambda _: ["LLM_API_KEY"])
    done = mpk(server)
    assert (done.exit_code, "LLM_API_KEY is encrypted" in done.stderr) == (BAD_INPUT, True)
    given = server / "first.env"
    given.write_text("# Secrets of stack dev for its compose file.\nLLM_API_KEY=sk-given\n")
    assert mpk(server, "--env", str(given)).exit_code == 0
    assert b"LLM_API_KEY=sk-given" in held(server)[".env"]
    assert mpk(server).exit_code == 0, "it lies there now"
