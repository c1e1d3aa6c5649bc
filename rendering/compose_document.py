"""The services of a compose file, and the order in which they start.

What Kubernetes does by other means is added here: owners of volumes, the loading of the schema, and
what is published on the machine.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from components.pods import NOBODY
from rendering.compose_containers import Mounts, Pod, Words, mounts, service
from rendering.compose_schema import SQL_FOLDER, schema_script
from rendering.compose_stores import STARTS_AFTER
from rendering.compose_values import Values
from rendering.manifest import Manifest
from rendering.recorder import reveal
from settings import names
from settings.catalog_rules import GATEWAY
from settings.loader import Settings

PRODUCT_SQL = "${PRODUCT_DIR:?set it to the checkout of the product}/infrastructure/database/init"
INITIAL_SCRIPTS = "/docker-entrypoint-initdb.d"
LOOPBACK = "127.0.0.1"
# Nothing checks who calls the gateway (SEC-01), so the Dev server's owner says where it listens.
GATEWAY_ADDRESS = "${GATEWAY_ADDRESS:-127.0.0.1}"
SCHEMA, OWNERS, STORE = "schema", "volume-owners", "postgres"
COMPLETED, HEALTHY = "service_completed_successfully", "service_healthy"
_MIGRATION = "manpasik:delivery:Migration"


class Document:
    """The document while it is made."""

    def __init__(self, settings: Settings, found: Sequence[Manifest], values: Values) -> None:
        """Take the stack's objects, as they were recorded."""
        self._settings = settings
        self._values = values
        self._found = {manifest.urn: manifest for manifest in found}
        self._volumes: dict[str, tuple[int, int]] = {}

    def made(self) -> dict[str, Any]:
        """The whole file as plain data."""
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
        if manifest.kind == "Deployment":
            words["ports"] = self._published(pod)
        words |= {"restart": _restart(manifest, after), "depends_on": after}
        return {key: value for key, value in words.items() if value not in ([], {})}

    def _starts_after(self, manifest: Manifest, found: Mounts) -> Words:
        before = [self._found[urn] for urn in manifest.depends_on if urn in self._found]
        conditions = {_name(each): HEALTHY for each in before if each.kind == "StatefulSet"}
        conditions |= dict.fromkeys(STARTS_AFTER.get(_name(manifest), ()), HEALTHY)
        for each in before:
            if each.kind == "Job":
                job = SCHEMA if _MIGRATION in each.urn else _name(each)
                conditions[job] = COMPLETED
        if found.volumes:
            conditions[OWNERS] = COMPLETED
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
            "depends_on": {STORE: {"condition": HEALTHY}},
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


def _name(manifest: Manifest) -> str:
    """The name without the digest that a Job's carries."""
    return str(manifest.content["metadata"]["labels"]["app.kubernetes.io/name"])


def _restart(manifest: Manifest, after: Words) -> str:
    stays = manifest.kind == "StatefulSet" or (manifest.kind == "Deployment" and not after)
    return "unless-stopped" if stays else "no"


def _with_initial_scripts(found: Mounts, script: str) -> None:
    found.scratch.append(INITIAL_SCRIPTS)
    found.plain[f"{INITIAL_SCRIPTS}/schema.sh"] = script
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
