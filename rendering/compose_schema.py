"""The script that gives each service its database and schema under Compose (R-P1).

PostgreSQL's entrypoint runs it on an empty volume, from its folder of initial scripts. The service
`schema` runs it again at each `up`, since the entrypoint never does: that brings files that came
later, and finds what a broken first start left out, before any service starts (ENV-01).

Every service's files go into its own database, the owner's before a guest's (DB-01…03). A file and
its number are one transaction, so none is half in, and the number stands where golang-migrate keeps
it: the gate of the pods and a later migration Job read the same table.
"""

import shlex

from components.delivery.schema import migrations_table
from settings import names
from settings.loader import Settings

SQL_FOLDER = "/schema"
"""Where the containers find the product's SQL files."""

_FUNCTIONS = """\
set -eu
export PGUSER="${PGUSER:-$POSTGRES_USER}" PGOPTIONS='--client-min-messages=warning'
sql() { psql -v ON_ERROR_STOP=1 -qtAX "$@"; }
load() {
  database=$1 table=$2 number=0; shift 2
  sql -d postgres -v name="$database" <<'SQL'
select format('create database %I', :'name')
 where not exists (select 1 from pg_database where datname = :'name') \\gexec
SQL
  sql -d "$database" -c "create table if not exists $table
    (version bigint not null primary key, dirty boolean not null)"
  there=$(sql -d "$database" -c "select coalesce(max(version), 0) from $table")
  for file in "$@"; do
    number=$((number + 1))
    if [ "$number" -gt "$there" ]; then
      echo "$database: $file.sql"
      sql -d "$database" --single-transaction -f "$folder/$file.sql" \\
        -c "delete from $table" -c "insert into $table values ($number, false)"
    fi
  done
}
"""


def schema_script(settings: Settings) -> str:
    """Shell that makes what is absent, once; needs psql and its connection in the environment.

    All of it runs in a subshell: PostgreSQL's entrypoint sources the file into itself.
    """
    owners_first = sorted(settings.services.values(), key=lambda s: s.database_of is not None)
    loads = [
        " ".join(
            (
                "load",
                names.database(service.database_of or service.name),
                migrations_table(service),
                *map(shlex.quote, service.schema_files),
            )
        )
        for service in owners_first
        if service.schema_files
    ]
    return "\n".join(["(", f"folder={SQL_FOLDER}", _FUNCTIONS.rstrip(), *loads, ")", ""])
