# The database of one service in CockroachDB (D-10). Runs as DB_USER, which migrates as well.
set -eu
umask 077
export PGSSLMODE=${DB_SSLMODE%%&*} PGPASSWORD=$DB_PASSWORD PGCONNECT_TIMEOUT=3
run() { psql -h "$DB_HOST" -p "$DB_PORT" -U "$DB_USER" -v ON_ERROR_STOP=1 -qtA "$@"; }
until run -d defaultdb -c 'select 1' >/dev/null 2>&1; do echo "waiting for $DB_HOST"; sleep 2; done
run -d defaultdb -v name="$DB_NAME" <<'SQL'
create database if not exists :"name";
SQL
password=$(printf %s "$DB_PASSWORD" | sed 's/[\\:]/\\&/g')
printf '%s:%s:%s:%s:%s\n' "$DB_HOST" "$DB_PORT" "$DB_NAME" "$DB_USER" "$password" > "$PGPASSFILE"
