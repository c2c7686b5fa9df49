// services-by-building: Where the replicas of each service run.
MATCH (v:Service)<-[h:HOSTS]-(host:Asset)
WITH v, host, max(coalesce(h.need, 1)) AS need
OPTIONAL MATCH (b:Building)-[:CONTAINS*1..]->(host)
RETURN v.id AS id, v.name AS name, b.id AS building, count(DISTINCT host) AS replicas, max(need) AS need,
       COUNT { MATCH (v)<-[:HOSTS]-(s) RETURN DISTINCT s } AS total
ORDER BY id, building
