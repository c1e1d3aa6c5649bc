"""The compose file of a stack, for a laptop and the Dev server (R-P1, R-ENV-1, D-3).

Made from the stack's own Kubernetes objects, so the two cannot differ in ports, variables, users or
limits. What Kubernetes does by other means is added here: owners of volumes, the loading of the
schema, and the order of starting, which follows the edges of the program (ENV-01).

Docker starts containers again after a crash or with the machine, in no order and without a look at
`depends_on`. A service that meets no store then keeps patients' data in memory and reports itself
healthy. So a service that uses a store is not started again by itself: `up` does it, behind its
stores and its schema. A service that is down is seen; one without its store is not.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from components.pods import NOBODY
from rendering.compose_containers import Mounts, Pod, Words, mounts, service
from rendering.compose_schema import SQL_FOLDER, schema_script
from rendering.compose_stores import STARTS_AFTER
from rendering.compose_values import Values
from rendering.manifest import Manifest, manifests, to_yaml
from rendering.recorder import record, reveal
from settings import names, secrets
from settings.catalog_rules import GATEWAY
from settings.loader import STACK_KEY, Settings, secret_names
from settings.problems import Problem, SettingsError

ENVIRONMENTS = ("local", "dev")
"""Those that the specification runs by Compose; the others are clusters (R-ENV-1)."""

PRODUCT_SQL = "${PRODUCT_DIR:?set it to the checkout of the product}/infrastructure/database/init"
INITIAL_SCRIPTS = "/docker-entrypoint-initdb.d"
LOOPBACK = "127.0.0.1"
# Nothing checks who calls the gateway (SEC-01), so the Dev server's owner says where it listens.
GATEWAY_ADDRESS = "${GATEWAY_ADDRESS:-127.0.0.1}"
SCHEMA, OWNERS, STORE = "schema", "volume-owners", "postgres"
# Stands for each of the product's secrets in the recording; nothing real comes of it.
_STAND_INS = "a compose file names its secrets"
_MIGRATION = "manpasik:delivery:Migration"


@dataclass(frozen=True, kw_only=True)
class Compose:
    """A stack for Compose."""

    document: Mapping[str, Any]
    values: Mapping[str, str] = field(repr=False)
    """What `.env` must hold, by name."""
    absent: tuple[str, ...] = ()
    """Secrets that the stack's file holds encrypted, and `.env` does not hold yet."""

    @property
    def text(self) -> str:
        """The file."""
        return to_yaml([self.document])


def compose(settings: Settings, given: Mapping[str, str], seed: str) -> Compose:
    """A stack as a compose file and the values that it needs; `given` is what `.env` holds."""
    _refuse_other_environments(settings)
    absent = tuple(n for n in secret_names(settings.stack_name) if n not in given)
    unknown = secrets.stand_ins(settings, absent, _STAND_INS)
    resolved = secrets.resolve(settings, {**given, **unknown}, seed).values
    stand_ins = secrets.stand_ins(settings, resolved, _STAND_INS)
    found = manifests(record(settings, secrets=stand_ins, seed=seed))
    values = Values(found, stand_ins)
    document = _Document(settings, found, values).made()
    needed = {name: text for name, text in resolved.items() if name not in absent} | values.own
    return Compose(document=document, values=needed, absent=absent)


class _Document:
    """The document while it is made."""

    def __init__(self, settings: Settings, found: Sequence[Manifest], values: Values) -> None:
        self._settings = settings
        self._values = values
        self._found = {manifest.urn: manifest for manifest in found}
        self._volumes: dict[str, tuple[int, int]] = {}

    def made(self) -> dict[str, Any]:
        services = {pod.name: self._service(manifest, pod) for manifest, pod in self._pods()}
        if any(SCHEMA in words.get("depends_on", {}) for words in services.values()):
            services[SCHEMA] = self._schema(services[STORE])
        if self._volumes:
            services[OWNERS] = self._owners()
        return {
            "name": names.compose_project(self._settings.stack_name),
            "services": dict(sorted(services.items())),
            "volumes": {volume: {} for volume in sorted(self._volumes)},
        }

    def _pods(self) -> Iterator[tuple[Manifest, Pod]]:
        """What runs; the migrations are the one service `schema`."""
        for manifest in self._found.values():
            if (
                manifest.kind in ("Deployment", "StatefulSet", "Job")
                and _MIGRATION not in manifest.urn
            ):
                yield manifest, Pod(name=_name(manifest), content=reveal(manifest.content))

    def _service(self, manifest: Manifest, pod: Pod) -> Words:
        found = mounts(pod, self._values)
        self._volumes |= {volume["source"]: pod.user for volume in found.volumes}
        after = self._starts_after(manifest, found)
        if pod.name == STORE:
            _with_initial_scripts(found, self._values.text(schema_script(self._settings)))
        words = service(pod, self._values, found)
        published = self._published(pod) if manifest.kind == "Deployment" else []
        return words | _present(
            {"ports": published, "restart": _restart(manifest, after), "depends_on": after}
        )

    def _starts_after(self, manifest: Manifest, found: Mounts) -> Words:
        before = [self._found[urn] for urn in manifest.depends_on if urn in self._found]
        conditions = {
            _name(each): "service_healthy" for each in before if each.kind == "StatefulSet"
        }
        conditions |= dict.fromkeys(STARTS_AFTER.get(_name(manifest), ()), "service_healthy")
        for each in before:
            if each.kind == "Job":
                job = SCHEMA if _MIGRATION in each.urn else _name(each)
                conditions[job] = "service_completed_successfully"
        if found.volumes:
            conditions[OWNERS] = "service_completed_successfully"
        return {name: {"condition": conditions[name]} for name in sorted(conditions)}

    def _published(self, pod: Pod) -> list[Words]:
        """On a laptop each service, for the product's own tests; on the server the gateway."""
        if self._settings.stack.environment == "local":
            address = LOOPBACK
        elif pod.name == GATEWAY:
            address = GATEWAY_ADDRESS
        else:
            return []
        # The metrics of all services are on one port, so they stay inside.
        ports = [port for name, port in pod.ports.items() if name != "metrics"]
        return [{"host_ip": address, "target": port, "published": str(port)} for port in ports]

    def _schema(self, store: Words) -> Words:
        """Loads what is absent from the databases, before each start of the services."""
        config = self._values.config(names.CONFIG_MAP)
        login = store["environment"]
        environment = {
            "PGHOST": config["DB_HOST"],
            "PGPASSWORD": login["POSTGRES_PASSWORD"],
            "PGPORT": config["DB_PORT"],
            # Without the options of the services' own pools (ENV-13).
            "PGSSLMODE": config["DB_SSLMODE"].partition("&")[0],
            "PGUSER": login["POSTGRES_USER"],
        }
        script = self._values.text(schema_script(self._settings))
        return _step(store["image"], script, f"{NOBODY}:{NOBODY}") | {
            "environment": environment,
            "volumes": [_product_sql()],
            "depends_on": {STORE: {"condition": "service_healthy"}},
        }

    def _owners(self) -> Words:
        """Gives each volume to the process that writes it, as `fsGroup` does for a pod."""
        lines = [
            f"chown {user}:{group} /volumes/{volume}"
            for volume, (user, group) in sorted(self._volumes.items())
        ]
        image = self._settings.catalog.stores["postgres"].servers["postgres"].image
        return _step(image, "".join(f"{line}\n" for line in lines), "0:0") | {
            "cap_add": ["CHOWN"],
            "network_mode": "none",
            "volumes": [
                {
                    "type": "volume",
                    "source": volume,
                    "target": f"/volumes/{volume}",
                    "volume": {"nocopy": True},
                }
                for volume in sorted(self._volumes)
            ],
        }


def _refuse_other_environments(settings: Settings) -> None:
    environment = settings.stack.environment
    if environment not in ENVIRONMENTS:
        raise SettingsError(
            [
                Problem(
                    file=f"Pulumi.{settings.stack_name}.yaml",
                    key=f"{STACK_KEY}.environment",
                    value=environment,
                    message="runs on a cluster, not by Compose (R-ENV-1)",
                    remedy=f"name a stack of {' or '.join(ENVIRONMENTS)}",
                )
            ]
        )


def _name(manifest: Manifest) -> str:
    """The name without the digest that a Job's carries."""
    return str(manifest.content["metadata"]["labels"]["app.kubernetes.io/name"])


def _restart(manifest: Manifest, after: Words) -> str:
    stays = manifest.kind == "StatefulSet" or (manifest.kind == "Deployment" and not after)
    return "unless-stopped" if stays else "no"


def _with_initial_scripts(found: Mounts, script: str) -> None:
    found.scratch.append(INITIAL_SCRIPTS)
    found.plain[str(PurePosixPath(INITIAL_SCRIPTS, "schema.sh"))] = script
    found.volumes.append(_product_sql())


def _product_sql() -> Words:
    # An absent folder is an error: Docker would make an empty one (DB-04).
    return {
        "type": "bind",
        "source": PRODUCT_SQL,
        "target": SQL_FOLDER,
        "read_only": True,
        "bind": {"create_host_path": False},
    }


def _step(image: str, script: str, user: str) -> Words:
    """A container that does one thing and ends."""
    return {
        "image": image,
        "entrypoint": ["sh", "-euc", script],
        "user": user,
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "init": True,
        "deploy": {"resources": {"limits": {"memory": "256M"}}},
        "restart": "no",
    }


def _present(words: Words) -> Words:
    return {key: value for key, value in words.items() if value}
