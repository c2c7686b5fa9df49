// Loads that have one power supplier alone.
// param labels: list of labels = ["Server"]. Which labels count.
// column id, label: the load
// column supplier: the one that feeds it
// column cabinet, module: where it stands
MATCH (a:Asset)
WHERE any(label IN labels(a) WHERE label IN $labels)
  AND COUNT { MATCH (a)<-[:FEEDS]-(s) RETURN DISTINCT s } = 1
MATCH (a)<-[:FEEDS]-(s:Asset)
RETURN DISTINCT a.id AS id, [label IN labels(a) WHERE label <> 'Asset'][0] AS label, s.id AS supplier,
       COLLECT { MATCH (a)<-[way:CONTAINS*1..]-(c:Cabinet) RETURN c.id ORDER BY size(way), c.id LIMIT 1 }[0] AS cabinet,
       COLLECT { MATCH (a)<-[way:CONTAINS*1..]-(m:Module) RETURN m.id ORDER BY size(way), m.id LIMIT 1 }[0] AS module
ORDER BY id
