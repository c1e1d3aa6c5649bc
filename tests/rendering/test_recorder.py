"""The recorder keeps what the engine would have received, and refuses what it does not know."""

import gc
import itertools
import weakref

import pytest

from rendering import manifests, record, sdk
from rendering.recorder import Secret, redact, reveal
from settings import SettingsError, load
from tests.support.recording import recorded


def program(tmp_path, text):
    (tmp_path / "__main__.py").write_text(text)
    return tmp_path


def test_a_function_call_that_the_recorder_does_not_know_is_an_error(tmp_path):
    root = program(tmp_path, "import pulumi\npulumi.runtime.invoke('aws:index:getRegion', {})\n")
    with pytest.raises(Exception, match="does not know the function aws:index:getRegion"):
        record(load("local"), root=root)


def test_looking_up_what_is_in_a_cluster_is_an_error(tmp_path):
    text = "from pulumi_kubernetes.core.v1 import Secret\nSecret.get('found', 'default/one')\n"
    with pytest.raises(Exception, match="cannot look up kubernetes:core/v1:Secret found"):
        record(load("local"), root=program(tmp_path, text))


def test_an_output_that_the_program_reads_is_the_input_that_it_gave(tmp_path):
    text = (
        "from pulumi_kubernetes.core.v1 import ConfigMap\n"
        "one = ConfigMap('one', metadata={'name': 'first'}, data={'k': 'v'})\n"
        "data = {'name': one.metadata.name, 'value': one.data['k']}\n"
        "ConfigMap('two', metadata={'name': 'second'}, data=data)\n"
    )
    found = record(load("local"), root=program(tmp_path, text))
    assert found[-1].inputs["data"] == {"name": "first", "value": "v"}


def test_an_error_in_the_program_reaches_the_caller(tmp_path):
    with pytest.raises(ZeroDivisionError):
        record(load("local"), root=program(tmp_path, "1 / 0\n"))


def test_a_recording_that_failed_leaves_nothing_to_the_next(monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr("rendering.recorder._plain", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            record(load("local"))
    assert tuple(record(load("local"))) == recorded("local")


def test_two_stacks_recorded_in_one_process_do_not_mix():
    first = record(load("local"))
    record(load("dev"))
    assert record(load("local")) == first
    assert all("urn:pulumi:local::" in resource.urn for resource in first)


def test_whole_numbers_stay_whole_numbers():
    services = [r for r in recorded("local") if r.type == "kubernetes:core/v1:Service"]
    (gateway,) = [resource for resource in services if resource.name == "gateway"]
    port = gateway.inputs["spec"]["ports"][0]["port"]
    assert (port, type(port)) == (8080, int)


def test_a_secret_is_kept_apart_from_plain_values():
    value = {"a": Secret({"KEY": "planted"}), "b": ["plain", Secret("planted")]}
    assert redact(value) == {"a": {"KEY": "[secret]"}, "b": ["plain", "[secret]"]}
    assert reveal(value) == {"a": {"KEY": "planted"}, "b": ["plain", "planted"]}
    assert "planted" not in repr(value)


def test_a_recording_names_no_place_of_this_machine(monkeypatch):
    monkeypatch.setenv("KUBECONFIG", "/somewhere/secret/kubeconfig")
    (provider,) = [r for r in record(load("local")) if r.type == "pulumi:providers:kubernetes"]
    assert provider.inputs["kubeconfig"] == "no-cluster"


def test_every_object_is_created_through_the_explicit_provider():
    for resource in recorded("local"):
        assert not resource.type.startswith("kubernetes:") or resource.inputs["apiVersion"]
    providers = [r for r in recorded("local") if r.type.startswith("pulumi:providers:")]
    assert [r.name for r in providers] == ["cluster"], "decision 5: one, and explicit"


def test_dependencies_are_those_of_the_program_and_name_objects_only():
    found = {manifest.urn: manifest for manifest in manifests(recorded("local"))}
    assert all(dependency in found for m in found.values() for dependency in m.depends_on)


def test_settings_that_only_the_program_can_refuse_are_refused_as_settings():
    with pytest.raises(SettingsError, match=r"manpasik:secrets\.TOSS_SECRET_KEY"):
        record(load("local"), secrets={"TOSS_SECRET_KEY": "short"})


class Left:
    """What a recording leaves: it holds itself."""

    def __init__(self):
        self.itself = self


def test_what_the_first_recordings_leave_is_freed_at_the_tenth_and_later_ones_by_python(
    monkeypatch,
):
    monkeypatch.setattr(sdk, "_RECORDINGS", itertools.count(1))
    left, there = [], []
    for _ in range(sdk._FEW + 1):
        with sdk.no_collection():
            assert not gc.isenabled()
            left.append(weakref.ref(Left()))
        assert gc.isenabled()
        gc.collect()
        there.append(sum(each() is not None for each in left))
    assert there == [*range(1, sdk._FEW), 0, 0]


def test_a_recording_is_the_same_whichever_stack_was_recorded_before():
    for name in ("dev", "local"):
        of = [each for each in record(load(name)) if "Stack::" in each.parent]
        assert of
        assert {each.parent for each in of} == {
            f"urn:pulumi:{name}::manpasik::pulumi:pulumi:Stack::manpasik-{name}"
        }
