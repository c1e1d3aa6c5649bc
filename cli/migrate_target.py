"""The options of `mpk migrate` that choose a database, its files, and the cluster that reads it."""

import contextlib
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cli.target import cluster_of
from operations.migrations import permission
from operations.migrations.address import answered, parse
from operations.migrations.examination import Examination, examine
from operations.migrations.permission import Readers
from operations.migrations.target import Target
from schema.gate import ReleaseDecision
from schema.situation import Situation
from settings.catalog import Service
from settings.loader import load, load_catalog
from settings.problems import Problem, SettingsError, did_you_mean

ServiceArgument = Annotated[str, typer.Argument(metavar="SERVICE", help="The service.")]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        envvar="MPK_DATABASE",
        help="postgresql://USER@HOST:PORT/DATABASE; its password better in PGPASSWORD.",
    ),
]
FilesOption = Annotated[
    Path | None,
    typer.Option(
        envvar="MPK_MIGRATIONS",
        help="The service's migrations, or the folder that holds such folders.",
    ),
]
ClusterStackOption = Annotated[
    str | None, typer.Option("--stack", help="The stack whose cluster reads the database.")
]
NobodyOption = Annotated[
    bool, typer.Option("--nobody-runs", help="You answer for it: no version of it runs.")
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """A database with who reads it."""

    target: Target
    readers: Readers

    def examined(self) -> Examination:
        """Look at the database."""
        with self.target.connect() as connection:
            return examine(connection, self.target)

    def situation(self, found: Examination) -> Situation:
        """What the gate is told."""
        return permission.now(self.target, self.readers, found, self.target.changes())

    def gate(self, now: Situation) -> ReleaseDecision:
        """What it says to all that is pending."""
        return permission.to_release(now, self.readers)


@contextlib.contextmanager
def chosen(
    name: str,
    database: str | None,
    *,
    files: Path | None = None,
    stack: str | None = None,
    kubeconfig: Path | None = None,
    nobody: bool = False,
) -> Generator[Chosen]:
    """The choice; what the database then refuses is one sentence."""
    service = named(name, stack)
    if database is None:
        raise _missing_database(name)
    settings = load(stack) if stack else None
    cluster = cluster_of(settings, kubeconfig) if settings else None
    target = Target(service=service, address=parse(database), files=files, stack=stack or "")
    with answered(target.address):
        yield Chosen(
            target=target, readers=Readers(settings=settings, cluster=cluster, nobody=nobody)
        )


def named(name: str, stack: str | None) -> Service:
    """A service with a schema, by its name."""
    services = load(stack).services if stack else load_catalog().services
    known = {n: each for n, each in services.items() if each.schema_files}
    if name not in known:
        message = "has no schema" if name in services else "is no service"
        remedy = did_you_mean(name, known)
        raise SettingsError(
            [Problem(file="mpk migrate", key="SERVICE", value=name, message=message, remedy=remedy)]
        )
    return known[name]


def _missing_database(service: str) -> SettingsError:
    problem = Problem(
        file="mpk migrate", key="--database", value="", message="is missing",
        remedy=f"name the database of {service}, set MPK_DATABASE, or name a --stack",
    )  # fmt: skip
    return SettingsError([problem])
