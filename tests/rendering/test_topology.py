"""The pictures of the stacks come from their recordings (issue 5, acceptance 9)."""

from xml.etree import ElementTree

import pytest

from rendering import manifests
from rendering.topology import picture
from settings import load
from tests.support.clouds import CLOUDS, MARKETS, above_regions, whole
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
