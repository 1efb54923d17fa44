package rest

import (
	"regexp"
	"strconv"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// A listView is a saved view as lists name it.
type listView struct {
	DescribeURL   string `json:"describeUrl"`
	DeveloperName string `json:"developerName"`
	ID            string `json:"id"`
	Label         string `json:"label"`
	ResultsURL    string `json:"resultsUrl"`
	SOQL          bool   `json:"soqlCompatible"`
	URL           string `json:"url"`
}

const listViewFields = "SELECT Id, Name, DeveloperName, IsSoqlCompatible FROM ListView WHERE SobjectType = "

// listViews answers the list views of an object that the user may see.
func (c *call) listViews() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	res, err := c.session.Query(c.r.Context(), listViewFields+quoted(o.Name)+" ORDER BY Name, Id", org.QueryOptions{})
	if err != nil {
		return err
	}
	return c.json(struct {
		Done  bool       `json:"done"`
		Views []listView `json:"listviews"`
		Next  *string    `json:"nextRecordsUrl"`
		Size  int        `json:"size"`
		Type  string     `json:"sobjectType"`
	}{true, c.listViewsOf(o, res), nil, res.Len(), o.Name})
}

// listView answers one of them.
func (c *call) listView() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	id, err := record.ParseID(c.args[1])
	if err != nil {
		return notFound()
	}
	res, err := c.session.Query(c.r.Context(), listViewFields+quoted(o.Name)+" AND Id = "+quoted(string(id)), org.QueryOptions{})
	if err != nil {
		return err
	}
	if res.Len() == 0 {
		return notFound()
	}
	return c.json(c.listViewsOf(o, res)[0])
}

func (c *call) listViewsOf(o *catalog.Object, res *record.Result) []listView {
	views := make([]listView, res.Len())
	for i := range views {
		url := c.base + "/sobjects/" + o.Name + "/listviews/" + string(res.ID(i))
		views[i] = listView{
			url + "/describe", res.Get(i, "DeveloperName").Text(), string(res.ID(i)), res.Get(i, "Name").Text(), url + "/results",
			res.Get(i, "IsSoqlCompatible").Bool(), url,
		}
	}
	return views
}

// listQuery returns the query of the list view that the path names.
func (c *call) listQuery() (*org.ListQuery, error) {
	o, err := c.object()
	if err != nil {
		return nil, err
	}
	id, err := record.ParseID(c.args[1])
	if err != nil {
		return nil, notFound()
	}
	return c.session.ListQuery(c.r.Context(), o.Name, id)
}

// A listColumn is a column of a list view.
type listColumn struct {
	Ascending     *string `json:"ascendingLabel"`
	Descending    *string `json:"descendingLabel"`
	Path          string  `json:"fieldNameOrPath"`
	Hidden        bool    `json:"hidden"`
	Label         string  `json:"label"`
	Searchable    bool    `json:"searchable"`
	Select        string  `json:"selectListItem"`
	SortDirection *string `json:"sortDirection"`
	SortIndex     *int    `json:"sortIndex"`
	Sortable      bool    `json:"sortable"`
	Type          string  `json:"type"`
}

func listColumns(q *org.ListQuery) []listColumn {
	cols := make([]listColumn, len(q.Columns))
	for i, c := range q.Columns {
		cols[i] = listColumn{Path: c.Path, Hidden: c.Hidden, Label: c.Label, Select: c.Select, Sortable: c.Field.Sortable, Type: c.Field.Type.Name}
		if c.Path != c.Field.Name {
			cols[i].Type = "string"
		}
		cols[i].Searchable = cols[i].Type == "string"
		if c.Field.Sortable && !c.Hidden {
			up, down := sortLabels(cols[i].Type)
			cols[i].Ascending, cols[i].Descending = &up, &down
		}
		if c.Path == q.Sort && q.Sort != "" {
			first, way := 0, sortWord(q.Descending)
			cols[i].SortIndex, cols[i].SortDirection = &first, &way
		}
	}
	return cols
}

// sortLabels are what the two directions are called. Source: the API's own words, ascending first, though they seem the wrong way round.
func sortLabels(describeType string) (ascending, descending string) {
	switch describeType {
	case "phone", "int", "double", "currency", "percent":
		return "9-0", "0-9"
	case "picklist", "multipicklist", "boolean":
		return "Low to High", "High to Low"
	case "date", "datetime", "time":
		return "New to Old", "Old to New"
	default:
		return "Z-A", "A-Z"
	}
}

func sortWord(desc bool) string {
	if desc {
		return "descending"
	}
	return "ascending"
}

// describeListView answers listviews/00B…/describe: columns, order, conditions and the query that says the same.
func (c *call) describeListView() error {
	q, err := c.listQuery()
	if err != nil {
		return err
	}
	type order struct {
		Path  string `json:"fieldNameOrPath"`
		Nulls string `json:"nullsPosition"`
		Way   string `json:"sortDirection"`
	}
	by := []order{}
	if q.Sort != "" {
		by = append(by, order{q.Sort, "last", sortWord(q.Descending)})
	}
	return c.json(struct {
		Columns []listColumn  `json:"columns"`
		ID      string        `json:"id"`
		OrderBy []order       `json:"orderBy"`
		Query   string        `json:"query"`
		Related *string       `json:"relatedEntityId"`
		Scope   *string       `json:"scope"`
		Entity  *string       `json:"scopeEntityId"`
		Type    string        `json:"sobjectType"`
		Where   listCondition `json:"whereCondition"`
	}{listColumns(q), q.ID, append(by, order{"Id", "first", "ascending"}), q.Text, nil, nil, nil, q.Object.Name, listConditionOf(q.Conditions)})
}

// A listCondition is one comparison, or several of which all or any hold.
type listCondition struct {
	Field    string   `json:"field,omitempty"`
	Operator string   `json:"operator,omitempty"`
	Values   []string `json:"values,omitempty"` // SOQL literals

	Conditions  []listCondition `json:"conditions,omitempty"`
	Conjunction string          `json:"conjunction,omitempty"`
}

// comparison takes one condition of a list view apart.
var comparison = regexp.MustCompile(`(?s)^([\w.]+) (=|!=|<|>|<=|>=|LIKE|INCLUDES) (.*)$`)

// operatorWords are the API's names of operators.
var operatorWords = map[string]string{
	"=": "equals", "!=": "notEquals", "<": "lessThan", ">": "greaterThan", "<=": "lessThanOrEqualTo", ">=": "greaterThanOrEqualTo", "LIKE": "like", "INCLUDES": "includes",
}

func listConditionOf(all []string) listCondition {
	if len(all) == 1 {
		return oneCondition(all[0])
	}
	c := listCondition{Conditions: []listCondition{}, Conjunction: "and"}
	for _, one := range all {
		c.Conditions = append(c.Conditions, oneCondition(one))
	}
	return c
}

func oneCondition(text string) listCondition {
	if m := comparison.FindStringSubmatch(text); m != nil {
		return listCondition{Field: m[1], Operator: operatorWords[m[2]], Values: []string{strings.TrimSuffix(strings.TrimPrefix(m[3], "("), ")")}}
	}
	// A whole day, as two moments.
	inner := strings.TrimSuffix(strings.TrimPrefix(text, "("), ")")
	for _, conjunction := range [...]string{"and", "or"} {
		if a, b, ok := strings.Cut(inner, " "+strings.ToUpper(conjunction)+" "); ok {
			return listCondition{Conditions: []listCondition{oneCondition(a), oneCondition(b)}, Conjunction: conjunction}
		}
	}
	return listCondition{}
}

// How many records a list view answers. Source: the API's default and limit.
const (
	defaultListed = 25
	mostListed    = 2000
)

// listViewResults answers listviews/00B…/results: the records from offset on, limit of them.
func (c *call) listViewResults() error {
	limit, err := c.between("limit", defaultListed, 1, mostListed)
	if err != nil {
		return err
	}
	offset, err := c.between("offset", 0, 0, mostListed)
	if err != nil {
		return err
	}
	q, err := c.listQuery()
	if err != nil {
		return err
	}
	res, err := c.session.Query(c.r.Context(), q.Text+" OFFSET "+strconv.Itoa(offset), org.QueryOptions{BatchSize: limit, NoTotal: true})
	if err != nil {
		return err
	}
	type cell struct {
		Path  string  `json:"fieldNameOrPath"`
		Value *string `json:"value"`
	}
	type row struct {
		Columns []cell `json:"columns"`
	}
	rows := make([]row, res.Len())
	for i := range rows {
		rows[i].Columns = make([]cell, len(q.Columns))
		for j, col := range q.Columns {
			rows[i].Columns[j] = cell{col.Path, listed(res.Get(i, strings.Split(col.Path, ".")...))}
		}
	}
	return c.json(struct {
		Columns       []listColumn `json:"columns"`
		DeveloperName string       `json:"developerName"`
		Done          bool         `json:"done"`
		ID            string       `json:"id"`
		Label         string       `json:"label"`
		Records       []row        `json:"records"`
		Size          int          `json:"size"`
	}{listColumns(q), q.DeveloperName, res.Next == "", q.ID, q.Label, rows, len(rows)})
}

// listed returns a value as list views show it: a moment as this resource alone writes it.
func listed(v record.Value) *string {
	if v.IsNull() {
		return nil
	}
	text := v.String()
	if v.Kind() == record.DateTime {
		text = v.Instant().UTC().Format("Mon Jan 02 15:04:05 GMT 2006")
	}
	return &text
}

// explainListView answers listviews/00B…/explain: the plans for its query.
func (c *call) explainListView() error {
	q, err := c.listQuery()
	if err != nil {
		return err
	}
	return c.explainText(q.Text)
}

// between reads a number in the query string.
func (c *call) between(name string, otherwise, least, most int) (int, error) {
	s := c.param(name)
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		return 0, fault.New(fault.InvalidArgument, "%s must be between %d and %d: %s", name, least, most, s)
	}
	return n, nil
}
