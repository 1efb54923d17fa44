package rest

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// object returns the object that the path names first. One that the user may not read does not exist.
func (c *call) object() (*catalog.Object, error) {
	o := c.session.Catalog().Object(c.args[0])
	if o == nil || !c.session.Rights(o).Read {
		return nil, notFound()
	}
	return o, nil
}

func badKey(word string) error {
	return fault.New(fault.NotFound, "Provided external ID field does not exist or is not accessible: %s", word)
}

// rowID reads an id from the path, which must be one of o's.
func rowID(o *catalog.Object, word string) (record.ID, error) {
	id, err := record.ParseID(word)
	if err != nil || o.KeyPrefix != "" && id.Prefix() != o.KeyPrefix {
		return "", badKey(word)
	}
	return id, nil
}

// keyField returns the field that a path addresses rows by: Id, an external id or an idLookup field.
func (c *call) keyField(o *catalog.Object, name string) *catalog.Field {
	f := o.Field(name)
	if f == nil || !f.ExternalID && !f.IDLookup && f.Name != "Id" || !c.session.CanRead(f) {
		return nil
	}
	return f
}

// row answers one record: sobjects/Account/001….
func (c *call) row() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	id, err := rowID(o, c.args[1])
	if err != nil {
		return err
	}
	return c.record(o, id)
}

// record makes one record the answer, with the fields that ?fields= names.
func (c *call) record(o *catalog.Object, id record.ID) error {
	var fields []string
	if list := c.param("fields"); list != "" {
		for f := range strings.SplitSeq(list, ",") {
			fields = append(fields, strings.TrimSpace(f))
		}
	}
	res, err := c.session.Retrieve(c.r.Context(), o.Name, id, fields)
	if err != nil {
		return err
	}
	if err := c.remember(id); err != nil {
		return err
	}
	e := &encoder{result: res, base: c.base, shape: c.h.shapes.of(c.base, res.Shape)} // fields have no children
	if c.xml {
		c.kind, c.out = xmlType, e.appendRowXML(c.out, 0)
	} else {
		c.out = e.appendRow(c.out, 0)
	}
	c.unchanged(changedAt(res))
	return nil
}

// create answers POST sobjects/Account.
func (c *call) create() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	d, err := c.draft(o)
	if err != nil {
		return err
	}
	saved, err := c.session.Insert(c.r.Context(), []record.Draft{d}, c.writeOptions())
	if err != nil {
		return err
	}
	return c.saved(o, saved[0], http.StatusCreated)
}

// draft reads the body as a record of o. Which record it is the path says, never the body.
func (c *call) draft(o *catalog.Object) (record.Draft, error) {
	var n node
	var files []filePart
	var err error
	if boundary, ok := c.boundaryOf(); ok {
		n, files, err = c.parts(o, boundary)
	} else {
		n, err = c.body()
	}
	if err != nil {
		return record.Draft{}, err
	}
	for i := range n.members {
		if strings.EqualFold(n.members[i].name, "Id") {
			return record.Draft{}, fault.New(fault.InvalidField, "The Id field should not be specified in the sobject data.").On("Id")
		}
	}
	d, err := draftOf(&n, o.Name)
	if err != nil {
		return d, err
	}
	return d, c.attach(o, &d, files)
}

// writeOptions reads the headers that say how to write.
func (c *call) writeOptions() org.WriteOptions {
	return org.WriteOptions{
		AutoAssign:    !strings.EqualFold(c.r.Header.Get("Sforce-Auto-Assign"), "false"),
		AllowTruncate: strings.EqualFold(c.r.Header.Get("Sforce-Allow-Field-Truncation"), "allowFieldTruncation=true"),
		KeepIDs:       strings.EqualFold(c.r.Header.Get("Stoa-Keep-Ids"), "true"),
	}
}

// saved makes the result of a write the answer, with its body where there is one to send.
func (c *call) saved(o *catalog.Object, r org.SaveResult, status int) error {
	switch {
	case len(r.Matches) > 0:
		return c.choices(o, r.Matches)
	case !r.OK():
		c.faults(r.Errors[0].Code.Status(), r.Errors...)
		return nil
	}
	if c.r.Method != remove {
		if err := c.remember(r.ID); err != nil {
			return err
		}
	}
	if status == http.StatusNoContent {
		return c.noContent()
	}
	c.status = status
	if status == http.StatusCreated {
		c.w.Header().Set("Location", c.base+"/sobjects/"+o.Name+"/"+string(r.ID))
	}
	if c.xml {
		c.kind, c.out = xmlType, appendSavedXML(c.out, r)
		return nil
	}
	c.out = append(append(append(c.out, `{"id":"`...), r.ID...), `","success":true,"errors":[]}`...)
	return nil
}

// remember counts a record among those that the user looked at last, where Sforce-Mru: updateMru=true asks for it.
func (c *call) remember(id record.ID) error {
	if !strings.EqualFold(strings.ReplaceAll(c.r.Header.Get("Sforce-Mru"), " ", ""), "updateMru=true") {
		return nil
	}
	return c.session.Viewed(c.r.Context(), id)
}

// choices answers 300 with the urls of the records that one key matches.
func (c *call) choices(o *catalog.Object, ids []record.ID) error {
	urls := make([]string, len(ids))
	for i, id := range ids {
		urls[i] = c.base + "/sobjects/" + o.Name + "/" + string(id)
	}
	c.status = http.StatusMultipleChoices
	c.out = appendTexts(c.out, urls)
	return nil
}

// update answers PATCH sobjects/Account/001….
func (c *call) update() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	id, err := rowID(o, c.args[1])
	if err != nil {
		return err
	}
	d, err := c.draft(o)
	if err != nil {
		return err
	}
	d.ID = id
	saved, err := c.guarded(o, id, func(ctx context.Context, w writer) ([]org.SaveResult, error) {
		return w.Update(ctx, []record.Draft{d}, c.writeOptions())
	})
	if err != nil {
		return err
	}
	return c.saved(o, saved[0], http.StatusNoContent)
}

// delete answers DELETE sobjects/Account/001….
func (c *call) delete() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	id, err := rowID(o, c.args[1])
	if err != nil {
		return err
	}
	return c.deleteRow(o, id)
}

func (c *call) deleteRow(o *catalog.Object, id record.ID) error {
	gone, err := c.guarded(o, id, func(ctx context.Context, w writer) ([]org.SaveResult, error) {
		return w.Delete(ctx, []record.ID{id}, c.writeOptions())
	})
	if err != nil {
		return err
	}
	if r := gone[0]; !r.OK() && r.Errors[0].Code == fault.InvalidCrossReferenceKey {
		c.faults(http.StatusNotFound, r.Errors...)
		return nil
	}
	return c.saved(o, gone[0], http.StatusNoContent)
}

// upsert answers PATCH sobjects/Account/Ext__c/value: before v46 an update has no body.
func (c *call) upsert() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	f := c.keyField(o, c.args[1])
	if f == nil {
		return badKey(c.args[1])
	}
	value := c.args[2]
	d, err := c.draft(o)
	if err != nil {
		return err
	}
	if f.Name == "Id" {
		if d.ID, err = rowID(o, value); err != nil {
			return err
		}
	} else {
		if sent, ok := d.Get(f.Name); ok && !sameText(sent.String(), value) {
			return fault.New(fault.InvalidField, "The %s field should not be specified in the sobject data.", f.Name).On(f.Name)
		}
		d.Set(f.Name, record.OfText(value))
	}
	if c.param("updateOnly") == "true" && f.Name != "Id" {
		if ids, err := c.find(o, f, value); err != nil || len(ids) == 0 {
			return orElse(err, notFound())
		}
	}
	saved, err := c.session.Upsert(c.r.Context(), f.Name, []record.Draft{d}, c.writeOptions())
	if err != nil {
		return err
	}
	r := saved[0]
	if !r.OK() || len(r.Matches) > 0 {
		return c.saved(o, r, http.StatusOK)
	}
	status := http.StatusOK
	switch {
	case r.Created:
		status = http.StatusCreated
	case c.version < 46:
		status = http.StatusNoContent
	}
	if err := c.saved(o, r, status); err != nil || status == http.StatusNoContent || c.version < 46 {
		return err
	}
	if c.xml {
		c.out = strconv.AppendBool(append(c.out[:len(c.out)-len("</Result>")], "<created>"...), r.Created)
		c.out = append(c.out, "</created></Result>"...)
		return nil
	}
	c.out = c.out[:len(c.out)-1]
	if r.Created {
		c.out = append(c.out, `,"created":true}`...)
	} else {
		c.out = append(c.out, `,"created":false}`...)
	}
	return nil
}

// sameText reports whether a value sent in the body is the one in the path, as keys are compared.
func sameText(sent, path string) bool {
	if strings.EqualFold(sent, path) {
		return true
	}
	a, as, ok := record.ParseDecimal(sent)
	b, bs, ok2 := record.ParseDecimal(path)
	return ok && ok2 && a == b && as == bs
}

// deleteByKey answers DELETE sobjects/Account/Ext__c/value.
func (c *call) deleteByKey() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	f := c.keyField(o, c.args[1])
	if f == nil {
		return badKey(c.args[1])
	}
	ids, err := c.find(o, f, c.args[2])
	switch {
	case err != nil:
		return err
	case len(ids) == 0:
		return notFound()
	case len(ids) > 1:
		return c.choices(o, ids)
	default:
		return c.deleteRow(o, ids[0])
	}
}

// beyond answers GET of what lies behind two words after the object: the row
// with a key (Ext__c/value), or what a record's relationships lead to (001…/Owner/Manager).
func (c *call) beyond() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	if f := c.keyField(o, c.args[1]); f != nil && len(c.args) == 3 {
		ids, err := c.find(o, f, c.args[2])
		switch {
		case err != nil:
			return err
		case len(ids) == 0:
			return notFound()
		case len(ids) > 1:
			return c.choices(o, ids)
		default:
			return c.record(o, ids[0])
		}
	}
	if f := o.Field(c.args[2]); f != nil && f.Type.Kind == record.Bytes && len(c.args) == 3 {
		return c.contentOf(o, f)
	}
	id, err := rowID(o, c.args[1])
	if err != nil {
		return err
	}
	for i, name := range c.args[2:] {
		if kids := o.Child(name); kids != nil && i == len(c.args)-3 {
			return c.childRows(kids, id)
		}
		if o, id, err = c.parent(o, id, name); err != nil {
			return err
		}
	}
	return c.record(o, id)
}

// parent follows a parent relationship of a record.
func (c *call) parent(o *catalog.Object, id record.ID, name string) (*catalog.Object, record.ID, error) {
	f := o.Relationship(name)
	if f == nil || !c.session.CanRead(f) {
		return nil, "", notFound()
	}
	res, err := c.session.Retrieve(c.r.Context(), o.Name, id, []string{f.Name})
	if err != nil {
		return nil, "", err
	}
	id = res.Get(0, f.Name).ID()
	o = c.session.Catalog().Of(id)
	if o == nil {
		return nil, "", notFound()
	}
	return o, id, nil
}

// childRows answers the children of a record as a query does.
func (c *call) childRows(kids *catalog.Relationship, id record.ID) error {
	o := c.session.Catalog().Object(kids.Object)
	if o == nil || !c.session.Rights(o).Read {
		return notFound()
	}
	fields := c.param("fields")
	if fields == "" {
		fields = c.readable(o)
	}
	return c.run("SELECT "+fields+" FROM "+o.Name+" WHERE "+kids.Field+" = "+quoted(string(id)), org.QueryOptions{})
}

// readable lists the fields of o that the user may read, for a SELECT.
func (c *call) readable(o *catalog.Object) string {
	var names []string
	for _, f := range o.Fields {
		if c.session.CanRead(f) {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, ",")
}

// find returns the ids of the records whose key field has a value.
func (c *call) find(o *catalog.Object, f *catalog.Field, value string) ([]record.ID, error) {
	if strings.ContainsRune(value, 0) {
		return nil, nil // no text holds it, and SOQL cannot say it
	}
	literal := quoted(value)
	if f.Type.Kind == record.Number {
		if _, _, ok := record.ParseDecimal(value); !ok {
			return nil, nil
		}
		literal = value
	}
	if f.Name == "Id" {
		id, err := rowID(o, value)
		return []record.ID{id}, err
	}
	res, err := c.session.Query(c.r.Context(), "SELECT Id FROM "+o.Name+" WHERE "+f.Name+" = "+literal, org.QueryOptions{})
	if err != nil {
		return nil, err
	}
	ids := make([]record.ID, res.Len())
	for i := range ids {
		ids[i] = res.ID(i)
	}
	return ids, nil
}

// quoted writes a text as a SOQL literal.
func quoted(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`).Replace(s) + "'"
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
