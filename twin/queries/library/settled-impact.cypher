// What is lost and degraded if these fail, given what is out: sections 2 and 6 of docs/semantics.md, in the database.
// Exact wherever no loop of one type is touched (query `loops` lists them); cycles across types are no obstacle.
// It is meant for answers up to some thousand assets; `twin impact` has no such limits and takes a millisecond.
// param failed: list of assets. Ids that fail.
// param out: list of assets = []. Ids that are out before.
// param rounds: number = 100. The longest chain of losses that is followed.
// column id, label: the asset
// column verdict: lost or degraded
MATCH (f:Asset) WHERE f.id IN $out
WITH collect(f) AS out
// what a failed space, common cause, path or loop takes along, at any depth
WITH reduce(s = {all: out, new: out}, round IN range(1, 20) | [found IN [COLLECT {
    UNWIND s.new AS x MATCH (x)-[:CONTAINS|AFFECTS]->(y:Asset) WHERE NOT y IN s.all RETURN DISTINCT y
  } + COLLECT {
    UNWIND s.new AS x MATCH (x)<-[:PART_OF]-(y:Asset)
    WHERE NOT y IN s.all AND NOT EXISTS { MATCH (y)-[:PART_OF]->(w) WHERE NOT w IN s.all } RETURN DISTINCT y
  }] | {all: s.all + found, new: found}][0]).all AS start
// round by round: who has a group with fewer suppliers up than it needs
WITH start, reduce(s = {all: start, new: start}, round IN range(1, $rounds) | [found IN [COLLECT {
    UNWIND s.new AS x MATCH (x)-[:FEEDS|COOLS|SUPPLIES|CONTROLS|CONNECTS|HOSTS]->(c:Asset) WHERE NOT c IN s.all
    WITH DISTINCT c WHERE EXISTS { MATCH (c)<-[r:FEEDS|COOLS|SUPPLIES|CONTROLS|CONNECTS|HOSTS]-() WHERE coalesce(r.need, 1) > COUNT {
      MATCH (c)<-[q:FEEDS|COOLS|SUPPLIES|CONTROLS|CONNECTS|HOSTS]-(up)
      WHERE type(q) = type(r) AND coalesce(q.group, '') = coalesce(r.group, '') AND NOT up IN s.all
      RETURN DISTINCT up } }
    RETURN c
  }] | {all: s.all + found, new: found}][0]).all AS base
MATCH (f:Asset) WHERE f.id IN $failed
WITH start, base, collect(f) AS failed
WITH base, failed, reduce(s = {all: failed, new: failed}, round IN range(1, 20) | [found IN [COLLECT {
    UNWIND s.new AS x MATCH (x)-[:CONTAINS|AFFECTS]->(y:Asset) WHERE NOT y IN s.all RETURN DISTINCT y
  } + COLLECT {
    UNWIND s.new AS x MATCH (x)<-[:PART_OF]-(y:Asset)
    WHERE NOT y IN s.all AND NOT EXISTS { MATCH (y)-[:PART_OF]->(w) WHERE NOT w IN s.all AND NOT w IN start }
    RETURN DISTINCT y
  }] | {all: s.all + found, new: found}][0]).all AS taken
WITH base, failed, [x IN taken WHERE NOT x IN base] AS fresh
WITH base, failed, reduce(s = {all: base + fresh, new: fresh}, round IN range(1, $rounds) | [found IN [COLLECT {
    UNWIND s.new AS x MATCH (x)-[:FEEDS|COOLS|SUPPLIES|CONTROLS|CONNECTS|HOSTS]->(c:Asset) WHERE NOT c IN s.all
    WITH DISTINCT c WHERE EXISTS { MATCH (c)<-[r:FEEDS|COOLS|SUPPLIES|CONTROLS|CONNECTS|HOSTS]-() WHERE coalesce(r.need, 1) > COUNT {
      MATCH (c)<-[q:FEEDS|COOLS|SUPPLIES|CONTROLS|CONNECTS|HOSTS]-(up)
      WHERE type(q) = type(r) AND coalesce(q.group, '') = coalesce(r.group, '') AND NOT up IN s.all
      RETURN DISTINCT up } }
    RETURN c
  }] | {all: s.all + found, new: found}][0]).all AS down
CALL (base, failed, down) {
  UNWIND down AS x
  WITH DISTINCT x WHERE NOT x IN base AND NOT x IN failed
  RETURN x AS asset, 'lost' AS verdict
  UNION
  UNWIND down AS x
  WITH DISTINCT x WHERE NOT x IN base
  MATCH (x)-[:FEEDS|COOLS|SUPPLIES|CONTROLS|CONNECTS|HOSTS]->(c:Asset) WHERE NOT c IN down
  RETURN DISTINCT c AS asset, 'degraded' AS verdict
}
RETURN asset.id AS id, [label IN labels(asset) WHERE label <> 'Asset'][0] AS label, verdict
ORDER BY verdict DESC, id
