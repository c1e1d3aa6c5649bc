"""Whatever a stack says, its objects fit together (issue 4, line 9)."""

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from rendering import manifests, record
from rendering.recorder import redact
from settings.capacity import quota
from settings.loader import ROOT, Settings
from settings.model import mebibytes, millicores
from settings.stack import Stack
from tests.support.project import Project
from tests.support.recording import STACKS, objects
from tests.support.rules import RULES, canonical, title
from tests.support.stacks import CATALOG, FREE, SETTINGS, STACK_DATA, for_all


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("stack", STACKS)
def test_the_objects_of_a_stack_fit_together(stack, rule):
    assert list(rule(objects(stack))) == [], rule.__doc__


REAL = Project(ROOT)
# Each example is a recording, up to a second: a few at every run, and none to make one smaller.
RECORDED = budget(
    max_examples=6,
    deadline=None,
    phases=[Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)


@RECORDED
@given(STACK_DATA)
def test_whatever_a_stack_says_its_objects_fit_together(data):
    found = [redact(manifest.content) for manifest in manifests(record(REAL.load("drawn", data)))]
    assert [sentence for rule in RULES for sentence in rule(found)] == []
    assert len({title(each) for each in found}) == len(found), "two objects of one name"


@for_all(SETTINGS)
def test_no_service_has_fewer_at_its_most_than_at_its_fewest(settings: Settings):
    for name in settings.services:
        assert 1 <= settings.size(name).replicas <= settings.size(name).most


@for_all(SETTINGS)
def test_a_request_is_canonical_and_within_its_limit(settings: Settings):
    for name in settings.services:
        size = settings.size(name)
        assert all(map(canonical, (size.cpu, size.memory, size.cpu_limit, size.memory_limit)))
        assert millicores(size.cpu) <= millicores(size.cpu_limit)
        assert mebibytes(size.memory) <= mebibytes(size.memory_limit)


@for_all(SETTINGS)
def test_the_quota_holds_every_service_at_its_most(settings: Settings):
    sizes = [settings.size(name) for name in settings.services]
    most = quota(settings)
    assert most.pods > sum(size.most + 1 for size in sizes)
    assert most.cpu > sum((size.most + 1) * millicores(size.cpu) for size in sizes)
    assert most.memory > sum((size.most + 1) * mebibytes(size.memory) for size in sizes)


ONE = st.fixed_dictionaries(
    {},
    optional={
        "replicas": st.integers(2, 5),
        "cpu": st.sampled_from(["300m", "400m"]),
        "image_tag": st.just("v9.9.9"),
    },
)


@for_all(st.sampled_from(FREE), ONE)
def test_one_service_s_size_is_nobody_else_s(name, own):
    stack = {"environment": "production", "images": {"tag": "v1.0.0"}}
    before, after = (
        Settings("production", Stack.model_validate(data), CATALOG)
        for data in (stack, {**stack, "services": {name: own}})
    )
    for other in CATALOG.services.keys() - {name}:
        assert after.size(other) == before.size(other)
        assert after.image(other) == before.image(other)
    assert quota(after) == quota(before), "one service's growth within the quota is its own"
