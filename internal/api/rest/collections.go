package rest

import (
	"slices"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// Limits of a collection. Source: the API's own.
const (
	mostRecords    = 200
	mostRetrieved  = 2000
	mostNamed      = 800 // in a url
	mostObjectRuns = 10  // changes of object from one record to the next
)

// A collection is a list of records as the client sent it, in pieces that the
// engine takes: drafts, and for each which record of the list it is.
type collection struct {
	drafts    []record.Draft
	at        []int // position in results of each draft
	results   []org.SaveResult
	allOrNone bool
}

// collection reads {"allOrNone":…,"records":[…]}. A record that cannot be read has its fault in results.
func (c *call) collection(object string) (*collection, error) {
	n, err := c.body()
	if err != nil {
		return nil, err
	}
	list := n.get("records")
	if list == nil || list.kind != listNode {
		return nil, fault.New(fault.MissingArgument, "records is required")
	}
	if len(list.items) > mostRecords {
		return nil, tooMany(mostRecords)
	}
	col := &collection{results: make([]org.SaveResult, len(list.items)), allOrNone: n.is("allOrNone")}
	runs, last := 0, ""
	for i := range list.items {
		d, err := draftOf(&list.items[i], object)
		if err == nil {
			err = c.settleObject(&d)
		}
		if err != nil {
			col.results[i].Errors = []*fault.Error{fault.From(err)}
			continue
		}
		if d.Object != last {
			runs, last = runs+1, d.Object
		}
		col.drafts = append(col.drafts, d)
		col.at = append(col.at, i)
	}
	if runs > mostObjectRuns {
		return nil, fault.New("INVALID_OPERATION", "the records change their object more than %d times: sort them", mostObjectRuns)
	}
	return col, nil
}

func tooMany(most int) error {
	return fault.New(fault.ExceededIDLimit, "record limit reached. cannot submit more than %d records in this call", most)
}

// settleObject finds out what object a draft is of, from its name or its id.
func (c *call) settleObject(d *record.Draft) error {
	var o *catalog.Object
	switch {
	case d.Object != "":
		o = c.session.Catalog().Object(d.Object)
	case d.ID != "":
		o = c.session.Catalog().Of(d.ID)
	default:
		return fault.New(fault.InvalidType, "attributes.type is required")
	}
	if o == nil || !c.session.Rights(o).Read {
		return fault.New(fault.InvalidType, "sObject type '%s' is not supported.", d.Object)
	}
	d.Object = o.Name
	return nil
}

// write runs the drafts through the engine, one run of the same object after the other, and puts the results in their places.
func (c *call) write(col *collection, do func(drafts []record.Draft, opt org.WriteOptions) ([]org.SaveResult, error)) error {
	opt := c.writeOptions()
	opt.AllOrNone = col.allOrNone
	if col.allOrNone && len(col.drafts) < len(col.results) {
		for i := range col.results {
			if col.results[i].OK() {
				col.results[i].Errors = []*fault.Error{fault.New(fault.AllOrNoneRolledBack, "Record rolled back because not all records were valid and the request was using AllOrNone header")}
			}
		}
		c.undone = true
		return nil
	}
	if len(col.drafts) == 0 {
		return nil
	}
	c.session.Once(c.r.Header.Get("Stoa-Once"))
	saved, err := do(col.drafts, opt)
	if err != nil {
		return err
	}
	for i, r := range saved {
		col.results[col.at[i]] = r
		c.undone = c.undone || col.allOrNone && !r.OK()
	}
	return nil
}

func (c *call) createMany() error {
	col, err := c.collection("")
	if err != nil {
		return err
	}
	if !c.writeOptions().KeepIDs {
		for i := range col.drafts {
			col.drafts[i].ID = "" // the engine gives ids
		}
	}
	err = c.write(col, func(d []record.Draft, opt org.WriteOptions) ([]org.SaveResult, error) {
		return c.session.Insert(c.r.Context(), d, opt)
	})
	if err != nil {
		return err
	}
	c.out = appendResults(c.out, col.results, false)
	return nil
}

func (c *call) updateMany() error {
	col, err := c.collection("")
	if err != nil {
		return err
	}
	err = c.write(col, func(d []record.Draft, opt org.WriteOptions) ([]org.SaveResult, error) {
		return c.session.Update(c.r.Context(), d, opt)
	})
	if err != nil {
		return err
	}
	c.out = appendResults(c.out, col.results, false)
	return nil
}

func (c *call) upsertMany() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	f := c.keyField(o, c.args[1])
	if f == nil {
		return badKey(c.args[1])
	}
	col, err := c.collection(o.Name)
	if err != nil {
		return err
	}
	err = c.write(col, func(d []record.Draft, opt org.WriteOptions) ([]org.SaveResult, error) {
		return c.session.Upsert(c.r.Context(), f.Name, d, opt)
	})
	if err != nil {
		return err
	}
	c.out = appendResults(c.out, col.results, true)
	return nil
}

// deleteMany answers DELETE composite/sobjects?ids=a,b&allOrNone=true.
func (c *call) deleteMany() error {
	named := c.param("ids")
	if named == "" {
		return fault.New(fault.MissingArgument, "ids is required")
	}
	list := strings.Split(named, ",")
	if len(list) > mostRecords {
		return tooMany(mostRecords)
	}
	col := &collection{results: make([]org.SaveResult, len(list)), allOrNone: strings.EqualFold(c.param("allOrNone"), "true")}
	for i, word := range list {
		id, err := record.ParseID(strings.TrimSpace(word))
		if err != nil {
			col.results[i].Errors = []*fault.Error{fault.New(fault.MalformedID, "malformed id %s", word)}
			continue
		}
		col.drafts = append(col.drafts, record.Draft{ID: id})
		col.at = append(col.at, i)
	}
	err := c.write(col, func(d []record.Draft, opt org.WriteOptions) ([]org.SaveResult, error) {
		ids := make([]record.ID, len(d))
		for i := range d {
			ids[i] = d[i].ID
		}
		return c.session.Delete(c.r.Context(), ids, opt)
	})
	if err != nil {
		return err
	}
	c.out = appendResults(c.out, col.results, false)
	return nil
}

// appendResults appends the results of a collection; created tells whether each says if it was created.
func appendResults(dst []byte, all []org.SaveResult, created bool) []byte {
	dst = append(dst, '[')
	for i, r := range all {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '{')
		if r.ID != "" {
			dst = append(append(append(dst, `"id":"`...), r.ID...), `",`...)
		}
		errs := r.Errors
		if len(r.Matches) > 0 && len(errs) == 0 {
			errs = []*fault.Error{fault.New(fault.DuplicateExternalID, "Multiple records have the same value for the external id field")}
		}
		if len(errs) == 0 {
			dst = append(dst, `"success":true`...)
		} else {
			dst = append(dst, `"success":false`...)
		}
		if created && r.Created {
			dst = append(dst, `,"created":true`...)
		} else if created {
			dst = append(dst, `,"created":false`...)
		}
		dst = append(appendErrors(append(dst, `,"errors":`...), errs, "statusCode"), '}')
	}
	return append(dst, ']')
}

// rows answers several records by id, null for those that are not there.
func (c *call) rows() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	ids, fields := strings.Split(c.param("ids"), ","), c.param("fields")
	if c.r.Method == post {
		n, err := c.body()
		if err != nil {
			return err
		}
		ids, fields = strings.Split(n.names("ids"), ","), n.names("fields")
	}
	if fields == "" {
		return fault.New(fault.MissingArgument, "fields is required")
	}
	if len(ids) == 1 && ids[0] == "" {
		return fault.New(fault.MissingArgument, "ids is required")
	}
	if len(ids) > mostRetrieved || c.r.Method == get && len(ids) > mostNamed {
		return tooMany(mostRetrieved)
	}
	wanted := make([]record.ID, len(ids))
	var literals []string
	for i, word := range ids {
		id, err := record.ParseID(strings.TrimSpace(word))
		if err != nil {
			return fault.New(fault.MalformedID, "malformed id %s", word)
		}
		wanted[i] = id
		if !slices.Contains(wanted[:i], id) {
			literals = append(literals, quoted(string(id)))
		}
	}
	soql := "SELECT " + fields + " FROM " + o.Name + " WHERE Id IN (" + strings.Join(literals, ",") + ")"
	res, err := c.session.Query(c.r.Context(), soql, org.QueryOptions{BatchSize: mostRetrieved})
	if err != nil {
		return err
	}
	e, at := newEncoder(c.base, res), make(map[record.ID]int, res.Len())
	for i := range res.Len() {
		at[res.ID(i)] = i
	}
	c.out = append(c.out, '[')
	for i, id := range wanted {
		if i > 0 {
			c.out = append(c.out, ',')
		}
		if row, ok := at[id]; ok {
			c.out = e.appendRow(c.out, row)
		} else {
			c.out = append(c.out, "null"...)
		}
	}
	c.out = append(c.out, ']')
	return nil
}
