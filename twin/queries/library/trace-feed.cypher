// The way of the power from each source to an asset, cord by cord.
// param id: text of assets. The asset, such as a server.
// column cord, group: what the asset is plugged into, and the group of that cord
// column source, label: where the power comes from
// column path: ids from the source to the asset, the shortest way
MATCH (a:Asset {id: $id})<-[plug:FEEDS]-(cord:Asset)
MATCH (cord)<-[:FEEDS*0..]-(source:Asset)
WHERE NOT EXISTS { (source)<-[:FEEDS]-() }
WITH DISTINCT a, coalesce(plug.group, '') AS group, cord, source
MATCH way = SHORTEST 1 (source)-[:FEEDS]->*(cord)
RETURN cord.id AS cord, group, source.id AS source,
       [label IN labels(source) WHERE label <> 'Asset'][0] AS label, [n IN nodes(way) | n.id] + a.id AS path
ORDER BY cord, group, source
