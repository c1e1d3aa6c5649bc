"""`mpk refresh`: the state is brought to what the cloud and the cluster hold."""

from cli.acting import AsJson, Asked, Stacks, Work, act, over_stacks
from cli.reports import tell
from cli.stacks import EngineResult


@over_stacks
def refresh(
    stacks: Stacks,
    as_json: AsJson = False,
    *,
    asked: Asked,
) -> None:
    """Read what is really there into the state; nothing out there is changed."""

    def one(work: Work) -> EngineResult:
        return work.engine.refresh(work.on_event)

    tell(act(stacks, asked, one), as_json=as_json, unchanged="the state says what is there")
