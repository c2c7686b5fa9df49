// What an asset supplies, directly or through others.
// param id: text of assets. The asset.
// param types: list of supplies = ["FEEDS", "COOLS", "SUPPLIES", "CONTROLS", "CONNECTS", "HOSTS"]. Which supplies to follow.
// column id, label: what is supplied
// column distance: supply relationships between the two, at least
MATCH (a:Asset {id: $id})-[r:FEEDS|COOLS|SUPPLIES|CONTROLS|CONNECTS|HOSTS*1..]->(b:Asset)
WHERE all(x IN r WHERE type(x) IN $types)
WITH b, min(size(r)) AS distance
RETURN b.id AS id, [label IN labels(b) WHERE label <> 'Asset'][0] AS label, distance
ORDER BY distance, id
