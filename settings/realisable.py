"""Whether a release can be judged at all: traffic, share and time give enough requests (C-3).

A step with too few requests passes no judgement: it would wait and ask a person, every time. So
`mpk check` refuses what the stated traffic cannot make, and says what could.
"""

from collections.abc import Iterator
from math import ceil

from settings.loader import Settings

_MOST_PERCENT = 99


def unrealisable(settings: Settings) -> Iterator[str]:
    """A sentence for each service whose releases would never be judged, with the remedy."""
    for name in settings.services:
        if settings.strategy(name) == "canary":
            yield from _canary(settings, name)
        elif settings.strategy(name) == "blue-green":
            yield from _watch(settings, name)


def samples(settings: Settings, service: str, percent: float, seconds: int) -> float:
    """How many requests a share of a service's traffic comes to in some time."""
    stated = settings.services[service].requests_per_second
    return stated * settings.delivery.release.traffic_percent / 100 * percent / 100 * seconds


def _canary(settings: Settings, service: str) -> Iterator[str]:
    release = settings.delivery.release
    wanted = release.thresholds.samples
    for percent in release.steps:
        found = samples(settings, service, percent, release.step_seconds)
        if found < wanted:
            yield (
                f"{service}: its step of {percent} % sees {found:.0f} requests in "
                f"{release.step_seconds} s and needs {wanted} (C-3); "
                f"{_remedy(settings, service, percent)}"
            )
            return


def _watch(settings: Settings, service: str) -> Iterator[str]:
    delivery = settings.delivery
    wanted = delivery.release.thresholds.samples
    found = samples(settings, service, 100, delivery.watch_seconds)
    if found < wanted:
        yield (
            f"{service}: its watch of {delivery.watch_seconds} s sees {found:.0f} requests and "
            f"needs {wanted} (C-3); make release.watch_seconds longer, or state more traffic in "
            f"catalog/services/{service}.yaml"
        )


def _remedy(settings: Settings, service: str, percent: int) -> str:
    release = settings.delivery.release
    wanted = release.thresholds.samples
    a_second = samples(settings, service, 100, 1)
    if a_second == 0:
        return f"state its requests_per_second in catalog/services/{service}.yaml"
    least = ceil(wanted / (a_second * release.step_seconds) * 100)
    longer = ceil(wanted / (a_second * percent / 100))
    if least > _MOST_PERCENT:
        return f"release.step_seconds of {longer} would do"
    return f"a first step of {least} % would do, or release.step_seconds of {longer}"
