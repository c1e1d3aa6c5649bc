"""What a cloud computes: the outputs that no input says, and the answers to functions.

The same table as the recorder's where it has one, so that a recording and a run under the engine
see the same world.
"""

from typing import Any

from rendering import computed as recorded
from tests.engine.standins.world import TroubleError


def computed(kind: str, identity: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Outputs of a thing beside its inputs."""
    if inputs.keys() >= {"apiVersion", "kind"}:
        return {"status": {}}
    known = {"arn": f"arn:aws:standin:::{kind}/{identity}", "name": inputs.get("name", identity)}
    if kind in recorded.COMPUTED:
        known |= recorded.outputs(kind, identity.replace("/", "-"), inputs)
    return known


def answer(token: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """What a function returns."""
    if token in recorded.ANSWERS:
        return dict(recorded.ANSWERS[token])
    raise TroubleError(f"the stand-in does not know the function {token} of {arguments}")
