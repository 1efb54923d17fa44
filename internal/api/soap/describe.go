package soap

import (
	"encoding/base64"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// mostDescribed is how many objects one call may describe. Source: the API's own limit.
const mostDescribed = 100

// The elements of describe come in the alphabetical order of the WSDL:
// clients with generated code read them in sequence and skip what comes late.

func (c *call) describeGlobal() error {
	w := c.out
	w.open("result").text("encoding", "UTF-8").number("maxBatchSize", mostRecords)
	for _, o := range c.session.Catalog().Objects() {
		if rights := c.session.Rights(o); rights.Read {
			w.open("sobjects")
			c.abilities(o, rights, nil)
			w.close("sobjects")
		}
	}
	w.close("result")
	return nil
}

func (c *call) describeSObject() error {
	return c.describe(c.op.arg(0, "sObjectType").text())
}

func (c *call) describeSObjects() error {
	names := c.op.list(0, "sObjectType")
	if len(names) > mostDescribed {
		return fault.New(fault.ExceededIDLimit, "cannot describe more than %d objects in one call", mostDescribed)
	}
	for _, n := range names {
		if err := c.describe(n.text()); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) describe(name string) error {
	o, err := c.object(name)
	if err != nil {
		return err
	}
	c.out.open("result")
	c.abilities(o, c.session.Rights(o), func() { c.fields(o) })
	c.out.close("result")
	return nil
}

// abilities writes an object. fields, nil in the list of all objects, writes
// what only a full describe has between the letters f and h.
func (c *call) abilities(o *catalog.Object, may org.Rights, fields func()) {
	w, full := c.out, fields != nil
	w.flag("activateable", false)
	if full {
		c.children(o)
		w.flag("compactLayoutable", o.Layoutable)
	}
	w.flag("createable", o.Createable && may.Create).flag("custom", o.Custom).flag("customSetting", o.CustomSetting)
	w.flag("deepCloneable", false).flag("deletable", o.Deletable && may.Delete).flag("deprecatedAndHidden", false).flag("feedEnabled", o.Feed)
	if full {
		fields()
	}
	w.flag("hasSubtypes", false).flag("isInterface", false).flag("isSubtype", false)
	w.some("keyPrefix", o.KeyPrefix).text("label", o.Label).text("labelPlural", o.LabelPlural).flag("layoutable", o.Layoutable)
	w.flag("mergeable", o.Mergeable).flag("mruEnabled", o.Layoutable).text("name", o.Name).flag("queryable", o.Queryable)
	if full {
		c.recordTypes(o)
	}
	w.flag("replicateable", o.Replicateable).flag("retrieveable", o.Queryable)
	if full {
		w.flag("searchLayoutable", o.Searchable && o.Layoutable)
	}
	w.flag("searchable", o.Searchable)
	if full {
		for _, s := range o.SupportedScopes {
			w.open("supportedScopes").text("label", scopeLabel(s, o)).text("name", s).close("supportedScopes")
		}
	}
	w.flag("triggerable", o.Triggerable).flag("undeletable", o.Undeletable && may.Delete).flag("updateable", o.Updateable && may.Edit)
	if full && o.Layoutable {
		base := c.h.gate.Base(c.r)
		w.text("urlDetail", base+"/{ID}").text("urlEdit", base+"/{ID}/e").text("urlNew", base+"/"+o.KeyPrefix+"/e")
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

// children writes the child relationships whose object and field the user may read.
func (c *call) children(o *catalog.Object) {
	w := c.out
	for _, r := range o.Children {
		child := c.session.Catalog().Object(r.Object)
		if child == nil || !c.session.Rights(child).Read {
			continue
		}
		if f := child.Field(r.Field); f == nil || !c.session.CanRead(f) {
			continue
		}
		w.open("childRelationships").flag("cascadeDelete", r.CascadeDelete).text("childSObject", r.Object).flag("deprecatedAndHidden", false)
		w.text("field", r.Field).optional("relationshipName", r.Name).flag("restrictedDelete", r.RestrictedDelete).close("childRelationships")
	}
}

func (c *call) recordTypes(o *catalog.Object) {
	w := c.out
	one := func(id record.ID, name, developer string, active, standard, master bool) {
		w.open("recordTypeInfos").flag("active", active).flag("available", active).flag("defaultRecordTypeMapping", standard)
		w.text("developerName", developer).flag("master", master).text("name", name).text("recordTypeId", string(id)).close("recordTypeInfos")
	}
	for _, t := range o.RecordTypes {
		one(t.ID, t.Name, t.DeveloperName, t.Active, false, false)
	}
	one(record.MasterRecordType, "Master", "Master", true, true, true)
}

// fields writes the fields that the user may read.
func (c *call) fields(o *catalog.Object) {
	for _, f := range o.Fields {
		if c.session.CanRead(f) {
			c.field(o, f)
		}
	}
}

func (c *call) field(o *catalog.Object, f *catalog.Field) {
	w, edit := c.out, c.session.CanEdit(f)
	w.open("fields").flag("aggregatable", f.Aggregatable).flag("aiPredictionField", false).flag("autoNumber", f.AutoNumber)
	w.number("byteLength", int64(f.ByteLength())).flag("calculated", f.Calculated).flag("cascadeDelete", f.CascadeDelete)
	w.flag("caseSensitive", f.CaseSensitive).optional("compoundFieldName", f.Compound).optional("controllerName", f.Controller)
	w.flag("createable", f.Createable && edit).flag("custom", f.Custom)
	if f.Type.Kind == record.Bool {
		w.raw(`<defaultValue xmlns:xsd="http://www.w3.org/2001/XMLSchema" xsi:type="xsd:boolean">`).raw(f.Default.String()).close("defaultValue")
	}
	w.flag("defaultedOnCreate", f.DefaultedOnCreate).flag("dependentPicklist", f.Controller != "").flag("deprecatedAndHidden", false)
	w.number("digits", int64(f.Digits)).flag("displayLocationInDecimal", false).flag("encrypted", f.Type == &catalog.EncryptedText)
	w.flag("externalId", f.ExternalID).optional("extraTypeInfo", f.ExtraTypeInfo).flag("filterable", f.Filterable).flag("groupable", f.Groupable)
	w.flag("highScaleNumber", false).flag("htmlFormatted", f.HTML).flag("idLookup", f.IDLookup).optional("inlineHelpText", f.Help)
	w.text("label", f.Label).number("length", int64(f.Length)).text("name", f.Name).flag("nameField", f.IsName)
	w.flag("namePointing", f.Polymorphic()).flag("nillable", f.Nillable).flag("permissionable", f.Permissionable)
	for i := range f.Values {
		c.picklistValue(&f.Values[i])
	}
	w.flag("polymorphicForeignKey", f.Polymorphic()).number("precision", int64(f.Precision)).flag("queryByDistance", f.Type == &catalog.Location)
	for _, name := range f.ReferenceTo {
		w.text("referenceTo", name)
	}
	w.optional("relationshipName", f.RelationshipName)
	if f.MasterDetail {
		w.number("relationshipOrder", int64(f.MasterOrder))
	}
	w.flag("restrictedDelete", f.RestrictedDelete).flag("restrictedPicklist", f.Restricted).number("scale", int64(f.Scale))
	w.flag("searchPrefilterable", false).text("soapType", f.Type.SOAP).flag("sortable", f.Sortable).text("type", f.Type.Name)
	w.flag("unique", f.Unique).flag("updateable", f.Updateable && edit).flag("writeRequiresMasterRead", false).close("fields")
}

func (c *call) picklistValue(v *catalog.PicklistValue) {
	w := c.out
	w.open("picklistValues").flag("active", v.Active).flag("defaultValue", v.Default).text("label", v.Label)
	if len(v.ValidFor) > 0 {
		w.text("validFor", base64.StdEncoding.EncodeToString(v.ValidFor))
	}
	w.text("value", v.Value).close("picklistValues")
}
