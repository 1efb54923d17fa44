package metadata

import (
	"fmt"
	"path"
	"strings"

	"stoa/internal/engine/catalog"
)

// readObject reads a CustomObject without the children that have files of their own.
func readObject(p *Package, file string, b []byte, _ reader) error {
	var m struct {
		Label                string `xml:"label"`
		PluralLabel          string `xml:"pluralLabel"`
		Description          string `xml:"description"`
		SharingModel         string `xml:"sharingModel"`
		ExternalSharingModel string `xml:"externalSharingModel"`
		CustomSettingsType   string `xml:"customSettingsType"`
		DeploymentStatus     string `xml:"deploymentStatus"`
		EnableHistory        *bool  `xml:"enableHistory"`
		EnableFeeds          *bool  `xml:"enableFeeds"`
		EnableActivities     *bool  `xml:"enableActivities"`
		EnableSearch         *bool  `xml:"enableSearch"`
		EnableReports        *bool  `xml:"enableReports"`
		NameField            *struct {
			Label          string `xml:"label"`
			Type           string `xml:"type"`
			DisplayFormat  string `xml:"displayFormat"`
			StartingNumber int    `xml:"startingNumber"`
			TrackHistory   bool   `xml:"trackHistory"`
		} `xml:"nameField"`
		Unknown []element `xml:",any"`
	}
	if err := strict(b, &m, func() []element { return m.Unknown }); err != nil {
		return err
	}
	d := &catalog.ObjectDef{
		Name: named(file, ".object-meta.xml"), Label: m.Label, LabelPlural: m.PluralLabel, Description: m.Description,
		SharingModel: m.SharingModel, ExternalSharingModel: m.ExternalSharingModel, CustomSetting: m.CustomSettingsType,
		History: m.EnableHistory, Feed: m.EnableFeeds, Activities: m.EnableActivities, Search: m.EnableSearch,
	}
	if n := m.NameField; n != nil {
		d.NameField = &catalog.NameDef{Label: n.Label, Type: n.Type, DisplayFormat: n.DisplayFormat, StartingNumber: n.StartingNumber, TrackHistory: n.TrackHistory}
	}
	p.Changes = append(p.Changes, catalog.Change{Object: d})
	return nil
}

type valueSet struct {
	Restricted       bool   `xml:"restricted"`
	ControllingField string `xml:"controllingField"`
	Definition       *struct {
		Sorted bool `xml:"sorted"`
		Values []struct {
			FullName string `xml:"fullName"`
			Default  bool   `xml:"default"`
			Label    string `xml:"label"`
			IsActive *bool  `xml:"isActive"`
		} `xml:"value"`
	} `xml:"valueSetDefinition"`
	Settings []struct {
		Controlling []string `xml:"controllingFieldValue"`
		ValueName   string   `xml:"valueName"`
	} `xml:"valueSettings"`
}

func (s *valueSet) values() []catalog.ValueDef {
	if s == nil || s.Definition == nil {
		return nil
	}
	controlling := map[string][]string{}
	for _, v := range s.Settings {
		controlling[v.ValueName] = append(controlling[v.ValueName], v.Controlling...)
	}
	var all []catalog.ValueDef
	for _, v := range s.Definition.Values {
		all = append(all, catalog.ValueDef{
			Value: v.FullName, Label: v.Label, Default: v.Default, Inactive: v.IsActive != nil && !*v.IsActive, Controlling: controlling[v.FullName],
		})
	}
	return all
}

// readField reads a CustomField; its object is the folder above fields.
func readField(p *Package, file string, b []byte, _ reader) error {
	var m struct {
		FullName                 string    `xml:"fullName"`
		Label                    string    `xml:"label"`
		Type                     string    `xml:"type"`
		Description              string    `xml:"description"`
		InlineHelpText           string    `xml:"inlineHelpText"`
		Length                   int       `xml:"length"`
		VisibleLines             int       `xml:"visibleLines"`
		Precision                int       `xml:"precision"`
		Scale                    int       `xml:"scale"`
		Required                 bool      `xml:"required"`
		Unique                   bool      `xml:"unique"`
		CaseSensitive            bool      `xml:"caseSensitive"`
		ExternalID               bool      `xml:"externalId"`
		TrackHistory             bool      `xml:"trackHistory"`
		TrackTrending            bool      `xml:"trackTrending"`
		DefaultValue             string    `xml:"defaultValue"`
		DisplayFormat            string    `xml:"displayFormat"`
		StartingNumber           int       `xml:"startingNumber"`
		MaskType                 string    `xml:"maskType"`
		MaskChar                 string    `xml:"maskChar"`
		DisplayLocationInDecimal bool      `xml:"displayLocationInDecimal"`
		ReferenceTo              string    `xml:"referenceTo"`
		RelationshipName         string    `xml:"relationshipName"`
		RelationshipLabel        string    `xml:"relationshipLabel"`
		RelationshipOrder        int       `xml:"relationshipOrder"`
		DeleteConstraint         string    `xml:"deleteConstraint"`
		Reparentable             bool      `xml:"reparentableMasterDetail"`
		WriteRequiresMasterRead  bool      `xml:"writeRequiresMasterRead"`
		SecurityClassification   string    `xml:"securityClassification"`
		ComplianceGroup          string    `xml:"complianceGroup"`
		ValueSet                 *valueSet `xml:"valueSet"`
		Unknown                  []element `xml:",any"`
	}
	if err := strict(b, &m, func() []element { return m.Unknown }); err != nil {
		return err
	}
	d := &catalog.FieldDef{
		Object: path.Base(path.Dir(path.Dir(file))), Name: m.FullName, Label: m.Label, Type: m.Type, Help: m.InlineHelpText, Description: m.Description,
		Length: m.Length, Precision: m.Precision, Scale: m.Scale, Required: m.Required, Unique: m.Unique, CaseSensitive: m.CaseSensitive,
		ExternalID: m.ExternalID, TrackHistory: m.TrackHistory, Default: m.DefaultValue, DisplayFormat: m.DisplayFormat, StartingNumber: m.StartingNumber,
		MaskType: m.MaskType, MaskChar: m.MaskChar, Decimal: m.DisplayLocationInDecimal, Values: m.ValueSet.values(),
		RelationshipName: m.RelationshipName, Delete: m.DeleteConstraint, Reparentable: m.Reparentable, WriteNeedsMasterRead: m.WriteRequiresMasterRead,
		MasterOrder: m.RelationshipOrder,
	}
	if m.ReferenceTo != "" {
		d.ReferenceTo = []string{m.ReferenceTo}
	}
	if m.ValueSet != nil {
		d.Restricted, d.Controller = m.ValueSet.Restricted, m.ValueSet.ControllingField
	}
	p.Changes = append(p.Changes, catalog.Change{Field: d})
	// An object with personal data is one about people.
	if strings.Contains(m.ComplianceGroup, "PII") {
		for _, c := range p.Changes {
			if c.Object != nil && c.Object.Name == d.Object {
				c.Object.Person = new(true)
			}
		}
	}
	return nil
}

// readIndex reads an Index; its object is the folder above indexes.
func readIndex(p *Package, file string, b []byte, _ reader) error {
	var m struct {
		FullName string `xml:"fullName"`
		Label    string `xml:"label"`
		Fields   []struct {
			Name          string    `xml:"name"`
			SortDirection string    `xml:"sortDirection"`
			Unknown       []element `xml:",any"`
		} `xml:"fields"`
		Unknown []element `xml:",any"`
	}
	if err := strict(b, &m, func() []element {
		for _, f := range m.Fields {
			m.Unknown = append(m.Unknown, f.Unknown...)
		}
		return m.Unknown
	}); err != nil {
		return err
	}
	d := &catalog.IndexDef{Object: path.Base(path.Dir(path.Dir(file))), Name: m.FullName, Label: m.Label}
	for _, f := range m.Fields {
		if f.SortDirection != "ASC" && f.SortDirection != "DESC" {
			return fmt.Errorf("the field %s is sorted neither ASC nor DESC", f.Name)
		}
		d.Fields = append(d.Fields, catalog.IndexedField{Name: f.Name, Desc: f.SortDirection == "DESC"})
	}
	p.Changes = append(p.Changes, catalog.Change{Index: d})
	return nil
}
