// What two assets both depend on. An asset counts among its own ancestors, so that A upstream of B shows.
// param a: text of assets. The one asset.
// param b: text of assets. The other.
// param types: list of supplies = ["FEEDS", "COOLS", "SUPPLIES", "CONTROLS", "CONNECTS", "HOSTS"]. Which supplies to follow.
// column id, label: what both depend on
// column from_a, from_b: supply relationships to each, at least
MATCH (a:Asset {id: $a})<-[r:FEEDS|COOLS|SUPPLIES|CONTROLS|CONNECTS|HOSTS*0..]-(shared:Asset)
WHERE all(x IN r WHERE type(x) IN $types)
WITH shared, min(size(r)) AS from_a
WITH collect({node: shared, distance: from_a}) AS ancestors
MATCH (b:Asset {id: $b})<-[r:FEEDS|COOLS|SUPPLIES|CONTROLS|CONNECTS|HOSTS*0..]-(shared:Asset)
WHERE all(x IN r WHERE type(x) IN $types)
WITH ancestors, shared, min(size(r)) AS from_b
UNWIND [x IN ancestors WHERE x.node = shared] AS ancestor
RETURN shared.id AS id, [label IN labels(shared) WHERE label <> 'Asset'][0] AS label,
       ancestor.distance AS from_a, from_b
ORDER BY from_a + from_b, id
