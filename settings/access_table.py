"""Who may do what where, as a page: docs/access.md, written by `make golden` (R-ENV-1, R-ENV-2)."""

from collections.abc import Iterator, Sequence

from settings.catalog import Catalog
from settings.environments import Environment

PATH = "docs/access.md"
REPOSITORY = "manpasik/deployment"
_WHEN = {
    "local": "any time, by `make up`",
    "dev": "every merged pull request",
    "staging": "every tag `v*.*.*`, daily or by hand",
    "production": "after Staging's checklist, once or twice a week",
}
_PIPELINE = {"dev": ("dev",), "staging": ("staging", "staging-soak"), "production": ("production",)}
_HEAD = """# Who may do what where

Generated from `catalog/environments.yaml` by `make golden`; do not edit (R-ENV-1, R-ENV-2).

| environment | is released | may see | may change | approval |
|---|---|---|---|---|
"""
_OBJECTS = """
## What a right is

`see` is bound to Kubernetes' own `view` in each of the product's namespaces (`manpasik-see`);
`change` adds the Role `manpasik-change` in `manpasik`, bound by the same name. Nobody is given
Secrets or a shell in a container. On a cloud, an access entry (EKS) or the cluster's group (GKE)
leads each of these groups to its Kubernetes group and to nothing else.

## What a pipeline may

| environment on GitHub | who opens it | what its role trusts (OIDC subject) |
|---|---|---|
"""
_FOOT = """
`staging-soak` has a wait timer of 24 hours. `production` and its regions open for tags `v*.*.*`
alone, in phase 4 one region after the other and `production` last. `preview` belongs to a role
that may read and nothing else; a pull request's own jobs are in no environment and take no role.
There are no long-lived keys anywhere.
"""


def page(catalog: Catalog, stacks: Sequence[str]) -> str:
    """The whole page; phase 4 has a stack for each region."""
    rows = "".join(_rows(catalog))
    return f"{_HEAD}{rows}{_OBJECTS}{''.join(_roles(catalog, stacks))}{_FOOT}"


def _rows(catalog: Catalog) -> Iterator[str]:
    for name, environment in catalog.environments.items():
        approval = "by operations, named in the record" if environment.approval else "none"
        seeing, changing = _who(environment, "see"), _who(environment, "change")
        yield f"| {name} | {_WHEN[name]} | {seeing} | {changing} | {approval} |\n"


def _who(environment: Environment, right: str) -> str:
    found = sorted(group for group, each in environment.access.items() if each == right)
    return ", ".join(found) or ("whoever sits at it" if not environment.access else "nobody else")


def _roles(catalog: Catalog, stacks: Sequence[str]) -> Iterator[str]:
    for name, environment in catalog.environments.items():
        # A region's role leads to nothing but that region.
        regions = [each for each in stacks if each.startswith(f"{name}-")]
        for place in (*_PIPELINE.get(name, ()), *regions):
            opens = "operations, by a review" if environment.approval else "nobody: it opens itself"
            yield f"| `{place}` | {opens} | `{subject(place)}` |\n"
    yield f"| `preview` | operations, by a review | `{subject('preview')}` |\n"


def subject(environment: str) -> str:
    """Who a job in an environment of this repository is, as GitHub signs it."""
    return f"repo:{REPOSITORY}:environment:{environment}"
