"""The SDKs' modules as a recording imports them are the SDKs' modules (decision 0073)."""

import os
import pickle
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location

import pytest

from rendering.sdk_modules import loader_of
from settings.loader import ROOT
from tests.support.compiled import RECORDED

IN_FULL = """
import contextlib, pickle, sys
from rendering import sdk, sdk_modules
sdk_modules.install = lambda: None
sdk.nothing_in_vain = contextlib.nullcontext
from tests.support.compiled import RECORDED
found = {name: make() for name, make in RECORDED.items()}
import pulumi_aws.ec2, pulumi_gcp.compute
assert pulumi_aws.ec2.VpcArgs.__init__.__doc__ and pulumi_gcp.compute.outputs.__all__
sys.stdout.buffer.write(pickle.dumps(found))
"""
PART = '''\
"""What nobody reads."""
from typing import TypedDict, overload
__all__ = ["Kept", "made"]
class KeptDict(TypedDict):
    size: int
class Kept:
    """What nobody reads."""
    @overload
    def size(self): ...
    def size(self) -> NoSuchType:
        return 3
def made():
    return Kept()
'''


@pytest.fixture(scope="module")
def in_full():
    """Every stack as a process records it that imports and runs the SDKs as they are."""
    done = subprocess.run(
        [sys.executable, "-c", IN_FULL], cwd=ROOT, capture_output=True, check=False, timeout=300
    )
    assert not done.returncode, done.stderr.decode()
    return pickle.loads(done.stdout)  # noqa: S301 - of our own process


@pytest.mark.parametrize("stack", RECORDED)
def test_the_sdks_in_full_record_the_same(stack, in_full):
    assert RECORDED[stack]() == in_full[stack]
    assert len(in_full[stack]) > 20


@pytest.fixture
def package(tmp_path):
    """A package that consists of `made`, whose module has the name of its function."""
    (tmp_path / "__init__.py").write_text("import sys\nfrom .made import *\nfrom .gone import *\n")
    (tmp_path / "made.py").write_text(PART)
    return tmp_path


@pytest.fixture
def load(package, monkeypatch):
    """Import a file of the package as a recording does."""

    def loaded(file):
        name = "generated" + ("" if file.stem == "__init__" else f".{file.stem}")
        folders = [str(package)] if file.stem == "__init__" else None
        loader = loader_of(name, file)
        spec = spec_from_file_location(
            name, file, loader=loader, submodule_search_locations=folders
        )
        module = module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        monkeypatch.delitem(sys.modules, "generated.made", raising=False)
        loader.exec_module(module)
        return module

    return loaded


def test_a_module_keeps_its_classes_and_loses_what_only_type_checkers_read(package, load):
    found = load(package / "made.py")
    assert found.made().size() == 3
    assert found.Kept.size.__annotations__ == {"return": "NoSuchType"}, "read where it is needed"
    assert (found.Kept.__doc__, found.KeptDict.__annotations__) == (None, {})


def test_a_package_loads_a_module_when_somebody_asks_for_what_it_holds(package, load):
    (package / "__init__.py").write_text("import sys\nfrom .made import *\n")
    (package / "made.py").write_text('__all__ = ["made"]\ndef made():\n    return 3\n')
    found = load(package / "__init__.py")
    assert "generated.made" not in sys.modules
    assert found.made() == 3, "the function, and not the module of the same name"
    with pytest.raises(AttributeError, match="'generated' has no attribute 'other'"):
        _ = found.other


def test_a_module_that_is_not_there_is_an_error_at_once(package, load):
    with pytest.raises(ModuleNotFoundError):
        load(package / "__init__.py")


def test_compiled_once_it_lies_beside_pythons_own_and_a_changed_module_is_compiled_anew(
    package, load, monkeypatch
):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    file = package / "made.py"
    load(file)
    (compiled,) = (package / "__pycache__").iterdir()
    assert ".recorded-" in compiled.name, "else Python's own imports would find it"
    before = compiled.stat().st_mtime_ns
    load(file)
    assert compiled.stat().st_mtime_ns == before
    file.write_text(PART.replace("return 3", "return 4"))
    os.utime(file, (1, 1))
    assert load(file).made().size() == 4
