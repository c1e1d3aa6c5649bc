-- The examination of a schema before a migration (issue 8, pitfall M-3): verdict, check, what was
-- found, the command that mends it. Verdicts: `repair` (proven, the command mends it), `blocks` (a
-- person decides), `waits` (passes by itself), `warns`. Nothing is changed here.
--
-- Told beforehand: what state.sql found, the number before that version (`prior`), and for a version
-- without a witness the index that its file builds or drops CONCURRENTLY (`index`, `drops`), or that
-- it is a loop which commits and goes on where it ended (`resumes`).
with told as (
  select :'service'::text as service, nullif(:'version', '')::bigint as version,
         :'dirty' = 't' as dirty, :'witness'::text as witness, :'prior'::bigint as prior,
         :'index'::text as index, :'drops' = 't' as drops, :'resumes' = 't' as resumes,
         :'lock'::bigint as lock
), holder as (
  select a.pid, a.state, a.application_name, a.state_change, age(now(), a.backend_start) as since
    from pg_locks l join pg_stat_activity a using (pid), told
   where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and a.pid <> pg_backend_pid()
     and l.database = (select oid from pg_database where datname = current_database())
     and l.classid::bigint = told.lock >> 32 and l.objid::bigint = told.lock & 4294967295
), built as (
  select (select i.indisvalid from pg_index i where i.indexrelid = to_regclass(told.index)) as valid
    from told
), judged as (
  select told.*, case
      when index <> '' and valid then case when drops then prior else version end
      when index <> '' and valid is null then case when drops then version else prior end
      when index <> '' or resumes then prior
      when witness in (version || ' up', (version + 1) || ' down') then version
      when witness ~ '^start \d+ down$' then split_part(witness, ' ', 2)::bigint
      when witness ~ '^(start )?\d+ up$' then prior
    end as level, index <> '' and valid is false as half
    from told, built
)
select case when exists (select 1 from holder) then 'waits'
            when level is null then 'blocks' else 'repair' end as verdict,
       'dirty' as check,
       format('version %s broke off: ', version) || case
         when half then format('the index %s is half built; it goes, and its file runs again', index)
         when resumes then 'its file changes rows in batches, and goes on where it ended'
         when level is null then 'nothing proves whether its file is in'
         when level = version then 'its file is wholly in'
         else 'nothing of its file is in' end as what,
       case when level is null
         then format('compare the database with the file of version %s, then: '
                     'mpk migrate repair %s --version VERSION', version, service)
         else format('mpk migrate repair %s --version %s', service, level) end as command
  from judged where dirty
union all
select case when state like 'idle%' and now() - state_change > interval '60 s'
            then 'blocks' else 'waits' end,
       'lock',
       format('process %s holds the migration lock for %s (%s, %s)', pid,
              date_trunc('second', since), coalesce(nullif(application_name, ''), 'unnamed'), state),
       case when state like 'idle%' and now() - state_change > interval '60 s'
            then format('select pg_terminate_backend(%s)', pid)
            else 'wait until that migration is through' end
  from holder
union all
select 'warns', 'long transaction',
       format('process %s of %s has a transaction open for %s (%s), and DDL waits behind it',
              pid, usename, date_trunc('second', age(now(), xact_start)), state),
       format(case when state = 'active' then 'select pg_cancel_backend(%s)'
                   else 'select pg_terminate_backend(%s)' end, pid)
  from pg_stat_activity, told
 where datname = current_database() and backend_type = 'client backend'
   and pid <> pg_backend_pid() and pid not in (select h.pid from holder h)
   and now() - xact_start > (:'long_seconds' || ' s')::interval
union all
select 'warns', 'invalid index',
       format('the index %s is invalid: writes pay for it, no reader uses it', indexrelid::regclass),
       format('drop index concurrently %s', indexrelid::regclass)
  from pg_index, told
 where not indisvalid and indexrelid is distinct from to_regclass(nullif(told.index, ''))
   and not exists (select 1 from pg_stat_progress_create_index p where p.index_relid = indexrelid)
union all
-- A replica whose replay stands still reports no time at all: what it lacks counts as well.
select 'warns', 'replication lag',
       format('the replica %s is %s and %s behind', coalesce(nullif(application_name, ''), 'unnamed'),
              coalesce(date_trunc('milliseconds', replay_lag), interval '0'), pg_size_pretty(lacks)),
       'wait until it has caught up before rows are changed in bulk'
  from pg_stat_replication, lateral (select case when not pg_is_in_recovery()
         then pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) end as lacks) l
 where replay_lag > (:'lag_seconds' || ' s')::interval or lacks > :'lag_bytes'::bigint
union all
select 'warns', 'replication slot',
       format('the slot %s is unused and keeps %s of log', slot_name,
              pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn))),
       format('if its reader is gone for good: select pg_drop_replication_slot(%L)', slot_name)
  from pg_replication_slots
 where not active and not pg_is_in_recovery()
   and pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) > 1073741824;
