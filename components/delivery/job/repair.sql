-- Sets a dirty version to what was proven, unless somebody migrates at this moment.
delete from :"table"
 where :'level'::bigint = 0 and dirty and version = :'version'::bigint
   and pg_try_advisory_lock(:'lock'::bigint);
update :"table" set version = :'level'::bigint, dirty = false
 where :'level'::bigint > 0 and dirty and version = :'version'::bigint
   and pg_try_advisory_lock(:'lock'::bigint);
select 1 / (count(*) = 0)::int from :"table" where dirty;
