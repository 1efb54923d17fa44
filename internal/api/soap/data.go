package soap

import (
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// Limits of one call. Source: the API's own.
const (
	mostRecords   = 200
	mostRetrieved = 2000
)

// error writes an element errors of a result.
func (c *call) error(f *fault.Error) {
	w := c.out
	w.open("errors")
	for _, name := range f.Fields {
		w.text("fields", name)
	}
	w.text("message", f.Message).text("statusCode", string(f.Code)).close("errors")
}

// options reads the headers that say how to write.
func (c *call) options() org.WriteOptions {
	return org.WriteOptions{
		AllOrNone:     c.header.at("AllOrNoneHeader", "allOrNone").isTrue(),
		AllowTruncate: c.header.at("AllowFieldTruncationHeader", "allowFieldTruncation").isTrue(),
		AutoAssign: c.header.at("AssignmentRuleHeader", "useDefaultRule").isTrue() ||
			c.header.at("AssignmentRuleHeader", "assignmentRuleId").text() != "",
	}
}

// A batch is what a write was sent: the drafts that could be read, and where
// in the list each was. What could not be read has its fault in results.
type batch struct {
	drafts  []record.Draft
	at      []int
	results []org.SaveResult
}

// batch reads sObjects from a place on.
func (c *call) batch(place int) (*batch, error) {
	list := c.op.list(place, "sObjects")
	if len(list) > mostRecords {
		return nil, fault.New(fault.ExceededIDLimit, "record limit reached. cannot submit more than %d records into this call", mostRecords)
	}
	b := &batch{results: make([]org.SaveResult, len(list))}
	for i, n := range list {
		d, err := c.draft(n)
		if err != nil {
			b.results[i].Errors = []*fault.Error{fault.From(err)}
			continue
		}
		b.drafts = append(b.drafts, d)
		b.at = append(b.at, i)
	}
	return b, nil
}

// write runs do over the drafts, unless all must succeed and one was no record.
func (b *batch) write(opt org.WriteOptions, do func([]record.Draft, org.WriteOptions) ([]org.SaveResult, error)) error {
	if opt.AllOrNone && len(b.drafts) < len(b.results) {
		for _, i := range b.at {
			b.results[i].Errors = []*fault.Error{fault.New(fault.AllOrNoneRolledBack, "Record rolled back because not all records were valid and the request was using AllOrNone header")}
		}
		return nil
	}
	if len(b.drafts) == 0 {
		return nil
	}
	saved, err := do(b.drafts, opt)
	if err != nil {
		return err
	}
	for i, r := range saved {
		b.results[b.at[i]] = r
	}
	return nil
}

// draft reads one sObject. Its type is its first child, or in the enterprise API its xsi:type.
func (c *call) draft(n *node) (record.Draft, error) {
	d := record.Draft{}
	typed := false
	if n.kind != "" && !strings.EqualFold(n.kind, "sObject") {
		d.Object = n.kind
	} else if t := n.at("type"); t != nil {
		d.Object, typed = strings.TrimSpace(t.text()), true
	}
	if d.Object == "" {
		return d, fault.New(fault.InvalidType, "Must send a concrete entity type.")
	}
	o := c.session.Catalog().Object(d.Object)
	if o == nil || !c.session.Rights(o).Read {
		return d, fault.New(fault.InvalidType, "sObject type '%s' is not supported.", d.Object)
	}
	d.Object = o.Name
	for _, k := range n.kids {
		switch {
		case typed && strings.EqualFold(k.name, "type") && k == n.at("type"):
		case strings.EqualFold(k.name, "fieldsToNull"):
			if name := strings.TrimSpace(k.text()); name != "" {
				d.Set(name, record.Value{})
			}
		case k.null: // what shall become null is in fieldsToNull
		case strings.EqualFold(k.name, "Id"):
			text := strings.TrimSpace(k.text())
			if text == "" {
				continue
			}
			id, err := record.ParseID(text)
			if err != nil {
				return d, fault.New(fault.MalformedID, "%s ID: id value of incorrect type: %s", o.Name, text).On("Id")
			}
			d.ID = id
		case len(k.kids) > 0:
			parent, err := c.draft(k)
			if err != nil {
				return d, err
			}
			d.Fields = append(d.Fields, record.DraftField{Name: k.name, Parent: &parent})
		default:
			d.Set(k.name, valueOf(o.Field(k.name), k.text()))
		}
	}
	return d, nil
}

// valueOf returns text as the kind that a field's values have where it reads as
// one; else the text itself, which the engine refuses in the field's own words.
func valueOf(f *catalog.Field, text string) record.Value {
	if f == nil {
		return record.OfText(text)
	}
	switch f.Type.Kind {
	case record.Bool:
		switch strings.ToLower(strings.TrimSpace(text)) {
		case "true", "1":
			return record.OfBool(true)
		case "false", "0":
			return record.OfBool(false)
		}
	case record.Number:
		if n, scale, ok := record.ParseDecimal(strings.TrimSpace(text)); ok {
			return record.OfDecimal(n, scale)
		}
	case record.Null, record.Text, record.Date, record.DateTime, record.Time, record.Ref, record.Bytes:
	}
	return record.OfText(text)
}

// results writes one result a record: errors, id, success, and created in an upsert.
func (c *call) results(results []org.SaveResult, upsert bool) {
	w := c.out
	for _, r := range results {
		w.open("result")
		if upsert {
			w.flag("created", r.Created)
		}
		if len(r.Matches) > 0 {
			r.Errors = []*fault.Error{fault.New(fault.DuplicateExternalID, "%d records have the same value of the external id", len(r.Matches))}
		}
		for _, e := range r.Errors {
			c.error(e)
		}
		if r.OK() {
			w.some("id", string(r.ID))
		} else {
			w.null("id")
		}
		w.flag("success", r.OK()).close("result")
	}
}

func (c *call) create() error {
	b, err := c.batch(0)
	if err != nil {
		return err
	}
	for i := range b.drafts {
		b.drafts[i].ID = "" // the engine gives ids
	}
	err = b.write(c.options(), func(d []record.Draft, opt org.WriteOptions) ([]org.SaveResult, error) {
		return c.session.Insert(c.r.Context(), d, opt)
	})
	if err != nil {
		return err
	}
	c.results(b.results, false)
	return nil
}

func (c *call) update() error {
	b, err := c.batch(0)
	if err != nil {
		return err
	}
	err = b.write(c.options(), func(d []record.Draft, opt org.WriteOptions) ([]org.SaveResult, error) {
		return c.session.Update(c.r.Context(), d, opt)
	})
	if err != nil {
		return err
	}
	c.results(b.results, false)
	return nil
}

func (c *call) upsert() error {
	key := strings.TrimSpace(c.op.arg(0, "externalIDFieldName").text())
	if key == "" {
		return fault.New(fault.MissingArgument, "externalIDFieldName is required")
	}
	b, err := c.batch(1)
	if err != nil {
		return err
	}
	err = b.write(c.options(), func(d []record.Draft, opt org.WriteOptions) ([]org.SaveResult, error) {
		return c.session.Upsert(c.r.Context(), key, d, opt)
	})
	if err != nil {
		return err
	}
	c.results(b.results, true)
	return nil
}

// ids runs do over the ids of a call and writes the results; what is no id has its fault there.
func (c *call) ids(do func([]record.ID, org.WriteOptions) ([]org.SaveResult, error)) error {
	list := c.op.list(0, "ids")
	if len(list) > mostRecords {
		return fault.New(fault.ExceededIDLimit, "record limit reached. cannot submit more than %d records into this call", mostRecords)
	}
	results := make([]org.SaveResult, len(list))
	var ids []record.ID
	var at []int
	for i, n := range list {
		id, err := record.ParseID(strings.TrimSpace(n.text()))
		if err != nil {
			results[i].Errors = []*fault.Error{fault.New(fault.MalformedID, "malformed id %s", n.text())}
			continue
		}
		ids, at = append(ids, id), append(at, i)
	}
	opt := c.options()
	if len(ids) > 0 && (!opt.AllOrNone || len(ids) == len(list)) {
		saved, err := do(ids, opt)
		if err != nil {
			return err
		}
		for i, r := range saved {
			results[at[i]] = r
		}
	} else {
		for _, i := range at {
			results[i].Errors = []*fault.Error{fault.New(fault.AllOrNoneRolledBack, "Record rolled back because not all records were valid and the request was using AllOrNone header")}
		}
	}
	c.results(results, false)
	return nil
}

func (c *call) remove() error {
	return c.ids(func(ids []record.ID, opt org.WriteOptions) ([]org.SaveResult, error) {
		return c.session.Delete(c.r.Context(), ids, opt)
	})
}

func (c *call) undelete() error {
	return c.ids(func(ids []record.ID, opt org.WriteOptions) ([]org.SaveResult, error) {
		return c.session.Undelete(c.r.Context(), ids, opt)
	})
}

func (c *call) emptyRecycleBin() error {
	return c.ids(func(ids []record.ID, opt org.WriteOptions) ([]org.SaveResult, error) {
		return c.session.HardDelete(c.r.Context(), ids, opt)
	})
}

// merge merges up to two records into a master, once a request.
func (c *call) merge() error {
	w := c.out
	for _, n := range c.op.list(0, "request") {
		master := n.at("masterRecord")
		if master == nil {
			return fault.New(fault.MissingArgument, "masterRecord is required")
		}
		var losers []record.ID
		d, err := c.draft(master)
		for _, k := range n.kids {
			if !strings.EqualFold(k.name, "recordToMergeIds") || err != nil {
				continue
			}
			id, bad := record.ParseID(strings.TrimSpace(k.text()))
			if bad != nil {
				err = fault.New(fault.MalformedID, "malformed id %s", k.text())
			}
			losers = append(losers, id)
		}
		res := org.SaveResult{}
		if err == nil {
			res, err = c.session.Merge(c.r.Context(), d, losers)
		}
		if err != nil {
			res.Errors = []*fault.Error{fault.From(err)}
		}
		w.open("result")
		for _, e := range res.Errors {
			c.error(e)
		}
		if res.OK() {
			w.text("id", string(d.ID))
			for _, id := range losers {
				w.text("mergedRecordIds", string(id))
			}
		} else {
			w.null("id")
		}
		w.flag("success", res.OK()).close("result")
	}
	return nil
}
