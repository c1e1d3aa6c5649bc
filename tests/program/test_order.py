"""What must be ready before what: the edges that engine and recorded deployment both keep."""

import pytest

from rendering import manifests
from tests.support.recording import STACKS, recorded

pytestmark = pytest.mark.parametrize("stack", STACKS)


@pytest.fixture
def before(stack):
    """For each object, everything that must be ready before it, near or far."""
    found = {manifest.urn: manifest for manifest in manifests(recorded(stack))}

    def all_before(urn, seen):
        for dependency in found[urn].depends_on - seen:
            seen.add(dependency)
            all_before(dependency, seen)
        return seen

    return {
        (manifest.kind, manifest.name): {
            (found[urn].kind, found[urn].name) for urn in all_before(manifest.urn, set())
        }
        for manifest in found.values()
    }


def migrations(before):
    return {name for kind, name in before if kind == "Job" and "-migrate-" in name}


def test_a_service_waits_for_its_own_migration(before):
    for name in migrations(before):
        service = name.split("-migrate-")[0]
        assert ("Job", name) in before["Deployment", service], "R-P2-MIG"


def test_a_migration_waits_for_the_database(before):
    for name in migrations(before):
        assert ("StatefulSet", "postgres") in before["Job", name]


def test_admin_s_migration_waits_for_the_tables_of_auth(before):
    (admin,) = [name for name in migrations(before) if name.startswith("admin-service")]
    (auth,) = [name for name in migrations(before) if name.startswith("auth-service")]
    assert ("Job", auth) in before["Job", admin], "admin reads auth's users (DB-03)"


def test_every_service_with_a_schema_has_a_migration(before):
    services = {name for kind, name in before if kind == "Deployment"}
    migrated = {name.split("-migrate-")[0] for name in migrations(before)}
    assert services - migrated == {"gateway", "vision-service"}


def test_producers_wait_for_their_topics(before):
    (topics,) = [name for kind, name in before if kind == "Job" and name.startswith("kafka-topics")]
    for service in ("device", "measurement", "subscription", "payment", "admin"):
        assert ("Job", topics) in before["Deployment", f"{service}-service"], "KAFKA-02"


def test_services_wait_for_the_stores_they_use_and_for_no_others(before):
    assert ("StatefulSet", "redis") in before["Deployment", "auth-service"]
    assert ("StatefulSet", "milvus") in before["Deployment", "measurement-service"]
    assert ("StatefulSet", "milvus") not in before["Deployment", "shop-service"]


OF_THE_CLUSTER = {"Namespace", "PriorityClass", "ClusterIssuer"}


def test_everything_in_a_namespace_waits_for_the_namespace(before):
    for (kind, name), earlier in before.items():
        if kind not in OF_THE_CLUSTER:
            assert any(found == "Namespace" for found, _ in earlier), f"{kind} {name}"


def test_no_pod_is_made_before_its_rank_is_there(before):
    for (kind, name), earlier in before.items():
        if kind in ("Deployment", "StatefulSet", "Job"):
            assert ("PriorityClass", "manpasik-standard") in earlier, name
