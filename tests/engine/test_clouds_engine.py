"""Staging and production on each cloud under the real engine, from phase 2 to 3 in place.

Issue 5, acceptance 3. Clouds and clusters are stand-ins; engine, state and secrets are real. The
tests of a stack build on each other.
"""

import pytest

from tests.engine.standins.product import FEW, changed, pulumi, rewrite, write
from tests.engine.standins.project import EngineProject
from tests.engine.standins.server import served
from tests.engine.standins.world import World
from tests.support.charts import in_folder, pin_tiny, serving
from tests.support.clouds import CLOUDS
from tests.support.topologies import place

pytestmark = pytest.mark.engine
STACKS = ("staging", "production")
POOL = {"aws": "eks/nodeGroup", "gcp": "container/nodePool"}
TAGS = {"staging": "staging", "production": "v1.0.0"}


@pytest.fixture(scope="module", params=CLOUDS)
def cloud(request):
    return request.param


@pytest.fixture(scope="module", params=STACKS)
def stack(request):
    return request.param


@pytest.fixture(scope="module")
def world(cloud, stack):
    assert cloud, f"{stack} has a world of its own on each cloud"
    return World()


@pytest.fixture(scope="module")
def project(cloud, stack, world, tmp_path_factory):
    value = {"environment": stack, "phase": 2, "images": {"tag": TAGS[stack]}, "services": FEW,
             "gitops": False,
             "cloud": {"provider": cloud, "region": place("kr", cloud)}}  # fmt: skip
    with served(world, [cloud, "kubernetes"]) as providers, serving(pages := {}) as (mirror, _):
        made = EngineProject(tmp_path_factory.mktemp("engine") / "project", providers)
        pages |= in_folder(pin_tiny(made.root))
        write(made, {stack: value | {"charts": {"mirror": f"http://{mirror}/charts"}}})
        yield made


def test_a_preview_makes_nothing_and_up_makes_the_stack(project, world, cloud, stack):
    assert changed(project.json("preview", stack)) == {stack}
    assert not world.things, "a preview makes nothing"
    assert changed(project.json("up", stack)) == {stack}
    assert len(world.of(POOL[cloud])) == 2, "services and platform (D-7)"


def test_a_second_up_changes_nothing_and_a_preview_says_so(project, stack):
    assert changed(project.json("preview", stack)) == set()
    assert changed(project.json("up", stack)) == set()


def test_the_next_phase_comes_in_place_and_is_then_at_rest(project, world, stack):
    keys = set(world.of("kms/"))
    rewrite(project, stack, phase=3)
    assert changed(project.json("up", stack)) == {stack}
    assert world.followed[stack], "phase 3 brings Rollouts, and they are followed (0046)"
    assert set(world.of("kms/")) == keys, "no key is made anew: what it encrypted would be gone"
    assert changed(project.json("up", stack)) == set()


def test_a_mistaken_destroy_takes_nothing_and_says_what_protects(project, world, stack):
    before = len(world.things)
    told = project.mpk("destroy", stack, "--confirm", stack, code=5)
    assert "protected resources, so nothing was deleted" in told
    assert "pulumi state unprotect" in told
    assert len(world.things) == before


def test_a_destroy_on_purpose_takes_everything(project, world, stack):
    pulumi(project, "state", "unprotect", "--all", "--yes", "--stack", stack)
    project.mpk("destroy", stack, "--confirm", stack)
    assert not world.things
