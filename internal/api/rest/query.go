package rest

import (
	"strconv"
	"strings"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// The rows of a batch. Source: the API's own limits for Sforce-Query-Options.
const (
	leastBatch = 200
	mostBatch  = 2000
)

func (c *call) query() error    { return c.queryAs(false) }
func (c *call) queryAll() error { return c.queryAs(true) }

func (c *call) queryAs(all bool) error {
	if soql, ok := c.lookup("explain"); ok {
		return c.explain(soql)
	}
	soql, ok := c.lookup("q")
	if !ok {
		return fault.New(fault.MalformedQuery, "A query string has to be specified")
	}
	if c.param("columns") == "true" {
		return c.columns(soql)
	}
	return c.run(soql, org.QueryOptions{All: all, BatchSize: c.batchSize(), Levels: c.levels()})
}

// run makes the result of a query the answer.
func (c *call) run(soql string, opt org.QueryOptions) error {
	res, err := c.session.Query(c.r.Context(), soql, opt)
	if err != nil {
		return err
	}
	c.result(res)
	return nil
}

// more answers the batch that a locator stands for.
func (c *call) more() error {
	res, err := c.session.More(c.r.Context(), c.args[0], c.batchSize())
	if err != nil {
		return err
	}
	c.result(res)
	return nil
}

func (c *call) result(res *record.Result) {
	e := newEncoder(c.base, res)
	if c.xml {
		c.kind, c.out = xmlType, e.appendQueryXML(c.out)
		return
	}
	c.out = e.appendQuery(c.out)
}

// levels returns how many queries may stand in each other. Source: the API's own rule, five from v58 on.
func (c *call) levels() int {
	if c.version < 58 {
		return 2
	}
	return 5
}

// batchSize reads Sforce-Query-Options: batchSize=500.
func (c *call) batchSize() int {
	for part := range strings.SplitSeq(c.r.Header.Get("Sforce-Query-Options"), ",") {
		name, value, _ := strings.Cut(part, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "batchSize") {
			continue
		}
		if n, err := strconv.Atoi(strings.TrimSpace(value)); err == nil {
			return min(max(n, leastBatch), mostBatch)
		}
	}
	return mostBatch
}

// A queryColumn is one column as columns=true describes it.
type queryColumn struct {
	Aggregate   bool          `json:"aggregate"`
	ApexType    string        `json:"apexType"`
	BooleanType bool          `json:"booleanType"`
	ColumnName  string        `json:"columnName"`
	Custom      bool          `json:"custom"`
	DisplayName string        `json:"displayName"`
	ForeignKey  *string       `json:"foreignKeyName"`
	Insertable  bool          `json:"insertable"`
	JoinColumns []queryColumn `json:"joinColumns"`
	NumberType  bool          `json:"numberType"`
	TextType    bool          `json:"textType"`
	Updatable   bool          `json:"updatable"`
}

// columns describes what a query would return.
func (c *call) columns(soql string) error {
	cols, err := c.session.Columns(c.r.Context(), soql)
	if err != nil {
		return err
	}
	return c.json(struct {
		Columns    []queryColumn `json:"columnMetadata"`
		EntityName string        `json:"entityName"`
		GroupBy    bool          `json:"groupBy"`
		IDSelected bool          `json:"idSelected"`
		KeyPrefix  *string       `json:"keyPrefix"`
	}{queryColumns(cols.Columns), cols.Object, cols.GroupBy, cols.IDSelected, orNull(cols.KeyPrefix)})
}

func queryColumns(from []org.Column) []queryColumn {
	cols := make([]queryColumn, len(from))
	for i := range from {
		f := &from[i]
		cols[i] = queryColumn{
			Aggregate: f.Aggregate, ApexType: f.ApexType, BooleanType: f.Bool, ColumnName: f.Name, Custom: f.Custom,
			DisplayName: f.DisplayName, ForeignKey: orNull(f.ForeignKey), Insertable: f.Insertable, JoinColumns: queryColumns(f.Join),
			NumberType: f.Number, TextType: f.Text, Updatable: f.Updatable,
		}
	}
	return cols
}

// explain shows the plans for a query, or for that of a list view where its id is given.
func (c *call) explain(of string) error {
	if id, err := record.ParseID(of); err == nil && id.Prefix() == "00B" {
		res, err := c.session.Query(c.r.Context(), "SELECT SobjectType FROM ListView WHERE Id = "+quoted(string(id)), org.QueryOptions{})
		if err != nil || res.Len() == 0 {
			return orElse(err, notFound())
		}
		q, err := c.session.ListQuery(c.r.Context(), res.Get(0, "SobjectType").Text(), id)
		if err != nil {
			return err
		}
		of = q.Text
	}
	return c.explainText(of)
}

func (c *call) explainText(soql string) error {
	type note struct {
		Description string   `json:"description"`
		Fields      []string `json:"fields"`
		Table       string   `json:"tableEnumOrId"`
	}
	type plan struct {
		Cardinality   int64    `json:"cardinality"`
		Fields        []string `json:"fields"`
		Operation     string   `json:"leadingOperationType"`
		Notes         []note   `json:"notes"`
		RelativeCost  float64  `json:"relativeCost"`
		OfObject      int64    `json:"sobjectCardinality"`
		ObjectAPIName string   `json:"sobjectType"`
	}
	found, err := c.session.Explain(c.r.Context(), soql)
	if err != nil {
		return err
	}
	plans := make([]plan, len(found))
	for i, p := range found {
		plans[i] = plan{p.Cardinality, some(p.Fields), p.Operation, make([]note, len(p.Notes)), p.RelativeCost, p.ObjectCardinality, p.Object}
		for j, n := range p.Notes {
			plans[i].Notes[j] = note{n.Description, some(n.Fields), n.Object}
		}
	}
	return c.json(struct {
		Plans       []plan `json:"plans"`
		SourceQuery string `json:"sourceQuery"`
	}{plans, soql})
}

// some returns a list that JSON writes as [] where it is empty.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// orNull returns nil for "", which JSON writes as null.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
