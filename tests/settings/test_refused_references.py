"""What two files of the catalogue may not say together."""

import pytest

from tests.support.project import Project
from tests.support.refusals import Wrong, refused, said
from tests.support.spoils import drop, put

AUTH = "catalog/services/auth-service.yaml"
ADMIN = "catalog/services/admin-service.yaml"
VISION = "catalog/services/vision-service.yaml"
USER = "catalog/services/user-service.yaml"
GATEWAY = "catalog/services/gateway.yaml"


def of_auth(key, value, message, remedy):
    """A problem of the authentication service."""
    return Wrong(AUTH, key, value, message, remedy)


def named(name):
    """Another service, like the user service in all but name and port."""

    def spoil(project: Project) -> None:
        text = (project.root / USER).read_text()
        text = text.replace("user-service", name).replace("50052", "50999")
        (project.root / f"catalog/services/{name}.yaml").write_text(text)

    return spoil


LONG = "a" * 60
PORTS = [
    refused(
        "two services on one port", put(USER, "port", 50051),
        Wrong(USER, "port", "50051", "is also the port of auth-service", "that its program"),
    ),
    refused(
        "metrics on the service's own port", put(AUTH, "metrics_port", 50051),
        of_auth("metrics_port", "50051", "is the service's own port", "take another"),
    ),
]  # fmt: skip

DATABASES = [
    refused(
        "a schema without postgres", put(AUTH, "stores", ["redis"]),
        Wrong(ADMIN, "database_of", '"auth-service"', "owns no database", "did you mean"),
        of_auth("schema_files", '["01-auth"]', "has a schema but no postgres", "add postgres"),
    ),
    refused(
        "postgres without a schema", drop(AUTH, "schema_files"),
        of_auth("stores", '"postgres"', "has a database but no schema", "name its schema_files"),
    ),
    refused(
        "a guest of an unknown service", put(ADMIN, "database_of", "auth-servce"),
        Wrong(ADMIN, "database_of", '"auth-servce"', "owns no database", "mean 'auth-service'?"),
    ),
    refused(
        "a guest of itself", put(ADMIN, "database_of", "admin-service"),
        Wrong(ADMIN, "database_of", '"admin-service"', "owns no database", "allowed: ai-infer"),
    ),
    refused(
        "a guest of a guest", put(USER, "database_of", "admin-service"),
        Wrong(USER, "database_of", '"admin-service"', "owns no database", "allowed: ai-infer"),
    ),
    refused(
        "a guest of one without a database", put(ADMIN, "database_of", "vision-service"),
        Wrong(ADMIN, "database_of", '"vision-service"', "owns no database", "allowed: ai-infer"),
    ),
    refused(
        "a guest that opens no database", put(VISION, "database_of", "auth-service"),
        Wrong(VISION, "database_of", '"auth-service"', "opens no postgres", "add postgres"),
    ),
    refused(
        "two services whose databases would be one", named("user"),
        Wrong("catalog/services/user.yaml", "name", '"user"', "gets the database manpasik_user",
              "rename it, or say database_of: user-service"),
    ),
    refused(
        "a service whose database PostgreSQL would cut", named(LONG),
        Wrong(f"catalog/services/{LONG}.yaml", "name", f'"{"a" * 58}…', "too long", "shorten it"),
    ),
]  # fmt: skip

REFERENCES = [
    refused(
        "a call to an unknown service", put(GATEWAY, "calls", ["auth-servce"]),
        Wrong(GATEWAY, "calls.0", '"auth-servce"', "no such service", "mean 'auth-service'?"),
    ),
    refused(
        "a call to itself", put(AUTH, "calls", ["auth-service"]),
        of_auth("calls.0", '"auth-service"', "no such service", "allowed: admin-service"),
    ),
    refused(
        "a store that no file describes", drop("catalog/stores.yaml", "milvus"),
        Wrong("catalog/services/measurement-service.yaml", "stores", '"milvus"',
              "is not described in catalog/stores.yaml", "allowed: elasticsearch, kafka"),
    ),
    refused(
        "a variable that no file describes", put(AUTH, "configuration", ["JWT_ISSUR"]),
        of_auth("configuration", '"JWT_ISSUR"', "is not described", "mean 'JWT_ISSUER'?"),
    ),
    refused(
        "a secret that no file describes", put(AUTH, "secrets", ["JWT_SECRT"]),
        of_auth("secrets", '"JWT_SECRT"', "is not described", "did you mean 'JWT_SECRET'?"),
    ),
    refused(
        "a secret among the configuration", put(AUTH, "configuration", ["JWT_SECRET"]),
        of_auth("configuration", '"JWT_SECRET"', "is of source secret", "move it to secrets"),
    ),
    refused(
        "a configuration variable among the secrets", put(AUTH, "secrets", ["JWT_ISSUER"]),
        of_auth("secrets", '"JWT_ISSUER"', "of source configuration", "move it to configuration"),
    ),
    *[
        refused(
            f"an entry that stands twice in {key}", put(AUTH, key, [entry, entry, *others]),
            of_auth(key, f'"{entry}"', "stands twice", "name it once"),
        )
        for key, entry, others in [
            ("stores", "redis", ["postgres"]),
            ("schema_files", "01-auth", []),
            ("configuration", "JWT_ISSUER", []),
            ("secrets", "JWT_SECRET", []),
            ("calls", "user-service", []),
        ]
    ],
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "expected"), PORTS + DATABASES + REFERENCES)
def test_two_files_that_contradict_are_refused_with_the_place_to_mend(project, spoil, expected):
    assert said(project.spoil(spoil).problems(), expected) == expected
