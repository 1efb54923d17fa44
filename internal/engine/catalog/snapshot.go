package catalog

import (
	"cmp"
	"fmt"
	"slices"

	"stoa/internal/record"
)

// New makes a snapshot of what the platform ships. Each object brings its
// fields and those child relationships that differ from what its fields say;
// the rest is derived: companions, part fields, name fields, columns, tables
// and the child relationships of every reference. The objects belong to the snapshot afterwards.
func New(objects []*Object) (*Snapshot, error) {
	s := &Snapshot{Version: 1, objects: objects, defs: newDefinitions()}
	for _, o := range objects {
		o.alias = o.Table != "" && o.Table != o.Name
		o.finish()
	}
	if err := s.index(); err != nil {
		return nil, err
	}
	for _, o := range objects {
		for _, c := range companions(o) {
			if s.byName[Fold(c.Name)] == nil {
				c.finish()
				s.objects = append(s.objects, c)
			}
		}
	}
	if err := s.index(); err != nil {
		return nil, err
	}
	for _, o := range s.objects {
		for _, f := range o.Fields {
			if err := s.relate(f, nil); err != nil {
				return nil, err
			}
		}
	}
	for _, o := range s.objects {
		o.indexChildren()
	}
	return s, nil
}

// index sorts the objects and makes the maps over them.
func (s *Snapshot) index() error {
	slices.SortFunc(s.objects, func(a, b *Object) int { return cmp.Compare(Fold(a.Name), Fold(b.Name)) })
	s.byName = make(map[string]*Object, len(s.objects))
	s.byPrefix = make(map[string]*Object, len(s.objects))
	for _, o := range s.objects {
		if s.byName[Fold(o.Name)] != nil {
			return fmt.Errorf("catalog: two objects are named %s", o.Name)
		}
		s.byName[Fold(o.Name)] = o
		if o.KeyPrefix == "" {
			continue
		}
		if other := s.byPrefix[o.KeyPrefix]; other != nil {
			return fmt.Errorf("catalog: %s and %s have the key prefix %s", other.Name, o.Name, o.KeyPrefix)
		}
		s.byPrefix[o.KeyPrefix] = o
	}
	return nil
}

// relate adds the child relationship of reference f to each object it points
// to, unless that object has one for it already. own, where not nil, returns
// the copy of an object that may be changed.
func (s *Snapshot) relate(f *Field, own func(*Object) *Object) error {
	for _, target := range f.ReferenceTo {
		parent := s.byName[Fold(target)]
		if parent == nil {
			return fmt.Errorf("catalog: %s.%s points to %s, which does not exist", f.Object.Name, f.Name, target)
		}
		known := slices.ContainsFunc(parent.Children, func(r *Relationship) bool {
			return r.Object == f.Object.Name && r.Field == f.Name
		})
		if known {
			continue
		}
		if own != nil {
			parent = own(parent)
		}
		parent.Children = append(parent.Children, &Relationship{
			Name: f.ChildRelationshipName, Object: f.Object.Name, Field: f.Name,
			CascadeDelete: f.CascadeDelete || f.MasterDetail, RestrictedDelete: f.RestrictedDelete,
		})
	}
	return nil
}

// finish derives what an object's fields leave open and makes the maps over them.
func (o *Object) finish() {
	if o.Table == "" && o.Queryable && o.KeyPrefix != "" && !o.Virtual {
		o.Table = o.Name
	}
	o.byName = make(map[string]*Field, len(o.Fields))
	o.byRel = make(map[string]*Field, 8)
	o.NameField = nil
	for _, f := range o.Fields {
		f.Object = o
		o.byName[Fold(f.Name)] = f
		if f.RelationshipName != "" {
			o.byRel[Fold(f.RelationshipName)] = f
		}
		if f.IsName {
			o.NameField = f
		}
		f.finish()
	}
	for _, f := range o.Fields {
		if f.Compound == "" {
			continue
		}
		if c := o.byName[Fold(f.Compound)]; c != nil && !slices.Contains(c.Parts, f.Name) {
			c.Parts = append(c.Parts, f.Name)
		}
	}
	for _, f := range o.Fields {
		if len(f.Parts) > 1 {
			f.sortParts()
		}
		if f.Controller != "" {
			f.setValidFor()
		}
	}
}

// finish derives what f's definition leaves open.
func (f *Field) finish() {
	t := f.Type
	if f.Column == "" && !t.Compound && f.Path == "" && f.Object.Table != "" && !f.PerUser() {
		f.Column = f.Name
	}
	if t == &Boolean {
		f.Nillable = false
		if f.Default.IsNull() {
			f.Default = record.OfBool(false)
		}
	}
	if t == &ID || t == &Reference {
		f.Length = 18
	}
	if t == &ID {
		f.IDLookup = true
	}
	f.Filterable = t.Filterable && f.Deny&NoFilter == 0
	f.Sortable = t.Sortable && f.Deny&NoSort == 0
	f.Groupable = t.Groupable && f.Deny&NoGroup == 0
	f.Aggregatable = t.Aggregatable && f.Deny&NoAggregate == 0
	f.DefaultedOnCreate = f.DefaultedOnCreate || t == &Boolean || t == &ID || f.AutoNumber || !f.Default.IsNull() ||
		f.Name == "OwnerId" || systemFields[f.Name]
	f.Required = f.Required || !f.Nillable && f.Createable && !f.DefaultedOnCreate && !f.Calculated
	f.Permissionable = !f.Object.Setup && f.Object.Companion == NoCompanion && !f.System() && !f.Required && !f.IsName && !f.MasterDetail &&
		t != &ID && f.Name != "OwnerId" && f.Compound != "Name" && f.Name != "RecordTypeId"
}

// systemFields are the fields that the platform keeps in every object that has them.
var systemFields = map[string]bool{
	"Id": true, "IsDeleted": true, "CreatedDate": true, "CreatedById": true, "LastModifiedDate": true,
	"LastModifiedById": true, "SystemModstamp": true, "LastViewedDate": true, "LastReferencedDate": true,
	"LastActivityDate": true, "MasterRecordId": true,
}

// System reports whether the platform keeps f and no client writes it, such as CreatedDate.
func (f *Field) System() bool { return systemFields[f.Name] }

// PerUser reports whether f's value depends on who asks, so that no column keeps it: LastViewedDate and LastReferencedDate.
func (f *Field) PerUser() bool { return f.Name == "LastViewedDate" || f.Name == "LastReferencedDate" }

// partOrder is the order in which a compound value lists its parts, by how their names end.
var partOrder = []string{
	"Street", "City", "State", "PostalCode", "Country", "StateCode", "CountryCode", "Latitude", "Longitude", "GeocodeAccuracy",
	"Salutation", "FirstName", "MiddleName", "LastName", "Suffix", "Latitude__s", "Longitude__s",
}

func (f *Field) sortParts() {
	rank := func(name string) int {
		for i, end := range partOrder {
			if len(name) >= len(end) && name[len(name)-len(end):] == end {
				return i
			}
		}
		return len(partOrder)
	}
	slices.SortStableFunc(f.Parts, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
}

// indexChildren orders the child relationships and makes the map over them.
func (o *Object) indexChildren() {
	slices.SortFunc(o.Children, func(a, b *Relationship) int {
		return cmp.Or(cmp.Compare(Fold(a.Object), Fold(b.Object)), cmp.Compare(Fold(a.Field), Fold(b.Field)))
	})
	o.kids = make(map[string]*Relationship, len(o.Children))
	for _, r := range o.Children {
		if r.Name != "" && o.kids[Fold(r.Name)] == nil {
			o.kids[Fold(r.Name)] = r
		}
	}
}
