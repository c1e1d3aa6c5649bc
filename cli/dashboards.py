"""`mpk dashboards`: pictures of the dashboards, without a cluster and without Grafana."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from cli.console import messages, print_json
from components.monitoring.dashboards.all import as_files
from rehearsal import previews
from settings import monitoring
from settings.loader import STACK_KEY, Settings, load
from settings.problems import Problem, SettingsError

app = typer.Typer(no_args_is_help=True, help="Dashboards as pictures and as JSON.")
_Stack = Annotated[str, typer.Argument(help="A stack that is monitored.")]
_Phase = Annotated[
    int | None, typer.Option("--phase", min=1, max=4, help="As if the stack were in this phase.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def preview(
    stack: _Stack = "production",
    phase: _Phase = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the pictures.")] = Path(
        "dashboards"
    ),
    as_json: _Json = False,
) -> None:
    """Draw every dashboard from an hour that is played to a real Prometheus on this machine."""
    settings = _monitored(stack, phase)
    with tempfile.TemporaryDirectory() as scratch:
        made = previews.draw(settings, output.expanduser(), Path(scratch))
    if as_json:
        print_json({"pictures": [str(each) for each in made]})
        return
    for each in made:
        messages.print(str(each), markup=False, soft_wrap=True)


@app.command()
def export(
    stack: _Stack = "production",
    phase: _Phase = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the JSON files.")
    ] = Path("dashboards"),
) -> None:
    """Write every dashboard as the JSON that Grafana imports."""
    files = as_files(_monitored(stack, phase))
    output.expanduser().mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        file = output.expanduser() / f"{name}.json"
        file.write_text(f"{text}\n", encoding="utf-8")
        messages.print(str(file), markup=False, soft_wrap=True)


def _monitored(stack: str, phase: int | None) -> Settings:
    settings = load(stack)
    if phase is not None:
        given = settings.stack.model_dump(mode="json", exclude_defaults=True)
        settings = load(stack, given | {"phase": phase})
    if monitoring.monitored(settings):
        return settings
    raise SettingsError(
        [
            Problem(
                file=f"Pulumi.{stack}.yaml",
                key=f"{STACK_KEY}.monitoring.enabled",
                value="",
                message="the stack is not monitored, so it has no dashboards",
                remedy="set it to true, or look at a later phase: --phase 3",
            )
        ]
    )
