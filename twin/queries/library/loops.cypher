// Loops of one type (bus ties, rings, meshes): their members, and what they serve.
// Members of a loop cannot keep each other up by themselves; see docs/semantics.md, section 1.
// param types: list of supplies = ["FEEDS", "COOLS", "SUPPLIES", "CONTROLS", "CONNECTS", "HOSTS"]. Which supplies to look at.
// column type: the supply
// column members: ids
// column fed_by: suppliers outside the loop, directly
// column serves: how many assets it supplies over that type, directly or through others
// column servers: how many of these are servers
UNWIND $types AS type
MATCH (a:Asset)
WHERE EXISTS { MATCH (a)-[x:FEEDS|COOLS|SUPPLIES|CONTROLS|CONNECTS|HOSTS]->(:Asset) WHERE type(x) = type }
  AND EXISTS { MATCH (a)<-[x:FEEDS|COOLS|SUPPLIES|CONTROLS|CONNECTS|HOSTS]-(:Asset) WHERE type(x) = type }
MATCH (a)<-[r:FEEDS|COOLS|SUPPLIES|CONTROLS|CONNECTS|HOSTS*1..]-(above:Asset)
WHERE all(x IN r WHERE type(x) = type)
WITH type, a, collect(DISTINCT above) AS ancestors
WHERE a IN ancestors
WITH type, a, [m IN ancestors WHERE m = a OR EXISTS {
  MATCH (m)<-[r:FEEDS|COOLS|SUPPLIES|CONTROLS|CONNECTS|HOSTS*1..]-(a) WHERE all(x IN r WHERE type(x) = type) }] AS loop
WHERE size(loop) > 1
WITH DISTINCT type, COLLECT { UNWIND loop AS m RETURN m.id ORDER BY m.id } AS members
CALL (type, members) {
  UNWIND members AS member
  MATCH (:Asset {id: member})-[r:FEEDS|COOLS|SUPPLIES|CONTROLS|CONNECTS|HOSTS*1..]->(b:Asset)
  WHERE all(x IN r WHERE type(x) = type) AND NOT b.id IN members
  RETURN count(DISTINCT b) AS serves, count(DISTINCT CASE WHEN b:Server THEN b END) AS servers
}
RETURN type, members, COLLECT {
  UNWIND members AS member
  MATCH (:Asset {id: member})<-[r:FEEDS|COOLS|SUPPLIES|CONTROLS|CONNECTS|HOSTS]-(s:Asset) WHERE type(r) = type AND NOT s.id IN members
  RETURN DISTINCT s.id ORDER BY s.id
} AS fed_by, serves, servers
ORDER BY type, members[0]
