package soap

import (
	"slices"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
)

// describeLayout describes the one page of an object, for all of its record types or those that are asked for.
func (c *call) describeLayout() error {
	o, err := c.object(c.op.arg(0, "sObjectType").text())
	if err != nil {
		return err
	}
	if name := strings.TrimSpace(c.op.at("layoutName").text()); name != "" {
		return fault.New(fault.InvalidType, "there is no layout named %s", name)
	}
	types, err := c.layoutTypes(o)
	if err != nil {
		return err
	}
	w := c.out
	w.open("result").open("layouts")
	fields, system := c.session.PageFields(o)
	c.section("detailLayoutSections", o.Label+" Information", fields)
	c.section("detailLayoutSections", "System Information", system)
	c.section("editLayoutSections", o.Label+" Information", slices.DeleteFunc(fields, func(f *catalog.Field) bool {
		return !c.session.CanEdit(f) || !f.Createable && !f.Updateable
	}))
	w.null("id")
	c.relatedLists(o)
	w.close("layouts")
	for _, t := range types {
		c.recordTypeMapping(o, t)
	}
	w.flag("recordTypeSelectorRequired", len(o.RecordTypes) > 0).close("result")
	return nil
}

// layoutTypes returns the record types that recordTypeIds names, without any all of them, the master last.
func (c *call) layoutTypes(o *catalog.Object) ([]*catalog.RecordType, error) {
	all := make([]*catalog.RecordType, 0, len(o.RecordTypes)+1)
	for i := range o.RecordTypes {
		all = append(all, &o.RecordTypes[i])
	}
	all = append(all, &catalog.RecordType{ID: record.MasterRecordType, Name: "Master", DeveloperName: "Master", Active: true})
	var asked []*catalog.RecordType
	for _, n := range c.op.kids {
		if !strings.EqualFold(n.name, "recordTypeIds") || n.null {
			continue
		}
		id, err := record.ParseID(strings.TrimSpace(n.text()))
		if err != nil {
			return nil, fault.New(fault.MalformedID, "RecordType ID: id value of incorrect type: %s", n.text())
		}
		at := slices.IndexFunc(all, func(t *catalog.RecordType) bool { return t.ID == id })
		if at < 0 {
			return nil, fault.New(fault.InvalidCrossReferenceKey, "invalid cross reference id")
		}
		asked = append(asked, all[at])
	}
	if asked != nil {
		return asked, nil
	}
	return all, nil
}

// section lays fields out in two columns.
func (c *call) section(name, heading string, fields []*catalog.Field) {
	w := c.out
	w.open(name).flag("collapsed", false).number("columns", 2).text("heading", heading)
	rows := int64(0)
	for row := range slices.Chunk(fields, 2) {
		rows++
		w.open("layoutRows")
		for _, f := range row {
			edit := c.session.CanEdit(f)
			w.open("layoutItems").flag("editableForNew", f.Createable && edit).flag("editableForUpdate", f.Updateable && edit).text("label", f.Label)
			w.open("layoutComponents").number("displayLines", 1).number("tabOrder", rows).text("type", "Field").text("value", f.Name).close("layoutComponents")
			w.flag("placeholder", false).flag("required", f.Required).close("layoutItems")
		}
		w.number("numItems", int64(len(row))).close("layoutRows")
	}
	w.null("layoutSectionId").null("parentLayoutId").number("rows", rows).text("tabOrder", "LeftToRight").flag("useCollapsibleSection", false).flag("useHeading", true).close(name)
}

// relatedLists writes the lists of children that have pages of their own.
func (c *call) relatedLists(o *catalog.Object) {
	w := c.out
	for _, kids := range o.Children {
		child := c.session.Catalog().Object(kids.Object)
		if kids.Name == "" || child == nil || !child.Layoutable || !c.session.Rights(child).Read {
			continue
		}
		w.open("relatedLists")
		if f := child.NameField; f != nil && c.session.CanRead(f) {
			w.open("columns").text("field", child.Name+"."+f.Name).text("fieldApiName", f.Name).text("label", f.Label).text("name", f.Name).close("columns")
		}
		w.flag("custom", child.Custom).text("field", kids.Field).text("label", child.LabelPlural).number("limitRows", 5)
		w.text("name", kids.Name).text("sobject", child.Name).close("relatedLists")
	}
}

// recordTypeMapping writes a record type with what its picklists offer; one that its map does not name offers all.
func (c *call) recordTypeMapping(o *catalog.Object, t *catalog.RecordType) {
	w, master := c.out, t.ID == record.MasterRecordType
	first := master && len(o.RecordTypes) == 0 || len(o.RecordTypes) > 0 && t.ID == o.RecordTypes[0].ID
	w.open("recordTypeMappings").flag("active", t.Active).flag("available", t.Active).flag("defaultRecordTypeMapping", first)
	w.text("developerName", t.DeveloperName).null("layoutId").flag("master", master).text("name", t.Name)
	for _, f := range o.Fields {
		if !f.Type.Picklist || !c.session.CanRead(f) {
			continue
		}
		some, limited := t.Values[f.Name]
		w.open("picklistsForRecordType").text("picklistName", f.Name)
		for i := range f.Values {
			if v := &f.Values[i]; v.Active && (!limited || slices.Contains(some, v.Value)) {
				c.picklistValue(v)
			}
		}
		w.close("picklistsForRecordType")
	}
	w.text("recordTypeId", string(t.ID)).close("recordTypeMappings")
}

// describeTabs describes one app whose tabs are the objects with pages.
func (c *call) describeTabs() error {
	w, base := c.out, c.h.gate.Base(c.r)
	w.open("result").text("description", "").text("label", "Stoa").text("logoUrl", "").null("namespace").flag("selected", true).text("tabSetId", "standard-Stoa")
	for _, o := range c.session.Catalog().Objects() {
		if o.Layoutable && c.session.Rights(o).Read {
			w.open("tabs").flag("custom", o.Custom).text("iconUrl", "").text("label", o.LabelPlural).text("miniIconUrl", "")
			w.text("name", "standard-"+o.Name).text("sobjectName", o.Name).text("url", base+"/console/"+o.Name+"/list").close("tabs")
		}
	}
	w.close("result")
	return nil
}

// describeDataCategoryGroups describes the groups of data categories that are in use for the objects.
func (c *call) describeDataCategoryGroups() error {
	w := c.out
	for _, n := range c.op.list(0, "sObjectType") {
		o, err := c.object(n.text())
		if err != nil {
			return err
		}
		for _, g := range c.session.Catalog().CategoryGroups() {
			if g.Active && slices.Contains(g.Objects, o.Name) {
				w.open("result").number("categoryCount", countCategories(g.Categories)).text("description", g.Description)
				w.text("label", g.Label).text("name", g.Name).text("sobject", o.Name).close("result")
			}
		}
	}
	return nil
}

func countCategories(list []catalog.Category) int64 {
	n := int64(len(list))
	for _, k := range list {
		n += countCategories(k.Categories)
	}
	return n
}

// describeDataCategoryGroupStructures describes groups with their trees, or the tops of those.
func (c *call) describeDataCategoryGroupStructures() error {
	w, tops := c.out, c.op.at("topCategoriesOnly").isTrue()
	for _, n := range c.op.kids {
		if !strings.EqualFold(n.name, "pairs") {
			continue
		}
		o, err := c.object(n.arg(1, "sobject").text())
		if err != nil {
			return err
		}
		g := c.session.Catalog().CategoryGroup(strings.TrimSpace(n.arg(0, "dataCategoryGroupName").text()))
		if g == nil || !g.Active || !slices.Contains(g.Objects, o.Name) {
			return fault.New(fault.InvalidCrossReferenceKey, "there is no data category group %s for %s", n.arg(0, "dataCategoryGroupName").text(), o.Name)
		}
		w.open("result").text("description", g.Description).text("label", g.Label).text("name", g.Name).text("sobject", o.Name)
		c.dataCategories("topCategories", g.Categories, tops)
		w.close("result")
	}
	return nil
}

func (c *call) dataCategories(name string, list []catalog.Category, tops bool) {
	for _, k := range list {
		c.out.open(name)
		if !tops {
			c.dataCategories("childCategories", k.Categories, false)
		}
		c.out.text("label", k.Label).text("name", k.Name).close(name)
	}
}
