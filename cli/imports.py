"""`mpk import`: what exists already in a cloud is taken into a stack's state.

The engine itself says which resources the program would create; those that are named are looked up
by their identity in the cloud instead. The program keeps its own words: what differs from them is
what the next preview shows.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import typer

from cli.acting import AsJson, Asked, Work, act, over_stacks
from cli.failures import EngineError
from cli.reports import tell
from cli.stacks import EngineResult

Imports = Mapping[str, Any]
_FEW = 8


class NotImportableError(EngineError):
    """What was named is not what the stack would create."""

    code = 2


@over_stacks
def import_(
    stack: Annotated[str, typer.Argument(help="The stack.")],
    resources: Annotated[
        list[str],
        typer.Argument(help="NAME=ID: the program's name of a resource, and its id in the cloud."),
    ],
    as_json: AsJson = False,
    *,
    asked: Asked,
) -> None:
    """Take resources that exist into a stack, instead of making them."""
    pairs = _pairs(resources)

    def one(work: Work) -> EngineResult:
        wanted = chosen(work.engine.importable(work.on_event), pairs)
        unknown = work.engine.import_(wanted)
        return EngineResult(changes={"import": len(pairs)}, unknown=unknown)

    tell(act([stack], asked, one, program=True), as_json=as_json)


def chosen(importable: Imports, pairs: Mapping[str, str]) -> dict[str, Any]:
    """The engine's list, cut down to what is named and what that stands under."""
    resources: Sequence[Imports] = importable.get("resources") or []
    problems = [_problem(resources, name) for name in pairs if len(_called(resources, name)) != 1]
    if problems:
        raise NotImportableError("\n".join(problems))
    named = {id(_called(resources, name)[0]): identity for name, identity in pairs.items()}
    needed = _needed(resources, [each for each in resources if id(each) in named])
    return {
        **importable,
        "resources": [
            {**each, "id": named[id(each)]} if id(each) in named else dict(each)
            for each in resources
            if id(each) in named or each["name"] in needed
        ],
    }


def _needed(resources: Sequence[Imports], wanted: Iterable[Imports]) -> set[str]:
    """The names of the parents and providers, of all generations, that are to be made."""
    by_name = {str(each["name"]): each for each in resources}
    needed: set[str] = set()
    todo = [str(each.get(key, "")) for each in wanted for key in ("parent", "provider")]
    while todo:
        name = todo.pop()
        if name in by_name and name not in needed:
            needed.add(name)
            todo += [str(by_name[name].get(key, "")) for key in ("parent", "provider")]
    return needed


def _called(resources: Sequence[Imports], name: str) -> list[Imports]:
    """Those of that name; `TYPE::NAME` tells apart what is called alike."""
    kind, _, last = name.rpartition("::")
    return [
        each
        for each in resources
        if last == each.get("logicalName", each["name"])
        and kind in ("", each["type"])
        and not each.get("component")
    ]


def _problem(resources: Sequence[Imports], name: str) -> str:
    alike = [f"{each['type']}::{name}" for each in _called(resources, name)]
    if alike:
        return f"{name}: several are called so; say which: {', '.join(alike)}"
    known = sorted(str(each.get("logicalName", each["name"])) for each in resources)
    near = [each for each in known if name.rpartition("::")[2].split("-")[0] in each] or known
    return (
        f"{name}: the stack would create nothing of that name, so nothing can be taken in its "
        f"place; it would create: {', '.join(near[:_FEW]) or 'nothing at all'}"
    )


def _pairs(given: Sequence[str]) -> dict[str, str]:
    wrong = [each for each in given if not all(each.partition("="))]
    if wrong:
        raise NotImportableError("\n".join(f"{each}: write NAME=ID" for each in wrong))
    return {name: identity for name, _, identity in (each.partition("=") for each in given)}
