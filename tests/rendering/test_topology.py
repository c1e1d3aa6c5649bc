"""The pictures of the stacks come from their recordings (issue 5, acceptance 9)."""

from xml.etree import ElementTree

import pytest

from rendering import manifests
from rendering.topology import picture
from settings import load
from tests.support.golden import PICTURES
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


def test_a_service_has_a_dot_for_each_store_that_it_waits_for():
    drawn = picture("local", manifests(recorded("local")))
    services = load("local").services.values()
    stores = {"milvus": 1}
    waits = sum(stores.get(store, 1) for each in services for store in each.stores)
    servers = sum(len(store.servers) for store in load("local").stores.values())
    assert drawn.count("<circle") >= waits + servers
