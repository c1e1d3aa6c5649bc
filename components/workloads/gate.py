"""The gate before a service: an init container that waits for its schema and its stores.

The services never reconnect: one that starts a second too early keeps patients' data in memory,
reports itself healthy and loses everything at the next restart (ENV-01). This holds at every pod
start, not only in a deployment.
"""

import pulumi_kubernetes as k8s

from components import pods
from components.delivery.schema import migrations_table
from components.environment import Environment
from settings.catalog import Service, StoreName

GATE_VARIABLES: dict[StoreName, tuple[str, ...]] = {
    "postgres": ("DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD", "DB_SSLMODE"),
    "redis": ("REDIS_HOST", "REDIS_PORT"),
    "kafka": ("KAFKA_BROKERS",),
    "milvus": ("MILVUS_HOST", "MILVUS_PORT"),
    "elasticsearch": ("ELASTICSEARCH_URL",),
}

_FUNCTIONS = """\
set -u
open_port() { nc -z -w 2 "$1" "$2" 2>/dev/null; }
wait_for() {
  what=$1; shift; tries=0
  until "$@"; do
    [ $((tries % 5)) -eq 0 ] && echo "waiting for $what"
    tries=$((tries + 1)); sleep 2
  done
  echo "$what is there"
}
"""

_SCHEMA = """\
schema_is_there() {{
  PGSSLMODE=${{DB_SSLMODE%%&*}} PGPASSWORD=$DB_PASSWORD PGCONNECT_TIMEOUT=3 \\
    psql -h "$DB_HOST" -p "$DB_PORT" -U "$DB_USER" -d "$DB_NAME" -qtA 2>/dev/null \\
    -c "select 'there' from {table} where version >= {version} and not dirty" | grep -q there
}}
wait_for "schema {version} in $DB_NAME at $DB_HOST" schema_is_there
"""

_WAITS: dict[StoreName, str] = {
    "redis": 'wait_for "redis at $REDIS_HOST" open_port "$REDIS_HOST" "$REDIS_PORT"\n',
    "kafka": """\
broker=$KAFKA_BROKERS
wait_for "kafka at $broker" open_port "${broker%:*}" "${broker##*:}"
""",
    "milvus": 'wait_for "milvus at $MILVUS_HOST" open_port "$MILVUS_HOST" "$MILVUS_PORT"\n',
    "elasticsearch": """\
search=${ELASTICSEARCH_URL#*://}
wait_for "search at $search" open_port "${search%:*}" "${search##*:}"
""",
}


def gate_script(service: Service) -> str:
    """The shell script of the gate; needs psql and nc, which PostgreSQL's image holds."""
    parts = [_FUNCTIONS]
    if "postgres" in service.stores:
        table, version = migrations_table(service), len(service.schema_files)
        parts.append(_SCHEMA.format(table=table, version=version))
    return "".join(parts + [_WAITS[store] for store in service.stores if store in _WAITS])


def store_gate(
    service: Service, image: str, environment: Environment
) -> k8s.core.v1.ContainerArgs | None:
    """The init container of a service that uses stores; None for one that uses none."""
    if not service.stores:
        return None
    wanted = {name for store in service.stores for name in GATE_VARIABLES[store]}
    return k8s.core.v1.ContainerArgs(
        name="wait-for-stores",
        image=image,
        command=["sh", "-c", gate_script(service)],
        env=environment.variables(wanted),
        resources=pods.resources("10m", "16Mi", memory_limit="64Mi"),
        security_context=pods.container_security(),
    )
