"""`mpk kubeconfig`: the way into a stack's cluster, as a private file that other commands take."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import acting, embedded
from cli.console import messages, print_json, results
from cli.reports import end
from cli.target import JsonOption
from operations import way_in
from operations.cluster import ClusterError
from operations.way_in import WayInError
from settings import paths
from settings.loader import Settings, load

OUTPUT = "kubeconfig"
"""What a stack that makes its own cluster publishes."""
_TOKEN = (str(Path(sys.executable).with_name("mpk")), "token")
"""What fetches a pipeline's identity (0075); by its whole name, since the engine calls it too."""


def kubeconfig(
    stack: Annotated[str, typer.Argument(help="The stack whose cluster is meant.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file; else one in the state folder.")
    ] = None,
    try_it: Annotated[
        bool, typer.Option("--try/--no-try", help="Ask the cluster who its holder is.")
    ] = True,
    install_engine: Annotated[
        bool, typer.Option(help="Install the engine first, where the stack is in a cloud.")
    ] = False,
    server: Annotated[
        str, typer.Option(envvar="CLUSTER_SERVER", help="In no cloud: its cluster's address.")
    ] = "",
    authority: Annotated[
        str, typer.Option(envvar="CLUSTER_AUTHORITY", help="Its authority, in base64.")
    ] = "",
    own: Annotated[
        bool, typer.Option("--own", help="Write nothing where the stack is in a cloud.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the kubeconfig of a stack (mode 0600): of its cloud's cluster, or the one it names."""
    settings = load(stack)
    if own and settings.stack.cloud is not None:
        messages.print(f"{stack} is in a cloud: the engine finds its cluster by itself")
        return
    if settings.stack.cloud is None and server:
        content = way_in.of_ones_own(server, authority, _TOKEN)
    else:
        text, beside = _held(settings, install=install_engine)
        content = way_in.taken_out(text, settings.stack.cluster.context, beside)
    holder = _holder(content, settings) if try_it else ""
    wanted = output or paths.state_dir() / "kubeconfigs" / stack
    file = way_in.keep(content, wanted.expanduser().absolute())
    if as_json:
        server = content["clusters"][0]["cluster"]["server"]
        print_json({"stack": stack, "kubeconfig": str(file), "server": server, "holder": holder})
        return
    if holder:
        messages.print(f"stack {stack} takes you for {holder}", markup=False)
    results.print(str(file), markup=False)


def _held(settings: Settings, *, install: bool) -> tuple[str, Path]:
    """The text that holds the way in, and the folder that its files are named from."""
    cloud, name = settings.stack.cloud, settings.stack_name
    if cloud is None:
        path = Path(embedded.kubeconfig_of(settings))
        if not path.is_file():
            raise ClusterError(f"there is no kubeconfig at {path}; bring the cluster up first")
        return path.read_text(), path.parent.absolute()
    if settings.stack.regions:
        below = ", ".join(f"{settings.stack.environment}-{each}" for each in settings.stack.regions)
        raise WayInError(f"{name} stands above clusters and has none; name one of {below}")
    if cloud.kind == "server":
        raise WayInError(f"{name} is one server that runs the compose file; it has no cluster")
    return _published(name, install=install), Path()


def _published(stack: str, *, install: bool) -> str:
    asked = acting.Asked(install_engine=install)
    outcomes = acting.act(
        [stack], asked, lambda work: work.engine.outputs(show_secrets=True).get(OUTPUT)
    )
    end(outcomes)
    text = outcomes[0].result
    if not text:
        raise WayInError(
            f"{stack} publishes no kubeconfig, so its cluster is not up; first: mpk up {stack}"
        )
    return str(text)


def _holder(content: Mapping[str, Any], settings: Settings) -> str:
    """Who the cluster takes its holder for; refused where it lets nobody in."""
    way_in.refuse_without_its_command(content)
    try:
        return way_in.who(content)
    except ClusterError as error:
        private = settings.stack.cloud is not None and not settings.stack.cloud.api_from
        hint = "; its API is private: run this inside its network, or name yours in api_from"
        raise ClusterError(
            f"{settings.stack_name} does not let this kubeconfig in, so it was not written: {error}"
            + (hint if private else "")
        ) from None
