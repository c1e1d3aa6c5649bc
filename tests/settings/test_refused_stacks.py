"""What a stack may not say, and how each refusal reads."""

import pytest

from tests.support.project import STACK
from tests.support.refusals import Wrong, in_stack, refused, said
from tests.support.spoils import put, put_in_stack, write

UNKNOWN, TYPE, FORM, NOT_ALLOWED = "unknown key", "wrong type", "wrong form", "is not allowed"
WHOLE, MAPPING = "whole number without quotes", "a mapping"
GHOST = {"enabled": False}

SHAPES = [
    refused(
        "an unknown key at the top",
        put_in_stack("phse", 2),
        in_stack("phse", "2", UNKNOWN, "did you mean 'phase'? allowed: backups, charts"),
    ),
    refused(
        "an unknown key that resembles none",
        put_in_stack("zzz", True),
        in_stack("zzz", "true", UNKNOWN, "allowed: backups, charts, cloud, cluster"),
    ),
    refused(
        "an unknown key inside images",
        put_in_stack("images/regsitry", "x"),
        in_stack("images.regsitry", '"x"', UNKNOWN, "did you mean 'registry'? allowed: registry"),
    ),
    refused(
        "an unknown key inside an override",
        put_in_stack("services/auth-service/replica", 2),
        in_stack("services.auth-service.replica", "2", UNKNOWN, "did you mean 'replicas'?"),
    ),
    refused(
        "an environment that is missing",
        put(STACK, "config/manpasik:stack", {"phase": 2}),
        in_stack("environment", "", "is missing", "add environment"),
    ),
    refused(
        "an environment that is null",
        put_in_stack("environment", None),
        in_stack("environment", "null", TYPE, "text; quote it"),
    ),
    refused(
        "an environment that nobody describes",
        put_in_stack("environment", "prod"),
        in_stack("environment", '"prod"', "no such environment", "did you mean 'production'?"),
    ),
    refused(
        "a list as the stack",
        put(STACK, "config/manpasik:stack", ["local"]),
        Wrong(STACK, "manpasik:stack", '["local"]', TYPE, MAPPING),
    ),
    refused(
        "a word as the stack",
        put(STACK, "config/manpasik:stack", "local"),
        Wrong(STACK, "manpasik:stack", '"local"', TYPE, MAPPING),
    ),
    refused(
        "a phase before the first",
        put_in_stack("phase", 0),
        in_stack("phase", "0", NOT_ALLOWED, "greater than or equal to 1"),
    ),
    refused(
        "a phase after the last",
        put_in_stack("phase", 5),
        in_stack("phase", "5", NOT_ALLOWED, "less than or equal to 4"),
    ),
    refused(
        "a quoted phase",
        put_in_stack("phase", "2"),
        in_stack("phase", '"2"', TYPE, WHOLE),
    ),
    refused(
        "a phase with a fraction",
        put_in_stack("services_up_to_phase", 2.5),
        in_stack("services_up_to_phase", "2.5", TYPE, WHOLE),
    ),
    refused(
        "a truth value as a phase",
        put_in_stack("phase", True),
        in_stack("phase", "true", TYPE, WHOLE),
    ),
    refused(
        "a list instead of the overrides",
        put_in_stack("services", ["auth-service"]),
        in_stack("services", '["auth-service"]', TYPE, MAPPING),
    ),
    refused(
        "an override that is null",
        put_in_stack("services/auth-service", None),
        in_stack("services.auth-service", "null", TYPE, MAPPING),
    ),
    refused(
        "a truth value as text",
        put_in_stack("services/auth-service/enabled", "yes"),
        in_stack("services.auth-service.enabled", '"yes"', TYPE, "true or false"),
    ),
    refused(
        "a service name in capitals",
        put_in_stack("services/Auth", GHOST),
        in_stack("services.Auth", '"Auth"', FORM, "text that matches ^[a-z]"),
    ),
    refused(
        "a number as a kubeconfig",
        put_in_stack("cluster/kubeconfig", 1),
        in_stack("cluster.kubeconfig", "1", TYPE, "text; quote it"),
    ),
    refused(
        "a tag with spaces",
        put_in_stack("images/tag", "v 1"),
        in_stack("images.tag", '"v 1"', FORM, "text that matches ^[A-Za-z0-9_]"),
    ),
    refused(
        "a tag that is a number",
        put_in_stack("services/auth-service/image_tag", 12),
        in_stack("services.auth-service.image_tag", "12", TYPE, "text; quote it"),
    ),
    refused(
        "a tag that is too long",
        put_in_stack("images/tag", "a" * 129),
        in_stack("images.tag", '"' + "a" * 58 + "…", FORM, "{0,127}"),
    ),
    refused(
        "a registry in capitals",
        put_in_stack("images/registry", "ghcr.io/ManPaSik"),
        in_stack("images.registry", '"ghcr.io/ManPaSik"', FORM, "text that matches ^[a-z0-9.-]"),
    ),
]

QUANTITIES = [
    refused(
        f"{key} {value} in an override",
        put_in_stack(f"services/auth-service/{key}", value),
        in_stack(f"services.auth-service.{key}", shown, message, remedy),
    )
    for key, value, shown, message, remedy in [
        ("cpu", "abc", '"abc"', "not a CPU quantity", '"250m"'),
        ("cpu", "1000m", '"1000m"', "not in canonical form", 'write "1"'),
        ("cpu", "0", '"0"', "not a CPU quantity", 'whole cores as "2"'),
        ("cpu", "0.5", '"0.5"', "not a CPU quantity", 'thousandths as "250m"'),
        ("cpu", 1, "1", TYPE, "text; quote it"),
        ("cpu", "501m", '"501m"', "exceeds the limit of local", "at most 500m"),
        ("memory", "1024Mi", '"1024Mi"', "not in canonical form", 'write "1Gi"'),
        ("memory", "128", '"128"', "not a memory quantity", '"128Mi"'),
        ("memory", "128M", '"128M"', "not a memory quantity", '"2Gi"'),
        ("memory", "1Gi", '"1Gi"', "exceeds the limit of local", "at most 512Mi"),
        ("replicas", -1, "-1", NOT_ALLOWED, "greater than or equal to 1"),
        ("replicas", 0, "0", NOT_ALLOWED, "greater than or equal to 1"),
        ("replicas", 101, "101", NOT_ALLOWED, "less than or equal to 100"),
        ("replicas", "2", '"2"', TYPE, WHOLE),
    ]
]

AGAINST_THE_CATALOGUE = [
    refused(
        "an override for a service that nobody describes",
        put_in_stack("services/auth-servce", GHOST),
        in_stack("services.auth-servce", '"auth-servce"', "no such service", "'auth-service'?"),
    ),
    refused(
        "a stack without the gateway",
        put_in_stack("services/gateway", GHOST),
        in_stack("services.gateway.enabled", "false", "the gateway cannot", "remove the line"),
    ),
    refused(
        "a guest without the owner of its database",
        put_in_stack("services/auth-service", GHOST),
        in_stack(
            "services.admin-service",
            '"auth-service"',
            "shares the database",
            "or keep auth-service",
        ),
    ),
    refused(
        "a value for a variable that nobody reads",
        put_in_stack("variables/LLM_MODLE", "x"),
        in_stack("variables.LLM_MODLE", '"x"', "cannot be set here", "did you mean 'LLM_MODEL'?"),
    ),
    refused(
        "a value for a variable that differs per service",
        put_in_stack("variables/GRPC_PORT", ":1"),
        in_stack("variables.GRPC_PORT", '":1"', "cannot be set here", "allowed: ALLOWED_ORIGINS"),
    ),
    refused(
        "a value that the variable's pattern refuses",
        put_in_stack("variables/SHUTDOWN_TIMEOUT_SECONDS", "20s"),
        in_stack("variables.SHUTDOWN_TIMEOUT_SECONDS", '"20s"', FORM, "allowed: [0-9]+"),
    ),
    refused(
        "a value that is no text",
        put_in_stack("variables/REDIS_DB", 1),
        in_stack("variables.REDIS_DB", "1", TYPE, "text; quote it"),
    ),
    refused(
        "a variable's name in small letters",
        put_in_stack("variables/llm_model", "x"),
        in_stack("variables.llm_model", '"llm_model"', FORM, "text that matches ^[A-Z]"),
    ),
    refused(
        "a variable that no file gives a value",
        put("catalog/variables.yaml", "LLM_MODEL", {"source": "configuration"}),
        in_stack("variables.LLM_MODEL", "", "is missing", "set it"),
    ),
]


@pytest.mark.parametrize(("spoil", "expected"), SHAPES + QUANTITIES + AGAINST_THE_CATALOGUE)
def test_a_stack_is_refused_with_place_value_and_remedy(project, spoil, expected):
    assert said(project.spoil(spoil).problems(), expected) == expected


PARTS = [
    ("config/manpasik:stack/variables/JWT_SECRET", "hunter2-hunter2"),
    ("config/manpasik:stack/variables/DB_USER", "hunter2-hunter2"),
    ("config/manpasik:stack/variables/JWT_SECRT_KEY", "hunter2-hunter2"),
    ("config/manpasik:stack/variables/JWT_SECRET", ["hunter2-hunter2"]),
    ("config/manpasik:stack/secrets", {"JWT_SECRET": "hunter2-hunter2"}),
    ("config/manpasik:stack/variabels", {"a": {"DB_PASSWORD": "hunter2-hunter2"}}),
    ("config/manpasik:stack/api_key", "hunter2-hunter2"),
    ("config/manpasik:secret", {"JWT_SECRET": "hunter2-hunter2"}),
]


@pytest.mark.parametrize(("place", "value"), PARTS)
def test_a_secret_in_a_wrong_place_is_refused_and_never_shown(project, place, value):
    (problem,) = project.spoil(put(STACK, place, value)).problems()
    assert "hunter2" not in str(problem), "a message ends up in logs"
    assert problem.remedy


def test_a_secret_in_the_open_is_told_how_to_be_set(project):
    (problem,) = project.spoil(put_in_stack("variables/JWT_SECRET", "x" * 32)).problems()
    assert problem.message == "is a secret and must not stand in the open"
    assert "pulumi config set --secret --path manpasik:secrets.JWT_SECRET" in problem.remedy


@pytest.mark.parametrize(
    ("stack", "message", "remedy"),
    [
        ("locl", "there is no stack 'locl'", "did you mean 'local'? allowed: dev, local"),
        ("zzz", "there is no stack 'zzz'", "allowed: dev, local"),
        ("../local", "there is no stack '../local'", "allowed: dev, local"),
        ("", "there is no stack ''", "allowed: dev, local"),
    ],
)
def test_a_stack_without_a_file_is_refused_by_its_name(project, stack, message, remedy):
    expected = [Wrong(f"Pulumi.{stack}.yaml", "", "", message, remedy)]
    assert said(project.problems(stack), expected) == expected


@pytest.mark.parametrize("stack", ["my stack", "-dev", "a" * 64, "dev_"])
def test_a_stack_whose_name_is_no_label_is_refused(project, stack):
    write(f"Pulumi.{stack}.yaml", "config: {'manpasik:stack': {environment: dev}}")(project)
    (problem,) = project.problems(stack)
    assert problem.message == f"{stack!r} cannot be a stack's name"
    assert "letters, digits" in problem.remedy


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        refused(
            "no config", write(STACK, "encryptionsalt: v1\n"),
            Wrong(STACK, "config.manpasik:stack", "", "is missing", "with environment"),
        ),
        refused(
            "config without the stack", write(STACK, "config: {a: 1}\n"),
            Wrong(STACK, "config.manpasik:stack", "", "is missing", "with environment"),
        ),
        refused(
            "config that is a list", write(STACK, "config: [1]\n"),
            Wrong(STACK, "config", "[1]", "is not a mapping", "write config:"),
        ),
        refused(
            "a key of ours that nothing reads", put(STACK, "config/manpasik:stak", 1),
            Wrong(STACK, "config.manpasik:stak", "1", UNKNOWN, "did you mean 'manpasik:stack'?"),
        ),
    ],
)  # fmt: skip
def test_a_stack_file_without_its_part_is_refused(project, spoil, expected):
    assert said(project.spoil(spoil).problems(), expected) == expected
