"""A changed value rolls exactly the services that read it (pitfall A-4)."""

import functools

from rendering import manifests, record
from settings import load


@functools.cache
def unchanged():
    return checksums()


def checksums(**changes):
    secrets = changes.pop("secrets", {})
    stack = {"environment": "dev", "variables": changes}
    found = manifests(record(load("dev", stack), secrets=secrets))
    return {
        m.name: m.content["spec"]["template"]["metadata"]["annotations"]["manpasik.com/checksum"]
        for m in found
        if m.kind == "Deployment"
    }


def rolled(before, after):
    return {name for name in before if before[name] != after[name]}


def test_a_changed_variable_rolls_the_services_that_read_it_and_no_others():
    assert rolled(unchanged(), checksums(JWT_ISSUER="another")) == {"auth-service"}
    assert rolled(unchanged(), checksums(REDIS_DB="3")) == {
        "auth-service", "device-service", "subscription-service",
    }  # fmt: skip


def test_a_changed_secret_rolls_the_services_that_read_it_and_no_others():
    given = {"TOSS_SECRET_KEY": "live_another_key_0000000001"}
    assert rolled(unchanged(), checksums(secrets=given)) == {"payment-service"}


def test_an_optional_variable_is_set_only_where_somebody_gives_it():
    stack = {"environment": "dev", "variables": {"FIREBASE_PROJECT_ID": "manpasik-dev"}}
    found = manifests(record(load("dev", stack), secrets={"LLM_API_KEY": "sk-0000000000000"}))
    named = {
        m.name: [v["name"] for v in m.content["spec"]["template"]["spec"]["containers"][0]["env"]]
        for m in found
        if m.kind == "Deployment"
    }
    assert "FIREBASE_PROJECT_ID" in named["notification-service"]
    assert "LLM_API_KEY" in named["ai-inference-service"]


def test_pool_options_of_the_services_do_not_reach_the_migrations():
    stack = {"environment": "dev", "variables": {"DB_SSLMODE": "require&pool_max_conns=5"}}
    for manifest in manifests(record(load("dev", stack))):
        if manifest.kind == "Job" and "-migrate-" in manifest.name:
            (container,) = manifest.content["spec"]["template"]["spec"]["containers"]
            url = container["command"][container["command"].index("-database") + 1]
            assert url.split("sslmode=")[1].split("&")[0] == "require", "ENV-13"
            assert "pool_max_conns" not in url


def job_names(stack, **options):
    found = manifests(record(load("dev", stack), **options))
    return {m.name for m in found if m.kind == "Job"}


def test_a_job_s_name_changes_with_anything_in_its_template(monkeypatch):
    before = job_names({"environment": "dev"})
    assert job_names({"environment": "dev"}) == before
    another_url = job_names({"environment": "dev", "variables": {"DB_SSLMODE": "verify-full"}})
    assert len(before & another_url) == 1, "every migration, not the topics (A-2)"
    monkeypatch.setattr("components.pods.NOBODY", 12345)
    monkeypatch.setattr("components.pods.pod_security.__defaults__", (12345,))
    assert not any("migrate" in name for name in before & job_names({"environment": "dev"}))


def test_a_secret_s_value_does_not_rename_a_job():
    given = {"DB_PASSWORD": "AnotherPassword000000001"}
    stack = {"environment": "dev"}
    assert job_names(stack, secrets=given) == job_names(stack), "a name must not tell of a secret"
