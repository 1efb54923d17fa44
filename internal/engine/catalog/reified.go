package catalog

import (
	"strings"

	"stoa/internal/record"
)

// Reified returns the rows of EntityDefinition and FieldDefinition that
// describe objects: clients ask for them by SOQL as for any other rows.
func Reified(objects ...*Object) []record.Draft {
	var drafts []record.Draft
	for _, o := range objects {
		if o.KeyPrefix == "" && !o.Queryable {
			continue
		}
		drafts = append(drafts, entityDefinition(o))
		for _, f := range o.Fields {
			drafts = append(drafts, fieldDefinition(o, f))
		}
	}
	return drafts
}

func entityDefinition(o *Object) record.Draft {
	d := record.Draft{Object: "EntityDefinition"}
	internal, external := o.SharingModel, "Private"
	if internal == "" {
		internal = "ReadWrite"
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

func fieldDefinition(o *Object, f *Field) record.Draft {
	d := record.Draft{Object: "FieldDefinition"}
	set := func(name, v string) { d.Set(name, record.OfText(v)) }
	is := func(name string, v bool) { d.Set(name, record.OfBool(v)) }
	n := func(name string, v int) { d.Set(name, record.OfInt(int64(v))) }
	set("DurableId", o.Name+"."+f.Name)
	set("QualifiedApiName", cut(f.Name, 70))
	set("DeveloperName", cut(developerName(f.Name), 40))
	set("MasterLabel", f.Label)
	set("Label", cut(f.Label, 40))
	set("DataType", f.Type.Metadata)
	set("ExtraTypeInfo", f.ExtraTypeInfo)
	set("RelationshipName", f.RelationshipName)
	set("Description", cut(f.Description, 255))
	n("Length", f.Length)
	n("Precision", f.Precision)
	n("Scale", f.Scale)
	is("IsCalculated", f.Calculated)
	is("IsHtmlFormatted", f.HTML)
	is("IsNameField", f.IsName)
	is("IsNillable", f.Nillable)
	is("IsFieldHistoryTracked", f.TrackHistory)
	is("IsIndexed", f.Unique || f.ExternalID || f.Type == &Reference || f.Type == &ID)
	is("IsApiFilterable", f.Filterable)
	is("IsApiSortable", f.Sortable)
	is("IsApiGroupable", f.Groupable)
	is("IsListFilterable", f.Filterable)
	is("IsListSortable", f.Sortable)
	is("IsListVisible", true)
	is("IsWorkflowFilterable", f.Filterable)
	is("IsCompactLayoutable", f.Column != "")
	is("IsCompound", len(f.Parts) > 0)
	is("IsPolymorphicForeignKey", f.Polymorphic())
	return d
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
