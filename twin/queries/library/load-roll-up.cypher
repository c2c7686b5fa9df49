// The power that each asset of a label delivers while all are up, rolled up from the draws below it.
// Portions, shares, transfer priorities, standby sources and efficiencies count as in docs/semantics.md, section 3.
// Exact where no loop of FEEDS lies below (a bus tie, a ring); `exact` says so. `twin impact` computes loops too.
// param labels: list of labels = ["UPS", "PDU"]. Which labels to roll up to.
// column id, label: the supplier
// column load_kw, rated_kw: what its consumers take from it, and what it may deliver (kW)
// column exact: whether no loop lies below
MATCH (s:Asset)
WHERE any(label IN labels(s) WHERE label IN $labels)
CALL (s) {
  MATCH way = (s)-[:FEEDS*1..]->(c:Asset)
  WITH coalesce(c.draw_kw, 0.0) * reduce(part = 1.0, r IN relationships(way) | part
      // the consumer's own draw counts as it is; what passes through it counts with its losses
      / CASE WHEN endNode(r) = c THEN 1.0 ELSE coalesce(endNode(r).efficiency, 1.0) END
      * coalesce(r.portion, 1.0 / COUNT {
          MATCH (e)<-[q:FEEDS]-() WHERE e = endNode(r) RETURN DISTINCT coalesce(q.group, '') })
      * CASE
          WHEN coalesce(startNode(r).standby, false) AND COUNT {
            MATCH (e)<-[q:FEEDS]-(m) WHERE e = endNode(r) AND coalesce(q.group, '') = coalesce(r.group, '')
              AND NOT coalesce(m.standby, false) RETURN DISTINCT m } >= coalesce(r.need, 1)
          THEN 0.0
          WHEN coalesce(r.policy, 'share') = 'transfer'
          THEN CASE WHEN startNode(r).id = COLLECT {
            MATCH (e)<-[q:FEEDS]-(m) WHERE e = endNode(r) AND coalesce(q.group, '') = coalesce(r.group, '')
            RETURN m.id ORDER BY coalesce(m.standby, false), coalesce(q.priority, 0), m.id LIMIT 1 }[0] THEN 1.0 ELSE 0.0 END
          ELSE 1.0 / COUNT {
            MATCH (e)<-[q:FEEDS]-(m) WHERE e = endNode(r) AND coalesce(q.group, '') = coalesce(r.group, '')
              AND (NOT coalesce(m.standby, false) OR coalesce(r.need, 1) > COUNT {
                MATCH (f)<-[o:FEEDS]-(k) WHERE f = endNode(r) AND coalesce(o.group, '') = coalesce(r.group, '')
                  AND NOT coalesce(k.standby, false) RETURN DISTINCT k })
            RETURN DISTINCT m }
        END) AS part,
    EXISTS { MATCH (c)-[:FEEDS]->(back) WHERE back IN nodes(way) } AS loop
  RETURN sum(part) AS load_kw, max(CASE WHEN loop THEN 1 ELSE 0 END) AS loops
}
RETURN s.id AS id, [label IN labels(s) WHERE label <> 'Asset'][0] AS label, load_kw, s.rated_kw AS rated_kw,
       coalesce(loops, 0) = 0 AS exact
ORDER BY load_kw DESC, id
