package rest

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
)

// The layout family describes pages. Every object has one page, drawn from its
// fields: name and owner first, then the others, the system's own last.

type pageLayout struct {
	ID              *string         `json:"id"`
	Buttons         *struct{}       `json:"buttonLayoutSection"`
	Detail          []layoutSection `json:"detailLayoutSections"`
	Edit            []layoutSection `json:"editLayoutSections"`
	FeedView        *struct{}       `json:"feedView"`
	HighlightsPanel *struct{}       `json:"highlightsPanelLayout"`
	MultirowEdit    []layoutSection `json:"multirowEditLayoutSections"`
	OfflineLinks    []struct{}      `json:"offlineLinks"`
	QuickActions    quickActionList `json:"quickActionList"`
	RelatedContent  *struct{}       `json:"relatedContent"`
	RelatedLists    []relatedList   `json:"relatedLists"`
	SaveOptions     []struct{}      `json:"saveOptions"`
}

type quickActionList struct {
	Items []struct{} `json:"quickActionListItems"`
}

type layoutSection struct {
	Columns     int         `json:"columns"`
	Heading     string      `json:"heading"`
	Rows        []layoutRow `json:"layoutRows"`
	SectionID   *string     `json:"layoutSectionId"`
	ParentID    *string     `json:"parentLayoutId"`
	RowCount    int         `json:"rows"`
	TabOrder    string      `json:"tabOrder"`
	Collapsible bool        `json:"useCollapsibleSection"`
	UseHeading  bool        `json:"useHeading"`
}

type layoutRow struct {
	Items []layoutItem `json:"layoutItems"`
	Count int          `json:"numItems"`
}

type layoutItem struct {
	EditableForNew    bool              `json:"editableForNew"`
	EditableForUpdate bool              `json:"editableForUpdate"`
	Label             string            `json:"label"`
	Components        []layoutComponent `json:"layoutComponents"`
	Placeholder       bool              `json:"placeholder"`
	Required          bool              `json:"required"`
}

type layoutComponent struct {
	Details      json.RawMessage `json:"details"` // the field as describe has it
	DisplayLines int             `json:"displayLines"`
	TabOrder     int             `json:"tabOrder"`
	Type         string          `json:"type"`
	Value        string          `json:"value"`
	FieldType    *string         `json:"fieldType"`
}

type relatedList struct {
	Columns    []relatedColumn `json:"columns"`
	Custom     bool            `json:"custom"`
	Field      string          `json:"field"`
	Label      string          `json:"label"`
	LimitRows  int             `json:"limitRows"`
	Name       string          `json:"name"`
	Object     string          `json:"sobject"`
	Sort       []struct{}      `json:"sort"`
	ButtonList *struct{}       `json:"buttons"`
}

type relatedColumn struct {
	Field    string `json:"field"`
	FieldAPI string `json:"fieldApiName"`
	Label    string `json:"label"`
	Name     string `json:"name"`
}

type recordTypeMapping struct {
	Available    bool               `json:"available"`
	Default      bool               `json:"defaultRecordTypeMapping"`
	Developer    string             `json:"developerName"`
	LayoutID     *string            `json:"layoutId"`
	Master       bool               `json:"master"`
	Name         string             `json:"name"`
	Picklists    []recordTypeValues `json:"picklistsForRecordType"`
	RecordTypeID record.ID          `json:"recordTypeId"`
	URLs         map[string]string  `json:"urls"`
}

// layouts answers sobjects/Case/describe/layouts.
func (c *call) layouts() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	mappings := c.recordTypes(o)
	mappings[0].Picklists = c.recordTypeValues(o, nil)
	for i := range o.RecordTypes {
		mappings[i+1].Picklists = c.recordTypeValues(o, o.RecordTypes[i].Values)
	}
	return c.json(struct {
		Layouts  []pageLayout        `json:"layouts"`
		Mappings []recordTypeMapping `json:"recordTypeMappings"`
		Selector []bool              `json:"recordTypeSelectorRequired"`
	}{[]pageLayout{c.pageLayout(o)}, mappings, []bool{len(o.RecordTypes) > 0}})
}

// layout answers the layout of one record type.
func (c *call) layout() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	id, err := record.ParseID(c.args[1])
	if err != nil {
		return notFound()
	}
	for _, m := range c.recordTypes(o) {
		if m.RecordTypeID == id {
			return c.json(c.pageLayout(o))
		}
	}
	return notFound()
}

// globalLayouts answers the layouts that belong to no object: none.
func (c *call) globalLayouts() error {
	c.out = append(c.out, `{"layouts":[],"recordTypeMappings":[],"recordTypeSelectorRequired":[false]}`...)
	return nil
}

func (c *call) approvalLayouts() error {
	if _, err := c.object(); err != nil {
		return err
	}
	c.out = append(c.out, `{"approvalLayouts":[]}`...)
	return nil
}

// recordTypeValues returns what each picklist of o offers where only says so by field; a field that is absent there offers all.
func (c *call) recordTypeValues(o *catalog.Object, only map[string][]string) []recordTypeValues {
	all := []recordTypeValues{}
	for _, f := range o.Fields {
		if !f.Type.Picklist || !c.session.CanRead(f) {
			continue
		}
		some, limited := only[f.Name]
		m := &members{}
		picklist(m, f, func(v *catalog.PicklistValue) bool { return v.Active && (!limited || slices.Contains(some, v.Value)) })
		all = append(all, recordTypeValues{f.Name, bytes.TrimPrefix(m.b, []byte(`"picklistValues":`))})
	}
	return all
}

// recordTypeValues are the values of a picklist with a record type.
type recordTypeValues struct {
	Name   string          `json:"picklistName"`
	Values json.RawMessage `json:"picklistValues"`
}

func (c *call) recordTypes(o *catalog.Object) []recordTypeMapping {
	base := c.base + "/sobjects/" + o.Name + "/describe/layouts/"
	all := []recordTypeMapping{{
		Available: true, Default: len(o.RecordTypes) == 0, Developer: "Master", Master: true, Name: "Master", Picklists: []recordTypeValues{},
		RecordTypeID: record.MasterRecordType, URLs: map[string]string{"layout": base + string(record.MasterRecordType)},
	}}
	for i, t := range o.RecordTypes {
		all = append(all, recordTypeMapping{
			Available: t.Active, Default: i == 0, Developer: t.DeveloperName, Name: t.Name, Picklists: []recordTypeValues{},
			RecordTypeID: t.ID, URLs: map[string]string{"layout": base + string(t.ID)},
		})
	}
	return all
}

func (c *call) pageLayout(o *catalog.Object) pageLayout {
	fields, system := c.session.PageFields(o)
	sections := func(edit bool) []layoutSection {
		all := []layoutSection{c.section(o.Label+" Information", fields, "information", edit)}
		if !edit {
			all = append(all, c.section("System Information", system, "system", false))
		}
		return all
	}
	p := pageLayout{
		Detail: sections(false), Edit: sections(true), MultirowEdit: []layoutSection{}, OfflineLinks: []struct{}{},
		QuickActions: quickActionList{[]struct{}{}}, RelatedLists: []relatedList{}, SaveOptions: []struct{}{},
	}
	for _, kids := range o.Children {
		child := c.session.Catalog().Object(kids.Object)
		if kids.Name == "" || child == nil || !child.Layoutable || !c.session.Rights(child).Read {
			continue
		}
		list := relatedList{
			Columns: []relatedColumn{}, Custom: child.Custom, Field: kids.Field, Label: child.LabelPlural, LimitRows: 5, Name: kids.Name,
			Object: child.Name, Sort: []struct{}{},
		}
		if f := child.NameField; f != nil && c.session.CanRead(f) {
			list.Columns = append(list.Columns, relatedColumn{Field: child.Name + "." + f.Name, FieldAPI: f.Name, Label: f.Label, Name: f.Name})
		}
		p.RelatedLists = append(p.RelatedLists, list)
	}
	return p
}

// section lays fields out in two columns.
func (c *call) section(heading string, fields []*catalog.Field, tabs string, edit bool) layoutSection {
	s := layoutSection{Columns: 2, Heading: heading, Rows: []layoutRow{}, TabOrder: tabs, UseHeading: true}
	for _, f := range fields {
		editable := c.session.CanEdit(f)
		if edit && (!editable || !f.Createable && !f.Updateable) {
			continue
		}
		kind := strings.ToLower(f.Type.Name)
		it := layoutItem{
			EditableForNew: f.Createable && editable, EditableForUpdate: f.Updateable && editable, Label: f.Label, Required: f.Required,
			Components: []layoutComponent{{Details: c.details(f), DisplayLines: 1, TabOrder: len(s.Rows) + 1, Type: "Field", Value: f.Name, FieldType: &kind}},
		}
		if n := len(s.Rows); n > 0 && s.Rows[n-1].Count < 2 {
			s.Rows[n-1].Items, s.Rows[n-1].Count = append(s.Rows[n-1].Items, it), 2
		} else {
			s.Rows = append(s.Rows, layoutRow{Items: []layoutItem{it}, Count: 1})
		}
	}
	s.RowCount = len(s.Rows)
	return s
}

// details returns a field as describe has it.
func (c *call) details(f *catalog.Field) json.RawMessage {
	m := &members{}
	c.field(m, f)
	return m.b
}

// namedLayout answers a layout with a name of its own: no object has one, and describe names none.
func (c *call) namedLayout() error {
	if _, err := c.object(); err != nil {
		return err
	}
	return notFound()
}

type compactLayout struct {
	Actions    []struct{}   `json:"actions"`
	FieldItems []layoutItem `json:"fieldItems"`
	ID         *string      `json:"id"`
	ImageItems []struct{}   `json:"imageItems"`
	Label      string       `json:"label"`
	Name       string       `json:"name"`
	ObjectType string       `json:"objectType"`
}

// compactLayout names the few fields that stand for a record of o.
func (c *call) compactLayout(o *catalog.Object) compactLayout {
	one := compactLayout{Actions: []struct{}{}, FieldItems: []layoutItem{}, ImageItems: []struct{}{}, Label: "System Default", Name: "SYSTEM", ObjectType: o.Name}
	if o.NameField != nil && c.session.CanRead(o.NameField) {
		for _, r := range c.section("", []*catalog.Field{o.NameField}, "", false).Rows {
			one.FieldItems = append(one.FieldItems, r.Items...)
		}
	}
	return one
}

// compactLayouts answers sobjects/Case/describe/compactLayouts.
func (c *call) compactLayouts() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	type mapping struct {
		Available  bool      `json:"available"`
		ID         *string   `json:"compactLayoutId"`
		Name       string    `json:"compactLayoutName"`
		RecordType record.ID `json:"recordTypeId"`
		TypeName   string    `json:"recordTypeName"`
	}
	one := c.compactLayout(o)
	var mappings []mapping
	for _, t := range c.recordTypes(o) {
		mappings = append(mappings, mapping{t.Available, nil, one.Name, t.RecordTypeID, t.Name})
	}
	return c.json(struct {
		Layouts  []compactLayout   `json:"compactLayouts"`
		Default  *string           `json:"defaultCompactLayoutId"`
		Mappings []mapping         `json:"recordTypeCompactLayoutMappings"`
		URLs     map[string]string `json:"urls"`
	}{[]compactLayout{one}, nil, mappings, map[string]string{"primary": c.base + "/compactLayouts?q=" + o.Name}})
}

// primaryCompactLayouts answers compactLayouts?q=Account,Case: of each object the layout in use.
func (c *call) primaryCompactLayouts() error {
	list, err := c.objects()
	if err != nil {
		return err
	}
	all := make(map[string]compactLayout, len(list))
	for _, o := range list {
		all[o.Name] = c.compactLayout(o)
	}
	return c.json(all)
}

// objects returns the objects that the parameter q lists.
func (c *call) objects() ([]*catalog.Object, error) {
	var all []*catalog.Object
	for name := range strings.SplitSeq(c.param("q"), ",") {
		o := c.session.Catalog().Object(strings.TrimSpace(name))
		if o == nil || !c.session.Rights(o).Read {
			return nil, fault.New(fault.InvalidType, "sObject type '%s' is not supported.", name)
		}
		all = append(all, o)
	}
	return all, nil
}
