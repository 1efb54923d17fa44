package catalog

import (
	"fmt"
	"slices"
	"strings"

	"stoa/internal/fault"
	"stoa/internal/record"
)

// Limits of an object. Source: the platform's own limits.
const (
	maxFields        = 800
	maxMasters       = 2
	maxMasterDepth   = 3
	maxRelationships = 40
	maxExternalIDs   = 25
	maxTracked       = 20
	maxName          = 40
	maxLabel         = 40
	maxFieldLabel    = 40
	maxHelp          = 510
	maxDescription   = 1000
)

// A Change is one thing that an org wants otherwise; exactly one member is set.
type Change struct {
	Object *ObjectDef // make or change an object
	Field  *FieldDef  // make or change a field
	Index  *IndexDef  // make or change an index
	// Categories makes a group of data categories, or puts it in the place of the one of its name.
	Categories *CategoryGroup
	Drop       string // drop a custom object (Position__c), a custom field (Position__c.Grade__c) or an index (Position__c.By_Grade)
	New        bool   // refuse the change where the object or field exists already
}

// A Rejection says which of several changes cannot be made. Its cause is a *fault.Error.
type Rejection struct {
	Index int // in the changes given to With
	Cause error
}

func (r *Rejection) Error() string { return r.Cause.Error() }
func (r *Rejection) Unwrap() error { return r.Cause }

// With returns the snapshot that the changes make of s, in their order; they
// may refer to each other. A change that cannot be made refuses them all, as a
// *Rejection whose cause is a *fault.Error. The definitions belong to the snapshot afterwards.
func (s *Snapshot) With(changes ...Change) (*Snapshot, error) {
	base := s
	if s.base != nil {
		base = s.base
	}
	e := &editor{base: base, defs: s.defs.clone()}
	for i, c := range changes {
		if err := e.apply(c); err != nil {
			return nil, &Rejection{i, err}
		}
	}
	for i, c := range changes {
		if err := e.resolve(c); err != nil {
			return nil, &Rejection{i, err}
		}
	}
	next, err := build(base, e.defs, s.Version+1)
	if err != nil {
		return nil, err
	}
	for i, c := range changes {
		if err := next.check(c); err != nil {
			return nil, &Rejection{i, err}
		}
	}
	return next, nil
}

// An editor applies changes to a copy of an org's definitions.
type editor struct {
	base *Snapshot
	defs *definitions
}

func (e *editor) apply(c Change) error {
	switch {
	case c.Object != nil && c.New && e.object(c.Object.Name) != "":
		return fault.New(fault.DuplicateDeveloperName, "There is already a Custom Object named %s.", c.Object.Name)
	case c.Object != nil:
		return e.putObject(c.Object)
	case c.Field != nil && c.New && e.hasField(c.Field):
		return fault.New(fault.DuplicateDeveloperName, "There is already a field named %s on %s.", strings.TrimSuffix(c.Field.Name, "__c"), c.Field.Object).On(c.Field.Name)
	case c.Field != nil:
		return e.putField(c.Field)
	case c.Categories != nil:
		return e.putCategories(c.Categories)
	case c.Index != nil:
		return e.putIndex(c.Index)
	case e.defs.indexes[Fold(c.Drop)] != nil:
		return e.dropIndex(c.Drop)
	case strings.Contains(c.Drop, "."):
		return e.dropField(c.Drop)
	case c.Drop != "":
		return e.dropObject(c.Drop)
	default:
		return fmt.Errorf("catalog: empty change")
	}
}

// object returns the canonical name of an object that exists, "" if there is none.
func (e *editor) object(name string) string {
	if d := e.defs.objects[Fold(name)]; d != nil && isCustom(name) {
		if d.Dropped {
			return ""
		}
		return d.Name
	}
	if o := e.base.Object(name); o != nil {
		return o.Name
	}
	return ""
}

func (e *editor) hasField(d *FieldDef) bool {
	if o := e.base.Object(d.Object); o != nil && o.Field(d.Name) != nil {
		return true
	}
	old := e.defs.fields[Fold(d.Key())]
	return old != nil && !old.Dropped
}

func (e *editor) putObject(given *ObjectDef) error {
	d := *given
	d.Name = lowerSuffix(d.Name)
	old := e.defs.objects[Fold(d.Name)]
	if !isCustom(d.Name) {
		o := e.base.Object(d.Name)
		if o == nil {
			return fault.New(fault.InvalidType, "sObject type '%s' is not supported.", d.Name)
		}
		if flag(d.History, false) && !o.History || flag(d.Feed, false) && !o.Feed {
			return fault.New(fault.FieldIntegrity, "History and feeds cannot be enabled for %s", o.Name)
		}
		d.Name = o.Name
		e.defs.objects[Fold(d.Name)] = &d
		return checkSharing(&d)
	}
	if err := checkObject(&d); err != nil {
		return err
	}
	switch {
	case old == nil:
		d.KeyPrefix, d.Generation = e.nextPrefix(d.Name), 0
	case old.Dropped:
		d.KeyPrefix, d.Generation = e.nextPrefix(d.Name), old.Generation+1
	default:
		d.Name, d.KeyPrefix, d.Generation = old.Name, old.KeyPrefix, old.Generation
		if old.CustomSetting != d.CustomSetting {
			return fault.New(fault.FieldIntegrity, "Cannot change the custom settings type of %s", d.Name)
		}
	}
	if d.KeyPrefix == "" && family(d.Name) != platformEvent {
		return fault.New(fault.LimitExceeded, "Maximum number of custom objects reached")
	}
	d.Dropped = false
	e.defs.objects[Fold(d.Name)] = &d
	return nil
}

// nextPrefix returns the key prefix after the last one that a custom object of the same nature got: a00, a01, …
func (e *editor) nextPrefix(name string) string {
	first := map[nature]byte{customObject: 'a', customMetadata: 'm', platformEvent: 'e'}[family(name)]
	last := -1
	for _, d := range e.defs.objects {
		if len(d.KeyPrefix) == 3 && d.KeyPrefix[0] == first {
			last = max(last, strings.IndexByte(record.Alphabet, d.KeyPrefix[1])*62+strings.IndexByte(record.Alphabet, d.KeyPrefix[2]))
		}
	}
	for n := last + 1; n < 62*62; n++ {
		prefix := string([]byte{first, record.Alphabet[n/62], record.Alphabet[n%62]})
		if e.base.ByPrefix(prefix) == nil {
			return prefix
		}
	}
	return ""
}

func (e *editor) putField(given *FieldDef) error {
	d := *given
	d.Name = lowerSuffix(d.Name)
	d.Values = slices.Clone(given.Values)
	d.ReferenceTo = slices.Clone(given.ReferenceTo)
	object := e.object(d.Object)
	if object == "" {
		return fault.New(fault.InvalidType, "sObject type '%s' is not supported.", d.Object)
	}
	d.Object = object
	base := e.base.Object(object)
	if base != nil && base.Field(d.Name) != nil {
		return e.overrideField(base.Field(d.Name), &d)
	}
	if !strings.HasSuffix(Fold(d.Name), "__c") {
		return fault.New(fault.InvalidField, "No such column '%s' on entity '%s'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.", d.Name, object)
	}
	if base != nil && !customizable(base) {
		return fault.New(fault.FieldIntegrity, "Custom fields cannot be added to %s", object)
	}
	if err := checkField(&d); err != nil {
		return err
	}
	old := e.defs.fields[Fold(d.Key())]
	switch {
	case old == nil:
		d.Order, d.Generation = e.nextOrder(object), 0
	case old.Dropped:
		d.Order, d.Generation = e.nextOrder(object), old.Generation+1
	default:
		if err := d.replace(old); err != nil {
			return err
		}
	}
	d.Dropped = false
	e.defs.fields[Fold(d.Key())] = &d
	return nil
}

// customizable reports whether an org may add fields to a standard object.
func customizable(o *Object) bool {
	return !o.Setup && o.Companion == NoCompanion && o.Table != "" && !o.alias
}

func (e *editor) nextOrder(object string) int {
	last := 0
	for _, f := range e.defs.fields {
		if Fold(f.Object) == Fold(object) {
			last = max(last, f.Order)
		}
	}
	return last + 1
}

// overrideField takes what an org may change of a standard field.
func (e *editor) overrideField(f *Field, d *FieldDef) error {
	d.Name, d.Type = f.Name, ""
	if len(d.Values) > 0 {
		if !f.Type.Picklist {
			return fault.New(fault.FieldIntegrity, "Can not specify 'valueSet' for field %s", d.Key()).On(d.Name)
		}
		if err := d.picklist(maxPicklist); err != nil {
			return err
		}
	}
	if err := checkTexts(d); err != nil {
		return err
	}
	e.defs.fields[Fold(d.Key())] = d
	return nil
}

// replace takes over from an older definition what stays, and refuses a change of type that would lose values.
// Where the column cannot keep the values as they are, the field gets a new one.
func (d *FieldDef) replace(old *FieldDef) error {
	d.Name, d.Order, d.Generation = old.Name, old.Order, old.Generation
	if !convertible(old, d) {
		return d.fail("Cannot change the type of field %s from %s to %s", d.Key(), old.Type, d.Type)
	}
	if a, b := TypeNamed(old.Type), TypeNamed(d.Type); a.Class != b.Class || old.Scale != d.Scale {
		d.Generation++
	}
	return nil
}

// convertible reports whether values of a field can become those of its new definition.
func convertible(old, d *FieldDef) bool {
	a, b := TypeNamed(old.Type), TypeNamed(d.Type)
	if a == b && (old.Type == "AutoNumber") == (d.Type == "AutoNumber") {
		return a != &Reference || slices.EqualFunc(old.ReferenceTo, d.ReferenceTo, strings.EqualFold)
	}
	plain := func(t *Type) bool { return t.Kind == record.Text && t != &EncryptedText }
	switch {
	case plain(a) && plain(b):
		return true
	case a.Kind == record.Number && b.Kind == record.Number:
		return true
	case a.Kind == record.Number && b == &Text, a.Kind == record.Date && b.Kind == record.DateTime, a.Kind == record.DateTime && b.Kind == record.Date:
		return true
	default:
		return false
	}
}

func (e *editor) dropField(key string) error {
	d := e.defs.fields[Fold(key)]
	if d == nil || d.Dropped || d.Type == "" {
		return fault.New(fault.InvalidField, "No CustomField named: %s found", key)
	}
	for _, f := range e.defs.fields {
		if !f.Dropped && Fold(f.Object) == Fold(d.Object) && f.Controller != "" && Fold(f.Controller) == Fold(d.Name) {
			return fault.New(fault.DependencyExists, "Cannot delete field %s: it controls the values of %s", d.Key(), f.Key())
		}
	}
	if in := e.indexOf(d); in != nil {
		return fault.New(fault.DependencyExists, "Cannot delete field %s: the index %s has it", d.Key(), in.Key())
	}
	gone := *d
	gone.Dropped = true
	e.defs.fields[Fold(key)] = &gone
	return nil
}

func (e *editor) dropObject(name string) error {
	d := e.defs.objects[Fold(name)]
	if d == nil || d.Dropped || !isCustom(name) {
		return fault.New(fault.InvalidType, "No CustomObject named: %s found", name)
	}
	for _, f := range e.defs.fields {
		if f.Dropped || Fold(f.Object) == Fold(name) {
			continue
		}
		if slices.ContainsFunc(f.ReferenceTo, func(to string) bool { return Fold(to) == Fold(name) }) {
			return fault.New(fault.DependencyExists, "Cannot delete object %s: field %s refers to it", d.Name, f.Key())
		}
	}
	for key, f := range e.defs.fields {
		if Fold(f.Object) == Fold(name) && !f.Dropped {
			gone := *f
			gone.Dropped = true
			e.defs.fields[key] = &gone
		}
	}
	for key, in := range e.defs.indexes {
		if Fold(in.Object) == Fold(name) {
			e.defs.indexes[key] = in.dropped()
		}
	}
	gone := *d
	gone.Dropped = true
	e.defs.objects[Fold(name)] = &gone
	return nil
}

// resolve settles what a field's definition says of other objects and fields, once all changes are known.
func (e *editor) resolve(c Change) error {
	if c.Field == nil {
		return nil
	}
	d := e.defs.fields[Fold(e.object(c.Field.Object)+"."+c.Field.Name)]
	if d == nil || d.Dropped {
		return nil
	}
	for i, to := range d.ReferenceTo {
		name := e.object(to)
		if name == "" {
			return d.fail("referenceTo value of '%s' does not resolve to a valid sObject type", to)
		}
		d.ReferenceTo[i] = name
	}
	if d.Controller == "" {
		return nil
	}
	if Fold(d.Controller) == Fold(d.Name) {
		return d.fail("A field cannot control itself")
	}
	if o := e.base.Object(d.Object); o != nil && o.Field(d.Controller) != nil {
		d.Controller = o.Field(d.Controller).Name
		return nil
	}
	control := e.defs.fields[Fold(d.Object+"."+d.Controller)]
	if control == nil || control.Dropped {
		return d.fail("The controlling field %s does not exist", d.Controller)
	}
	d.Controller = control.Name
	return nil
}
