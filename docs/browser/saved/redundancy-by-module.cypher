// redundancy-by-module: How many suppliers the groups of each module can spare.
MATCH (a:Asset)<-[r:FEEDS|COOLS|SUPPLIES|CONTROLS|CONNECTS|HOSTS]-(s:Asset)
WITH a, type(r) AS type, coalesce(r.group, '') AS group,
     max(coalesce(r.need, 1)) AS need, count(DISTINCT s) AS suppliers
WITH a, type, suppliers - need AS spare
WITH type, spare, COLLECT {
  MATCH (a)<-[way:CONTAINS*1..]-(m:Module) RETURN m.id ORDER BY size(way), m.id LIMIT 1
}[0] AS module
RETURN module, type, count(*) AS groups, sum(CASE WHEN spare <= 0 THEN 1 ELSE 0 END) AS without_spare,
       sum(CASE WHEN spare = 1 THEN 1 ELSE 0 END) AS one_spare, sum(CASE WHEN spare > 1 THEN 1 ELSE 0 END) AS more_spare
ORDER BY module, type
