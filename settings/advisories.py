"""What is allowed and yet worth a word: `mpk check` says it, nothing refuses it."""

import datetime
from collections.abc import Iterator

from settings import platform
from settings.consequences import consequences
from settings.loader import Settings
from settings.markets import is_global
from settings.monitoring import monitored
from settings.variables import required_secrets

_FEW = 3


def advisories(settings: Settings, held: list[str], today: datetime.date) -> Iterator[str]:
    """Sentences about one stack; `held` are the secrets that its file holds."""
    for name, base in settings.catalog.images.items():
        if base.unsupported(today):
            yield (
                f"catalog/images.yaml: {name}.image: {base.image} gets no security fixes since "
                f"{base.supported_until}; name a newer one (D-11)"
            )
    if settings.environment.secrets == "given":
        missing = [name for name in required_secrets(settings) if name not in held]
        if missing:
            told = ", ".join(missing[:_FEW]) + (" …" if len(missing) > _FEW else "")
            yield (
                f"{len(missing)} secrets are not in Pulumi.{settings.stack_name}.yaml, and nothing "
                f"generates them: {told}; set each with "
                "`pulumi config set --secret --path manpasik:secrets.NAME`"
            )
    yield from consequences(settings)
    yield from _brought(settings)
    for name in platform.charts(settings):
        if why := settings.catalog.charts[name].unverified:
            yield f"catalog/charts.yaml: {name} has no digest: {why}"
    yield from _open(settings)


def _open(settings: Settings) -> Iterator[str]:
    """What leaves patients' people in the dark, or the callers in the open."""
    if settings.environment.patients and not (monitored(settings) or is_global(settings)):
        yield "monitoring.enabled is false: nobody is told when the product fails (R-ALERT)"
    if settings.environment.certificates is None and settings.host:
        yield f"{settings.host} is served without TLS"


def _brought(settings: Settings) -> Iterator[str]:
    """What another's cluster must have, since this program does not install it."""
    if platform.installs(settings) or is_global(settings) or not settings.environment.platform:
        return
    wanted = [f"{n} {settings.catalog.charts[n].version}" for n in platform.needed(settings)]
    if wanted:
        yield (
            f"the cluster must have {', '.join(wanted)}; or let the program install them: "
            "charts: {enabled: true} (decision 0036)"
        )
