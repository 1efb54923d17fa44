package rest

import (
	"strconv"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
)

// Limits of composite/graph. Source: the API's own.
const (
	mostGraphs     = 75
	mostGraphNodes = 500
	mostGraphDepth = 15
)

// A graph is steps that stand or fall together, whatever becomes of other graphs.
type graph struct {
	id  string
	all []step
}

// graphs answers POST composite/graph.
func (c *call) graphs() error {
	n, err := c.body()
	if err != nil {
		return err
	}
	list, err := readGraphs(&n)
	if err != nil {
		return err
	}
	c.out = append(c.out, `{"graphs":[`...)
	for i, g := range list {
		answers, ok, err := c.together(g.all)
		if err != nil {
			return err
		}
		if i > 0 {
			c.out = append(c.out, ',')
		}
		c.out = record.AppendJSON(append(c.out, `{"graphId":`...), []byte(g.id))
		c.out = appendComposite(append(c.out, `,"graphResponse":`...), g.all, answers)
		c.out = append(strconv.AppendBool(append(c.out, `,"isSuccessful":`...), ok), '}')
	}
	c.out = append(c.out, "]}"...)
	return nil
}

// readGraphs reads the graphs of a body, all of them before the first runs.
func readGraphs(n *node) ([]graph, error) {
	list := n.get("graphs")
	if list == nil || list.kind != listNode || len(list.items) == 0 {
		return nil, fault.New(fault.MissingArgument, "graphs is required")
	}
	if len(list.items) > mostGraphs {
		return nil, fault.New(fault.LimitExceeded, "The request holds %d graphs, the limit is %d", len(list.items), mostGraphs)
	}
	all, known, nodes := make([]graph, len(list.items)), map[string]bool{}, 0
	for i := range list.items {
		g := graph{id: list.items[i].str("graphId")}
		switch {
		case g.id == "":
			return nil, fault.New(fault.MissingArgument, "graphId is required in every graph")
		case known[g.id]:
			return nil, fault.New(fault.InvalidArgument, "The graphId '%s' is not unique", g.id)
		}
		var err error
		if g.all, err = steps(&list.items[i]); err != nil {
			return nil, err
		}
		if nodes += len(g.all); nodes > mostGraphNodes {
			return nil, fault.New(fault.LimitExceeded, "The graphs hold more than %d nodes together", mostGraphNodes)
		}
		if err := checkGraph(g); err != nil {
			return nil, err
		}
		known[g.id], all[i] = true, g
	}
	return all, nil
}

// checkGraph refuses nodes that are no rows, and chains of references that are too long.
func checkGraph(g graph) error {
	depth := map[string]int{}
	for i := range g.all {
		s := &g.all[i]
		path, _, _ := strings.Cut(s.url, "?")
		words := strings.Split(strings.Trim(strings.TrimPrefix(path, Prefix), "/"), "/")
		if len(words) < 3 || len(words) > 5 || catalog.Fold(words[1]) != "sobjects" {
			return fault.New(fault.InvalidArgument, "A node of a graph is the url of a record: %s", s.url)
		}
		text, deepest := s.url+string(s.body.json()), 0
		for _, part := range strings.Split(text, "@{")[1:] {
			id := part[:max(0, strings.IndexAny(part, ".[}"))]
			deepest = max(deepest, depth[id])
		}
		if depth[s.id] = deepest + 1; deepest+1 > mostGraphDepth {
			return fault.New(fault.LimitExceeded, "The graph '%s' is more than %d nodes deep", g.id, mostGraphDepth)
		}
	}
	return nil
}
