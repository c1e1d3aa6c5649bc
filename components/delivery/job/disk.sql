-- How full the disks of the server are, its own and those of its tablespaces: only a superuser may ask.
-- A table that is written anew needs its size once more.
create temp table disk (line text);
copy disk from program 'df -Pk . pg_tblspc/*/ 2>/dev/null | tail -n +2 | sort -u';
select case when free < largest then 'blocks' else 'warns' end, 'disk',
       format('%s of %s are free on %s, and the largest table has %s', pg_size_pretty(free),
              pg_size_pretty(size), place, pg_size_pretty(largest)),
       'make room, or enlarge the volume, before anything is migrated'
  from (select f[4]::bigint * 1024 as free, f[2]::bigint * 1024 as size, f[6] as place
          from disk, regexp_split_to_array(line, '\s+') f) d,
       (select coalesce(max(pg_total_relation_size(oid)), 0) as largest
          from pg_class where relkind in ('r', 'm') and relnamespace = 'public'::regnamespace) l
 where free < largest or free < size * (100 - :'full_percent'::bigint) / 100;
