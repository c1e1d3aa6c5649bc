"""`mpk push`: what the Dev server runs, into the bucket that it looks at (D-3, R-ENV-1)."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from cli import acting, compose
from cli.console import messages, print_json
from cli.reports import end
from cli.target import JsonOption
from operations.compose_archive import ArchiveError, Bucket, packed, secrets_of
from rendering import compose_env
from settings.loader import Settings, load

BUCKET = "bucket"
"""The output that names it."""


def push(
    stack: Annotated[str, typer.Argument(help="The stack whose server is meant.")],
    product: Annotated[Path, typer.Option(help="A checkout of the product: its SQL goes along.")],
    env: Annotated[
        Path | None, typer.Option(help="The first `.env`; later the one in the bucket stays.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Bring compose file, secrets and SQL to a stack's server, which starts them by itself."""
    settings = load(stack)
    cloud = settings.stack.cloud
    if cloud is None or cloud.kind != "server":
        told = f"{stack} is no server (cloud.kind): `mpk up {stack}` deploys all of it"
        _tell(told, {"stack": stack, "pushed": False}, as_json=as_json)
        return
    bucket = Bucket(cloud.provider, _bucket_of(stack))
    with tempfile.TemporaryDirectory() as place:
        changed = _push(settings, Path(place), product, env, bucket)
    said = "is there" if changed else "is there already"
    document = {"stack": stack, "pushed": changed, "archive": bucket.address}
    _tell(f"{bucket.address} {said}; the server looks every minute", document, as_json=as_json)


def _push(settings: Settings, place: Path, product: Path, env: Path | None, bucket: Bucket) -> bool:
    before, beside = place / "before.tar.gz", place / compose_env.NAME
    known = bucket.take(before)
    if known:
        beside.write_bytes(secrets_of(before))
    elif env:
        beside.write_bytes(env.read_bytes())
    made, _ = compose.write(settings, place / "compose.yaml")
    held = compose_env.held(beside, settings.stack_name)
    if missing := [name for name in made.absent if name not in held]:
        raise ArchiveError(
            f"nothing was pushed: {', '.join(missing)} is encrypted in "
            f"Pulumi.{settings.stack_name}.yaml, and the server reads `.env` alone: give it once "
            "with --env"
        )
    content = packed(place, product)
    if known and before.read_bytes() == content:
        return False
    after = place / "after.tar.gz"
    after.write_bytes(content)
    bucket.put(after)
    return True


def _bucket_of(stack: str) -> str:
    outcomes = acting.act([stack], acting.Asked(), lambda work: work.engine.outputs().get(BUCKET))
    end(outcomes)
    if not outcomes[0].result:
        raise ArchiveError(f"{stack} tells no bucket, so it is not up; first: mpk up {stack}")
    return str(outcomes[0].result)


def _tell(text: str, document: Mapping[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json(document)
    else:
        messages.print(text, markup=False)
