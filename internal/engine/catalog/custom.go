package catalog

import (
	"strings"

	"stoa/internal/record"
)

// A nature is what the suffix of an object's name says of it.
type nature uint8

const (
	standardObject nature = iota
	customObject          // __c, custom settings too
	customMetadata        // __mdt: rows are metadata
	platformEvent         // __e: published, not kept
)

func family(name string) nature {
	i := strings.LastIndex(name, "__")
	if i < 0 {
		return standardObject
	}
	switch Fold(name[i:]) {
	case "__c":
		return customObject
	case "__mdt":
		return customMetadata
	case "__e":
		return platformEvent
	default:
		return standardObject
	}
}

// lowerSuffix returns a custom name with its suffix in lower case, as names are kept: Thing__C gives Thing__c.
func lowerSuffix(name string) string {
	if !isCustom(name) {
		return name
	}
	i := strings.LastIndex(name, "__")
	return name[:i] + Fold(name[i:])
}

// isCustom reports whether a name is one that an org may define.
func isCustom(name string) bool { return family(name) != standardObject }

// flag returns what p points to, standard where it is nil.
func flag(p *bool, standard bool) bool {
	if p == nil {
		return standard
	}
	return *p
}

// newObject makes a custom object with the fields that the platform keeps. Its own fields are added afterwards.
func newObject(d *ObjectDef) *Object {
	o := &Object{
		Name: d.Name, Label: d.Label, LabelPlural: d.LabelPlural, KeyPrefix: d.KeyPrefix, Description: d.Description, Group: "custom",
		Custom: true, Queryable: true, Person: flag(d.Person, false), Table: generation(d.Name, d.Generation),
	}
	switch family(d.Name) {
	case customMetadata:
		o.Setup = true
		o.Fields = metadataFields()
	case platformEvent:
		o.Queryable, o.Createable, o.Table = false, true, ""
		o.Fields = eventFields()
	default:
		o.Createable, o.Updateable, o.Deletable = true, true, true
		if d.CustomSetting != "" {
			o.CustomSetting, o.Setup = true, true
			o.Fields = settingFields(d)
			break
		}
		o.Undeletable, o.Layoutable, o.Triggerable, o.Replicateable, o.Queueable = true, true, true, true, true
		o.Searchable, o.History, o.Feed = flag(d.Search, true), flag(d.History, false), flag(d.Feed, false)
		o.SharingModel, o.ExternalSharingModel = d.SharingModel, d.ExternalSharingModel
		o.ShareObject = o.SharingModel == "Private" || o.SharingModel == "Read"
		o.SupportedScopes = []string{"everything", "mine", "team"}
		tail := d.KeyPrefix[1:]
		o.CompanionPrefixes = [FeedOf + 1]string{HistoryOf: "h" + tail, ShareOf: "c" + tail, FeedOf: "f" + tail}
		o.Fields = objectFields(d)
	}
	return o
}

// generation returns the physical name of the nth object or column with a name.
func generation(name string, n int) string {
	if n == 0 {
		return name
	}
	return name + "~" + string(record.AppendDecimal(nil, int64(n+1), 0))
}

func objectFields(d *ObjectDef) []*Field {
	owner := reference("OwnerId", "Owner ID", "Owner", "Group", "User")
	owner.Createable, owner.Updateable = true, true
	fields := []*Field{idField("Record ID"), owner, deletedField(), nameField(d)}
	fields = append(fields, auditFields()...)
	if flag(d.Activities, false) {
		fields = append(fields, nillable(of(&Date, "LastActivityDate", "Last Activity Date")))
	}
	return append(fields,
		nillable(of(&DateTime, "LastViewedDate", "Last Viewed Date")),
		nillable(of(&DateTime, "LastReferencedDate", "Last Referenced Date")))
}

func auditFields() []*Field {
	return []*Field{
		of(&DateTime, "CreatedDate", "Created Date"),
		reference("CreatedById", "Created By ID", "CreatedBy", "User"),
		of(&DateTime, "LastModifiedDate", "Last Modified Date"),
		reference("LastModifiedById", "Last Modified By ID", "LastModifiedBy", "User"),
		of(&DateTime, "SystemModstamp", "System Modstamp"),
	}
}

func nameField(d *ObjectDef) *Field {
	f := &Field{Name: "Name", Label: d.Label + " Name", Type: &Text, Length: 80, IsName: true, IDLookup: true, Nillable: true, Createable: true, Updateable: true}
	if n := d.NameField; n != nil {
		if n.Label != "" {
			f.Label = n.Label
		}
		f.TrackHistory = n.TrackHistory
		if n.Type == "AutoNumber" {
			f.AutoNumber, f.DisplayFormat, f.StartingNumber, f.Nillable, f.Createable, f.Updateable = true, n.DisplayFormat, n.StartingNumber, false, false, false
		}
	}
	return f
}

func settingFields(d *ObjectDef) []*Field {
	name := nameField(d)
	setup := reference("SetupOwnerId", "Location", "SetupOwner", "Organization", "Profile", "User")
	setup.Createable = true
	if d.CustomSetting == "List" {
		name.Length, name.Nillable, name.Unique = 38, false, true
		setup.Createable, setup.Nillable = false, true
	}
	return append([]*Field{idField("Record ID"), deletedField(), name, setup}, auditFields()...)
}

func metadataFields() []*Field {
	text := func(name, label string, length int) *Field {
		return &Field{Name: name, Label: label, Type: &Text, Length: length}
	}
	name := text("DeveloperName", "Custom Metadata Record Name", 40)
	label := text("MasterLabel", "Label", 40)
	label.IsName = true
	full := text("QualifiedApiName", "Qualified API Name", 70)
	full.Unique = true
	return []*Field{
		idField("Custom Metadata Record ID"), name, label,
		{Name: "Language", Label: "Master Language", Type: &Picklist, Length: 40, Restricted: true, Nillable: true, Values: values("en_US", "de", "es", "fr")},
		nillable(text("NamespacePrefix", "Namespace Prefix", 15)), nillable(text("Label", "Label", 40)), full,
		of(&DateTime, "SystemModstamp", "System Modstamp"),
	}
}

func eventFields() []*Field {
	return []*Field{
		{Name: "ReplayId", Label: "Replay ID", Type: &Text, Length: 1000, Nillable: true},
		of(&DateTime, "CreatedDate", "Created Date"),
		reference("CreatedById", "Created By ID", "CreatedBy", "User"),
		{Name: "EventUuid", Label: "Event UUID", Type: &Text, Length: 36, Nillable: true},
	}
}

func nillable(f *Field) *Field {
	f.Nillable = true
	return f
}

// newFields makes what a definition that was checked describes: one field, or a location with its two parts.
func newFields(d *FieldDef, o *Object) []*Field {
	t := TypeNamed(d.Type)
	f := &Field{
		Name: d.Name, Label: d.Label, Type: t, Help: d.Help, Description: d.Description, Custom: true,
		Length: d.Length, Precision: d.Precision, Scale: d.Scale, TrackHistory: d.TrackHistory,
		Nillable: !d.Required, Required: d.Required, Createable: true, Updateable: true,
		Unique: d.Unique, CaseSensitive: d.CaseSensitive && d.Unique, ExternalID: d.ExternalID, IDLookup: d.ExternalID,
		MaskType: d.MaskType, MaskChar: d.MaskChar, Decimal: d.Decimal,
	}
	if o.Table != "" && !t.Compound {
		f.Column = generation(d.Name, d.Generation)
	}
	if v, ok := d.literal(t.Kind); ok {
		f.Default = v
	} else {
		f.DefaultFormula = d.Default
	}
	if family(o.Name) == platformEvent {
		f.Updateable = false
	}
	switch {
	case t.Picklist:
		f.Restricted = d.Restricted
		f.setValues(d)
	case t == &Reference:
		f.setReference(d)
	case d.Type == "AutoNumber":
		f.AutoNumber, f.DisplayFormat, f.StartingNumber, f.Nillable, f.Createable, f.Updateable = true, d.DisplayFormat, d.StartingNumber, false, false, false
	case t == &LongTextArea || t == &TextArea:
		f.ExtraTypeInfo = "plaintextarea"
	case t == &RichTextArea:
		f.ExtraTypeInfo, f.HTML = "richtextarea", true
	case t == &Location:
		return append(coordinates(d, o), f)
	}
	return []*Field{f}
}

// coordinates returns the part fields of a location: F__Latitude__s and F__Longitude__s.
func coordinates(d *FieldDef, o *Object) []*Field {
	parts := make([]*Field, 2)
	for i, name := range []string{"Latitude", "Longitude"} {
		parts[i] = &Field{
			Name: suffixed(d.Name, "__"+name+"__s"), Label: d.Label + " (" + name + ")", Type: &Number, Custom: true,
			Precision: 3 + d.Scale, Scale: d.Scale, Nillable: !d.Required, Required: d.Required, Createable: true, Updateable: true, Compound: d.Name,
			Decimal: d.Decimal,
		}
		if o.Table != "" {
			parts[i].Column = generation(parts[i].Name, d.Generation)
		}
	}
	return parts
}

func (f *Field) setReference(d *FieldDef) {
	f.ReferenceTo = d.ReferenceTo
	f.RelationshipName = suffixed(d.Name, "__r")
	if d.RelationshipName != "" {
		f.ChildRelationshipName = d.RelationshipName + "__r"
	}
	switch d.Type {
	case "MasterDetail":
		f.MasterDetail, f.MasterOrder, f.CascadeDelete = true, d.MasterOrder, true
		f.Nillable, f.Required, f.Reparentable, f.WriteNeedsMasterRead = false, true, d.Reparentable, d.WriteNeedsMasterRead
		f.Updateable = d.Reparentable
	default:
		f.CascadeDelete, f.RestrictedDelete = d.Delete == "Cascade", d.Delete == "Restrict"
	}
}
