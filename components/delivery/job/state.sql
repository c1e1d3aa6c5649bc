-- Where a service's schema stands: version, dirty, what the witness says (copy.sh).
select format(
  'select version, dirty, obj_description(%L::regclass) from (select 1) one left join %I on true',
  :'table', :'table')
 where to_regclass(:'table') is not null
