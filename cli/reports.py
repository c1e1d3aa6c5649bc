"""How a command over several stacks tells what became of each."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import typer
from rich.markup import escape

from cli.console import messages, print_json, results
from cli.failures import FAILED, EngineError
from cli.fleet import Outcome, succeeded
from cli.stacks import EngineResult

NOT_THERE = 3
Result = TypeVar("Result")


def told(changes: Mapping[str, int]) -> str:
    """Counts as a person reads them."""
    return ", ".join(f"{count} {change}" for change, count in sorted(changes.items()) if count)


def tell(
    outcomes: Sequence[Outcome[EngineResult]],
    *,
    as_json: bool,
    unchanged: str = "no change",
) -> None:
    """One line a stack, or one document; ends with the exit code of what failed."""
    if as_json:
        print_json({"succeeded": succeeded(outcomes), "stacks": [as_dict(o) for o in outcomes]})
    for each in outcomes:
        if each.result is not None and not as_json:
            said = told(each.result.changes) if each.result.changed else unchanged
            results.print(f"[green]{each.stack}[/] {said}")
    warn_of_unknown(outcomes)
    end(outcomes)


def as_dict(outcome: Outcome[EngineResult]) -> dict[str, Any]:
    """A stack's outcome for programs."""
    result = outcome.result or EngineResult()
    return {
        "stack": outcome.stack,
        "state": outcome.state,
        "seconds": round(outcome.seconds, 1),
        "changed": result.changed,
        "changes": dict(result.changes),
        "outputs": dict(result.outputs),
        "unknown": list(result.unknown),
        **_why(outcome),
    }


def warn_of_unknown(outcomes: Sequence[Outcome[EngineResult]]) -> None:
    """What a killed update may have left in a cloud: nobody can look for it by its name alone."""
    for each in outcomes:
        for urn in each.result.unknown if each.result else ():
            messages.print(
                f"[yellow]unknown[/] {escape(urn)} was being created when an update was killed; it "
                "was made anew, so look in the cloud for a first one"
            )


def end(outcomes: Sequence[Outcome[Any]]) -> None:
    """Say what did not come to its end, and exit with its code; return where all is done."""
    if succeeded(outcomes):
        return
    for each in outcomes:
        if each.error is not None:
            messages.print(f"[bold red]{each.state}[/] {each.stack}: {escape(str(each.error))}")
        elif each.state == "not begun":
            messages.print(f"[yellow]not begun[/] {each.stack}: {each.because} failed")
    if len(outcomes) > 1:
        done = sum(each.state == "done" for each in outcomes)
        messages.print(
            f"{done} of {len(outcomes)} stacks done; run the same command again: it goes on with "
            "what is left"
        )
    raise typer.Exit(_code([each.error for each in outcomes if each.state == "failed"]))


def _code(errors: Sequence[Exception | None]) -> int:
    codes = {
        error.code if isinstance(error, EngineError) else NOT_THERE for error in errors if error
    }
    return codes.pop() if len(codes) == 1 else FAILED


def _why(outcome: Outcome[Any]) -> dict[str, Any]:
    if outcome.error is not None:
        return {"error": {"kind": type(outcome.error).__name__, "message": str(outcome.error)}}
    return {"because": f"{outcome.because} failed"} if outcome.because else {}
