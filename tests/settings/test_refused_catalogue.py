"""What one file of the catalogue may not say, and how each refusal reads."""

import pytest

from tests.support.refusals import Wrong, refused, said
from tests.support.spoils import drop, instead, put, remove, write

AUTH = "catalog/services/auth-service.yaml"
YML = "catalog/services/auth-service.yml"
VARIABLES = "catalog/variables.yaml"
STORES = "catalog/stores.yaml"
ENVIRONMENTS = "catalog/environments.yaml"
UNKNOWN, TYPE, FORM, NOT_ALLOWED = "unknown key", "wrong type", "wrong form", "is not allowed"
WHOLE = "whole number without quotes"


def field(key, value, shown, message, remedy):
    """A row about one field of one service."""
    wrong = Wrong(AUTH, key, shown, message, remedy)
    return refused(f"{key} {value!r} of a service", put(AUTH, key, value), wrong)


SERVICES = [
    field("prot", 50051, "50051", UNKNOWN, "did you mean 'port'? allowed: calls, configuration"),
    field("port", "50051", '"50051"', TYPE, WHOLE),
    field("port", 50051.5, "50051.5", TYPE, WHOLE),
    field("port", True, "true", TYPE, WHOLE),
    field("port", None, "null", TYPE, WHOLE),
    field("port", 0, "0", NOT_ALLOWED, "greater than or equal to 1"),
    field("port", 65536, "65536", NOT_ALLOWED, "less than or equal to 65535"),
    field("metrics_port", "9100", '"9100"', TYPE, WHOLE),
    field("protocol", "tcp", '"tcp"', NOT_ALLOWED, "'grpc' or 'http'"),
    field("port_set_by", "magic", '"magic"', NOT_ALLOWED, "'environment' or 'code'"),
    field("first_phase", 0, "0", NOT_ALLOWED, "greater than or equal to 1"),
    field("stores", "postgres", '"postgres"', TYPE, "a list"),
    field("stores", {"postgres": True}, '{"postgres": true}', TYPE, "a list"),
    field("stores", None, "null", TYPE, "a list"),
    field("startup_seconds", 4, "4", NOT_ALLOWED, "greater than or equal to 5"),
    field("startup_seconds", 601, "601", NOT_ALLOWED, "less than or equal to 600"),
    field("name", 7, "7", TYPE, "text; quote it"),
    field("name", "Auth_Service", '"Auth_Service"', FORM, "text that matches ^[a-z]"),
    field("database_of", "", '""', FORM, "text that matches ^[a-z]"),
]
# The rows whose key is a place inside the list.
PLACES = [
    refused(
        "a call to a number",
        put(AUTH, "calls", [1]),
        Wrong(AUTH, "calls.0", "1", TYPE, "text; quote it"),
    ),
    refused(
        "an unknown store",
        put(AUTH, "stores", ["postgres", "mongodb"]),
        Wrong(AUTH, "stores.1", '"mongodb"', NOT_ALLOWED, "'postgres', 'redis', 'kafka'"),
    ),
    refused(
        "a secret's name in small letters",
        put(AUTH, "secrets", ["jwt_secret"]),
        Wrong(AUTH, "secrets.0", '"jwt_secret"', FORM, "text that matches ^[A-Z]"),
    ),
    refused(
        "a service without a port",
        drop(AUTH, "port"),
        Wrong(AUTH, "port", "", "is missing", "add port"),
    ),
]

PARTS = [
    refused(
        "a variable of an unknown source",
        put(VARIABLES, "LLM_MODEL/source", "vault"),
        Wrong(VARIABLES, "LLM_MODEL.source", '"vault"', NOT_ALLOWED, "'configuration', 'secret'"),
    ),
    refused(
        "a variable that is required in words",
        put(VARIABLES, "LLM_MODEL/required", "no"),
        Wrong(VARIABLES, "LLM_MODEL.required", '"no"', TYPE, "true or false"),
    ),
    refused(
        "a variable's value that is a number",
        put(VARIABLES, "REDIS_DB/value", 0),
        Wrong(VARIABLES, "REDIS_DB.value", "0", TYPE, "text; quote it"),
    ),
    refused(
        "a variable that is a word",
        put(VARIABLES, "LLM_MODEL", "gpt-4o"),
        Wrong(VARIABLES, "LLM_MODEL", '"gpt-4o"', TYPE, "a mapping"),
    ),
    refused(
        "a variable's name in small letters",
        put(VARIABLES, "llm_model", {"source": "configuration"}),
        Wrong(VARIABLES, "llm_model", '"llm_model"', FORM, "text that matches ^[A-Z]"),
    ),
    refused(
        "a pattern that is no regular expression",
        put(VARIABLES, "LLM_MODEL/pattern", "gpt-("),
        Wrong(VARIABLES, "LLM_MODEL.pattern", '"gpt-("', "is not a regular expression", "mend it"),
    ),
    refused(
        "a pattern that repeats without end",
        put(VARIABLES, "LLM_MODEL/pattern", "a{99999999999}"),
        Wrong(VARIABLES, "LLM_MODEL.pattern", '"a{99999999999}"', "is not a regular", "mend it"),
    ),
    refused(
        "a value that its own pattern refuses",
        put(VARIABLES, "REDIS_DB/value", "zero"),
        Wrong(VARIABLES, "REDIS_DB.value", '"zero"', "own pattern", "allowed: [0-9]+"),
    ),
    refused(
        "a variable per service that the program does not know",
        put(VARIABLES, "GRCP_PORT", {"source": "service"}),
        Wrong(VARIABLES, "GRCP_PORT.source", '"service"', "no value for it", "'GRPC_PORT'?"),
    ),
    refused(
        "a store that the product cannot talk to",
        put(STORES, "mongodb", {"servers": {}}),
        Wrong(STORES, "mongodb", '"mongodb"', NOT_ALLOWED, "'postgres', 'redis'"),
    ),
    refused(
        "a store image that is not pinned",
        put(STORES, "redis/servers/redis/image", "redis:latest"),
        Wrong(STORES, "redis.servers.redis.image", '"redis:latest"', "not pinned", "a version"),
    ),
    refused(
        "a store image without a tag",
        put(STORES, "redis/servers/redis/image", "redis"),
        Wrong(STORES, "redis.servers.redis.image", '"redis"', FORM, "text that matches"),
    ),
    refused(
        "a store that runs as root",
        put(STORES, "redis/servers/redis/user", 0),
        Wrong(STORES, "redis.servers.redis.user", "0", NOT_ALLOWED, "greater than or equal to 1"),
    ),
    refused(
        "a store that asks for more than its limit",
        put(STORES, "redis/servers/redis/memory", "2Gi"),
        Wrong(STORES, "redis.servers.redis.memory", '"2Gi"', "exceeds its limit", "most 256Mi"),
    ),
    refused(
        "a server that the store does not have",
        put(STORES, "redis/servers/milvus-etcd", {
            "image": "redis:7", "user": 1, "port": 1, "cpu": "1", "memory": "1Mi",
            "memory_limit": "1Mi", "storage": "1Gi",
        }),
        Wrong(
            STORES, "redis.servers", '["milvus-etcd", "redis"]', "not the servers", "exactly redis"
        ),
    ),
    refused(
        "a topic without partitions",
        put(STORES, "kafka/topics", {"t": {"partitions": 0, "retention_days": 1}}),
        Wrong(STORES, "kafka.topics.t.partitions", "0", NOT_ALLOWED, "greater than or equal to 1"),
    ),
    refused(
        "an environment without nodes",
        put(ENVIRONMENTS, "dev/nodes", []),
        Wrong(ENVIRONMENTS, "dev.nodes", "[]", "is empty", "at least one entry"),
    ),
    refused(
        "an environment whose nodes are missing",
        put(ENVIRONMENTS, "dev", {"secrets": "given"}),
        Wrong(ENVIRONMENTS, "dev.nodes", "", "is missing", "add nodes"),
        Wrong(ENVIRONMENTS, "dev.workload", "", "is missing", "add workload"),
    ),
    refused(
        "an environment with half a core too much in its form",
        put(ENVIRONMENTS, "dev/workload/cpu_limit", "2000m"),
        Wrong(ENVIRONMENTS, "dev.workload.cpu_limit", '"2000m"', "canonical form", 'write "2"'),
    ),
    refused(
        "an environment that asks for more than its limit",
        put(ENVIRONMENTS, "dev/workload/cpu", "1"),
        Wrong(ENVIRONMENTS, "dev.workload.cpu", '"1"', "exceeds its limit", "at most 500m"),
    ),
    refused(
        "an environment that invents its secrets",
        put(ENVIRONMENTS, "dev/secrets", "made-up"),
        Wrong(ENVIRONMENTS, "dev.secrets", '"made-up"', NOT_ALLOWED, "'generated' or 'given'"),
    ),
    refused(
        "an environment's name in capitals",
        put(ENVIRONMENTS, "Dev", {}),
        Wrong(ENVIRONMENTS, "Dev", '"Dev"', FORM, "text that matches ^[a-z]"),
    ),
]  # fmt: skip

FOLDER = [
    refused(
        "a service under another's name",
        put(AUTH, "name", "user-service"),
        Wrong(AUTH, "name", '"user-service"', "two files could claim", "write auth-service"),
    ),
    refused(
        "a service in a file that nobody would read",
        lambda project: (project.root / AUTH).rename(project.root / YML),
        Wrong(YML, "", "", "ends in .yml", "rename it to auth-service.yaml"),
    ),
    refused(
        "no gateway",
        remove("catalog/services/gateway.yaml"),
        Wrong("catalog/services/", "", "", "there is no gateway", "add gateway.yaml"),
    ),
    refused(
        "no service at all",
        lambda project: [f.unlink() for f in (project.root / "catalog/services").iterdir()],
        Wrong("catalog/services/", "", "", "holds no service", "one file per service"),
    ),
    *[
        refused(
            f"no {file}", remove(file), Wrong(file, "", "", "does not exist", "write it")
        )
        for file in (VARIABLES, STORES, ENVIRONMENTS)
    ],
    refused(
        "a folder in a service's place", instead(AUTH, "folder"),
        Wrong(AUTH, "", "", "is a folder", "a YAML file"),
    ),
    refused(
        "an empty service", write(AUTH, ""), Wrong(AUTH, "", "", "is empty", "write its keys")
    ),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "expected"), SERVICES + PLACES + PARTS + FOLDER)
def test_a_catalogue_is_refused_with_place_value_and_remedy(project, spoil, expected):
    assert said(project.spoil(spoil).problems(), expected) == expected
