package org

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"stoa/internal/engine/catalog"
	"stoa/internal/engine/catalog/standard"
	"stoa/internal/engine/dml"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// A ListView is a saved way to look at an object's records: a row of ListView,
// which every query sees, private ones only those of who made them.
type ListView struct {
	ID     record.ID // "" for one that is new
	Object string    // API name of the object
	Name   string    // at most MaxListViewName letters
	// Definition holds filters, columns and order as the parameters of a list's address: f=Status:eq:New&sort=-CreatedDate.
	Definition string
	Public     bool // everybody sees it, else only who made it
}

// The most that a list view may hold, in letters: the lengths of its fields.
const (
	MaxListViewName       = 40
	MaxListViewDefinition = 4000
)

// SaveListView writes a list view and returns its id. One that is there already can be
// changed by who made it, and where it is public by who may set up the org.
func (s *Session) SaveListView(ctx context.Context, v ListView) (record.ID, error) {
	o := s.Catalog().Object(v.Object)
	if o == nil || !o.Queryable || !s.Rights(o).Read {
		return "", fault.New(fault.NotFound, "The requested resource does not exist")
	}
	v.Name = strings.TrimSpace(v.Name)
	if v.Name == "" {
		return "", fault.New(fault.RequiredFieldMissing, "Required fields are missing: [Name]").On("Name")
	}
	if utf8.RuneCountInString(v.Name) > MaxListViewName {
		return "", fault.New(fault.StringTooLong, "Name: data value too large: %s (max length=%d)", v.Name, MaxListViewName).On("Name")
	}
	if utf8.RuneCountInString(v.Definition) > MaxListViewDefinition {
		return "", fault.New(fault.StringTooLong, "Definition: data value too large (max length=%d)", MaxListViewDefinition).On("Definition")
	}
	d := record.Draft{Object: "ListView", ID: v.ID}
	visibility := "Private"
	if v.Public {
		visibility = "Public"
	}
	d.Set("Name", record.OfText(v.Name)).Set("Definition", record.OfText(v.Definition)).Set("Visibility", record.OfText(visibility))
	res, err := s.write(ctx, 1, func(tx *Tx) ([]SaveResult, error) {
		if v.ID != "" {
			if err := tx.mayChangeListView(ctx, v.ID, o.Name); err != nil {
				return nil, err
			}
			return tx.Update(ctx, []record.Draft{d}, WriteOptions{Seed: true})
		}
		name, err := tx.freeListViewName(ctx, o.Name, v.Name)
		if err != nil {
			return nil, err
		}
		d.Set("SobjectType", record.OfText(o.Name)).Set("DeveloperName", record.OfText(name)).Set("IsSoqlCompatible", record.OfBool(true))
		return tx.Insert(ctx, []record.Draft{d}, WriteOptions{Seed: true})
	})
	if err != nil {
		return "", err
	}
	if !res[0].OK() {
		return "", res[0].Errors[0]
	}
	return res[0].ID, nil
}

// DeleteListView removes a list view of an object for good; who may change one may delete it.
func (s *Session) DeleteListView(ctx context.Context, object string, id record.ID) error {
	res, err := s.write(ctx, 1, func(tx *Tx) ([]SaveResult, error) {
		if err := tx.mayChangeListView(ctx, id, object); err != nil {
			return nil, err
		}
		return tx.Delete(ctx, []record.ID{id}, WriteOptions{Seed: true})
	})
	if err == nil && !res[0].OK() {
		return res[0].Errors[0]
	}
	return err
}

// mayChangeListView refuses where the person may not change a list view, as if it were not there where the person may not see it.
func (t *Tx) mayChangeListView(ctx context.Context, id record.ID, object string) error {
	o := t.Catalog().Object(object)
	if o == nil || !record.IsID(string(id)) {
		return fault.New(fault.NotFound, "The requested resource does not exist")
	}
	res, err := t.Query(ctx, "SELECT CreatedById, Visibility FROM ListView WHERE Id = '"+string(id)+"' AND SobjectType = '"+o.Name+"'", QueryOptions{})
	s := t.unit.session
	switch {
	case err != nil:
		return err
	case res.Len() == 0:
		return fault.New(fault.NotFound, "The requested resource does not exist")
	case res.Get(0, "CreatedById").ID() == s.actor.User, res.Get(0, "Visibility").Text() == "Public" && s.Can("CustomizeApplication"):
		return nil
	default:
		return fault.New(fault.InsufficientAccess, "insufficient access rights on object id")
	}
}

// freeListViewName returns a DeveloperName made from a name that no list view of the object has yet, private ones of others included.
func (t *Tx) freeListViewName(ctx context.Context, object, name string) (string, error) {
	base := developerName(name)
	res, err := t.System().Query(ctx, "SELECT DeveloperName FROM ListView WHERE SobjectType = '"+object+"' AND DeveloperName LIKE '"+strings.ReplaceAll(base, "_", `\_`)+"%'", QueryOptions{})
	if err != nil {
		return "", err
	}
	taken := map[string]bool{}
	for i := range res.Len() {
		taken[record.Fold(res.Get(i, "DeveloperName").Text())] = true
	}
	free := base
	for n := 1; taken[record.Fold(free)]; n++ {
		free = base + "_" + strconv.Itoa(n)
	}
	return free, nil
}

// developerName keeps letters and digits of a name, one underscore between words; it begins with a letter.
func developerName(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9' && b.Len() > 0:
			if gap && b.Len() > 0 {
				b.WriteByte('_')
			}
			b.WriteRune(r)
			gap = false
		default:
			gap = true
		}
	}
	if b.Len() == 0 {
		return "View"
	}
	return b.String()
}

// beginListViews writes the list views that objects begin with, for those that have none.
func beginListViews(ctx context.Context, tx store.Tx, env *dml.Env, objects []*catalog.Object) error {
	o := env.Snapshot.Object("ListView")
	column := o.Field("SobjectType").Column
	p, err := store.Fetch(ctx, tx, store.NewSQL(tx.Dialect()).Raw("SELECT DISTINCT v.").Name(column).Raw(" FROM ").Table(o.Table).Raw(" v"), store.Out{Class: store.Text})
	if err != nil {
		return err
	}
	has := map[string]bool{}
	for i := range p.Len() {
		has[p.Value(i, 0).Text()] = true
	}
	var drafts []record.Draft
	for _, d := range standard.ListViews(objects...) {
		if object, _ := d.Get("SobjectType"); !has[object.Text()] {
			drafts = append(drafts, d)
		}
	}
	_, err = seed(ctx, tx, env, drafts)
	return err
}
