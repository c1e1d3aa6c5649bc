"""Which of the engine's list of creates is taken over instead (`mpk import`)."""

import pytest

from cli.imports import NotImportableError, chosen

CREATES = {
    "nameTable": {"stack": "urn:pulumi:dev::manpasik::pulumi:pulumi:Stack::manpasik-dev"},
    "resources": [
        {"type": "manpasik:aws:Cluster", "name": "cluster", "component": True},
        {"type": "pulumi:providers:aws", "name": "cloud"},
        {
            "type": "aws:eks/cluster:Cluster",
            "name": "eks",
            "parent": "cluster",
            "provider": "cloud",
        },
        {"type": "aws:iam/role:Role", "name": "role", "logicalName": "eks", "parent": "cluster"},
        {"type": "aws:ec2/vpc:Vpc", "name": "vpc", "provider": "cloud"},
    ],
}


def test_what_is_named_comes_with_its_parents_and_provider_and_nothing_else():
    taken = chosen(CREATES, {"aws:eks/cluster:Cluster::eks": "manpasik-dev"})
    assert [each["name"] for each in taken["resources"]] == ["cluster", "cloud", "eks"]
    assert taken["resources"][-1]["id"] == "manpasik-dev"
    assert taken["nameTable"] == CREATES["nameTable"]


def test_two_of_one_name_are_told_apart_by_their_types():
    with pytest.raises(NotImportableError, match="several are called so; say which: aws:eks"):
        chosen(CREATES, {"eks": "manpasik-dev"})


def test_a_name_that_the_program_does_not_create_is_refused_with_what_it_does():
    with pytest.raises(NotImportableError, match=r"nothing of that name.*vpc"):
        chosen(CREATES, {"vpc-1": "vpc-0a1b"})


def test_every_mistake_is_told_at_once():
    with pytest.raises(NotImportableError) as refused:
        chosen(CREATES, {"eks": "a", "nothing": "b"})
    assert len(str(refused.value).splitlines()) == 2
