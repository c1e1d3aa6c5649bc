"""The Dev server's start: its script is run, with a bucket and a Docker that only tell (D-3).

It had never been run: packages were out of reach, nobody filled the bucket, and what a reboot or a
newer image left undone stayed so, since an unchanged file ended the script.
"""

import os
import re
import subprocess

import pytest

from components.compose_machine import FOLDER, script
from operations.compose_archive import packed
from tests.support.clouds import CLOUDS, inputs, whole

FETCH = "cp bucket/{file} {to}"
TOLD = """#!/bin/sh
echo "$PWD $PRODUCT_DIR $*" >> "$TOLD"
"""


@pytest.fixture
def machine(tmp_path):
    """The script's own timer's work, below a folder of the test."""
    home = tmp_path / "opt"
    (home / "bucket/compose").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    docker = tmp_path / "bin/docker"
    docker.write_text(TOLD)
    docker.chmod(0o755)
    whole_script = script("b", FETCH, "true").replace(FOLDER, str(home))
    (work,) = re.findall(r"<<'REFRESH'\n(.*?)^REFRESH$", whole_script, re.DOTALL | re.MULTILINE)
    (tmp_path / "refresh").write_text(work)
    return tmp_path


def refreshed(machine):
    told = machine / "told"
    told.unlink(missing_ok=True)
    path = f"{machine / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/bash", machine / "refresh"],
        env={"PATH": path, "TOLD": str(told)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done, told.read_text().splitlines() if told.exists() else []


def put(machine, text):
    made = machine / "made"
    sql = made / "product/infrastructure/database/init"
    sql.mkdir(parents=True, exist_ok=True)
    (made / "compose.yaml").write_text(text)
    (made / ".env").write_text("A=b\n")
    (sql / "01-auth.sql").write_text("select 1;")
    archive = machine / "opt/bucket/compose/compose.tar.gz"
    archive.write_bytes(packed(made, made / "product"))


def test_the_compose_file_is_started_where_the_product_s_sql_lies(machine):
    put(machine, "one")
    done, told = refreshed(machine)
    assert done.returncode == 0, done.stderr
    now = machine / "opt/now"
    assert told[0] == f"{now} {now}/product compose up --detach --remove-orphans --quiet-pull"
    sql = now / "product/infrastructure/database/init/01-auth.sql"
    assert (sql.stat().st_mode & 0o777, sql.parent.stat().st_mode & 0o777) == (0o644, 0o755)
    assert (now / ".env").stat().st_mode & 0o777 == 0o600


def test_an_unchanged_file_is_started_again_so_that_a_reboot_or_a_newer_image_counts(machine):
    put(machine, "one")
    assert refreshed(machine)[1] == refreshed(machine)[1] != []


def test_a_newer_file_takes_the_place_of_the_old_one_whole(machine):
    put(machine, "one")
    refreshed(machine)
    (machine / "opt/now/stale").touch()
    put(machine, "two")
    refreshed(machine)
    assert (machine / "opt/now/compose.yaml").read_text() == "two"
    assert not (machine / "opt/now/stale").exists()


@pytest.mark.parametrize("content", [None, b"no archive"])
def test_what_cannot_be_brought_leaves_what_runs_as_it_is(machine, content):
    put(machine, "one")
    refreshed(machine)
    archive = machine / "opt/bucket/compose/compose.tar.gz"
    archive.unlink() if content is None else archive.write_bytes(content)
    done, told = refreshed(machine)
    assert (done.returncode != 0, told) == (True, [])
    assert (machine / "opt/now/compose.yaml").read_text() == "one"
    put(machine, "two")
    assert refreshed(machine)[0].returncode == 0


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_script_of_a_cloud_is_sound_shell_and_its_machine_can_reach_what_it_needs(cloud):
    key = {"aws": "userData", "gcp": "metadataStartupScript"}[cloud]
    kind = {"aws": "aws:ec2/instance:Instance", "gcp": "gcp:compute/instance:Instance"}[cloud]
    found = whole("dev", cloud, "server")
    (machine,) = inputs(found, kind).values()
    done = subprocess.run(["/bin/bash", "-n"], input=machine[key], text=True, check=False)
    assert done.returncode == 0
    assert "compose/compose.tar.gz new.tar.gz" in machine[key]
    assert "/snap/bin" in machine[key], "both clouds' commands are snaps"
    if cloud == "aws":  # Google's network lets everything out.
        group = inputs(found, "aws:ec2/securityGroup:SecurityGroup")["server-group"]
        ports = [each["fromPort"] for each in group["egress"]]
        assert ports == [443, 80], "Ubuntu's mirrors speak no TLS"
        assert "ingress" not in group
