"""The layout of networks: disjoint, inside its limits, and the same for ever (issue 5, line 6)."""

from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import strategies as st

from settings import load, network
from settings.loader import load_catalog
from settings.regions import Region
from tests.support.stacks import for_all

CATALOG = load_catalog()
PRIVATE = IPv4Network("10.0.0.0/8")
CLOUDS = ("aws", "gcp")
NUMBERS = st.integers(32, 255).filter(lambda number: number >> 5 & 3)


def every_number():
    """Of each stack that the catalogue allows: in every region of every cloud."""
    environments = [e.network for e in CATALOG.environments.values() if e.network]
    return {
        (fleet, environment, cloud, region.place): network.number(
            environment, cloud, region.number, fleet=fleet
        )
        for fleet in (False, True)
        for environment in environments
        for cloud in CLOUDS
        for region in CATALOG.regions.values()
    }


def ranges(number, zones=network.MOST_ZONES):
    """Every range that a network of either cloud consists of."""
    layout = network.layout(number)
    region = layout.region()
    google = [region.nodes, region.pods, region.managed, region.control_plane, region.proxies]
    zoned = [layout.zone(f"zone-{index}", index) for index in range(zones)]
    return google, [part for zone in zoned for part in (zone.nodes, zone.data, zone.public)]


def test_no_two_stacks_of_the_catalogue_share_an_address():
    layouts = [network.layout(number) for number in every_number().values()]
    for one, other in combinations(layouts, 2):
        assert not one.block.overlaps(other.block)
        assert not one.services.overlaps(other.services)


@for_all(st.tuples(NUMBERS, NUMBERS), examples=200)
def test_two_networks_are_the_same_or_disjoint(pair):
    one, other = map(network.layout, pair)
    assert one.block.overlaps(other.block) == (pair[0] == pair[1])
    assert one.services.overlaps(other.services) == (pair[0] == pair[1])


@for_all(NUMBERS, examples=100)
def test_every_range_lies_in_its_block_and_meets_no_other(number):
    block = network.layout(number).block
    assert block.subnet_of(PRIVATE)
    for parts in ranges(number):
        assert all(part.subnet_of(block) for part in parts)
        assert not any(one.overlaps(other) for one, other in combinations(parts, 2))


@for_all(NUMBERS, examples=100)
def test_services_lie_outside_every_network_and_outside_docker_s(number):
    services = network.layout(number).services
    assert services.is_private
    assert not services.overlaps(PRIVATE), "EKS refuses Services inside the VPC"
    assert not services.overlaps(IPv4Network("172.17.0.0/16")), "Docker's bridge, Cloud SQL's own"


@for_all(NUMBERS, st.integers(1, network.MOST_ZONES), examples=100)
def test_a_zone_that_is_added_moves_no_subnet(number, zones):
    layout = network.layout(number)
    before = [layout.zone(f"z{index}", index) for index in range(zones)]
    assert [layout.zone(f"z{index}", index) for index in range(network.MOST_ZONES)][
        :zones
    ] == before
    assert ranges(number, zones)[1] == ranges(number)[1][: 3 * zones]


def test_a_region_that_is_added_moves_no_network(project):
    old = {key: region.model_dump(mode="json") for key, region in CATALOG.regions.items()}

    def add(content):
        aws = {"name": "ap-southeast-1", "zones": ["ap-southeast-1a"]}
        gcp = {"name": "asia-southeast1", "zones": ["asia-southeast1-a"]}
        new = {"place": "Singapore", "jurisdiction": "JP", "number": 7, "aws": aws, "gcp": gcp}
        content.clear()
        content.update({"a-first": new} | old)

    given = {"environment": "staging", "cloud": {"provider": "aws", "region": "eu-central-1"}}
    before = project.load("staging", given).network
    project.edit("catalog/regions.yaml", add)
    assert project.load("staging", given).network == before


def test_the_numbers_of_the_regions_stay_what_they_were():
    numbers = {key: region.number for key, region in CATALOG.regions.items()}
    first = {"kr": 0, "us": 1, "eu": 2, "jp": 3, "us-west": 4, "eu-west": 5, "jp-west": 6}
    assert first.items() <= numbers.items(), "networks of these exist; add, never renumber"


@pytest.mark.parametrize("index", [-1, network.MOST_ZONES])
def test_a_zone_beyond_the_room_is_refused(index):
    with pytest.raises(ValueError, match="room for 6 zones"):
        network.layout(64).zone("z", index)


@for_all(NUMBERS, examples=50)
def test_a_block_leads_back_to_its_number(number):
    assert network.number_of(str(network.layout(number).block)) == number


def test_one_region_of_several_lies_beside_the_single_production():
    def block(stack):
        cloud = {"provider": "aws", "region": "ap-northeast-2"}
        given = {"environment": "production", "images": {"tag": "v1.0.0"}, "cloud": cloud}
        return load(stack, given).network.block

    assert not block("production").overlaps(block("production-kr")), (
        "data moves from one to the other"
    )


@pytest.mark.parametrize("key", CATALOG.regions)
def test_every_region_has_three_zones_on_both_clouds(key):
    region: Region = CATALOG.regions[key]
    assert min(len(region.aws.zones), len(region.gcp.zones)) >= 3
    assert all(zone.startswith(region.aws.name) for zone in region.aws.zones)
    assert all(zone.startswith(f"{region.gcp.name}-") for zone in region.gcp.zones)


def test_the_four_regions_of_phase_4_are_where_the_specification_says():
    wanted = {
        "kr": ("Seoul", "ap-northeast-2", "asia-northeast3"),
        "us": ("Virginia", "us-east-1", "us-east4"),
        "eu": ("Frankfurt", "eu-central-1", "europe-west3"),
        "jp": ("Tokyo", "ap-northeast-1", "asia-northeast1"),
    }
    found = {
        k: (r.place, r.aws.name, r.gcp.name) for k, r in CATALOG.regions.items() if k in wanted
    }
    assert found == wanted, "R-P4-REG"
