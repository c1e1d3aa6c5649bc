"""Several stacks under the real engine: order, failure, locks, kills (issue 7, acceptance 3).

The clouds are stand-ins that this process serves; the engine, its state and its locks are real.
"""

import os
import random
import time

import pytest

from tests.engine.standins import small_program_path
from tests.engine.standins.project import EngineProject, kill
from tests.engine.standins.server import served
from tests.engine.standins.world import Trouble, World

pytestmark = pytest.mark.engine
REGIONS = ("production-kr", "production-us", "production-eu", "production-jp")
ALL = ("production", *REGIONS)
BUCKETS = 4 * 4 + 1
AWS = {"kr": "ap-northeast-2", "us": "us-east-1", "eu": "eu-central-1", "jp": "ap-northeast-1"}


def _stack(name):
    market = name.removeprefix("production-")
    place = AWS.get(market, "ap-northeast-2")
    role = {"market": market} if market in AWS else {"regions": list(AWS)}
    return {
        **role,
        "environment": "production",
        "phase": 4,
        "cloud": {"provider": "aws", "region": place},
        "charts": {"enabled": False},
        "images": {"tag": "v1.0.0"},
        "services": {"payment-service": {"enabled": False}},
    }


@pytest.fixture
def world():
    return World()


@pytest.fixture
def project(world, tmp_path):
    with served(world, ["aws"]) as providers:
        made = EngineProject(tmp_path / "project", providers)
        made.write(small_program_path(), {name: _stack(name) for name in ALL})
        yield made


def _states(found):
    return {each["stack"]: each["state"] for each in found["stacks"]}


def _changed(found):
    return {each["stack"] for each in found["stacks"] if each["changed"]}


def test_all_stacks_come_up_in_order_stay_unchanged_and_go_in_the_other_order(project, world):
    first = project.json("up", *ALL)
    assert first["succeeded"]
    assert _changed(first) == set(ALL)
    assert len(world.things) == BUCKETS
    assert _changed(project.json("up", *ALL)) == set()
    shown = project.json("outputs", "production-kr")["production-kr"]
    assert shown == {"arn": shown["arn"], "password": "[secret]"}
    project.mpk("destroy", *ALL, "--confirm", " ".join(ALL))
    assert not world.things


def test_one_region_fails_the_others_finish_and_the_next_run_touches_only_what_is_left(
    project, world
):
    world.troubles.append(Trouble("production-eu", "api error Throttling: slow down", times=1))
    failed = project.json("up", *ALL, code=1)
    assert _states(failed)["production-eu"] == "failed"
    assert _states(failed)["production"] == "not begun"
    assert [_states(failed)[each] for each in REGIONS if each != "production-eu"] == ["done"] * 3
    told = next(each for each in failed["stacks"] if each["stack"] == "production-eu")
    assert "Throttling" in told["error"]["message"]
    assert _changed(project.json("up", *ALL)) == {"production-eu", "production"}


def test_a_second_update_refuses_while_one_runs_and_says_who(project, world):
    world.seconds_per_change = 3
    with project.begin("up", "production-kr") as first:
        _until(lambda: world.calls["create"])
        told = project.mpk("up", "production-kr", "--wait-for-lock", "0", code=5)
        assert f"process {first.pid}" in told
        waits = project.json("up", "production-kr")
        first.wait()
    assert not waits["changed"], "it waited, and the first had done it all"


@pytest.mark.parametrize("number", range(int(os.environ.get("KILLS", "1"))))
def test_after_a_kill_at_any_moment_the_next_run_converges_by_itself(project, world, number):
    """Once; `KILLS=20 make engine` does it twenty times, each in another part of the update."""
    world.seconds_per_change = 0.3
    parts = int(os.environ.get("KILLS", "1"))
    moment = random.SystemRandom().uniform(number, number + 1) * 3 / parts
    with project.begin("up", "production-kr", "production-us") as first:
        _until(lambda: world.calls["create"])
        time.sleep(moment)
        kill(first)
    world.seconds_per_change = 0
    assert project.json("up", "production-kr", "production-us")["succeeded"], moment
    assert len(world.things) == 8, "nothing twice, nothing missing"
    assert _changed(project.json("up", "production-kr", "production-us")) == set()


def test_an_update_is_held_to_the_plan_that_was_saved(project, world):
    folder = str(project.root / "plans")
    project.mpk("preview", "production-kr", "--save-plan", folder)
    program = project.root / "__main__.py"
    program.write_text(program.read_text().replace("THINGS = 4", "THINGS = 5"))
    told = project.mpk("up", "production-kr", "--plan", folder, code=5)
    assert "next: preview again" in told
    program.write_text(program.read_text().replace("THINGS = 5", "THINGS = 4"))
    project.mpk("up", "production-kr", "--plan", folder)
    assert len(world.things) == 4, "what the plan holds was made already; the rest was refused"


def test_what_others_changed_is_drift_until_a_refresh_takes_it_in(project, world):
    project.mpk("up", "production-kr")
    world.things["aws:s3/bucket:Bucket", "production-kr-thing-1"]["owner"] = "somebody"
    del world.things["aws:s3/bucket:Bucket", "production-kr-thing-3"]
    found = project.json("drift", "production-kr", "--exit-code", code=4)
    assert found["stacks"][0]["changes"] == {"update": 1, "delete": 1, "same": 4}
    project.mpk("refresh", "production-kr")
    assert not project.json("drift", "production-kr")["stacks"][0]["changed"]
    assert _changed(project.json("up", "production-kr", "production-us")) >= {"production-kr"}
    assert len(world.of("Bucket")) == 8


def test_what_exists_in_the_cloud_is_imported_instead_of_made(project, world):
    kind = "aws:s3/bucket:Bucket"
    known = {"bucket": "production-kr-thing-0", "owner": "nobody"}
    world.things[kind, "production-kr-thing-0"] = known
    told = project.mpk("up", "production-kr", code=5)
    assert "already exists" in told
    assert "mpk import" in told
    project.mpk("import", "production-kr", "thing-0=production-kr-thing-0")
    project.mpk("up", "production-kr")
    assert len(world.things) == 4


def _until(condition, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
