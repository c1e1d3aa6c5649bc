"""The pictures of the stacks come from their recordings (issue 5, acceptance 9)."""

import re
from xml.etree import ElementTree

import pytest

from rendering import manifests
from rendering.topology import LETTERS, Box, picture
from settings import load
from tests.support.clouds import CLOUDS, MARKETS, REGION_STACKS, above_regions, whole
from tests.support.golden import PICTURES, drawn
from tests.support.recording import STACKS, recorded


def texts(drawn):
    return [each.text for each in ElementTree.fromstring(drawn).iter() if each.text]  # noqa: S314 - ours


@pytest.mark.parametrize("stack", STACKS)
def test_the_committed_picture_is_the_one_of_the_program(stack):
    drawn = picture(stack, manifests(recorded(stack)))
    assert (PICTURES / f"{stack}.svg").read_text() == drawn, "run `make golden`"


@pytest.mark.parametrize("stack", STACKS)
def test_every_service_and_every_store_is_in_the_picture(stack):
    settings = load(stack)
    servers = {name for store in settings.stores.values() for name in store.servers}
    told = set(texts(picture(stack, manifests(recorded(stack)))))
    assert told >= {*settings.services, *servers}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_committed_pictures_of_clouds_are_those_of_the_program(cloud):
    front = (PICTURES / f"front-{cloud}.svg").read_text()
    assert front == drawn("production", above_regions(cloud)), "run `make golden`"
    region = (PICTURES / f"production-kr-{cloud}.svg").read_text()
    assert region == drawn("production-kr", whole("production-kr", cloud)), "run `make golden`"


@pytest.mark.parametrize("stack", REGION_STACKS[1:])
def test_every_region_has_its_picture(stack):
    committed = (PICTURES / f"{stack}-aws.svg").read_text()
    assert committed == drawn(stack, whole(stack, "aws")), "run `make golden`"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_region_s_database_is_a_store_that_its_services_wait_for(cloud):
    made = whole("production-kr", cloud)
    told = drawn("production-kr", made)
    waiting = [each for each in load("production-kr").services.values() if each.schema_files]
    assert "Citus: coordinator 3 x 200Gi" in told
    mark = re.search(r">postgres<.*?fill=.*?<circle[^>]*(fill=\S+)/>", told, re.DOTALL)
    assert mark
    assert told.count(mark[1]) >= len(waiting) + 1
    assert "in istio-system" in told, "charts are in the picture"


def test_no_line_leaves_its_box():
    """A gateway with four names was written over its neighbour."""
    box = Box(name="gateway", told="VirtualService: " + ", ".join(["kr.api.manpasik.com"] * 4))
    assert len(box.lines) > 1
    assert max(map(len, box.lines)) <= LETTERS
    assert " ".join(box.lines) == box.told


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_picture_of_the_front_names_every_market_s_app_and_firewall(cloud):
    told = set(texts(drawn("production", above_regions(cloud))))
    assert told >= {f"{market}.app.manpasik.com" for market in MARKETS}
    assert told >= {f"firewall-{market}-rules" for market in MARKETS}


def test_a_service_has_a_dot_for_each_store_that_it_waits_for():
    drawn = picture("local", manifests(recorded("local")))
    services = load("local").services.values()
    stores = {"milvus": 1}
    waits = sum(stores.get(store, 1) for each in services for store in each.stores)
    servers = sum(len(store.servers) for store in load("local").stores.values())
    assert drawn.count("<circle") >= waits + servers
