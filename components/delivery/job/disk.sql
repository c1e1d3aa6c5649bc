-- How full the server's disk is: only a superuser may ask it. A table that is written anew needs its
-- size once more.
create temp table disk (line text);
copy disk from program 'df -Pk . | tail -n 1';
select case when free < largest then 'blocks' else 'warns' end, 'disk',
       format('%s of %s are free, and the largest table has %s', pg_size_pretty(free),
              pg_size_pretty(size), pg_size_pretty(largest)),
       'make room, or enlarge the volume, before anything is migrated'
  from (select f[4]::bigint * 1024 as free, f[2]::bigint * 1024 as size
          from disk, regexp_split_to_array(line, '\s+') f) d,
       (select coalesce(max(pg_total_relation_size(oid)), 0) as largest
          from pg_class where relkind in ('r', 'm') and relnamespace = 'public'::regnamespace) l
 where free < largest or free < size * (100 - :'full_percent'::bigint) / 100;
