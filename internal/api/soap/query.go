package soap

import (
	"strconv"
	"strings"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// Sizes of a batch of rows. Source: the API's QueryOptions.
const (
	leastBatch = 200
	usualBatch = 500
	mostBatch  = 2000
)

func (c *call) batchSize() int {
	n, err := strconv.Atoi(strings.TrimSpace(c.header.at("QueryOptions", "batchSize").text()))
	if err != nil {
		return usualBatch
	}
	return min(max(n, leastBatch), mostBatch)
}

// levels returns how many queries may stand in each other. Source: the API's own rule, five from v58 on.
func (c *call) levels() int {
	if n, err := strconv.Atoi(strings.TrimSuffix(c.version, ".0")); err == nil && n < 58 {
		return 2
	}
	return 5
}

func (c *call) query(all bool) error {
	res, err := c.session.Query(c.r.Context(), c.op.arg(0, "queryString").text(), org.QueryOptions{All: all, BatchSize: c.batchSize(), Levels: c.levels()})
	if err != nil {
		return err
	}
	c.out.raw(`<result xsi:type="QueryResult">`)
	c.rows(res, 0, res.Len(), res.Total, res.Next)
	c.out.close("result")
	return nil
}

func (c *call) queryMore() error {
	locator := strings.TrimSpace(c.op.arg(0, "queryLocator").text())
	locator = locator[strings.LastIndexByte(locator, '/')+1:]
	res, err := c.session.More(c.r.Context(), locator, c.batchSize())
	if err != nil {
		return err
	}
	c.out.raw(`<result xsi:type="QueryResult">`)
	c.rows(res, 0, res.Len(), res.Total, res.Next)
	c.out.close("result")
	return nil
}

func (c *call) search() error {
	found, err := c.session.Search(c.r.Context(), c.op.arg(0, "searchString", "search").text())
	if err != nil {
		return err
	}
	c.out.open("result")
	for _, res := range found {
		for row := range res.Len() {
			c.out.open("searchRecords")
			c.record("record", res, res.Shape, row)
			c.out.close("searchRecords")
		}
	}
	c.out.close("result")
	return nil
}

// retrieve reads records by their ids and answers in the order of the ids, with a nil one for what is not there.
func (c *call) retrieve() error {
	var ids []record.ID
	object := c.session.Catalog().Object(strings.TrimSpace(c.op.arg(1, "sObjectType").text()))
	if object == nil || !c.session.Rights(object).Read {
		return fault.New(fault.InvalidType, "sObject type '%s' is not supported.", c.op.arg(1, "sObjectType").text())
	}
	for _, n := range c.op.list(2, "ids") {
		id, err := record.ParseID(strings.TrimSpace(n.text()))
		if err != nil {
			return fault.New(fault.MalformedID, "%s ID: id value of incorrect type: %s", object.Name, n.text())
		}
		ids = append(ids, id)
	}
	if len(ids) > mostRetrieved {
		return fault.New(fault.ExceededIDLimit, "record limit reached. cannot submit more than %d ids into this call", mostRetrieved)
	}
	fields := []string{"Id"}
	for f := range strings.SplitSeq(c.op.arg(0, "fieldList").text(), ",") {
		f = strings.TrimSpace(f)
		if f == "" || strings.EqualFold(f, "Id") {
			continue
		}
		if strings.Trim(f, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") != "" {
			return fault.New(fault.InvalidField, "No such column '%s' on entity '%s'.", f, object.Name)
		}
		fields = append(fields, f)
	}
	if len(ids) == 0 {
		return nil
	}
	var q strings.Builder
	q.WriteString("SELECT " + strings.Join(fields, ", ") + " FROM " + object.Name + " WHERE Id IN ('")
	for i, id := range ids {
		if i > 0 {
			q.WriteString("','")
		}
		q.WriteString(string(id))
	}
	q.WriteString("')")
	res, err := c.session.Query(c.r.Context(), q.String(), org.QueryOptions{BatchSize: mostBatch})
	if err != nil {
		return err
	}
	rows := make(map[record.ID]int, res.Len())
	for row := range res.Len() {
		rows[res.ID(row)] = row
	}
	for _, id := range ids {
		if row, ok := rows[id]; ok {
			c.record("result", res, res.Shape, row)
		} else {
			c.out.null("result")
		}
	}
	return nil
}

// rows writes the inside of a QueryResult.
func (c *call) rows(res *record.Result, from, to, total int, next string) {
	w := c.out
	w.flag("done", next == "").some("queryLocator", next)
	for row := from; row < to; row++ {
		c.record("records", res, res.Shape, row)
	}
	w.number("size", int64(total))
}

// record writes one record under a name. A partner record says its type and id first, whatever was selected.
func (c *call) record(name string, res *record.Result, s *record.Shape, row int) {
	w, p := c.out, res.Page
	object := s.Object
	if s.TypeCol >= 0 && object != "Name" {
		object = p.Value(row, s.TypeCol).Text()
	}
	if c.dialect.partner {
		w.raw("<"+name+` xsi:type="sf:sObject">`).text("sf:type", object)
		if s.IDCol >= 0 {
			w.cell("sf:Id", p, row, s.IDCol, "id")
		} else {
			w.null("sf:Id")
		}
	} else {
		w.raw("<" + name + ` xsi:type="sf:` + object + `">`)
		if s.IDCol >= 0 && s.Item("Id") == nil {
			w.cell("sf:Id", p, row, s.IDCol, "id")
		}
	}
	for i := range s.Items {
		it := &s.Items[i]
		if c.dialect.partner && it.Key == "Id" {
			continue
		}
		c.item("sf:"+it.Key, res, it, row)
	}
	w.close(name)
}

func (c *call) item(name string, res *record.Result, it *record.Item, row int) {
	w, p := c.out, res.Page
	switch it.Role {
	case record.Cell:
		w.cell(name, p, row, it.Col, it.Type)
	case record.Parent:
		parent := it.Parent
		if len(it.Cases) > 0 {
			for _, s := range it.Cases {
				if s.TypeCol >= 0 {
					if found := it.Cases[p.Value(row, s.TypeCol).Text()]; found != nil {
						parent = found
					}
					break
				}
			}
		}
		if parent == nil || p.Null(row, it.Col) {
			w.null(name)
			return
		}
		c.record(name, res, parent, row)
	case record.Child:
		kids := res.Children[it.Child]
		span := kids.Spans[row]
		if span.Total == 0 {
			w.null(name)
			return
		}
		w.raw("<" + name + ` xsi:type="QueryResult">`)
		c.rows(kids.Result, span.From, span.To, span.Total, span.Next)
		w.close(name)
	case record.Compound:
		empty := true
		for i := range it.Parts {
			empty = empty && p.Null(row, it.Parts[i].Col)
		}
		if empty {
			w.null(name)
			return
		}
		w.raw("<" + name + ` xsi:type="` + it.Type + `">`)
		for i := range it.Parts {
			w.cell(it.Parts[i].Key, p, row, it.Parts[i].Col, it.Parts[i].Type)
		}
		w.close(name)
	}
}
