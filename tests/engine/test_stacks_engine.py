"""The product's own program under the real engine: regions, the stack above them, and destroys.

Issue 5, acceptance 3. The clouds and the clusters are stand-ins that this process serves; the
engine, its state and its stack references are real. The tests build on each other. Two regions and
few services, unless `MARKETS="kr us eu jp" make engine` asks for all four.
"""

import os

import pytest
import yaml

from settings import platform
from settings.loader import load
from tests.engine.standins.product import FEW, changed, pulumi, rewrite, write
from tests.engine.standins.project import EngineProject
from tests.engine.standins.server import served
from tests.engine.standins.world import World
from tests.support.charts import in_folder, pin_tiny, serving
from tests.support.clouds import CLOUDS
from tests.support.topologies import above, region

pytestmark = pytest.mark.engine
MARKETS = tuple(os.environ.get("MARKETS", "kr jp").split())
REGIONS = tuple(f"production-{market}" for market in MARKETS)
ALL = (*REGIONS, "production")


@pytest.fixture(scope="module", params=CLOUDS)
def cloud(request):
    return request.param


@pytest.fixture(scope="module")
def world(cloud):
    assert cloud, "each cloud has a world of its own"
    return World()


@pytest.fixture(scope="module")
def project(cloud, world, tmp_path_factory):
    with served(world, [cloud, "kubernetes"]) as providers, serving(pages := {}) as (mirror, _):
        made = EngineProject(tmp_path_factory.mktemp("engine") / "project", providers)
        pages |= in_folder(pin_tiny(made.root))
        said = {"services": FEW, "charts": {"mirror": f"http://{mirror}/charts"}}
        given = {f"production-{each}": region(each, cloud, **said) for each in MARKETS}
        given["production"] = above(cloud, *MARKETS)
        write(made, given)
        yield made


def test_the_stack_above_refuses_a_region_that_is_not_there_by_its_name(project, world):
    told = project.mpk("up", "production", code=1)
    assert any(region in told for region in REGIONS)
    assert not world.things, "nothing is made before every region is sound"


def test_regions_come_up_before_the_stack_above_them(project, world, cloud):
    assert changed(project.json("preview", *REGIONS)) == set(REGIONS)
    assert not world.things, "a preview makes nothing"
    assert changed(project.json("up", *ALL)) == set(ALL)
    assert set(+world.followed) == set(REGIONS), "each region's Rollouts are followed (0046)"
    charts = platform.charts(load(REGIONS[0], region("kr", cloud)))
    assert len(world.of("helm.sh/v3")) == len(REGIONS) * len(charts)
    assert len(world.of("SGShardedCluster")) == len(REGIONS), "a region has its database (D-10)"
    outputs = project.json("outputs", "production")["production"]
    assert outputs["apps"] == {each: f"{each}.app.manpasik.com" for each in MARKETS}
    assert world.of("route53/zone" if cloud == "aws" else "dns/managedZone")


def test_a_region_in_a_cloud_gives_the_way_into_its_cluster(project, cloud):
    """Issue 7: what a pipeline's `mpk kubeconfig` writes comes from the stack's output."""
    file = project.root / "way-in"
    told = project.mpk("kubeconfig", "production-kr", "--output", str(file))
    assert "stand-in" in told, "the cluster was asked who comes, with the token of the command"
    assert file.stat().st_mode & 0o777 == 0o600
    command = {"aws": "aws", "gcp": "gke-gcloud-auth-plugin"}[cloud]
    assert yaml.safe_load(file.read_text())["users"][0]["user"]["exec"]["command"] == command
    told = project.mpk("kubeconfig", "production", "--no-try", code=2)
    assert f"name one of {', '.join(REGIONS)}" in " ".join(told.split())


def test_a_second_up_of_all_changes_nothing_and_a_preview_says_so(project):
    assert changed(project.json("preview", *ALL)) == set()
    assert changed(project.json("up", *ALL)) == set()


def test_a_region_that_is_behind_is_refused_by_its_name_and_nothing_changes(project, world):
    before = dict(world.calls)
    rewrite(project, "production", images={"tag": "v1.1.0"})
    told = project.mpk("up", "production", code=1)
    rewrite(project, "production", images={"tag": "v1.0.0"})
    assert 'says version "v1.0.0", and production is for "v1.1.0"' in told
    assert "Traceback" not in told
    assert {verb: n for verb, n in world.calls.items() if verb != "read"} == {
        verb: n for verb, n in before.items() if verb != "read"
    }


def test_a_mistaken_destroy_takes_nothing_and_says_what_protects(project, world):
    before = len(world.things)
    told = project.mpk("destroy", *ALL, "--confirm", " ".join(ALL), code=5)
    assert "protected resources, so nothing was deleted" in told
    assert "pulumi state unprotect" in told
    assert len(world.things) == before


def test_a_destroy_on_purpose_takes_everything(project, world):
    for stack in ALL:
        pulumi(project, "state", "unprotect", "--all", "--yes", "--stack", stack)
    project.mpk("destroy", *ALL, "--confirm", " ".join(ALL))
    assert not world.things
