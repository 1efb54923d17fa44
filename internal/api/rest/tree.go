package rest

import (
	"context"
	"errors"
	"net/http"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// mostTreeDepth is how many levels of records a tree may have. Source: the API's own limit, as mostRecords.
const mostTreeDepth = 5

// A branch is a record of a tree on its way into the engine.
type branch struct {
	reference string
	draft     record.Draft
	parent    int // position of the parent, -1 for none
	field     string
	saved     org.SaveResult
}

// A tree is records with their children, parents before children, as they were sent.
type tree struct {
	call     *call
	branches []branch
	levels   [][]int // positions by depth
	known    map[string]bool
}

// tree answers POST composite/tree/Account: nested records, all or none.
func (c *call) tree() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	n, err := c.body()
	if err != nil {
		return err
	}
	t := &tree{call: c, known: map[string]bool{}}
	if err := t.read(&n, o, -1, "", 0); err != nil {
		return err
	}
	failed := t.faulty()
	if !failed {
		undo := errors.New("undo")
		err := c.session.Do(c.r.Context(), func(ctx context.Context, tx *org.Tx) error {
			if err := t.plant(ctx, tx); err != nil {
				return err
			}
			if failed = t.faulty(); failed {
				return undo
			}
			return nil
		})
		if err != nil && !errors.Is(err, undo) {
			return err
		}
	}
	c.status = http.StatusCreated
	if failed {
		c.status = http.StatusBadRequest
	}
	c.out = t.append(c.out, failed)
	return nil
}

// read adds {"records":[…]} at a level.
func (t *tree) read(n *node, o *catalog.Object, parent int, field string, depth int) error {
	list := n.get("records")
	switch {
	case list == nil || list.kind != listNode:
		return fault.New(fault.MissingArgument, "records is required")
	case depth == mostTreeDepth:
		return fault.New(fault.LimitExceeded, "The tree is more than %d levels deep", mostTreeDepth)
	case len(t.branches)+len(list.items) > mostRecords:
		return tooMany(mostRecords)
	}
	if depth == len(t.levels) {
		t.levels = append(t.levels, nil)
	}
	for i := range list.items {
		if err := t.record(&list.items[i], o, parent, field, depth); err != nil {
			return err
		}
	}
	return nil
}

// record adds one record and then its children. What is wrong with the record is its own result.
func (t *tree) record(n *node, o *catalog.Object, parent int, field string, depth int) error {
	if n.kind != objectNode {
		return fault.New(fault.JSONParserError, "Cannot deserialize a record from %s", n.noun())
	}
	b := branch{parent: parent, field: field}
	kind := ""
	if a := n.get("attributes"); a != nil {
		b.reference, kind = a.str("referenceId"), a.str("type")
	}
	switch named := t.call.session.Catalog().Object(kind); {
	case b.reference == "":
		b.fail(fault.New(fault.MissingArgument, "Include a reference ID for each record"))
	case t.known[b.reference]:
		b.fail(fault.New(fault.DuplicateValue, "Duplicate ReferenceId provided in the request: %s", b.reference))
	case kind == "":
		b.fail(fault.New(fault.InvalidType, "attributes.type is required"))
	case named != o:
		b.fail(fault.New(fault.InvalidType, "The record is of %s where the tree has %s", kind, o.Name))
	}
	t.known[b.reference] = true
	own := node{kind: objectNode}
	type bough struct {
		kids *catalog.Relationship
		node *node
	}
	var boughs []bough
	for i := range n.members {
		m := &n.members[i]
		if kids := o.Child(m.name); kids != nil && m.value.kind == objectNode && m.value.get("records") != nil {
			boughs = append(boughs, bough{kids, &m.value})
			continue
		}
		own.members = append(own.members, *m)
	}
	d, err := draftOf(&own, o.Name)
	if err != nil {
		b.fail(fault.From(err))
	}
	if b.draft = d; !t.call.writeOptions().KeepIDs {
		b.draft.ID = "" // the engine gives ids
	}
	at := len(t.branches)
	t.branches = append(t.branches, b)
	t.levels[depth] = append(t.levels[depth], at)
	for _, g := range boughs {
		object := t.call.session.Catalog().Object(g.kids.Object)
		if object == nil || !t.call.session.Rights(object).Read {
			return fault.New(fault.InvalidType, "sObject type '%s' is not supported.", g.kids.Object)
		}
		if err := t.read(g.node, object, at, g.kids.Field, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (b *branch) fail(f *fault.Error) { b.saved.Errors = append(b.saved.Errors, f) }

func (t *tree) faulty() bool {
	for i := range t.branches {
		if !t.branches[i].saved.OK() {
			return true
		}
	}
	return false
}

// plant inserts the tree level by level, and stops after the first that has a fault.
func (t *tree) plant(ctx context.Context, tx *org.Tx) error {
	for _, level := range t.levels {
		drafts := make([]record.Draft, len(level))
		for i, at := range level {
			b := &t.branches[at]
			drafts[i] = b.draft
			if b.parent >= 0 {
				fields := make([]record.DraftField, 0, len(b.draft.Fields)+1)
				drafts[i].Fields = append(fields, b.draft.Fields...)
				drafts[i].Set(b.field, record.OfID(t.branches[b.parent].saved.ID))
			}
		}
		saved, err := tx.Insert(ctx, drafts, t.call.writeOptions())
		if err != nil {
			return err
		}
		bad := false
		for i, at := range level {
			t.branches[at].saved = saved[i]
			bad = bad || !saved[i].OK()
		}
		if bad {
			return nil
		}
	}
	return nil
}

// append writes the results: ids of all records, or the errors of those that failed.
func (t *tree) append(dst []byte, failed bool) []byte {
	dst = append(dst, `{"hasErrors":false,"results":[`...)
	if failed {
		dst = append(dst[:len(dst)-len(`false,"results":[`)], `true,"results":[`...)
	}
	sep := ""
	for i := range t.branches {
		b := &t.branches[i]
		if failed && b.saved.OK() {
			continue
		}
		dst = append(append(dst, sep...), `{"referenceId":`...)
		dst, sep = record.AppendJSON(dst, []byte(b.reference)), ","
		if failed {
			dst = append(appendErrors(append(dst, `,"errors":`...), b.saved.Errors, "statusCode"), '}')
		} else {
			dst = append(append(append(dst, `,"id":"`...), b.saved.ID...), `"}`...)
		}
	}
	return append(dst, "]}"...)
}
