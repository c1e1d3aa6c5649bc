"""What must hold within a row of `catalog/environments.yaml`."""

from collections.abc import Iterator, Mapping

from settings.environments import Environment
from settings.model import mebibytes, millicores
from settings.problems import Problem, shown


def problems(environments: Mapping[str, Environment]) -> Iterator[Problem]:
    """Requests within limits, and growth that goes upwards."""
    for name, environment in environments.items():
        for key, value, allowed, message in [*_requests(environment), *_growth(environment)]:
            yield Problem(
                file="catalog/environments.yaml",
                key=f"{name}.{key}",
                value=shown(value),
                message=message,
                remedy=f"allowed: {allowed}",
            )


_Finding = tuple[str, object, str, str]
"""Key in the row, value, what is allowed, message."""


def _requests(environment: Environment) -> Iterator[_Finding]:
    size = environment.workload
    for key, value, limit, amount in (
        ("cpu", size.cpu, size.cpu_limit, millicores),
        ("memory", size.memory, size.memory_limit, mebibytes),
    ):
        if amount(value) > amount(limit):
            yield f"workload.{key}", value, f"at most {limit}", "exceeds its limit"


def _growth(environment: Environment) -> Iterator[_Finding]:
    size = environment.workload
    bounds = [("workload.max_replicas", size.replicas, size.most)]
    bounds += [
        (f"nodes.{index}.max_count", pool.count, pool.most)
        for index, pool in enumerate(environment.nodes)
    ]
    if environment.platform:
        pool = environment.platform
        bounds.append(("platform.max_count", pool.count, pool.most))
    for key, fewest, most in bounds:
        if most < fewest:
            yield key, most, f"at least {fewest}", "the most are fewer than the fewest"
