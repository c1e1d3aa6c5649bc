"""Any stack that the real catalogue allows, and any settings that follow from it."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from settings.loader import Settings, load_catalog
from settings.stack import Stack

CATALOG = load_catalog()
# Leaving the gateway out is refused, and so is the owner of a database without its guest.
FREE = sorted(CATALOG.services.keys() - {"gateway", "auth-service"})


def _text(alphabet: str, longest: int, ends: str) -> st.SearchStrategy[str]:
    """Text of every length alike: by itself hypothesis hardly ever draws a long one."""
    lengths = st.integers(1, longest)
    texts = lengths.flatmap(lambda length: st.text(alphabet, min_size=length, max_size=length))
    return st.builds(lambda text, first, last: (first + text[1:-1] + last)[: len(text)],
                     texts, st.sampled_from(ends), st.sampled_from(ends))  # fmt: skip


TAGS = _text("aZ09_.-", 128, "aZ0_")
STACK_NAMES = _text("aZ09_.-", 63, "aZ0")
LABELS = _text("abz09-", 63, "az")


def for_all(*strategies: Any, examples: int = 40) -> Callable[[Any], Any]:
    """The test holds for everything drawn; a busy machine makes it slow, not wrong."""
    slow = [HealthCheck.too_slow]
    budget = settings(max_examples=examples, deadline=None, suppress_health_check=slow)
    return lambda test: budget(given(*strategies)(test))


_OVERRIDES = st.fixed_dictionaries(
    {},
    optional={
        "enabled": st.booleans(),
        "image_tag": st.none() | TAGS,
        "replicas": st.none() | st.integers(1, 100),
        "max_replicas": st.none() | st.integers(100, 1000),
        "cpu": st.none() | st.integers(1, 500).map(lambda count: f"{count}m"),
        "memory": st.none() | st.integers(1, 512).map(lambda count: f"{count}Mi"),
    },
)
_CHANGEABLE = {
    name: variable
    for name, variable in CATALOG.variables.items()
    if variable.source == "configuration"
}
_VALUES = st.fixed_dictionaries(
    {},
    optional={
        name: st.from_regex(variable.pattern, fullmatch=True) if variable.pattern else st.text()
        for name, variable in _CHANGEABLE.items()
    },
)


def _lawful(data: dict[str, Any]) -> dict[str, Any]:
    """Production runs releases only, and nothing has more pods than its most."""
    services = {name: dict(own) for name, own in data.get("services", {}).items()}
    for own in services.values():
        if own.get("replicas") and CATALOG.environments[data["environment"]].workload.max_replicas:
            own["max_replicas"] = own.get("max_replicas") or 100
        if data["environment"] == "production":
            own.pop("image_tag", None)
    released = data["environment"] == "production"
    images = {**data.get("images", {}), "tag": "v1.2.3"} if released else data.get("images")
    found = {**data, "images": images, "services": services}
    return {key: value for key, value in found.items() if key in data or value}


STACK_DATA = st.fixed_dictionaries(
    {"environment": st.sampled_from(sorted(CATALOG.environments))},
    optional={
        "phase": st.integers(1, 4),
        "services_up_to_phase": st.integers(1, 4),
        "cluster": st.fixed_dictionaries({}, optional={"context": st.none() | st.text()}),
        "images": st.fixed_dictionaries({}, optional={"tag": TAGS}),
        "host": st.sampled_from(["api.example.org", "a.b-c.d"]),
        "variables": _VALUES,
        "services": st.dictionaries(st.sampled_from(FREE), _OVERRIDES, max_size=6),
    },
).map(_lawful)
"""Plain data, as the engine hands it over."""

SETTINGS = st.builds(
    lambda name, data: Settings(stack_name=name, stack=Stack.model_validate(data), catalog=CATALOG),
    STACK_NAMES,
    STACK_DATA,
)
