"""The base of every settings model: frozen, strict, and silent about nothing.

Unknown keys are errors, a quoted number is not a number, and each field's docstring becomes the
description in the JSON Schema that editors show.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema


class Model(BaseModel):
    """A frozen model that refuses what it does not know."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )


_CPU = re.compile(r"([1-9][0-9]*)(m?)")
_MEMORY = re.compile(r"([1-9][0-9]*)(Ki|Mi|Gi|Ti)")
_MEMORY_UNITS = ("Ki", "Mi", "Gi", "Ti")


def millicores(quantity: str) -> int:
    """Thousandths of a core in a CPU quantity: `250m` is 250, `2` is 2000."""
    match = _CPU.fullmatch(quantity)
    if match is None:
        raise ValueError('not a CPU quantity; write whole cores as "2" or thousandths as "250m"')
    return int(match[1]) * (1 if match[2] else 1000)


def mebibytes(quantity: str) -> float:
    """MiB in a memory quantity: `1Gi` is 1024."""
    match = _MEMORY.fullmatch(quantity)
    if match is None:
        raise ValueError('not a memory quantity; write it like "128Mi" or "2Gi"')
    return int(match[1]) * 1024.0 ** (_MEMORY_UNITS.index(match[2]) - 1)


def _canonical_cpu(value: str) -> str:
    # Pitfall W-4: "1000m" lets another controller take ownership of `containers`.
    thousandths = millicores(value)
    canonical = str(thousandths // 1000) if thousandths % 1000 == 0 else f"{thousandths}m"
    if value != canonical:
        raise ValueError(f'not in canonical form; write "{canonical}" (pitfall W-4)')
    return value


def _canonical_memory(value: str) -> str:
    mebibytes(value)
    number, unit = int(value[:-2]), value[-2:]
    while number % 1024 == 0 and unit != _MEMORY_UNITS[-1]:
        number, unit = number // 1024, _MEMORY_UNITS[_MEMORY_UNITS.index(unit) + 1]
    if value != f"{number}{unit}":
        raise ValueError(f'not in canonical form; write "{number}{unit}" (pitfall W-4)')
    return value


def _text(**form: str) -> WithJsonSchema:
    # Editors see what a pattern can say; that 1024Mi is 1Gi is left to the validator.
    return WithJsonSchema({"type": "string", **form})


Cpu = Annotated[
    str,
    AfterValidator(_canonical_cpu),
    _text(pattern=f"^(?![0-9]*000m$){_CPU.pattern}$"),
]
"""A CPU quantity in canonical form: `"2"`, `"250m"`."""

Memory = Annotated[str, AfterValidator(_canonical_memory), _text(pattern=f"^{_MEMORY.pattern}$")]
"""A memory quantity in canonical form: `128Mi`, `2Gi`."""

DnsLabel = Annotated[str, Field(pattern=r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$")]
"""What Kubernetes accepts as the name of a Service: lower case, digits, hyphens, at most 63."""

Phase = Annotated[int, Field(ge=1, le=4)]
"""A phase of the specification: 1 MVP, 2 core, 3 advanced, 4 global."""

Tag = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$")]
"""An image tag (R-IMG-1)."""

HostName = Annotated[
    str,
    Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$"),
]
"""A DNS name with at least one dot, in lower case."""

VariableName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
"""The name of an environment variable."""

Port = Annotated[int, Field(ge=1, le=65535)]
"""A TCP port."""


def _regular_expression(value: str) -> str:
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"is not a regular expression ({error}); mend it") from error
    return value


Pattern = Annotated[str, AfterValidator(_regular_expression), _text(format="regex")]
"""A regular expression that a whole value must match."""
