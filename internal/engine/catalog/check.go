package catalog

import (
	"strings"
	"unicode/utf8"

	"stoa/internal/fault"
)

// sharingModels are the models that an object may have.
var sharingModels = []string{"Private", "Read", "ReadWrite", "ReadWriteTransfer", "FullAccess", "ControlledByParent", "ControlledByCampaign", "ControlledByLeadOrContact"}

// checkName checks the part of an API name that people choose. what names it for them.
func checkName(name, what string) error {
	base := name
	ns, rest, ok := strings.Cut(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "__c"), "__mdt"), "__e"), "__")
	if ok && len(ns) <= 15 && goodName(ns) {
		base = rest
	} else {
		base = ns
		if ok {
			base = name
		}
	}
	if !goodName(base) {
		return fault.New(fault.InvalidFullName, "The %s can only contain underscores and alphanumeric characters. It must be unique, begin with a letter, not include spaces, not end with an underscore, and not contain two consecutive underscores: %s", what, name)
	}
	if len(base) > maxName {
		return fault.New(fault.StringTooLong, "%s: data value too large: %s (max length=%d)", what, name, maxName)
	}
	return nil
}

func goodName(name string) bool {
	good := name != "" && isLetter(name[0]) && !strings.HasSuffix(name, "_") && !strings.Contains(name, "__")
	for i := range len(name) {
		good = good && (isLetter(name[i]) || name[i] >= '0' && name[i] <= '9' || name[i] == '_')
	}
	return good
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func tooLong(what, text string, most int) error {
	if utf8.RuneCountInString(text) <= most {
		return nil
	}
	return fault.New(fault.StringTooLong, "%s: data value too large: %s (max length=%d)", what, text, most)
}

// checkObject checks a custom object's definition for itself and fills in what it left out.
func checkObject(d *ObjectDef) error {
	if err := checkName(d.Name, "Object Name"); err != nil {
		return err
	}
	if d.Label == "" {
		return fault.New(fault.FieldIntegrity, "Must specify a non-empty label for the CustomObject")
	}
	if d.LabelPlural == "" {
		d.LabelPlural = d.Label
	}
	for _, t := range []struct {
		what, text string
		most       int
	}{{"Label", d.Label, maxLabel}, {"Plural Label", d.LabelPlural, maxLabel}, {"Description", d.Description, maxDescription}} {
		if err := tooLong(t.what, t.text, t.most); err != nil {
			return err
		}
	}
	if family(d.Name) != customObject || d.CustomSetting != "" {
		if d.CustomSetting != "" && d.CustomSetting != "List" && d.CustomSetting != "Hierarchy" {
			return fault.New(fault.FieldIntegrity, "Invalid customSettingsType: %s", d.CustomSetting)
		}
		return nil
	}
	if n := d.NameField; n != nil {
		switch n.Type {
		case "", "Text":
		case "AutoNumber":
			if n.DisplayFormat == "" {
				n.DisplayFormat = "{0}"
			}
			if !validFormat(n.DisplayFormat) {
				return fault.New(fault.FieldIntegrity, "The display format must contain exactly one sequence number such as {0000}: %s", n.DisplayFormat)
			}
		default:
			return fault.New(fault.FieldIntegrity, "Invalid type for the name field: %s", n.Type)
		}
	}
	if d.SharingModel == "" {
		d.SharingModel = "ReadWrite"
	}
	if d.ExternalSharingModel == "" {
		d.ExternalSharingModel = "Private"
	}
	return checkSharing(d)
}

// checkSharing checks the sharing models and record types that d brings.
func checkSharing(d *ObjectDef) error {
	for _, m := range []string{d.SharingModel, d.ExternalSharingModel} {
		known := m == ""
		for _, s := range sharingModels {
			known = known || m == s
		}
		if !known {
			return fault.New(fault.FieldIntegrity, "Invalid sharing model: %s", m)
		}
	}
	seen := map[string]bool{}
	for i := range d.RecordTypes {
		r := &d.RecordTypes[i]
		if err := checkName(r.Name, "Record Type Name"); err != nil {
			return err
		}
		if r.Label == "" {
			r.Label = r.Name
		}
		if seen[Fold(r.Name)] {
			return fault.New(fault.DuplicateDeveloperName, "Duplicate record type: %s", r.Name)
		}
		seen[Fold(r.Name)] = true
		if r.ID.Prefix() != "012" {
			return fault.New(fault.MalformedID, "Record Type ID: id value of incorrect type: %s", r.ID)
		}
	}
	return nil
}

// checkField checks a custom field's definition for itself and fills in what it left out.
func checkField(d *FieldDef) error {
	if err := checkName(d.Name, "Field Name"); err != nil {
		return err
	}
	if d.Label == "" {
		return fault.New(fault.FieldIntegrity, "Must specify a non-empty label for the CustomField").On(d.Name)
	}
	if err := checkTexts(d); err != nil {
		return err
	}
	t := TypeNamed(d.Type)
	if d.Type == "" {
		return fault.New(fault.FieldIntegrity, "Must specify 'type' for a CustomField").On(d.Name)
	}
	if t == nil || t.define == nil {
		return fault.New(fault.FieldIntegrity, "'%s' is not a valid type of a CustomField", d.Type).On(d.Name)
	}
	if d.ExternalID && t != &Text && t != &Number && t != &Email {
		return d.fail("Can not specify 'externalId' for a CustomField of type %s", d.Type)
	}
	return t.define(d)
}

func checkTexts(d *FieldDef) error {
	for _, t := range []struct {
		what, text string
		most       int
	}{{"Field Label", d.Label, maxFieldLabel}, {"Help Text", d.Help, maxHelp}, {"Description", d.Description, maxDescription}} {
		if err := tooLong(t.what, t.text, t.most); err != nil {
			return err
		}
	}
	return nil
}

// check holds the new snapshot to what a change must not break: the limits of
// its object, the names of child relationships, and the depth of masters.
func (s *Snapshot) check(c Change) error {
	if c.Index != nil {
		return s.checkIndex(c.Index)
	}
	d := c.Field
	if d == nil {
		return nil
	}
	o := s.Object(d.Object)
	if o == nil { // dropped by a later change
		return nil
	}
	f := o.Field(d.Name)
	if f == nil || !f.Custom {
		return nil
	}
	for _, in := range o.Indexes {
		if err := s.checkIndex(in); err != nil {
			return err
		}
	}
	if err := o.checkLimits(f); err != nil {
		return err
	}
	if !f.MasterDetail {
		return s.checkChildName(f)
	}
	if o.Setup || !o.Custom {
		return d.fail("A master-detail relationship cannot be created on %s", o.Name)
	}
	for _, detail := range s.objects { // o's details are below its new master too
		if detail.Custom && s.depth(detail, 0) > maxMasterDepth {
			return fault.New(fault.LimitExceeded, "Master-detail relationships can be at most %d levels deep", maxMasterDepth).On(f.Name)
		}
	}
	return s.checkChildName(f)
}

func (o *Object) checkLimits(f *Field) error {
	custom, masters, references, external, tracked := 0, 0, 0, 0, 0
	for _, g := range o.Fields {
		if g.TrackHistory {
			tracked++
		}
		if !g.Custom {
			continue
		}
		custom++
		if g.MasterDetail {
			masters++
		}
		if g.Type == &Reference {
			references++
		}
		if g.ExternalID {
			external++
		}
	}
	for _, l := range []struct {
		has, most int
		what      string
	}{
		{custom, maxFields, "custom fields"}, {masters, maxMasters, "master-detail relationships"},
		{references, maxRelationships, "relationships"}, {external, maxExternalIDs, "external ids"}, {tracked, maxTracked, "fields with history tracking"},
	} {
		if l.has > l.most {
			return fault.New(fault.LimitExceeded, "%s has reached its limit of %d %s", o.Name, l.most, l.what).On(f.Name)
		}
	}
	return nil
}

// checkChildName refuses a child relationship name that the parent has already.
func (s *Snapshot) checkChildName(f *Field) error {
	if f.ChildRelationshipName == "" {
		return nil
	}
	for _, to := range f.ReferenceTo {
		for _, r := range s.Object(to).Children {
			if Fold(r.Name) == Fold(f.ChildRelationshipName) && (r.Object != f.Object.Name || r.Field != f.Name) {
				return fault.New(fault.DuplicateDeveloperName, "There is already a Child Relationship named %s on %s.",
					strings.TrimSuffix(f.ChildRelationshipName, "__r"), to).On(f.Name)
			}
		}
	}
	return nil
}

// depth returns how many masters stand above an object, at most one more than allowed.
func (s *Snapshot) depth(o *Object, seen int) int {
	if seen > maxMasterDepth {
		return seen
	}
	deepest := seen
	for _, f := range o.Fields {
		if f.MasterDetail {
			if m := s.Object(f.ReferenceTo[0]); m != nil {
				deepest = max(deepest, s.depth(m, seen+1))
			}
		}
	}
	return deepest
}
