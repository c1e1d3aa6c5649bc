"""`mpk cost`: what stacks cost a month by list prices, line by line."""

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.console import messages, print_json, results
from settings.cost import NOT_COUNTED, Bill, bill
from settings.loader import load_all, stack_names


def cost(
    stacks: Annotated[
        list[str] | None, typer.Argument(help="Stacks to price; all that have a file when absent.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Price what each stack rents: nodes, stores, ways in, the CDN at the traffic it states."""
    bills = [bill(settings) for settings in load_all(stacks or stack_names()).values()]
    if as_json:
        print_json({"bills": [_as_dict(each) for each in bills], "not_counted": list(NOT_COUNTED)})
        return
    for each in bills:
        _tell(each)
    results.print(f"Not counted: {'; '.join(NOT_COUNTED)}.", style="dim", soft_wrap=True)


def _tell(each: Bill) -> None:
    if not each.items:
        results.print(f"{each.stack}: rents nothing from a cloud")
        return
    title = f"{each.stack}: {each.monthly:,.2f} USD a month, lists of {each.as_of}"
    table = Table(title=title, title_justify="left", box=None, header_style="bold")
    table.add_column("what", no_wrap=True)
    table.add_column("price", no_wrap=True)
    for column in ("quantity", "USD a month"):
        table.add_column(column, justify="right", no_wrap=True)
    for item in each.items:
        told = "?" if item.monthly is None else f"{item.monthly:,.2f}"
        table.add_row(item.what, f"{item.price} in {item.at}", f"{item.quantity:,.0f}", told)
    results.print(table)
    if each.from_knowledge:
        told = f"From knowledge, not read in the list: {', '.join(each.from_knowledge)}."
        results.print(told, style="yellow", soft_wrap=True, markup=False)
    for missing in each.without_price:
        messages.print(f"  no price for {missing}", markup=False)


def _as_dict(each: Bill) -> dict[str, Any]:
    return {
        "stack": each.stack,
        "currency": "USD",
        "monthly": each.monthly,
        "as_of": each.as_of,
        "items": [asdict(item) for item in each.items],
        "from_knowledge": each.from_knowledge,
        "without_price": each.without_price,
    }
