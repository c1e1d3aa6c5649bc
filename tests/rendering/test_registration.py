"""What a recording does in the SDK's stead comes to what the SDK comes to (ADR 0014, issue 4.7)."""

import contextlib
import re

import pytest

from rendering import record, sdk
from rendering.recorder import Secret
from settings import load

START = """
import asyncio, enum, pulumi
from pulumi_kubernetes.core.v1 import ConfigMap, Service, ServiceSpecArgs, ServicePortArgs
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi import Output, ResourceOptions
one = ConfigMap('one', metadata={'name': 'first'}, data={'k': 'v'})
class Colour(str, enum.Enum):
    RED = 'red'
class Part(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__('test:parts:Part', name, None, opts)
        ConfigMap(name + '-in', data={}, opts=ResourceOptions(parent=self, protect=True))
        self.register_outputs({'name': name})
def later(value):
    async def answer():
        await asyncio.sleep(0)
        return value
    return answer()
def two(opts=None, **data):
    return ConfigMap('two', metadata={'name': 'second'}, data=data, opts=opts)
def spec(**fields):
    return CustomResource('two', api_version='x/v1', kind='X', metadata={'name': 'x'}, spec=fields)
"""
LAWFUL = (
    "two(a=one.metadata.name, b=one.id, c=one.urn)",
    "two(a=Output.secret('s'), b=Output.secret(one.metadata.name), c=one.metadata.labels)",
    "two(a=Output.secret('s').apply(lambda s: s + '!'))\nx=ConfigMap('x', data={'b': 'c'})",
    "x=ConfigMap('x', data=Output.secret({'k': 's'}))\ntwo(a=x.data['k'], b=x.metadata)",
    "x=ConfigMap('x', data={'k': Output.secret('s'), 'l': 'm'})\ntwo(a=x.data['l'])",
    "two(a=Output.from_input('n').apply(lambda n: {'in': one.id, 'n': n}))",
    "two(a=later('soon'), b=later(one.id))",
    "two(opts=ResourceOptions(depends_on=[one, Part('p')]), a='b')",
    "two(opts=ResourceOptions(aliases=[pulumi.Alias(name='old')], ignore_changes=['data']), a='b')",
    "two(opts=ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create='5m')), a='b')",
    "two(opts=ResourceOptions(deleted_with=one, delete_before_replace=True), a='b')",
    "two(opts=ResourceOptions(parent=Part('p', ResourceOptions(protect=True))), a='b')",
    "spec(n=3, f=1.5, w=2.0, big=2**60 + 1, yes=True, no=None, l=[1, (2, None)], e=Colour.RED)",
    "spec(asset=pulumi.StringAsset('text'), archive=pulumi.FileArchive('x'))",
    "x=spec(n=3)\nConfigMap('x', data={'n': x.spec.apply(str), 'm': x.metadata['name']})",
    "spec(camelCase={'snake_case': {'n': one.id}}, snake_case=[{'snake_case': one.id}])",
    "Service('two', spec={'ports': [{'target_port': 'http', 'port': 80}], 'cluster_ip': 'None'})",
    "Service('two', spec=ServiceSpecArgs(ports=[ServicePortArgs(port=80, target_port=one.id)]))",
    "x=Service('x', spec={'ports': [{'port': 80}]})\ntwo(a=x.spec.ports[0].port.apply(repr))",
)
UNLAWFUL = (
    "two(a=object())",
    "two(a=one.metadata['absent'])",
    "two(a={1: 2})",
    "spec(n=float('nan'))",
    "spec(n=Output.from_input({'deep': [object()]}))",
    "two(a=one.data['absent'])",
    "two(a=one.metadata.apply(lambda m: m.absent))",
    "two(a=one.id.apply(lambda _: 1 / 0))",
    "ConfigMap('two', metadata=['a', 'list'])",
    "two(opts=ResourceOptions(depends_on=['no resource']), a='b')",
    "pulumi.CustomResource('aws:made/up:Thing', 'two', {})",
)


def said(error):
    """What an error says, without the addresses of objects."""
    return re.sub("0x[0-9a-f]+", "0x", str(error))


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Record a program of a few lines, with the SDK in full or not."""

    def _run(text, *, in_full):
        (tmp_path / "__main__.py").write_text(f"{START}{text}\n")
        with monkeypatch.context() as patched:
            if in_full:
                patched.setattr(sdk, "nothing_in_vain", contextlib.nullcontext)
            return record(load("local"), root=tmp_path)

    return _run


@pytest.mark.parametrize("text", LAWFUL)
def test_a_program_is_recorded_as_the_sdk_in_full_records_it(text, run):
    quick = run(text, in_full=False)
    assert quick == run(text, in_full=True)
    assert {"one"} < {each.name for each in quick}


@pytest.mark.parametrize("text", UNLAWFUL)
def test_a_program_is_refused_in_the_sdks_own_words(text, run):
    with pytest.raises(Exception, match=r".") as quick:
        run(text, in_full=False)
    with pytest.raises(Exception, match=r".") as full:
        run(text, in_full=True)
    assert (quick.type, said(quick.value)) == (full.type, said(full.value))


def test_what_is_read_from_a_secret_is_a_secret_and_depends_on_where_it_is_from(run):
    text = "x=ConfigMap('x', data={'k': Output.secret('planted')})\ntwo(a=x.data['k'])"
    found = {each.name: each for each in run(text, in_full=False)}
    assert found["two"].inputs["data"] == {"a": Secret("planted")}
    assert found["two"].dependencies == {found["x"].urn}
