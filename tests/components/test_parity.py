"""The two clouds are twins: same files, same classes, same arguments, same outputs (style, 3.6)."""

import ast
import dataclasses
import importlib

import pytest

from settings.loader import ROOT
from tests.support.clouds import CLOUD_STACKS, MARKETS, above_regions, whole

# What only one cloud's resources ask for.
OF_ONE_CLOUD = {"project", "number", "roles", "managed", "statements", "subnets", "zones", "zone",
                "region", "clients", "logs_key", "cluster_arn", "cloud", "account", "signs", "key",
                "readers", "prefix", "logs", "rules", "address"}  # fmt: skip
OWN_FILES = {"policies.py", "apis.py", "cdn_policies.py", "entrance.py"}


def module(cloud):
    """Imported by the test: to collect the tests, nobody waits for two clouds' packages."""
    return importlib.import_module(f"components.{cloud}")


def of_each_component(cloud, told):
    names = (name for name in module(cloud).__all__ if not name.endswith("Args"))
    return {name: told(cloud, name) for name in names}


def fields(cloud, name):
    return {field.name for field in dataclasses.fields(getattr(module(cloud), f"{name}Args"))}


def test_both_export_the_same_names_in_order():
    assert module("aws").__all__ == module("gcp").__all__ == sorted(module("aws").__all__)


def test_both_have_the_same_files():
    def files(cloud):
        return {path.name for path in (ROOT / "components" / cloud).glob("*.py")} - OWN_FILES

    assert files("aws") == files("gcp")


def test_both_take_the_same_neutral_arguments():
    def neutral(cloud, name):
        return fields(cloud, name) - OF_ONE_CLOUD

    assert of_each_component("aws", neutral) == of_each_component("gcp", neutral)


def test_both_give_the_same_outputs():
    def outputs(cloud, name):
        return vars(getattr(module(cloud), name))["__annotations__"].keys()

    given = of_each_component("aws", outputs)
    assert given == of_each_component("gcp", outputs)
    assert all(given.values())


@pytest.mark.parametrize("stack", CLOUD_STACKS)
def test_both_make_the_same_components_under_the_same_names(stack):
    def made(cloud):
        prefix = f"manpasik:{cloud}:"
        return {(r.type.removeprefix(prefix), r.name) for r in whole(stack, cloud)
                if r.type.startswith(prefix)}  # fmt: skip

    # GKE scales its pools itself; on EKS a program in the cluster does, and needs an identity.
    assert made("aws") - made("gcp") == {("Identity", "cluster-autoscaler")}
    assert made("gcp") - made("aws") == set()


def test_both_make_the_same_components_above_the_regions():
    def made(cloud):
        prefix = f"manpasik:{cloud}:"
        return {(r.type.removeprefix(prefix), r.name) for r in above_regions(cloud)
                if r.type.startswith(prefix)}  # fmt: skip

    # Amazon signs names with a key of ours; Google keeps requests in log buckets, not in objects.
    objects = {("ObjectStore", f"edge-{market}") for market in MARKETS}
    assert made("aws") - made("gcp") == {("FrontKey", "dns-signing"), *objects}
    assert made("gcp") - made("aws") == set()


@pytest.mark.parametrize("cloud", ["aws", "gcp"])
def test_neither_cloud_knows_the_other(cloud):
    other = "gcp" if cloud == "aws" else "aws"
    for path in (ROOT / "components" / cloud).glob("*.py"):
        text = path.read_text()
        assert f"components.{other}" not in text, path.name
        assert f"pulumi_{other}" not in text, path.name


def test_only_one_file_chooses_between_the_clouds():
    for path in (ROOT / "components").rglob("*.py"):
        matches = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Match)]
        asked = any("cloud" in ast.unparse(found.subject) for found in matches)
        assert path.name == "clouds.py" or not asked


def test_the_sdk_of_a_cloud_is_not_imported_before_it_is_chosen():
    module = importlib.import_module("components.clouds")
    top = ast.parse((ROOT / "components" / "clouds.py").read_text()).body
    imported = [ast.unparse(n) for n in top if isinstance(n, ast.Import | ast.ImportFrom)]
    assert module.place
    assert not any("pulumi_aws" in text or "pulumi_gcp" in text for text in imported)
