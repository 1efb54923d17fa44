package rest

import (
	"encoding/base64"
	"strconv"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
)

// A members writer appends the members of a JSON object, with commas between
// them. Describe has 75 members a field, so nothing here makes garbage.
type members struct {
	b     []byte
	comma bool
}

// key appends a name; names are literals of this file, so they need no escaping.
func (m *members) key(name string) {
	if m.comma {
		m.b = append(m.b, ',')
	}
	m.comma = true
	m.b = append(append(append(m.b, '"'), name...), `":`...)
}

func (m *members) flag(name string, v bool) {
	m.key(name)
	m.b = strconv.AppendBool(m.b, v)
}

func (m *members) number(name string, n int) {
	m.key(name)
	m.b = strconv.AppendInt(m.b, int64(n), 10)
}

func (m *members) text(name, v string) {
	m.key(name)
	m.b = record.AppendJSON(m.b, []byte(v))
}

// some appends a text, null where it is empty.
func (m *members) some(name, v string) {
	if v == "" {
		m.raw(name, "null")
		return
	}
	m.text(name, v)
}

func (m *members) raw(name, json string) {
	m.key(name)
	m.b = append(m.b, json...)
}

func (m *members) texts(name string, all []string) {
	m.key(name)
	m.b = appendTexts(m.b, all)
}

// list begins a list; next begins an object in it, and end ends the list.
func (m *members) list(name string) {
	m.key(name)
	m.b, m.comma = append(m.b, '['), false
}

func (m *members) next() {
	if m.comma {
		m.b = append(m.b, ',')
	}
	m.b, m.comma = append(m.b, '{'), false
}

func (m *members) close() { m.b, m.comma = append(m.b, '}'), true }
func (m *members) end()   { m.b, m.comma = append(m.b, ']'), true }

// appendEntry appends what the list of all objects says of one. Members come
// in alphabetical order, as clients print them.
func (c *call) appendEntry(dst []byte, o *catalog.Object) []byte {
	m := &members{b: append(dst, '{')}
	c.abilities(m, o, false)
	m.close()
	return m.b
}

// appendDescribe appends all that there is to say of an object, of its fields those that the user may read.
func (c *call) appendDescribe(dst []byte, o *catalog.Object) []byte {
	m := &members{b: append(dst, '{')}
	c.abilities(m, o, true)
	m.close()
	return m.b
}

func (c *call) abilities(m *members, o *catalog.Object, full bool) {
	may := c.session.Rights(o)
	if full {
		m.raw("actionOverrides", "[]")
	}
	m.flag("activateable", false)
	m.some("associateEntityType", associateType(o.Companion))
	m.some("associateParentEntity", o.CompanionOf)
	if full {
		c.children(m, o)
		m.flag("compactLayoutable", o.Layoutable)
	}
	m.flag("createable", o.Createable && may.Create)
	m.flag("custom", o.Custom)
	m.flag("customSetting", o.CustomSetting)
	m.flag("deepCloneable", false)
	if full {
		m.raw("defaultImplementation", "null")
	}
	m.flag("deletable", o.Deletable && may.Delete)
	m.flag("deprecatedAndHidden", false)
	if full {
		m.raw("extendedBy", "null")
		m.raw("extendsInterfaces", "null")
	}
	m.flag("feedEnabled", o.Feed)
	if full {
		m.list("fields")
		for _, f := range o.Fields {
			if c.session.CanRead(f) {
				c.field(m, f)
			}
		}
		m.end()
	}
	m.flag("hasSubtypes", false)
	if full {
		m.raw("implementedBy", "null")
		m.raw("implementsInterfaces", "null")
	}
	m.flag("isInterface", false)
	m.flag("isSubtype", false)
	m.some("keyPrefix", o.KeyPrefix)
	m.text("label", o.Label)
	m.text("labelPlural", o.LabelPlural)
	m.flag("layoutable", o.Layoutable)
	if full {
		m.raw("listviewable", "null")
		m.raw("lookupLayoutable", "null")
	}
	m.flag("mergeable", o.Mergeable)
	m.flag("mruEnabled", o.Layoutable)
	m.text("name", o.Name)
	if full {
		m.raw("namedLayoutInfos", "[]")
		m.raw("networkScopeFieldName", "null")
	}
	m.flag("queryable", o.Queryable)
	if full {
		c.recordTypeInfos(m, o)
	}
	m.flag("replicateable", o.Replicateable)
	m.flag("retrieveable", o.Queryable)
	if full {
		m.flag("searchLayoutable", o.Searchable && o.Layoutable)
	}
	m.flag("searchable", o.Searchable)
	if full {
		m.raw("sobjectDescribeOption", `"FULL"`)
		m.list("supportedScopes")
		for _, s := range o.SupportedScopes {
			m.next()
			m.text("label", scopeLabel(s, o))
			m.text("name", s)
			m.close()
		}
		m.end()
	}
	m.flag("triggerable", o.Triggerable)
	m.flag("undeletable", o.Undeletable && may.Delete)
	m.flag("updateable", o.Updateable && may.Edit)
	c.urls(m, o, full)
}

func associateType(role catalog.Companion) string {
	switch role {
	case catalog.HistoryOf:
		return "History"
	case catalog.ShareOf:
		return "Share"
	case catalog.FeedOf:
		return "Feed"
	default:
		return ""
	}
}

func scopeLabel(scope string, o *catalog.Object) string {
	switch scope {
	case "everything":
		return "All " + o.LabelPlural
	case "mine":
		return "My " + o.LabelPlural
	case "team":
		return "My team's " + o.LabelPlural
	default:
		return scope
	}
}

func (c *call) urls(m *members, o *catalog.Object, full bool) {
	base := c.base + "/sobjects/" + o.Name
	m.key("urls")
	m.b, m.comma = append(m.b, '{'), false
	if o.Layoutable {
		m.text("approvalLayouts", base+"/describe/approvalLayouts")
		m.text("compactLayouts", base+"/describe/compactLayouts")
	}
	if o.Layoutable {
		m.text("defaultValues", base+"/defaultValues?recordTypeId&fields")
	}
	m.text("describe", base+"/describe")
	if o.Layoutable {
		m.text("layouts", base+"/describe/layouts")
		m.text("listviews", base+"/listviews")
		m.text("quickActions", base+"/quickActions")
	}
	m.text("rowTemplate", base+"/{ID}")
	m.text("sobject", base)
	if full && o.Layoutable {
		page := c.h.opt.Gate.Base(c.r) + "/console/"
		m.text("uiDetailTemplate", page+"r/{ID}")
		m.text("uiEditTemplate", page+"r/{ID}/edit")
		m.text("uiNewRecord", page+o.Name+"/new")
	}
	m.close()
}

// children appends the child relationships whose object and field the user may read.
func (c *call) children(m *members, o *catalog.Object) {
	m.list("childRelationships")
	for _, r := range o.Children {
		child := c.session.Catalog().Object(r.Object)
		if child == nil || !c.session.Rights(child).Read {
			continue
		}
		if f := child.Field(r.Field); f == nil || !c.session.CanRead(f) {
			continue
		}
		m.next()
		m.flag("cascadeDelete", r.CascadeDelete)
		m.text("childSObject", r.Object)
		m.flag("deprecatedAndHidden", false)
		m.text("field", r.Field)
		m.raw("junctionIdListNames", "[]")
		m.raw("junctionReferenceTo", "[]")
		m.some("relationshipName", r.Name)
		m.flag("restrictedDelete", r.RestrictedDelete)
		m.close()
	}
	m.end()
}

func (c *call) recordTypeInfos(m *members, o *catalog.Object) {
	m.list("recordTypeInfos")
	for _, t := range c.recordTypes(o) {
		m.next()
		m.flag("active", t.Available)
		m.flag("available", t.Available)
		m.flag("defaultRecordTypeMapping", t.Default)
		m.text("developerName", t.Developer)
		m.flag("master", t.Master)
		m.text("name", t.Name)
		m.text("recordTypeId", string(t.RecordTypeID))
		m.key("urls")
		m.b, m.comma = append(m.b, '{'), false
		if o.Layoutable {
			m.text("layout", t.URLs["layout"])
		}
		m.close()
		m.close()
	}
	m.end()
}

func (c *call) field(m *members, f *catalog.Field) {
	edit := c.session.CanEdit(f)
	polymorphic := f.Polymorphic()
	m.next()
	m.flag("aggregatable", f.Aggregatable)
	m.flag("aiPredictionField", false)
	m.flag("autoNumber", f.AutoNumber)
	m.number("byteLength", f.ByteLength())
	m.flag("calculated", f.Calculated)
	m.raw("calculatedFormula", "null")
	m.flag("cascadeDelete", f.CascadeDelete)
	m.flag("caseSensitive", f.CaseSensitive)
	m.some("compoundFieldName", f.Compound)
	m.some("controllerName", f.Controller)
	m.flag("createable", f.Createable && edit)
	m.flag("custom", f.Custom)
	m.key("defaultValue")
	switch {
	case f.Type.Kind == record.Bool:
		m.b = strconv.AppendBool(m.b, f.Default.Bool())
	case f.Default.IsNull():
		m.b = append(m.b, "null"...)
	default:
		m.b = record.AppendJSON(m.b, f.Default.Append(nil))
	}
	m.some("defaultValueFormula", f.DefaultFormula)
	m.flag("defaultedOnCreate", f.DefaultedOnCreate)
	m.flag("dependentPicklist", f.Controller != "")
	m.flag("deprecatedAndHidden", false)
	m.number("digits", f.Digits)
	m.flag("displayLocationInDecimal", f.Decimal)
	m.flag("encrypted", f.Type == &catalog.EncryptedText)
	m.flag("externalId", f.ExternalID)
	m.some("extraTypeInfo", f.ExtraTypeInfo)
	m.flag("filterable", f.Filterable)
	m.raw("filteredLookupInfo", "null")
	m.flag("formulaTreatNullNumberAsZero", false)
	m.flag("groupable", f.Groupable)
	m.flag("highScaleNumber", false)
	m.flag("htmlFormatted", f.HTML)
	m.flag("idLookup", f.IDLookup)
	m.some("inlineHelpText", f.Help)
	m.text("label", f.Label)
	m.number("length", f.Length)
	m.some("mask", f.MaskChar)
	m.some("maskType", f.MaskType)
	m.text("name", f.Name)
	m.flag("nameField", f.IsName)
	m.flag("namePointing", polymorphic)
	m.flag("nillable", f.Nillable)
	m.flag("permissionable", f.Permissionable)
	picklist(m, f, nil)
	m.flag("polymorphicForeignKey", polymorphic)
	m.number("precision", f.Precision)
	m.flag("queryByDistance", f.Type == &catalog.Location)
	m.raw("referenceTargetField", "null")
	m.texts("referenceTo", f.ReferenceTo)
	m.some("relationshipName", f.RelationshipName)
	if f.MasterDetail {
		m.number("relationshipOrder", f.MasterOrder)
	} else {
		m.raw("relationshipOrder", "null")
	}
	m.flag("restrictedDelete", f.RestrictedDelete)
	m.flag("restrictedPicklist", f.Restricted)
	m.number("scale", f.Scale)
	m.flag("searchPrefilterable", false)
	m.text("soapType", f.Type.SOAP)
	m.flag("sortable", f.Sortable)
	m.text("type", f.Type.Name)
	m.flag("unique", f.Unique)
	m.flag("updateable", f.Updateable && edit)
	m.flag("writeRequiresMasterRead", f.WriteNeedsMasterRead)
	m.close()
}

// picklist appends the values of f of which wanted holds, nil for all.
func picklist(m *members, f *catalog.Field, wanted func(*catalog.PicklistValue) bool) {
	m.list("picklistValues")
	for i := range f.Values {
		v := &f.Values[i]
		if wanted != nil && !wanted(v) {
			continue
		}
		m.next()
		m.flag("active", v.Active)
		m.flag("defaultValue", v.Default)
		m.text("label", v.Label)
		m.some("validFor", base64.StdEncoding.EncodeToString(v.ValidFor))
		m.text("value", v.Value)
		m.close()
	}
	m.end()
}
