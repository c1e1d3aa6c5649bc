"""Silence while a planned release goes out: for its services, and only for what it may cause.

Which alerts those are is the catalogue's (`release_may_cause`): errors never, since they are why a
release is stopped, and nothing that no release causes, such as a full disk. A silence ends by
itself; whoever made it can end it before.
"""

import datetime
import json
import urllib.request
from collections.abc import Iterable, Mapping
from typing import Any

from components.monitoring.alerts import PRODUCT
from settings import monitoring
from settings.loader import Settings

LONGEST_MINUTES = 240
_SECONDS = 10


def silenced(settings: Settings) -> list[str]:
    """The alerts that a release may silence."""
    found = monitoring.alerts(settings).items()
    return sorted(name for name, alert in found if alert.release_may_cause)


def silence(
    settings: Settings, services: Iterable[str], minutes: int, by: str, why: str
) -> dict[str, Any]:
    """The silence as Alertmanager takes it."""
    wanted = sorted(services)
    if not wanted:
        raise ValueError("a silence without a service would silence the whole product")
    if not 0 < minutes <= LONGEST_MINUTES:
        raise ValueError(f"a silence lasts at most {LONGEST_MINUTES} minutes, not {minutes}")
    now = datetime.datetime.now(datetime.UTC)
    own = {**PRODUCT, **monitoring.labels(settings)}
    return {
        "matchers": [
            _matcher("alertname", "|".join(silenced(settings)), pattern=True),
            _matcher("service", "|".join(wanted), pattern=True),
            *(_matcher(name, value, pattern=False) for name, value in own.items()),
        ],
        "startsAt": now.isoformat(),
        "endsAt": (now + datetime.timedelta(minutes=minutes)).isoformat(),
        "createdBy": by,
        "comment": why,
    }


def begin(alertmanager: str, content: Mapping[str, Any]) -> str:
    """Have it hold from now on; the id by which it is ended."""
    body = json.dumps(dict(content)).encode()
    request = urllib.request.Request(  # noqa: S310 - http(s), from the settings
        f"{alertmanager.rstrip('/')}/api/v2/silences",
        data=body,
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
        return str(json.load(answer)["silenceID"])


def end(alertmanager: str, silence_id: str) -> None:
    """End it."""
    address = f"{alertmanager.rstrip('/')}/api/v2/silence/{silence_id}"
    request = urllib.request.Request(address, method="DELETE")  # noqa: S310
    urllib.request.urlopen(request, timeout=_SECONDS).close()  # noqa: S310


def _matcher(name: str, value: str, *, pattern: bool) -> dict[str, object]:
    return {"name": name, "value": value, "isRegex": pattern, "isEqual": True}
