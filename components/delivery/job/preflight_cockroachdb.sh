# Looks before the migration leaps. golang-migrate's lock in CockroachDB is a row, and a killed Job
# leaves it (pitfall M-3). Whether its owner lives cannot be seen in the row, so a person decides.
set -eu
export PGSSLMODE=${DB_SSLMODE%%&*} PGPASSWORD=$DB_PASSWORD PGCONNECT_TIMEOUT=3
run() { psql -h "$DB_HOST" -p "$DB_PORT" -U "$DB_USER" -d "$DB_NAME" -v ON_ERROR_STOP=1 -qtA "$@"; }
there() { [ "$(run -c "select count(*) from information_schema.tables where table_name = '$1'")" -gt 0 ]; }
found=0
if there schema_lock && [ "$(run -c 'select count(*) from schema_lock')" -gt 0 ]; then
  echo "blocks: lock: schema_lock holds a row: a migration runs, or one was killed"
  echo "  if no Job of this database runs: delete from schema_lock where true"
  found=1
fi
if there "$TABLE" && [ "$(run -c "select count(*) from $TABLE where dirty")" -gt 0 ]; then
  version=$(run -c "select version from $TABLE")
  echo "blocks: dirty: version $version broke off, and nothing proves whether its file is in"
  echo "  compare the database with that file, then: migrate force VERSION"
  found=1
fi
exit $found
