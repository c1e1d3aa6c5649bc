"""Rules that hold for every stack, quantity and name, not for the examples alone."""

import json
import re

import pytest
from hypothesis import assume
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from settings import names, stack_rules, variables
from settings.capacity import allocatable
from settings.catalog_rules import PER_SERVICE
from settings.environments import NodePool
from settings.loader import ROOT, Settings
from settings.model import Cpu, Memory, mebibytes, millicores
from settings.stack import Stack
from tests.support.project import Project
from tests.support.stacks import CATALOG, LABELS, SETTINGS, STACK_DATA, STACK_NAMES, TAGS, for_all

REAL = Project(ROOT)
UNITS = ("Ki", "Mi", "Gi", "Ti")
DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
POOLS = st.builds(
    NodePool,
    from_phase=st.integers(1, 4),
    count=st.integers(1, 1000),
    vcpu=st.integers(1, 9) | st.integers(1, 512),
    memory_gb=st.integers(1, 20) | st.integers(1, 4096),
    storage_gb=st.just(1),
)


@for_all(STACK_DATA)
def test_a_stack_that_is_dumped_and_read_again_is_the_same(data):
    stack = Stack.model_validate(data)
    for defaults in (True, False):
        dumped = stack.model_dump_json(exclude_defaults=defaults)
        assert Stack.model_validate_json(dumped) == stack


@for_all(STACK_NAMES, STACK_DATA, examples=15)
def test_what_the_engine_hands_over_loads_to_what_was_dumped(name, data):
    first = REAL.load(name, json.loads(json.dumps(data)))
    dumped = first.stack.model_dump_json(exclude_defaults=True)
    assert REAL.load(name, json.loads(dumped)) == first


@for_all(STACK_DATA, st.randoms(), examples=15)
def test_the_order_of_keys_changes_nothing(data, random):
    items = list(data.items())
    random.shuffle(items)
    assert Stack.model_validate(dict(items)) == Stack.model_validate(data)


@pytest.mark.parametrize("stack", ["local", "dev"])
def test_a_real_stack_file_and_its_dump_load_to_the_same(real, stack):
    settings = real.load(stack)
    given_by_engine = json.loads(settings.stack.model_dump_json())
    assert real.load(stack, given_by_engine) == settings


@for_all(st.integers(1, 10**7))
def test_a_cpu_quantity_has_one_accepted_form(thousandths):
    whole = thousandths % 1000 == 0
    canonical = str(thousandths // 1000) if whole else f"{thousandths}m"
    assert TypeAdapter(Cpu).validate_python(canonical) == canonical
    assert millicores(canonical) == thousandths
    if whole:
        with pytest.raises(ValidationError, match=f'write "{canonical}"'):
            TypeAdapter(Cpu).validate_python(f"{thousandths}m")


@for_all(st.integers(1, 1023), st.integers(0, 3), st.integers(1, 3))
def test_a_memory_quantity_has_one_accepted_form(number, unit, steps):
    assume(steps <= unit)
    canonical, other = f"{number}{UNITS[unit]}", f"{number * 1024**steps}{UNITS[unit - steps]}"
    assert TypeAdapter(Memory).validate_python(canonical) == canonical
    assert mebibytes(other) == mebibytes(canonical)
    with pytest.raises(ValidationError, match=f'write "{canonical}"'):
        TypeAdapter(Memory).validate_python(other)


@for_all(st.text() | st.from_regex(r"[-+]?[0-9.]*(m|k|M|G|Ki|Mi|Gi|e3)?", fullmatch=True))
def test_any_text_is_a_canonical_quantity_or_refused_with_a_remedy(text):
    for kind, form in ((Cpu, r"[1-9][0-9]*m?"), (Memory, r"[1-9][0-9]*(Ki|Mi|Gi|Ti)")):
        adapter = TypeAdapter(kind)
        if re.fullmatch(form, text) and not text.endswith("000m"):
            assume(kind is Cpu or int(text[:-2]) % 1024 or text.endswith("Ti"))
            assert adapter.validate_python(text) == text
        else:
            with pytest.raises(ValidationError, match="; write"):
                adapter.validate_python(text)


@for_all(LABELS, PLAIN)
def test_the_name_of_a_job_is_a_dns_label(purpose, content):
    assert DNS_LABEL.fullmatch(names.job(purpose, content))
    assert names.job(purpose, content).endswith(names.digest(content))


@for_all(st.dictionaries(st.text(), PLAIN), st.randoms())
def test_a_digest_does_not_depend_on_the_order_of_keys(content, random):
    items = list(content.items())
    random.shuffle(items)
    assert names.digest(dict(items)) == names.digest(content)


@for_all(PLAIN, PLAIN)
def test_another_content_has_another_digest(one, other):
    assume(json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True))
    assert names.digest(one) != names.digest(other)


def test_every_service_with_a_database_of_its_own_has_one_name_for_it():
    owners = [s.name for s in CATALOG.services.values() if not s.database_of]
    databases = {names.database(name) for name in owners}
    assert len(databases) == len(owners), "two services on one database mix patients' data"
    assert all(re.fullmatch(r"manpasik_[a-z_]{1,54}", name) for name in databases)


@for_all(TAGS)
def test_every_image_tag_has_a_valid_label(tag):
    assert LABEL_VALUE.fullmatch(names.version_label(tag))


@for_all(LABELS, STACK_NAMES)
def test_every_label_value_is_valid(name, stack):
    assert all(LABEL_VALUE.fullmatch(v) for v in names.labels(name, "service", stack).values())
    assert names.selector(name).items() <= names.labels(name, "service", stack).items()


@for_all(LABELS, LABELS)
def test_two_services_never_share_an_address_variable(one, other):
    same = names.address_variable(one) == names.address_variable(other)
    assert same == (one == other)


@for_all(SETTINGS)
def test_a_service_is_deployed_from_its_phase_on_unless_it_is_disabled(settings: Settings):
    for name, service in settings.catalog.services.items():
        own = settings.stack.services.get(name)
        wanted = service.first_phase <= settings.stack.services_up_to_phase
        assert (name in settings.services) == (wanted and (own is None or own.enabled)), name


@for_all(SETTINGS)
def test_a_service_that_is_left_out_is_nobodys_callee(settings: Settings):
    absent = stack_rules.left_out(settings.catalog, settings.stack)
    assert not absent & settings.services.keys()
    for service in settings.services.values():
        assert not absent & set(service.calls), "an address of nothing"


@for_all(SETTINGS)
def test_a_service_reads_only_what_the_catalogue_describes(settings: Settings):
    for service in settings.services.values():
        read = [reading.name for reading in variables.readings(settings, service)]
        addresses = {names.address_variable(callee) for callee in service.calls}
        assert set(read) <= settings.catalog.variables.keys() | addresses
        assert read == sorted(set(read))


@for_all(SETTINGS)
def test_a_service_gets_what_it_names_its_stores_ask_for_and_nothing_else(settings: Settings):
    described = settings.catalog.variables
    for service in settings.services.values():
        named = {*service.configuration, *service.secrets, "VERSION", "GRPC_PORT", "HTTP_PORT"}
        for reading in variables.readings(settings, service):
            store = reading.name in described and described[reading.name].store
            assert reading.name in named or store in service.stores or "_ADDR" in reading.name


@for_all(SETTINGS)
def test_whatever_a_service_reads_from_the_configuration_has_a_value(settings: Settings):
    values = variables.configuration(settings)
    for service in settings.services.values():
        for reading in variables.readings(settings, service):
            variable = settings.catalog.variables.get(reading.name)
            from_store = variable is not None and (variable.store or not variable.required)
            found = reading.name in values
            assert reading.source != "configuration" or found or from_store, reading.name


def test_the_program_has_a_value_for_every_variable_of_a_service(real):
    settings = real.load("dev")
    for service in settings.services.values():
        assert all(variables._service_value(settings, service, name) for name in PER_SERVICE)


@for_all(SETTINGS)
def test_only_stores_that_some_service_uses_are_deployed(settings: Settings):
    used = {store for service in settings.services.values() for store in service.stores}
    assert settings.stores.keys() == used


@for_all(SETTINGS, st.sampled_from(sorted(CATALOG.services)))
def test_a_size_is_the_environments_but_for_what_the_stack_sets(settings: Settings, name):
    base, size = settings.environment.workload, settings.size(name)
    own = settings.stack.services.get(name)
    for key in ("replicas", "cpu", "memory", "cpu_limit", "memory_limit"):
        chosen = getattr(own, key, None)
        assert getattr(size, key) == (getattr(base, key) if chosen is None else chosen)


@pytest.mark.parametrize(
    ("vcpu", "memory_gb", "expected"),
    [(1, 4, (940, 2972)), (2, 8, (1930, 6248)), (4, 16, (3920, 13621)), (8, 32, (7910, 29022))],
)
def test_a_node_keeps_the_shares_that_the_clouds_publish(vcpu, memory_gb, expected):
    pool = CATALOG.environments["dev"].nodes[0]
    assert allocatable(pool.model_copy(update={"vcpu": vcpu, "memory_gb": memory_gb})) == expected


@for_all(POOLS)
def test_pods_may_use_less_than_the_node_and_more_than_nothing(pool):
    cpu, memory = allocatable(pool)
    assert 0 < cpu < pool.vcpu * 1000
    assert 0 < memory < pool.memory_gb * 1024


@for_all(POOLS)
def test_a_bigger_node_never_has_less_for_pods(pool):
    bigger = pool.model_copy(update={"vcpu": pool.vcpu + 1, "memory_gb": pool.memory_gb + 1})
    assert all(
        more > less for more, less in zip(allocatable(bigger), allocatable(pool), strict=True)
    )


@for_all(st.lists(POOLS, min_size=1, max_size=4), st.integers(1, 4))
def test_the_nodes_of_a_phase_are_the_latest_that_have_begun(pools, phase):
    environment = CATALOG.environments["dev"].model_copy(update={"nodes": tuple(pools)})
    begun = [pool.from_phase for pool in pools if pool.from_phase <= phase]
    expected = max(begun) if begun else pools[0].from_phase
    assert environment.nodes_in(phase).from_phase == expected
