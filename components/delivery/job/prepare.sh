# The database of one service and the role that migrates it (R-P2-MIG, issue 8). Runs as DB_USER.
# The role owns the database and nothing else. Its password lives as long as this pod: no Secret
# holds it, and nobody has to rotate it.
set -eu
umask 077
export PGSSLMODE=${DB_SSLMODE%%&*} PGPASSWORD=$DB_PASSWORD PGCONNECT_TIMEOUT=3
run() { psql -h "$DB_HOST" -p "$DB_PORT" -U "$DB_USER" -v ON_ERROR_STOP=1 -qtA "$@"; }
until run -d postgres -c 'select 1' >/dev/null 2>&1; do echo "waiting for $DB_HOST"; sleep 2; done
ROLE_PASSWORD=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
export ROLE_PASSWORD
# gexec runs what the query returns: nothing where all is as it should be. The advisory lock lets
# two Jobs of one service in one after the other.
run -d postgres -v name="$DB_NAME" -v role="$ROLE" -v minutes="$ROLE_MINUTES" >/dev/null <<'SQL'
\getenv password ROLE_PASSWORD
select pg_advisory_lock(hashtext('prepare ' || :'name'));
select format('create role %I', :'role')
 where not exists (select 1 from pg_roles where rolname = :'role') \gexec
select format(
  'alter role %I login nocreatedb nocreaterole password %L valid until %L',
  :'role', :'password', now() + (:'minutes' || ' minutes')::interval) \gexec
select format('grant %I to current_user', :'role')
 where not (select rolsuper from pg_roles where rolname = current_user) \gexec
select format('create database %I owner %I', :'name', :'role')
 where not exists (select 1 from pg_database where datname = :'name') \gexec
select format('alter database %I owner to %I', :'name', :'role') from pg_database
 where datname = :'name' and datdba <> :'role'::regrole \gexec
SQL
# What an earlier version of this Job, or the product's own scripts, made as another role.
run -d "$DB_NAME" -v role="$ROLE" <<'SQL'
with own as (
  select c.oid, 'pg_class'::regclass as class, c.oid::regclass::text as name,
         case c.relkind when 'v' then 'view' when 'm' then 'materialized view'
           when 'S' then 'sequence' when 'f' then 'foreign table' else 'table' end as kind
    from pg_class c
   where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
     and c.relowner <> :'role'::regrole
  union all
  select p.oid, 'pg_proc'::regclass, p.oid::regprocedure::text, 'routine' from pg_proc p
   where p.pronamespace = 'public'::regnamespace and p.proowner <> :'role'::regrole
  union all
  select t.oid, 'pg_type'::regclass, t.oid::regtype::text, 'type' from pg_type t
   where t.typnamespace = 'public'::regnamespace and t.typtype in ('e', 'd')
     and t.typowner <> :'role'::regrole
)
select format('alter %s %s owner to %I', kind, name, :'role') from own
 where not exists (
   select 1 from pg_depend d
    where d.classid = own.class and d.objid = own.oid and d.deptype in ('a', 'i', 'e')) \gexec
SQL
printf '%s:%s:%s:%s:%s\n' "$DB_HOST" "$DB_PORT" "$DB_NAME" "$ROLE" "$ROLE_PASSWORD" > "$PGPASSFILE"
