// trace-feed: The way of the power from each source to an asset, cord by cord.
// Set first:  :param id => "an-id-of-yours"   The asset, such as a server.
MATCH (a:Asset {id: $id})<-[plug:FEEDS]-(cord:Asset)
MATCH (cord)<-[:FEEDS*0..]-(source:Asset)
WHERE NOT EXISTS { (source)<-[:FEEDS]-() }
WITH DISTINCT a, coalesce(plug.group, '') AS group, cord, source
MATCH way = SHORTEST 1 (source)-[:FEEDS]->*(cord)
RETURN cord.id AS cord, group, source.id AS source,
       [label IN labels(source) WHERE label <> 'Asset'][0] AS label, [n IN nodes(way) | n.id] + a.id AS path
ORDER BY cord, group, source
