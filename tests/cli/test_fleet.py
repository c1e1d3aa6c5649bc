"""Several stacks in one command: order, bounds, what a failure stops (issue 7, acceptance 3)."""

import threading
import time

import pytest

from cli.fleet import Fleet, OnFailure, reversed_order, succeeded

REGIONS = ("production-kr", "production-us", "production-eu", "production-jp")
READS = {"production": REGIONS, **dict.fromkeys(REGIONS, ())}


class TroubleError(Exception):
    pass


class Engine:
    """Stands in for the engine: remembers the course, fails where it is told to."""

    def __init__(self, *broken, parallel=4, on_failure=OnFailure.FINISH, patience=0):
        self.patience = patience  # seconds that a stack waits for those beside it
        self.course = []
        self.running = set()
        self.most = 0
        self.interrupted = threading.Event()
        self.full = threading.Event()
        self.broken = broken
        self._lock = threading.Lock()
        self.fleet = Fleet(
            act=self.act,
            errors=(TroubleError,),
            interrupt=self.interrupt,
            parallel=parallel,
            on_failure=on_failure,
        )

    def act(self, stack):
        with self._lock:
            self.course.append(stack)
            self.running.add(stack)
            self.most = max(self.most, len(self.running))
            if self.most >= self.fleet.parallel:
                self.full.set()
        self.full.wait(self.patience)
        time.sleep(0.02)
        self.running.remove(stack)
        if stack in self.broken:
            raise TroubleError(stack)
        if self.broken and self.fleet.on_failure is OnFailure.STOP and self.interrupted.wait(2):
            raise TroubleError(f"{stack} was interrupted")
        return f"{stack} up"

    def interrupt(self, _stack):
        self.interrupted.set()

    def states(self, reads=READS):
        return {each.stack: each.state for each in self.fleet.run(reads)}


def test_a_stack_begins_after_every_stack_that_it_reads():
    engine = Engine()
    assert set(engine.states().values()) == {"done"}
    assert engine.course[-1] == "production"


def test_no_more_stacks_run_side_by_side_than_asked():
    assert [_most(count) for count in (1, 2, 4)] == [1, 2, 4]


def _most(parallel):
    engine = Engine(parallel=parallel, patience=30)
    engine.states()
    return engine.most


def test_one_region_fails_and_the_others_finish_and_the_global_stack_does_not_begin():
    states = Engine("production-eu").states()
    assert states == {
        "production": "not begun",
        "production-kr": "done",
        "production-us": "done",
        "production-eu": "failed",
        "production-jp": "done",
    }


def test_asked_to_stop_the_running_are_interrupted_and_the_waiting_never_begin():
    engine = Engine("production-eu", parallel=2, on_failure=OnFailure.STOP)
    states = engine.states()
    assert states["production-eu"] == "failed"
    assert states["production-jp"] == "stopped"
    assert {states[name] for name in ("production-kr", "production-us", "production")} == {
        "not begun"
    }


def test_what_did_not_begin_says_which_stack_failed():
    outcomes = Engine("production-us").fleet.run(READS)
    assert next(each.because for each in outcomes if each.stack == "production") == "production-us"
    assert not succeeded(outcomes)


def test_the_outcome_keeps_the_order_of_the_command_line():
    assert [each.stack for each in Engine().fleet.run(READS)] == list(READS)


def test_a_read_stack_that_is_not_part_of_the_command_is_not_waited_for():
    assert Engine().states({"production": REGIONS}) == {"production": "done"}


def test_to_destroy_what_reads_goes_first():
    engine = Engine()
    engine.states(reversed_order(READS))
    assert engine.course[0] == "production"


def test_a_mistake_of_the_program_is_not_taken_for_a_failed_stack():
    fleet = Fleet(act=lambda _: 1 / 0, errors=(TroubleError,), interrupt=lambda _: None)
    with pytest.raises(ZeroDivisionError):
        fleet.run({"dev": ()})
