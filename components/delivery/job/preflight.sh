# Looks before the migration leaps (issue 8, pitfall M-3). Runs as DB_USER, and examines with the same
# SQL beside it. What is proven is mended here, so that the Job's next attempt goes on;
# what is not stops the Job with the command for a person.
set -eu
export PGSSLMODE=${DB_SSLMODE%%&*} PGPASSWORD=$DB_PASSWORD PGCONNECT_TIMEOUT=3
run() { psql -h "$DB_HOST" -p "$DB_PORT" -U "$DB_USER" -d "$DB_NAME" -v ON_ERROR_STOP=1 -qtA "$@"; }
numbers() {
  for each in "$FILES"/*.up.sql; do each=${each##*/}; echo "${each%%_*}" | sed 's/^0*//'; done |
    sort -n
}

# golang-migrate would make the table in the same form; the witness needs it before the first file.
run >/dev/null 2>&1 <<SQL
create table if not exists $TABLE (version bigint not null primary key, dirty boolean not null);
alter table $TABLE owner to "$ROLE";
SQL

look() {
  state=$({ cat "$STEPS/state.sql"; echo '\gexec'; } | run -v table="$TABLE")
  version=${state%%|*} witness=${state##*|} dirty=${state#*|} dirty=${dirty%%|*}
  prior=0 index='' drops=f resumes=f
  for number in $(numbers); do [ "$number" -ge "${version:-0}" ] || prior=$number; done
  if [ "$dirty" = t ]; then without_witness; fi
  examined=$(run -F '|' -v service="$SERVICE" -v version="$version" -v dirty="$dirty" \
    -v witness="$witness" -v prior="$prior" -v index="$index" -v drops="$drops" \
    -v resumes="$resumes" -v lock="$LOCK" \
    -v long_seconds="$LONG_SECONDS" -v lag_seconds="$LAG_SECONDS" \
    -v lag_bytes="$LAG_BYTES" \
    -v full_percent="$FULL_PERCENT" -v steps="$STEPS" <<'SQL'
\i :steps/examine.sql
select rolsuper as super from pg_roles where rolname = current_user \gset
\if :super
\i :steps/disk.sql
\endif
SQL
)
}

# A file whose statement refuses to run in a transaction: the index that it builds or drops tells. A
# loop that `mpk migrate new` wrote keeps in a table how far it came.
without_witness() {
  file=$(ls "$FILES/$(printf %06d "$version")"_*.up.sql 2>/dev/null || true)
  found=$(tr '\n' ' ' < "${file:-/dev/null}" | grep -oiE \
    '(create +(unique +)?|drop +)index +concurrently +(if +(not +)?exists +)?[a-z0-9_."]+' || true)
  index=${found##* }
  case $found in [Dd]*) drops=t ;; esac
  if grep -q mpk_next "${file:-/dev/null}"; then resumes=t; fi
}

look
# What a person has compared counts where nothing is proven, and only as one of the two it can be.
if [ "$dirty" = t ] && { [ "${ACCEPT:-}" = "$version" ] || [ "${ACCEPT:-}" = "$prior" ]; }; then
  examined=$(echo "$examined" |
    sed "s/^blocks|dirty|\([^|]*\)|.*/repair|dirty|\1|mpk migrate repair $SERVICE --version $ACCEPT/")
fi
until [ "${LOOK_ONLY:-}" = yes ] || [ "${examined#*waits|}" = "$examined" ]; do
  echo "$examined" | sed -n 's/^waits|[a-z ]*|\([^|]*\)|.*/waiting: \1/p'
  sleep 2
  look
done
[ -z "$examined" ] || echo "$examined" | while IFS='|' read -r verdict check what command; do
  echo "$verdict: $check: $what"
  echo "  $command"
done
case $examined in *blocks\|*) exit 1 ;; esac
if [ "${LOOK_ONLY:-}" = yes ]; then
  echo "version ${version:-0}, dirty: ${dirty:-f}"
  case $examined in *repair\|* | *waits\|*) exit 1 ;; esac
  exit 0
fi
if [ "$dirty" = t ]; then
  level=${examined#* --version } level=${level%%[!0-9]*}
  case $examined in *'is half built'*) run -c "drop index concurrently if exists $index" ;; esac
  run -v table="$TABLE" -v level="$level" -v version="$version" -v lock="$LOCK" \
    -f "$STEPS/repair.sql" >/dev/null
  version=$level
  echo "repaired: version $level, clean"
fi
# Code that was rolled back carries fewer files than the schema has versions. golang-migrate stops at
# a version that it has no file for; an empty one tells it that there is nothing to do.
newest=$(numbers | tail -n 1)
if [ "${version:-0}" -gt "$newest" ]; then
  : > "$FILES/$(printf %06d "$version")_newer.up.sql"
  echo "the schema is at $version, this version carries $newest: it stays as it is"
fi
run -c "comment on table $TABLE is 'start ${version:-0} $WAY'"
