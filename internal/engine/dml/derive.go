package dml

import (
	"context"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// derive computes what the platform itself sets from the rest of a record.
func derive(ctx context.Context, b *Batch) error {
	if b.opt.Seed {
		return nil
	}
	b.composeNames()
	b.checkPlaces()
	switch b.Object.Name {
	case "Case":
		return deriveCase(ctx, b)
	case "Opportunity":
		return deriveOpportunity(ctx, b)
	case "Task":
		return deriveTask(ctx, b)
	case "Event":
		return deriveEvent(ctx, b)
	case "User":
		return deriveUser(ctx, b)
	case "Attachment":
		return deriveAttachment(b)
	case "ContentVersion":
		return deriveVersion(ctx, b)
	case "PermissionSet", "PermissionSetAssignment", "ObjectPermissions", "FieldPermissions":
		return derivePermissions(b)
	}
	if strings.HasSuffix(b.Object.Name, "__DataCategorySelection") {
		return deriveCategory(b)
	}
	return nil
}

// companions writes the rows of other objects that a record brings along.
func companions(ctx context.Context, b *Batch) error {
	if b.opt.Seed {
		return nil
	}
	switch b.Object.Name {
	case "Case":
		return caseComments(ctx, b)
	case "Opportunity":
		return opportunityContacts(ctx, b)
	case "ContentVersion":
		return documents(ctx, b)
	case "Profile", "PermissionSet":
		return mirrorPermissions(ctx, b)
	default:
		return nil
	}
}

// bring writes drafts of another object as part of the batch, as if a client had sent them; plant writes them as they are.
func (b *Batch) bring(ctx context.Context, drafts []record.Draft) error {
	return b.insert(ctx, drafts, Options{})
}

func (b *Batch) plant(ctx context.Context, drafts []record.Draft) error {
	return b.insert(ctx, drafts, Options{Seed: true, KeepIDs: true})
}

func (b *Batch) insert(ctx context.Context, drafts []record.Draft, opt Options) error {
	if len(drafts) == 0 {
		return nil
	}
	res, err := Insert(ctx, b.Tx, systemEnv(b.Env), drafts, opt)
	if err != nil {
		return err
	}
	for _, r := range res {
		if !r.OK() {
			return r.Errors[0]
		}
	}
	return nil
}

// nameParts are the parts of a person's name in the order of reading.
var nameParts = []string{"FirstName", "MiddleName", "LastName", "Suffix"}

// composeNames puts people's names together: first, middle, last, suffix.
func (b *Batch) composeNames() {
	f := b.Object.NameField
	if f == nil || b.Field("LastName") == nil || b.Field(f.Name) == nil || f.Name != "Name" {
		return
	}
	for _, r := range b.Rows {
		parts := make([]string, 0, len(nameParts))
		for _, p := range nameParts {
			if v := r.get(p); !v.IsNull() {
				parts = append(parts, v.Text())
			}
		}
		r.set("Name", record.OfText(cut(strings.Join(parts, " "), max(f.Length, 121))))
	}
}

// checkPlaces refuses places with a latitude and no longitude, or the other way round.
func (b *Batch) checkPlaces() {
	for _, f := range b.Object.Fields {
		if f.Type != &catalog.Location || len(f.Parts) != 2 {
			continue
		}
		lat, lon := b.Field(f.Parts[0]), b.Field(f.Parts[1])
		if lat == nil || lon == nil {
			continue
		}
		for _, r := range b.Rows {
			if r.Get(lat).IsNull() != r.Get(lon).IsNull() {
				r.Fail(fault.New(fault.FieldIntegrity, "%s: latitude and longitude go together", f.Label).On(lat.Name, lon.Name))
			}
		}
	}
	b.drop()
}

// statuses returns the rows of an object that are the values of a status picklist, such as CaseStatus: the named fields,
// the same in every call for it, by folded API name. Such rows are written by a change of the catalog alone, so they are read once for each.
func statuses(ctx context.Context, b *Batch, object string, fields ...string) (map[string][]record.Value, error) {
	o := b.Env.Snapshot.Object(object)
	if o == nil || o.Table == "" {
		return nil, nil
	}
	if by, ok := b.Env.known.statuses.Load(object); ok {
		return by.(map[string][]record.Value), nil
	}
	name := o.Field("ApiName")
	q := store.NewSQL(b.Tx.Dialect()).Raw("SELECT ").Name(name.Column)
	out := []store.Out{outOf(name.StoreColumn())}
	for _, n := range fields {
		c := o.Field(n).StoreColumn()
		q.Raw(", ").Name(c.Name)
		out = append(out, outOf(c))
	}
	page, err := store.Fetch(ctx, b.Tx, q.Raw(" FROM ").Table(o.Table), out...)
	if err != nil {
		return nil, err
	}
	by := make(map[string][]record.Value, page.Len())
	for i := range page.Len() {
		values := make([]record.Value, len(fields))
		for c := range fields {
			values[c] = page.Value(i, c+1)
		}
		by[record.Fold(page.Value(i, 0).Text())] = values
	}
	b.Env.known.statuses.Store(object, by)
	return by, nil
}

// anyChanged reports whether a record of the batch is new or changes one of the named fields.
func (b *Batch) anyChanged(names ...string) bool {
	for _, n := range names {
		f := b.Field(n)
		if f == nil {
			continue
		}
		for _, r := range b.Rows {
			if r.Changed(f) {
				return true
			}
		}
	}
	return false
}

// parentValues reads one field of the parents that the batch's records have in a reference field.
func (b *Batch) parentValues(ctx context.Context, rows []*Row, reference, object, field string) (map[record.ID]record.Value, error) {
	o := b.Env.Snapshot.Object(object)
	ref := b.Field(reference)
	if o == nil || ref == nil || o.Field(field) == nil || o.Field(field).Column == "" {
		return nil, nil
	}
	var ids []record.ID
	for _, r := range rows {
		if id := r.Get(ref).ID(); id != "" && id.Prefix() == o.KeyPrefix {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return valuesOf(ctx, b.Tx, o, o.Field(field), distinct(ids))
}

// valuesOf reads one field of some records.
func valuesOf(ctx context.Context, tx store.Tx, o *catalog.Object, f *catalog.Field, ids []record.ID) (map[record.ID]record.Value, error) {
	id, col := o.Field("Id").StoreColumn(), f.StoreColumn()
	q := store.NewSQL(tx.Dialect()).Raw("SELECT ").Name(id.Name).Raw(", ").Name(col.Name).Raw(" FROM ").Table(o.Table).Raw(" WHERE ").Name(id.Name).In(ids)
	page, err := store.Fetch(ctx, tx, q, outOf(id), outOf(col))
	if err != nil {
		return nil, err
	}
	by := make(map[record.ID]record.Value, page.Len())
	for i := range page.Len() {
		by[page.ID(i, 0)] = page.Value(i, 1)
	}
	return by, nil
}
