"""What the engine says, and what a person is told: kind, exit code, next step (issue 7)."""

import pytest

from cli import failures
from cli.failures import explained

# The engine's and the providers' own words, as versions 3.260 and 4.34 say them.
WORDS = [
    (
        "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) "
        "to end or delete the lock file with `pulumi cancel`.\n  file:///s/dev/a.json: created by",
        failures.LockedError,
        "pulumi cancel --stack dev",
    ),
    (
        "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions",
        failures.LoginError,
        "PULUMI_BACKEND_URL",
    ),
    (
        "error: incorrect passphrase",
        failures.LoginError,
        "PULUMI_CONFIG_PASSPHRASE_FILE",
    ),
    (
        "error: operation error EC2: DescribeVpcs, api error ExpiredToken: The security token "
        "included in the request is expired",
        failures.CredentialsError,
        "aws sso login",
    ),
    (
        "error: google: could not find default credentials. See the documentation",
        failures.CredentialsError,
        "gcloud auth login",
    ),
    (
        "error: failed to read: the server has asked for the client to provide credentials",
        failures.CredentialsError,
        "log in again",
    ),
    (
        "error: resource urn:pulumi:dev::manpasik::x::y violates plan: properties changed: +-~spec",
        failures.PlanError,
        "--save-plan",
    ),
    (
        "error: create is not allowed by the plan: no steps were expected for this resource",
        failures.PlanError,
        "preview again",
    ),
    (
        'error: Preview failed: unable to delete resource "urn:pulumi:dev::m::t::db"\nas it is '
        "currently marked for protection, because it is protected.",
        failures.ProtectedError,
        "pulumi state unprotect",
    ),
    (
        "error: resource manpasik/auth was not successfully created: server-side apply field "
        "conflict detected, see https://x for troubleshooting help",
        failures.ConflictError,
        "settings/ownership.py",
    ),
    (
        'Apply failed with 1 conflict: conflict with "argocd-controller": .spec.minReplicas',
        failures.ConflictError,
        "after Argo CD's sync",
    ),
    (
        'error: services "auth-service" already exists',
        failures.ConflictError,
        "--adopt",
    ),
    (
        'error: Exception: unknown stack "organization/manpasik/production-eu"',
        failures.MissingStackError,
        "bring up the stack that is read first",
    ),
    (
        "error: something nobody has seen before",
        failures.UpdateFailedError,
        "something nobody has seen before",
    ),
]


@pytest.mark.parametrize(("said", "kind", "step"), WORDS, ids=[k.__name__ for _, k, _ in WORDS])
def test_each_failure_has_a_kind_and_a_next_step(said, kind, step):
    error = explained(said, "dev")
    assert type(error) is kind
    assert step in str(error)
    assert said.splitlines()[0].removeprefix("error: ")[:30] in str(error)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (failures.UpdateFailedError, 1),
        (failures.MissingEngineError, 3),
        (failures.LoginError, 3),
        (failures.CredentialsError, 3),
        (failures.LockedError, 5),
        (failures.ConflictError, 5),
        (failures.ProtectedError, 5),
        (failures.PolicyError, 5),
        (failures.PlanError, 5),
    ],
)
def test_the_kind_decides_the_exit_code(kind, code):
    assert kind.code == code
