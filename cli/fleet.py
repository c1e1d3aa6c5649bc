"""Several stacks in one command: in the order of what they read, side by side where they may.

A stack begins once every stack that it reads is done; to destroy, the other way round. What fails
stops what waits for it and, as asked, either lets the others finish or stops them too. The outcome
tells of every stack, so that the same command, run again, is the way on.
"""

import enum
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Generic, Literal, TypeVar

State = Literal["done", "failed", "stopped", "not begun"]
Result = TypeVar("Result")
DEFAULT_PARALLEL = 4
"""One per region (R-P4-REG)."""


class OnFailure(enum.StrEnum):
    """What becomes of the other stacks when one fails."""

    FINISH = "finish"
    STOP = "stop"


@dataclass(frozen=True, kw_only=True)
class Outcome(Generic[Result]):
    """How one stack ended."""

    stack: str
    state: State
    seconds: float = 0
    result: Result | None = None
    error: Exception | None = None
    because: str = ""
    """Why it did not begin: the stack that failed."""


@dataclass(frozen=True, kw_only=True)
class Fleet(Generic[Result]):
    """How stacks are worked on."""

    act: Callable[[str], Result]
    """Works on one stack; raises one of `errors` where it fails."""
    errors: tuple[type[Exception], ...]
    """What counts as a failure of a stack; anything else is a mistake and ends the run."""
    interrupt: Callable[[str], None]
    """Asks the work on a stack to end soon."""
    parallel: int = DEFAULT_PARALLEL
    on_failure: OnFailure = OnFailure.FINISH

    def run(self, reads: Mapping[str, Iterable[str]]) -> list[Outcome[Result]]:
        """Work on every stack of `reads`, each after those that it waits for."""
        waits = {stack: set(others) & reads.keys() for stack, others in reads.items()}
        sorter = TopologicalSorter(waits)
        sorter.prepare()
        ended: dict[str, Outcome[Result]] = {}
        failed: list[str] = []
        running: dict[Future[Outcome[Result]], str] = {}
        with ThreadPoolExecutor(self.parallel) as pool:
            while sorter.is_active():
                for stack in sorted(sorter.get_ready()):
                    missing = sorted(o for o in waits[stack] if ended[o].state != "done")
                    running[pool.submit(self._one, stack, failed, missing)] = stack
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    stack = running.pop(future)
                    ended[stack] = future.result()
                    sorter.done(stack)
                if failed and self.on_failure is OnFailure.STOP:
                    for stack in running.values():
                        self.interrupt(stack)
        return [ended[stack] for stack in reads]

    def _one(self, stack: str, failed: list[str], missing: Sequence[str]) -> Outcome[Result]:
        """Work on a stack, unless what it reads is missing or another failed meanwhile."""
        stopping = failed if self.on_failure is OnFailure.STOP else []
        if because := [*missing, *stopping]:
            return Outcome(stack=stack, state="not begun", because=because[0])
        begun = time.monotonic()
        try:
            result = self.act(stack)
        except self.errors as error:
            state: State = "stopped" if stopping else "failed"
            # Told here, not where it is waited for: the next one begins on this very thread.
            failed += [stack] if state == "failed" else []
            seconds = time.monotonic() - begun
            return Outcome(stack=stack, state=state, seconds=seconds, error=error)
        return Outcome(stack=stack, state="done", seconds=time.monotonic() - begun, result=result)


def reversed_order(reads: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    """The order to destroy in: a stack waits for those that read it."""
    waits: dict[str, set[str]] = {stack: set() for stack in reads}
    for stack, others in reads.items():
        for other in set(others) & reads.keys():
            waits[other].add(stack)
    return waits


def succeeded(outcomes: Sequence[Outcome[Result]]) -> bool:
    """Whether every stack is done."""
    return all(each.state == "done" for each in outcomes)
