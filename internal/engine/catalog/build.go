package catalog

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"stoa/internal/record"
)

// definitions are what an org added and changed, dropped ones included. They do not change once a snapshot has them.
type definitions struct {
	objects map[string]*ObjectDef // by folded name
	fields  map[string]*FieldDef  // by folded key
	indexes map[string]*IndexDef  // by folded key

	categories map[string]*CategoryGroup // by folded name
}

func newDefinitions() *definitions {
	return &definitions{
		objects: map[string]*ObjectDef{}, fields: map[string]*FieldDef{}, indexes: map[string]*IndexDef{}, categories: map[string]*CategoryGroup{},
	}
}

func (d *definitions) clone() *definitions {
	return &definitions{objects: maps.Clone(d.objects), fields: maps.Clone(d.fields), indexes: maps.Clone(d.indexes), categories: maps.Clone(d.categories)}
}

// sortedFields returns the definitions that are not dropped, by object and in the order they were made.
func (d *definitions) sortedFields() []*FieldDef {
	all := make([]*FieldDef, 0, len(d.fields))
	for _, f := range d.fields {
		if !f.Dropped {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b *FieldDef) int {
		return cmp.Or(cmp.Compare(Fold(a.Object), Fold(b.Object)), cmp.Compare(a.Order, b.Order), cmp.Compare(Fold(a.Name), Fold(b.Name)))
	})
	return all
}

func (d *definitions) sortedObjects() []*ObjectDef {
	all := make([]*ObjectDef, 0, len(d.objects))
	for _, o := range d.objects {
		if !o.Dropped {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b *ObjectDef) int { return cmp.Compare(Fold(a.Name), Fold(b.Name)) })
	return all
}

// A builder makes a snapshot out of what the platform ships and what an org
// defined. Objects that the org did not touch are those of the base itself.
type builder struct {
	*Snapshot
	owned map[string]*Object // by folded name: objects that belong to the new snapshot alone
}

// build makes a snapshot of a base and definitions that were checked.
func build(base *Snapshot, defs *definitions, version int64) (*Snapshot, error) {
	b := &builder{
		Snapshot: &Snapshot{Version: version, base: base, defs: defs, byName: maps.Clone(base.byName)},
		owned:    map[string]*Object{},
	}
	for _, d := range defs.sortedObjects() {
		if isCustom(d.Name) {
			b.add(newObject(d))
		} else if o := b.own(b.byName[Fold(d.Name)]); o != nil {
			d.override(o)
		}
	}
	fields := defs.sortedFields()
	for _, d := range fields {
		o := b.own(b.byName[Fold(d.Object)])
		switch {
		case o == nil: // of an object that this version of the platform no longer ships
		case d.Type != "":
			o.Fields = append(o.Fields, newFields(d, o)...)
		default:
			d.override(o)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(defs.indexes)) {
		d := defs.indexes[key]
		if o := b.own(b.byName[Fold(d.Object)]); o != nil && !d.Dropped {
			o.Indexes = append(o.Indexes, d)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.owned)) {
		o := b.owned[name]
		if o.Custom {
			settleMasters(o)
			b.open(o, defs.objects[name])
		}
		if d := defs.objects[name]; d != nil && len(d.RecordTypes) > 0 {
			d.setRecordTypes(o)
		}
		o.finish()
	}
	for _, name := range slices.Sorted(maps.Keys(b.owned)) {
		for _, c := range companions(b.owned[name]) {
			if b.byName[Fold(c.Name)] == nil && c.KeyPrefix != "" {
				b.add(c)
				c.finish()
			}
		}
	}
	b.objects = slices.Collect(maps.Values(b.byName))
	if err := b.index(); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(b.owned)) {
		for _, f := range b.owned[name].Fields {
			if err := b.relate(f, b.own); err != nil {
				return nil, err
			}
		}
	}
	for _, o := range b.owned {
		o.indexChildren()
	}
	b.objects = slices.Collect(maps.Values(b.byName)) // own has replaced some
	return b.Snapshot, b.index()
}

func (b *builder) add(o *Object) {
	b.byName[Fold(o.Name)], b.owned[Fold(o.Name)] = o, o
}

// own returns the object that takes o's place in the new snapshot and may be changed.
func (b *builder) own(o *Object) *Object {
	if o == nil {
		return nil
	}
	if mine := b.owned[Fold(o.Name)]; mine != nil {
		return mine
	}
	c := *o
	c.Fields = make([]*Field, len(o.Fields))
	fields := make([]Field, len(o.Fields))
	for i, f := range o.Fields {
		fields[i] = *f
		fields[i].Parts = slices.Clone(f.Parts)
		fields[i].ReferenceTo = slices.Clone(f.ReferenceTo)
		c.Fields[i] = &fields[i]
	}
	c.Children, c.Indexes = slices.Clone(o.Children), slices.Clone(o.Indexes)
	c.finish()
	b.add(&c)
	if b.byPrefix != nil && c.KeyPrefix != "" {
		b.byPrefix[c.KeyPrefix] = &c
	}
	return &c
}

// openReferences are the polymorphic references that may point to any custom object,
// with the name of the child relationship that this makes.
var openReferences = []struct {
	object, field, children string
	activity                bool // only where the object has activities
}{
	{"Task", "WhatId", "Tasks", true},
	{"Event", "WhatId", "Events", true},
	{"EmailMessage", "RelatedToId", "Emails", true},
	{"Attachment", "ParentId", "Attachments", false},
	{"ContentDocumentLink", "LinkedEntityId", "ContentDocumentLinks", false},
	{"ContentVersion", "FirstPublishLocationId", "", false},
	{"EntitySubscription", "ParentId", "FeedSubscriptionsForEntity", false},
	{"FeedItem", "ParentId", "", false},
	{"FeedComment", "ParentId", "", false},
	{"Note", "ParentId", "Notes", false},
	{"ProcessInstance", "TargetObjectId", "ProcessInstances", false},
	{"TopicAssignment", "EntityId", "TopicAssignments", false},
}

// open lets the references of activities, files, feeds and the like point to a custom object.
func (b *builder) open(o *Object, d *ObjectDef) {
	if d == nil || family(o.Name) != customObject || o.CustomSetting {
		return
	}
	for _, r := range openReferences {
		if r.activity && (d.Activities == nil || !*d.Activities) {
			continue
		}
		child := b.own(b.byName[Fold(r.object)])
		if child == nil {
			continue
		}
		f := child.Field(r.field)
		f.ReferenceTo = append(f.ReferenceTo, o.Name)
		slices.Sort(f.ReferenceTo)
		o.Children = append(o.Children, &Relationship{Object: r.object, Field: r.field, Name: r.children, CascadeDelete: true})
	}
}

// override changes what d says of a standard object.
func (d *ObjectDef) override(o *Object) {
	set := func(to *string, v string) {
		if v != "" {
			*to = v
		}
	}
	set(&o.Label, d.Label)
	set(&o.LabelPlural, d.LabelPlural)
	set(&o.Description, d.Description)
	set(&o.SharingModel, d.SharingModel)
	set(&o.ExternalSharingModel, d.ExternalSharingModel)
	if d.Person != nil {
		o.Person = *d.Person
	}
	if d.Search != nil {
		o.Searchable = *d.Search
	}
}

func (d *ObjectDef) setRecordTypes(o *Object) {
	o.RecordTypes = nil
	for _, r := range d.RecordTypes {
		o.RecordTypes = append(o.RecordTypes, RecordType{
			ID: r.ID, Name: r.Label, DeveloperName: r.Name, Description: r.Description, Active: !r.Inactive, Values: r.Values, Defaults: r.Defaults,
		})
	}
	if o.byName[Fold("RecordTypeId")] == nil && !slices.ContainsFunc(o.Fields, func(f *Field) bool { return f.Name == "RecordTypeId" }) {
		f := reference("RecordTypeId", "Record Type ID", "RecordType", "RecordType")
		f.Nillable, f.Createable, f.Updateable = true, true, true
		at := slices.IndexFunc(o.Fields, func(f *Field) bool { return f.Name == "CreatedDate" })
		o.Fields = slices.Insert(o.Fields, max(at, 0), f)
	}
	o.RecordTypeable = true
}

// override changes what d says of a field of a standard object.
func (d *FieldDef) override(o *Object) {
	i := slices.IndexFunc(o.Fields, func(f *Field) bool { return Fold(f.Name) == Fold(d.Name) })
	if i < 0 {
		return
	}
	f := o.Fields[i]
	if d.Label != "" {
		f.Label = d.Label
	}
	if d.Help != "" {
		f.Help = d.Help
	}
	if d.Description != "" {
		f.Description = d.Description
	}
	f.TrackHistory = d.TrackHistory
	if len(d.Values) > 0 {
		f.Default, f.Restricted = record.Value{}, f.Restricted || d.Restricted
		f.setValues(d)
	}
	if d.DisplayFormat != "" && f.AutoNumber {
		f.DisplayFormat = d.DisplayFormat
	}
}

// setValues gives f the values that d lists, and the default among them.
func (f *Field) setValues(d *FieldDef) {
	f.Values = make([]PicklistValue, len(d.Values))
	f.Controller = d.Controller
	for i, v := range d.Values {
		label := v.Label
		if label == "" {
			label = v.Value
		}
		f.Values[i] = PicklistValue{Value: v.Value, Label: label, Active: !v.Inactive, Default: v.Default, controlling: v.Controlling}
		if v.Default && !v.Inactive {
			f.Default = record.OfText(v.Value)
		}
	}
}

// settleMasters gives a custom object what follows from its master-details:
// the first is the primary one, which decides who sees the record.
func settleMasters(o *Object) {
	var masters []*Field
	for _, f := range o.Fields {
		if f.MasterDetail {
			masters = append(masters, f)
		}
	}
	if len(masters) == 0 {
		return
	}
	slices.SortStableFunc(masters, func(a, b *Field) int { return cmp.Compare(a.MasterOrder, b.MasterOrder) })
	for i, f := range masters {
		f.MasterOrder = i
	}
	o.SharingModel, o.SharingParent, o.ExternalSharingModel, o.ShareObject = "ControlledByParent", masters[0].Name, "ControlledByParent", false
	o.Queueable = false
	o.Fields = slices.DeleteFunc(o.Fields, func(f *Field) bool { return f.Name == "OwnerId" })
}

// suffixed replaces the suffix of a custom name: Parent__c, __r gives Parent__r.
func suffixed(name, suffix string) string {
	if base, ok := strings.CutSuffix(name, "__c"); ok {
		return base + suffix
	}
	return name + suffix
}
