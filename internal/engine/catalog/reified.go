package catalog

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"stoa/internal/record"
	"stoa/internal/store"
)

// Reified returns the rows of EntityDefinition and FieldDefinition that
// describe objects: clients ask for them by SOQL as for any other rows. Their
// ids follow from the names, so that a row that is written again keeps its id.
func Reified(objects ...*Object) []record.Draft {
	var drafts []record.Draft
	for _, o := range objects {
		if o.KeyPrefix == "" && !o.Queryable {
			continue
		}
		entity := durableID(entityPrefix, o.Name)
		drafts = append(drafts, entityDefinition(o, entity))
		for _, f := range o.Fields {
			drafts = append(drafts, fieldDefinition(f, entity))
		}
	}
	return drafts
}

// Reify returns what must happen to those rows when was becomes now: the ids of
// rows to remove, by object, and the rows to write anew, some with ids that are removed.
func Reify(was, now *Snapshot) (gone map[string][]record.ID, rows []record.Draft) {
	var before, after []*Object
	for _, o := range now.objects {
		if old := was.Object(o.Name); old != o {
			after = append(after, o)
		}
	}
	for _, o := range was.objects {
		if now.Object(o.Name) != o {
			before = append(before, o)
		}
	}
	old := map[record.ID]record.Draft{}
	for _, d := range Reified(before...) {
		old[d.ID] = d
	}
	for _, d := range Reified(after...) {
		if o, ok := old[d.ID]; ok && slices.EqualFunc(o.Fields, d.Fields, func(a, b record.DraftField) bool { return a.Name == b.Name && a.Value == b.Value }) {
			delete(old, d.ID)
			continue
		}
		rows = append(rows, d)
	}
	gone = map[string][]record.ID{}
	for _, id := range slices.Sorted(maps.Keys(old)) {
		gone[old[id].Object] = append(gone[old[id].Object], id)
	}
	return gone, rows
}

const (
	entityPrefix = "4ie"
	fieldPrefix  = "4fe"
)

// durableID returns an id that follows from a name: 48 bits of its hash, so
// that two names of an org meet with a chance of one in millions.
func durableID(prefix, name string) record.ID {
	sum := sha256.Sum256([]byte(Fold(name)))
	n := binary.BigEndian.Uint64(sum[:8])
	id := []byte(prefix + "000000000000")
	for i := len(id) - 1; i >= len(id)-8; i-- {
		id[i] = record.Alphabet[n%62]
		n /= 62
	}
	return record.ID(record.AppendID(nil, id))
}

func entityDefinition(o *Object, id record.ID) record.Draft {
	d := record.Draft{Object: "EntityDefinition", ID: id}
	internal, external := o.SharingModel, o.ExternalSharingModel
	if internal == "" {
		internal = "ReadWrite"
	}
	if external == "" {
		external = "Private"
	}
	set := func(name, v string) { d.Set(name, record.OfText(v)) }
	is := func(name string, v bool) { d.Set(name, record.OfBool(v)) }
	set("DurableId", o.Name)
	set("QualifiedApiName", cut(o.Name, 70))
	set("DeveloperName", cut(developerName(o.Name), 40))
	set("MasterLabel", o.Label)
	set("Label", cut(o.Label, 40))
	set("PluralLabel", cut(o.LabelPlural, 40))
	set("KeyPrefix", o.KeyPrefix)
	set("InternalSharingModel", internal)
	set("ExternalSharingModel", external)
	is("IsCustomizable", !o.Setup)
	is("IsCustomSetting", o.CustomSetting)
	is("IsLayoutable", o.Layoutable)
	is("IsCompactLayoutable", o.Layoutable)
	is("IsTriggerable", o.Triggerable)
	is("IsApexTriggerable", o.Triggerable)
	is("IsWorkflowEnabled", o.Triggerable)
	is("IsSearchable", o.Searchable)
	is("IsSearchLayoutable", o.Searchable)
	is("IsReplicateable", o.Replicateable)
	is("IsRetrieveable", o.Queryable)
	is("IsQueryable", o.Queryable)
	is("IsIdEnabled", o.KeyPrefix != "")
	is("IsEverCreatable", o.Createable)
	is("IsEverUpdatable", o.Updateable)
	is("IsEverDeletable", o.Deletable)
	is("IsFeedEnabled", o.Feed)
	is("IsMruEnabled", o.Layoutable)
	return d
}

func fieldDefinition(f *Field, entity record.ID) record.Draft {
	name := f.Object.Name + "." + f.Name
	d := record.Draft{Object: "FieldDefinition", ID: durableID(fieldPrefix, name)}
	d.Set("EntityDefinitionId", record.OfID(entity))
	set := func(name, v string) { d.Set(name, record.OfText(v)) }
	is := func(name string, v bool) { d.Set(name, record.OfBool(v)) }
	n := func(name string, v int) { d.Set(name, record.OfInt(int64(v))) }
	set("DurableId", name)
	set("QualifiedApiName", cut(f.Name, 70))
	set("DeveloperName", cut(developerName(f.Name), 40))
	set("MasterLabel", f.Label)
	set("Label", cut(f.Label, 40))
	set("DataType", f.dataType())
	set("ExtraTypeInfo", f.ExtraTypeInfo)
	set("RelationshipName", f.RelationshipName)
	set("ReferenceTo", strings.Join(f.ReferenceTo, ","))
	if f.Controller != "" {
		set("ControllingFieldDefinitionId", f.Object.Name+"."+f.Controller)
	}
	set("Description", cut(f.Description, 255))
	n("Length", f.Length)
	n("Precision", f.Precision)
	n("Scale", f.Scale)
	is("IsCalculated", f.Calculated)
	is("IsHtmlFormatted", f.HTML)
	is("IsNameField", f.IsName)
	is("IsNillable", f.Nillable)
	is("IsFieldHistoryTracked", f.TrackHistory)
	is("IsIndexed", f.Type == &ID || len(f.indexes(false)) > 0)
	is("IsApiFilterable", f.Filterable)
	is("IsApiSortable", f.Sortable)
	is("IsApiGroupable", f.Groupable)
	is("IsListFilterable", f.Filterable)
	is("IsListSortable", f.Sortable)
	is("IsListVisible", true)
	is("IsWorkflowFilterable", f.Filterable)
	is("IsCompactLayoutable", f.Column != "")
	is("IsCompound", f.Type.Compound)
	is("IsPolymorphicForeignKey", f.Polymorphic())
	return d
}

// dataType returns how Setup names f's type: Text(80), Number(12, 2), Lookup(Account,Contact).
func (f *Field) dataType() string {
	label := f.Type.Label
	switch {
	case f.AutoNumber:
		return "Auto Number"
	case f.MasterDetail:
		return "Master-Detail(" + strings.Join(f.ReferenceTo, ",") + ")"
	case f.Type == &Reference:
		return label + "(" + strings.Join(f.ReferenceTo, ",") + ")"
	case f.IsName && len(f.Parts) > 0:
		return "Name"
	case f.Type.Class == store.Decimal && !f.Type.Compound:
		return fmt.Sprintf("%s(%d, %d)", label, f.Precision-f.Scale, f.Scale)
	case f.Type == &Int:
		return fmt.Sprintf("%s(%d, 0)", label, f.Digits)
	case f.Type == &Text || f.Type == &TextArea || f.Type == &LongTextArea || f.Type == &RichTextArea || f.Type == &EncryptedText:
		return fmt.Sprintf("%s(%d)", label, f.Length)
	default:
		return label
	}
}

// developerName is an API name without its suffix.
func developerName(name string) string {
	if i := strings.LastIndex(name, "__"); i > 0 {
		return name[:i]
	}
	return name
}

func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n])
}
