"""The whole product in one cluster: stores, configuration, migrations, services, in this order.

Owns the order and the wiring; every object belongs to a component below.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.contracts import DataStore
from components.delivery.judges import Judges, JudgesArgs
from components.delivery.migration import Migration, MigrationArgs
from components.delivery.steps import MigrationSteps, MigrationStepsArgs
from components.environment import Environment
from components.mesh.policies import Policies, PoliciesArgs
from components.mesh.resources import Public
from components.platform.namespaces import Namespaces
from components.workloads.configuration import Configuration, ConfigurationArgs
from components.workloads.workload import Workload, WorkloadArgs
from settings import monitoring, names, variables
from settings.catalog import Service, StoreName
from settings.catalog_rules import GATEWAY
from settings.loader import Settings, pull_policy
from settings.secrets import Secrets

# What the services take when nobody tells them another figure (PROBE-06).
CODE_SHUTDOWN_SECONDS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductArgs:
    """What the product needs from its surroundings."""

    settings: Settings
    secrets: Secrets
    namespaces: Namespaces
    stores: Mapping[StoreName, DataStore]
    settled: pulumi.ResourceHookBinding | None = None
    """What the engine waits for once a Rollout was applied; None: for nothing."""


class Product(pulumi.ComponentResource):
    """Every service that the stack deploys."""

    gateway: pulumi.Output[str]

    def __init__(
        self, name: str, args: ProductArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make configuration first, then each service's migration, then the service."""
        super().__init__("manpasik:workloads:Product", name, None, opts)
        self._args = args
        self._values = _configuration_values(args)
        self._configuration = Configuration(
            "manpasik",
            ConfigurationArgs(
                stack=args.settings.stack_name,
                namespace=args.namespaces.application,
                values=self._values,
                secrets={**_own_secrets(args), **_store_secrets(args)},
            ),
            pulumi.ResourceOptions(parent=self),
        )
        if args.settings.delivery.meshed:
            _mesh_and_judges(args, pulumi.ResourceOptions(parent=self))
        self._steps = MigrationSteps(
            "migration-steps",
            MigrationStepsArgs(
                stack=args.settings.stack_name, namespace=args.namespaces.application
            ),
            pulumi.ResourceOptions(parent=self),
        )
        migrations: dict[str, Migration] = {}
        for service in _owners_first(args.settings):
            if service.schema_files:
                migrations[service.name] = self._migration(service, migrations)
        workloads = {
            service.name: self._workload(service, migrations.get(service.name))
            for service in args.settings.services.values()
        }
        self.gateway = workloads["gateway"].service
        self.register_outputs({"gateway": self.gateway})

    def _environment(self, service: Service) -> Environment:
        return self._configuration.environment(variables.readings(self._args.settings, service))

    def _migration(self, service: Service, earlier: Mapping[str, Migration]) -> Migration:
        settings = self._args.settings
        owner = earlier.get(service.database_of or "")
        return Migration(
            f"{service.name}-migration",
            MigrationArgs(
                stack=settings.stack_name,
                service=service,
                meshed=settings.delivery.meshed,
                files_image=f"{settings.stack.images.registry}/migrations:{settings.release}",
                files_pull_policy=pull_policy(settings.release),
                client_image=_client_image(settings),
                namespace=self._args.namespaces.application,
                environment=self._environment(service),
                steps=self._steps.config_map,
                sslmode=pulumi.Output.from_input(self._values["DB_SSLMODE"]).apply(_mode_only),
                # A guest's tables refer to the owner's (admin reads auth's `users`).
                runs_after=[
                    *self._args.stores["postgres"].ready_when,
                    *([owner.job] if owner else []),
                ],
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _workload(self, service: Service, migration: Migration | None) -> Workload:
        settings = self._args.settings
        environment = self._environment(service)
        ready = [r for store in service.stores for r in self._args.stores[store].ready_when]
        return Workload(
            service.name,
            WorkloadArgs(
                stack=settings.stack_name,
                service=service,
                size=settings.size(service.name),
                image=settings.image(service.name),
                pull_policy=settings.pull_policy(service.name),
                zones=settings.nodes.zones,
                namespace=self._args.namespaces.application,
                environment=environment,
                checksum=self._configuration.checksum(environment.readings),
                version=settings.image_tag(service.name),
                delivery=settings.delivery,
                strategy=settings.strategy(service.name),
                callers=_identities(settings, service.name),
                public=_public(settings) if service.name == GATEWAY else None,
                shutdown_seconds=_shutdown_seconds(settings),
                gate_image=_client_image(settings),
                settled=self._args.settled,
                starts_after=[*ready, *([migration.job] if migration else [])],
            ),
            pulumi.ResourceOptions(parent=self),
        )


def _configuration_values(args: ProductArgs) -> dict[str, pulumi.Input[str]]:
    """What the stores say, then what catalogue and stack say: the stack has the last word."""
    values: dict[str, pulumi.Input[str]] = {}
    for store in args.stores.values():
        values |= store.configuration
    return values | variables.configuration(args.settings)


def _mesh_and_judges(args: ProductArgs, opts: pulumi.ResourceOptions) -> None:
    """What the mesh holds for all services, and what judges their releases."""
    settings, space = args.settings, args.namespaces.application
    stack, delivery = settings.stack_name, settings.delivery
    Policies("mesh", PoliciesArgs(stack=stack, delivery=delivery, namespace=space), opts)
    if delivery.strategy != "rolling":
        image = f"{settings.stack.images.registry}/smoke:{settings.release}"
        judges = JudgesArgs(
            stack=stack,
            delivery=delivery,
            namespace=space,
            smoke_image=image,
            smoke_pull_policy=pull_policy(settings.release),
        )
        Judges("judges", judges, opts)


def _identities(settings: Settings, service: str) -> list[str]:
    """By which names the mesh knows the callers of a service (TRAF-02)."""
    found = [names.identity(caller) for caller in settings.callers(service)]
    if service == GATEWAY and settings.host:
        found.append(names.identity(names.MESH_ENTRANCE, names.MESH_NAMESPACE))
    if settings.strategy(service) == "blue-green":
        found.append(names.identity(names.analysis("smoke")))
    return found


def _public(settings: Settings) -> Public | None:
    """The public host, and the port at which the mesh's gateway serves it."""
    if settings.host is None:
        return None
    return Public(hosts=settings.hosts, port=443 if settings.environment.certificates else 80)


def _own_secrets(args: ProductArgs) -> dict[str, str]:
    """What services read; Alertmanager's are in a Secret of its own."""
    others = monitoring.secret_readers(args.settings)
    return {name: value for name, value in args.secrets.values.items() if name not in others}


def _store_secrets(args: ProductArgs) -> dict[str, pulumi.Output[str]]:
    """What a store chose itself: it takes the place of what the stack was given."""
    return {name: value for store in args.stores.values() for name, value in store.secrets.items()}


def _client_image(settings: Settings) -> str:
    """PostgreSQL's own image: psql for the schema, nc for the other stores."""
    return settings.catalog.stores["postgres"].servers["postgres"].image


def _owners_first(settings: Settings) -> list[Service]:
    return sorted(settings.services.values(), key=lambda service: service.database_of is not None)


def _shutdown_seconds(settings: Settings) -> int:
    given = variables.configuration(settings).get("SHUTDOWN_TIMEOUT_SECONDS")
    return CODE_SHUTDOWN_SECONDS if given is None else int(given)


def _mode_only(sslmode: str) -> str:
    return sslmode.partition("&")[0]
