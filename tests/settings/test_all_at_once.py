"""One run shows everything that is wrong, in every file, once and in order."""

from pathlib import Path

import pytest

from settings.loader import load, load_all, load_catalog, secret_names, stack_names
from settings.problems import SettingsError
from tests.support.project import STACK, Project
from tests.support.spoils import below, drop, instead, put, put_in_stack, remove, write

AUTH = "catalog/services/auth-service.yaml"
USER = "catalog/services/user-service.yaml"
GATEWAY = "catalog/services/gateway.yaml"
REGIONS = ("production-eu", "production-jp", "production-kr", "production-us")


def places(project: Project, stack: str = "local") -> list[tuple[str, str]]:
    """File and key of each problem, in the order told."""
    return [(problem.file, problem.key) for problem in project.problems(stack)]


EVERYWHERE = [
    put_in_stack("phase", 9),
    put_in_stack("services", {"auth-service": {"cpu": "abc", "replicas": -1}}),
    put(AUTH, "port", "50051"),
    put("catalog/environments.yaml", "dev/nodes", []),
    put("catalog/stores.yaml", "redis/servers/redis/image", "redis"),
    put("catalog/variables.yaml", "LLM_MODEL/source", "vault"),
    write(USER, "- a"),
]


def test_problems_of_every_file_are_told_together_and_sorted(project: Project):
    project.spoil(*EVERYWHERE)
    assert places(project) == [
        (STACK, "manpasik:stack.phase"),
        (STACK, "manpasik:stack.services.auth-service.cpu"),
        (STACK, "manpasik:stack.services.auth-service.replicas"),
        ("catalog/environments.yaml", "dev.nodes"),
        (AUTH, "port"),
        (USER, ""),
        ("catalog/stores.yaml", "redis.servers.redis.image"),
        ("catalog/variables.yaml", "LLM_MODEL.source"),
    ]


def test_rules_between_files_run_beside_a_broken_file(project: Project):
    project.spoil(
        write(AUTH, "- a"),
        put(USER, "port", 8080),
        put_in_stack("environment", "lcal"),
        put_in_stack("services/gateway", {"enabled": False}),
    )
    assert places(project) == [
        (STACK, "manpasik:stack.environment"),
        (STACK, "manpasik:stack.services.gateway.enabled"),
        (AUTH, ""),
        (USER, "port"),
    ]


@pytest.mark.parametrize("file", [AUTH, GATEWAY, "catalog/services/payment-service.yaml"])
def test_a_broken_service_is_told_once_and_not_again_as_unknown(project: Project, file: str):
    name = Path(file).stem
    if name != "gateway":
        put_in_stack(f"services/{name}", {"replicas": 2})(project)
    assert places(project.spoil(write(file, "port: x"))) == [
        (file, key) for key in ("first_phase", "name", "port", "protocol")
    ]


def test_a_broken_variable_store_or_environment_is_told_once(project: Project):
    project.spoil(
        put("catalog/variables.yaml", "LLM_MODEL/source", "vault"),
        put_in_stack("variables/LLM_MODEL", "gpt-5"),
        put("catalog/stores.yaml", "redis/servers", None),
        put("catalog/environments.yaml", "local/secrets", "none"),
    )
    assert places(project) == [
        ("catalog/environments.yaml", "local.secrets"),
        ("catalog/stores.yaml", "redis.servers"),
        ("catalog/variables.yaml", "LLM_MODEL.source"),
    ]


@pytest.mark.parametrize("file", ["variables", "stores", "environments"])
def test_a_part_that_cannot_be_read_makes_no_reference_wrong(project: Project, file: str):
    assert places(project.spoil(remove(f"catalog/{file}.yaml"))) == [(f"catalog/{file}.yaml", "")]


def test_a_bad_pattern_and_a_value_for_its_variable_are_one_problem(project: Project):
    """A pattern that is no regular expression once ended in a traceback here."""
    put("catalog/variables.yaml", "LLM_MODEL/pattern", "(")(project)
    put_in_stack("variables/LLM_MODEL", "gpt")(project)
    assert places(project) == [("catalog/variables.yaml", "LLM_MODEL.pattern")]


def test_an_unknown_stack_and_a_broken_catalogue_are_told_together(project: Project):
    drop(AUTH, "port")(project)
    assert places(project, "prod") == [("Pulumi.prod.yaml", ""), (AUTH, "port")]


def test_the_message_counts_the_problems_and_gives_each_a_line(project: Project):
    project.spoil(put_in_stack("phase", 9), put(AUTH, "port", "1"))
    with pytest.raises(SettingsError) as caught:
        project.load()
    assert str(caught.value).splitlines() == [
        "2 problems in the settings",
        f"  {STACK}: manpasik:stack.phase = 9: is not allowed; "
        "allowed: less than or equal to 4",
        f'  {AUTH}: port = "1": has the wrong type; allowed: a whole number without quotes',
    ]  # fmt: skip


def test_one_problem_is_counted_as_one(project: Project):
    with pytest.raises(SettingsError, match=r"^1 problem in the settings\n"):
        project.spoil(put_in_stack("phase", 9)).load()


def test_several_stacks_are_judged_together_and_the_catalogue_once(project: Project):
    project.spoil(
        put("Pulumi.dev.yaml", "config/manpasik:stack/phase", 0),
        put_in_stack("phase", 0),
        drop(AUTH, "port"),
    )
    with pytest.raises(SettingsError) as caught:
        load_all(["dev", "local"], project.root)
    found = [problem.file for problem in caught.value.problems]
    assert found == ["Pulumi.dev.yaml", STACK, AUTH]


def test_sound_stacks_are_loaded_by_name(project: Project):
    loaded = load_all(stack_names(project.root), project.root)
    assert {name: settings.stack_name for name, settings in loaded.items()} == {
        name: name for name in ("dev", "local", "production", *REGIONS, "staging")
    }


def test_the_catalogue_alone_is_judged_by_the_same_rules(project: Project):
    put(USER, "port", 8080)(project)
    with pytest.raises(SettingsError, match="is also the port of gateway"):
        load_catalog(project.root)


def test_a_stack_may_have_dots_in_its_name(project: Project):
    (project.root / STACK).rename(project.root / "Pulumi.eu.west.yaml")
    assert stack_names(project.root) == ["dev", "eu.west", "production", *REGIONS, "staging"]
    assert project.load("eu.west").stack_name == "eu.west"


def test_the_names_of_encrypted_secrets_are_read_without_their_values(project: Project):
    below("config:", "  manpasik:secrets: {B: {secure: v1}, A: {secure: v1}}\n")(project)
    assert secret_names("local", project.root) == ["A", "B"]
    assert secret_names("dev", project.root) == []


@pytest.mark.parametrize("text", ["", "config: 1", "config: {'manpasik:secrets': [a]}"])
def test_a_file_without_secrets_has_no_names_of_secrets(project: Project, text: str):
    assert secret_names("local", project.spoil(write(STACK, text)).root) == []


def test_the_project_is_looked_up_at_each_call(project: Project, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("settings.loader.ROOT", project.spoil(instead(STACK, "folder")).root)
    assert stack_names() == ["dev", "local", "production", *REGIONS, "staging"]
    assert load("dev").stack_name == "dev"
    with pytest.raises(SettingsError, match="is a folder"):
        load("local")
