"""The Kustomize tree (R-KUS, decision 2): what every stack with an overlay declares, as files.

`base` holds what all environments share, `overlays/<environment>` what each changes and adds;
`kubectl kustomize overlays/<environment>` gives object for object what the program declares for
that stack. `apps/<environment>/<service>` holds the same objects in full, one path for each of
Argo CD's Applications (decision 8). Every file is generated but the sealed values.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from rendering import sealing
from rendering.folder import refuse_foreign, replace_folder
from rendering.kustomize_files import Object, Overlay, Tree, identity, sealed_file
from rendering.manifest import Manifest, manifests
from rendering.recorder import Secret, record, redact
from rendering.sealing import Sealed
from settings import loader
from settings.loader import Settings
from settings.problems import Problem, SettingsError

__all__ = [
    "Overlay",
    "folder",
    "overlay",
    "overlay_names",
    "refuse_without_overlay",
    "render",
    "sealed_values",
    "tree",
]

_PLACE = "infrastructure/kubernetes"
_UNBUILT = "local"


def folder() -> Path:
    """Where the tree stands in the project."""
    return loader.ROOT / _PLACE


def overlay_names() -> list[str]:
    """The stacks that have an overlay, in the order of their environments; the first is the base's.

    `local` has none: its cluster lives on one machine and takes nothing from git.
    """
    found = loader.load_all(loader.stack_names()).values()
    kept = [each for each in found if each.stack.environment != _UNBUILT and _single(each)]
    kept.sort(key=_order)
    return [each.stack_name for each in kept]


def refuse_without_overlay(settings: Settings) -> None:
    """Raise for a stack that the tree does not hold."""
    if settings.stack.environment == _UNBUILT:
        raise SettingsError(
            [
                Problem(
                    file=f"Pulumi.{settings.stack_name}.yaml",
                    key=f"{loader.STACK_KEY}.environment",
                    value=_UNBUILT,
                    message="has no overlay: nothing of it is in git",
                    remedy=f"name one of {', '.join(overlay_names())}",
                )
            ]
        )


def overlay(settings: Settings, sealed: Sealed) -> Overlay:
    """What a stack declares; sealed values of keys that are no more are dropped."""
    declared = _declared(settings, sealed)
    secrets = [redact(each.content) for each in declared if each.kind == "Secret"]
    keys = {key for secret in secrets for key in sealing.keys_of(secret)}
    kept = {key: text for key, text in sealed.items() if key in keys}
    if len(kept) < len(sealed):
        # Recorded again, as the next rendering will: what follows from a sealed text must not
        # follow from one that is gone.
        declared = _declared(settings, kept)
    objects = [_in_git(each, kept) for each in declared]
    return Overlay(
        name=settings.stack_name,
        services=frozenset(settings.services),
        objects={identity(each): each for each in objects},
        secrets=secrets,
        sealed=kept,
        dropped=sorted(sealed.keys() - kept.keys()),
    )


def sealed_values(stack: str, into: Path) -> dict[sealing.SealedKey, str]:
    """A stack's sealed values: those of the folder that is written, else the project's."""
    own = into / sealed_file(stack)
    return sealing.read(own if own.exists() else folder() / sealed_file(stack))


def tree(overlays: Sequence[Overlay]) -> dict[str, str]:
    """Every file of the tree by its path."""
    return Tree(overlays).files()


def render(
    into: Path, newly_sealed: Mapping[str, dict[sealing.SealedKey, str]] | None = None
) -> list[Overlay]:
    """Make a folder hold the tree and nothing else, with these values sealed anew by stack."""
    new = newly_sealed or {}
    refuse_foreign(into)
    sealed = {name: sealed_values(name, into) | new.get(name, {}) for name in overlay_names()}
    overlays = [overlay(loader.load(name), values) for name, values in sealed.items()]
    replace_folder(tree(overlays), into)
    return overlays


def _single(settings: Settings) -> bool:
    """Whether a stack is neither a region nor above regions (R-KUS names the environments)."""
    return not settings.stack.market and not settings.stack.regions


def _order(settings: Settings) -> tuple[int, str]:
    environments = list(settings.catalog.environments)
    return environments.index(settings.stack.environment), settings.stack_name


def _declared(settings: Settings, sealed: Sealed) -> list[Manifest]:
    secrets, seed = sealing.stand_in_secrets(settings, sealed)
    return manifests(record(settings, secrets=secrets, seed=seed))


def _in_git(manifest: Manifest, sealed: Sealed) -> Object:
    if manifest.kind == "Secret":
        return sealing.sealed_secret(redact(manifest.content), sealed)
    if _holds_secret(manifest.content):
        raise ValueError(f"{manifest.kind} {manifest.name} holds a secret: it belongs in a Secret")
    return manifest.content


def _holds_secret(value: Any) -> bool:
    if isinstance(value, Secret):
        return True
    if isinstance(value, Mapping):
        return any(map(_holds_secret, cast("Mapping[str, Any]", value).values()))
    return isinstance(value, list) and any(map(_holds_secret, cast("list[Any]", value)))
