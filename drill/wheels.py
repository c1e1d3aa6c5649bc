"""Programs that come in wheels: the development packages of this project bring them."""

import importlib.util
from pathlib import Path

from localcluster import LocalClusterError


def program(package: str, inside: str, *, title: str, wheel: str) -> Path:
    """The executable of a wheel's package; raises `LocalClusterError` where it is missing."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise LocalClusterError(
            f"{title} is missing: its wheel ({wheel}) is one of the development packages; "
            "run `make setup`."
        )
    return Path(found.origin).parent / inside
