package dml

import (
	"context"
	"slices"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// Upsert inserts or updates by the value that each draft brings for the key field (Id or an external id).
func Upsert(ctx context.Context, tx store.Tx, env *Env, key string, drafts []record.Draft, opt Options) ([]Result, error) {
	opt.KeepIDs = false
	c := newCall(tx, env, len(drafts), opt)
	return c.finish(ctx, func() error {
		for at := indexes(len(drafts)); len(at) > 0; {
			n := 1
			for n < len(at) && strings.EqualFold(drafts[at[n]].Object, drafts[at[0]].Object) {
				n++
			}
			if err := c.upsert(ctx, key, drafts, at[:n]); err != nil {
				return err
			}
			at = at[n:]
		}
		return nil
	})
}

// upsert writes a run of drafts of one object: those with a new key are inserted, the others update the record that has it.
func (c *call) upsert(ctx context.Context, key string, drafts []record.Draft, at []int) error {
	o := c.env.Snapshot.Object(drafts[at[0]].Object)
	if o == nil {
		for _, i := range at {
			c.fail(i, notSupported(drafts[i].Object))
		}
		return nil
	}
	if key == "" || strings.EqualFold(key, "Id") {
		return c.upsertByID(ctx, drafts, at)
	}
	f := o.Field(key)
	if f == nil || !c.env.Access.CanRead(f) || f.Column == "" || !f.ExternalID && !f.IDLookup {
		for _, i := range at {
			c.fail(i, fault.New(fault.NotFound, "Provided external ID field does not exist or is not accessible: %s", key))
		}
		return nil
	}
	if c.env.veil(o).Hides(f) {
		for _, i := range at {
			c.fail(i, hidden(f.Name))
		}
		return nil
	}
	keyed, values := c.keys(f, drafts, at)
	for range maxRaces {
		c.lost = nil
		if err := c.upsertKeyed(ctx, o, f, drafts, keyed, values); err != nil || len(c.lost) == 0 {
			return err
		}
		// Somebody took these keys meanwhile: now they are found.
		var again []int
		var keys []record.Value
		for k, i := range keyed {
			if slices.Contains(c.lost, i) {
				again, keys = append(again, i), append(keys, values[k])
			}
		}
		keyed, values = again, keys
	}
	return store.ErrSerialization
}

// maxRaces is how often an upsert looks for keys again that others took, before it gives up.
const maxRaces = 5

func (c *call) upsertKeyed(ctx context.Context, o *catalog.Object, f *catalog.Field, drafts []record.Draft, keyed []int, values []record.Value) error {
	if len(keyed) == 0 {
		return nil
	}
	found, err := findByKey(ctx, c.tx, c.env, o, f, values)
	if err != nil {
		return err
	}
	drafts = slices.Clone(drafts) // the caller's stay as they are
	var inserts, updates []int
	for k, i := range keyed {
		switch ids := found[keyOf(f, values[k])]; len(ids) {
		case 0:
			drafts[i].ID = ""
			inserts = append(inserts, i)
		case 1:
			drafts[i].ID = ids[0]
			drafts[i].Fields = without(drafts[i].Fields, f, values[k], &c.opt)
			updates = append(updates, i)
		default:
			c.results[i].Matches = ids
			c.fail(i, fault.New(fault.DuplicateExternalID, "%s: more than one record found for external id field: [%s]", f.Name, joinIDs(ids)).On(f.Name))
		}
	}
	if err := c.saveInOrder(ctx, drafts, updates, false); err != nil {
		return err
	}
	c.key = f
	defer func() { c.key = nil }()
	return c.saveInOrder(ctx, drafts, inserts, true)
}

func (c *call) saveInOrder(ctx context.Context, drafts []record.Draft, at []int, insert bool) error {
	if c.opt.AllOrNone && c.failed() {
		return nil
	}
	return c.save(ctx, drafts, at, insert)
}

// keys returns the drafts that bring a key of their own, and the keys.
func (c *call) keys(f *catalog.Field, drafts []record.Draft, at []int) (keyed []int, values []record.Value) {
	seen := map[string]bool{}
	for _, i := range at {
		sent, _ := drafts[i].Get(f.Name)
		v, err := coerce(f, sent, &c.opt)
		switch {
		case err != nil:
			c.fail(i, err)
		case v.IsNull():
			c.fail(i, fault.New(fault.MissingArgument, "%s not specified", f.Name).On(f.Name))
		case seen[keyOf(f, v)]:
			c.fail(i, fault.New(fault.DuplicateValue, "Duplicate external id specified: %s", v).On(f.Name))
		default:
			seen[keyOf(f, v)] = true
			keyed, values = append(keyed, i), append(values, v)
		}
	}
	return keyed, values
}

// without returns the fields less the key, which the record has already: a key that only differs in letter case is no change.
func without(fields []record.DraftField, key *catalog.Field, v record.Value, opt *Options) []record.DraftField {
	kept := make([]record.DraftField, 0, len(fields))
	for _, d := range fields {
		if catalog.Fold(d.Name) == catalog.Fold(key.Name) {
			if same, err := coerce(key, d.Value, opt); err == nil && keyOf(key, same) == keyOf(key, v) {
				continue
			}
		}
		kept = append(kept, d)
	}
	return kept
}

// upsertByID inserts the drafts without an id and updates the others.
func (c *call) upsertByID(ctx context.Context, drafts []record.Draft, at []int) error {
	drafts = slices.Clone(drafts)
	var inserts, updates []int
	for _, i := range at {
		if drafts[i].ID == "" {
			if v, _ := drafts[i].Get("Id"); !v.IsNull() {
				id, err := record.ParseID(v.Text())
				if err != nil {
					c.fail(i, fault.New(fault.MalformedID, "%s ID: id value of incorrect type: %s", drafts[i].Object, v.Text()).On("Id"))
					continue
				}
				drafts[i].ID = id
			}
		}
		if drafts[i].ID == "" {
			inserts = append(inserts, i)
		} else {
			updates = append(updates, i)
		}
	}
	if err := c.saveInOrder(ctx, drafts, updates, false); err != nil {
		return err
	}
	return c.saveInOrder(ctx, drafts, inserts, true)
}
