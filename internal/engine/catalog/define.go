package catalog

import (
	"strconv"
	"strings"

	"stoa/internal/fault"
	"stoa/internal/record"
)

// Limits of what an org may define. Source: the platform's own limits.
const (
	maxLongText      = 131072
	longTextDefault  = 32768
	maxPicklist      = 1000
	maxMultiPicklist = 500
	maxPicklistValue = 255
)

// An ObjectDef is what an org says about an object: all of a custom one, or
// what it changed of a standard one, where empty means unchanged. It is kept
// as JSON, so its keys do not change.
type ObjectDef struct {
	Name        string `json:"name"`
	Label       string `json:"label,omitempty"`
	LabelPlural string `json:"labelPlural,omitempty"`
	Description string `json:"description,omitempty"`

	NameField            *NameDef        `json:"nameField,omitempty"` // of custom objects: a text where absent
	SharingModel         string          `json:"sharingModel,omitempty"`
	ExternalSharingModel string          `json:"externalSharingModel,omitempty"`
	CustomSetting        string          `json:"customSettingsType,omitempty"` // List or Hierarchy
	History              *bool           `json:"enableHistory,omitempty"`
	Feed                 *bool           `json:"enableFeeds,omitempty"`
	Activities           *bool           `json:"enableActivities,omitempty"`
	Search               *bool           `json:"enableSearch,omitempty"`
	Person               *bool           `json:"person,omitempty"` // its records are about people
	RecordTypes          []RecordTypeDef `json:"recordTypes,omitempty"`

	// With keeps the rest.
	KeyPrefix  string `json:"keyPrefix,omitempty"`
	Generation int    `json:"generation,omitempty"` // counts the objects that had this name before
	Dropped    bool   `json:"dropped,omitempty"`    // the object is gone, its table and its prefix are not given out again
}

// A NameDef describes the name field of a custom object.
type NameDef struct {
	Label          string `json:"label,omitempty"`
	Type           string `json:"type,omitempty"` // Text or AutoNumber
	DisplayFormat  string `json:"displayFormat,omitempty"`
	StartingNumber int    `json:"startingNumber,omitempty"`
	TrackHistory   bool   `json:"trackHistory,omitempty"`
}

// A RecordTypeDef is one record type of an object. ID is that of its row in RecordType, which the caller gives out.
type RecordTypeDef struct {
	ID          record.ID `json:"id"`
	Name        string    `json:"fullName"`
	Label       string    `json:"label"`
	Description string    `json:"description,omitempty"`
	Inactive    bool      `json:"inactive,omitempty"`
	// Values are the values that a picklist offers with this record type, by field; a field that is absent offers all.
	Values map[string][]string `json:"values,omitempty"`
	// Defaults are default values with this record type, by field.
	Defaults map[string]string `json:"defaults,omitempty"`
}

// A FieldDef is what an org says about a field: all of a custom one, or what
// it changed of a standard one, where empty means unchanged and Type is "".
// It is kept as JSON, so its keys do not change.
type FieldDef struct {
	Object      string `json:"object"`
	Name        string `json:"name"`
	Label       string `json:"label,omitempty"`
	Type        string `json:"type,omitempty"` // as metadata names it: Text, Lookup, MasterDetail, AutoNumber, …
	Help        string `json:"inlineHelpText,omitempty"`
	Description string `json:"description,omitempty"`

	Length        int    `json:"length,omitempty"`
	Precision     int    `json:"precision,omitempty"`
	Scale         int    `json:"scale,omitempty"`
	Required      bool   `json:"required,omitempty"`
	Unique        bool   `json:"unique,omitempty"`
	CaseSensitive bool   `json:"caseSensitive,omitempty"`
	ExternalID    bool   `json:"externalId,omitempty"`
	TrackHistory  bool   `json:"trackHistory,omitempty"`
	Default       string `json:"defaultValue,omitempty"` // a literal as metadata writes it: true, 12.5, "text"; a formula otherwise

	DisplayFormat  string `json:"displayFormat,omitempty"`
	StartingNumber int    `json:"startingNumber,omitempty"`
	MaskType       string `json:"maskType,omitempty"`
	MaskChar       string `json:"maskChar,omitempty"`
	Decimal        bool   `json:"displayLocationInDecimal,omitempty"`

	Values     []ValueDef `json:"values,omitempty"`
	Restricted bool       `json:"restricted,omitempty"`
	Controller string     `json:"controllingField,omitempty"`

	ReferenceTo          []string `json:"referenceTo,omitempty"`
	RelationshipName     string   `json:"relationshipName,omitempty"` // of the child relationship, without __r
	Delete               string   `json:"deleteConstraint,omitempty"` // SetNull, Restrict or Cascade
	Reparentable         bool     `json:"reparentableMasterDetail,omitempty"`
	WriteNeedsMasterRead bool     `json:"writeRequiresMasterRead,omitempty"`
	MasterOrder          int      `json:"relationshipOrder,omitempty"`

	// With keeps the rest.
	Order      int  `json:"order,omitempty"`      // describe lists custom fields in the order they were made
	Generation int  `json:"generation,omitempty"` // counts the columns that the field had before
	Dropped    bool `json:"dropped,omitempty"`    // the field is gone, its column is not given out again
}

// A ValueDef is one value of a picklist.
type ValueDef struct {
	Value    string `json:"fullName"`
	Label    string `json:"label,omitempty"`
	Default  bool   `json:"default,omitempty"`
	Inactive bool   `json:"inactive,omitempty"`
	// Controlling lists the values of the controlling field with which this one is offered.
	Controlling []string `json:"controlling,omitempty"`
}

// Key returns the name under which d is kept: Account.Ext__c.
func (d *FieldDef) Key() string { return d.Object + "." + d.Name }

func (d *FieldDef) fail(format string, args ...any) error {
	return fault.New(fault.FieldIntegrity, format, args...).On(d.Name)
}

func (d *FieldDef) must(option string) error {
	return d.fail("Must specify '%s' for a CustomField of type %s", option, d.Type)
}

// refuse returns an error where d has an option that its type does not have.
func (d *FieldDef) refuse(options ...string) error {
	for _, o := range options {
		has := false
		switch o {
		case "length":
			has = d.Length != 0
		case "precision":
			has = d.Precision != 0
		case "scale":
			has = d.Scale != 0
		case "required":
			has = d.Required
		case "unique":
			has = d.Unique
		case "externalId":
			has = d.ExternalID
		case "defaultValue":
			has = d.Default != ""
		case "valueSet":
			has = len(d.Values) > 0
		case "referenceTo":
			has = len(d.ReferenceTo) > 0
		}
		if has {
			return d.fail("Can not specify '%s' for a CustomField of type %s", o, d.Type)
		}
	}
	return nil
}

// text checks the length of a text, 0 becoming standard; where standard is 0 too, a length must be given.
func (d *FieldDef) text(low, high, standard int) error {
	if d.Length == 0 {
		d.Length = standard
	}
	if d.Length == 0 {
		return d.must("length")
	}
	if d.Length < low || d.Length > high {
		return d.fail("Length must be between %d and %d for a CustomField of type %s", low, high, d.Type)
	}
	return d.refuse("precision", "scale", "valueSet", "referenceTo")
}

// number checks precision and scale: at most 18 digits together.
func (d *FieldDef) number() error {
	switch {
	case d.Precision == 0:
		return d.must("precision")
	case d.Precision < 1 || d.Precision > 18:
		return d.fail("Precision must be between 1 and 18 for a CustomField of type %s", d.Type)
	case d.Scale < 0 || d.Scale > 17 || d.Scale > d.Precision:
		return d.fail("Scale must be between 0 and the precision for a CustomField of type %s", d.Type)
	}
	return d.refuse("length", "valueSet", "referenceTo")
}

// plain refuses everything that only some types have.
func (d *FieldDef) plain() error {
	return d.refuse("length", "precision", "scale", "unique", "externalId", "valueSet", "referenceTo")
}

// picklist checks the values of a picklist.
func (d *FieldDef) picklist(most int) error {
	if len(d.Values) > most {
		return fault.New(fault.LimitExceeded, "A picklist can have at most %d values", most).On(d.Name)
	}
	seen := make(map[string]bool, len(d.Values))
	for i := range d.Values {
		v := &d.Values[i]
		switch {
		case v.Value == "":
			return d.fail("A picklist value must have a name")
		case len([]rune(v.Value)) > maxPicklistValue:
			return d.fail("Picklist value is too long: %s", v.Value)
		case strings.Contains(v.Value, ";") && most == maxMultiPicklist:
			return d.fail("A value of a multi-select picklist cannot contain a semicolon: %s", v.Value)
		case seen[record.Fold(v.Value)]:
			return fault.New(fault.DuplicateDeveloperName, "Duplicate value in picklist: %s", v.Value).On(d.Name)
		}
		seen[record.Fold(v.Value)] = true
		if v.Label == "" {
			v.Label = v.Value
		}
	}
	return d.refuse("precision", "scale", "unique", "externalId", "referenceTo")
}

// literal reads a default as metadata writes it; ok is false for a formula.
func (d *FieldDef) literal(kind record.Kind) (v record.Value, ok bool) {
	switch s := strings.TrimSpace(d.Default); {
	case s == "":
		return record.Value{}, true
	case kind == record.Bool:
		return record.OfBool(strings.EqualFold(s, "true")), strings.EqualFold(s, "true") || strings.EqualFold(s, "false")
	case kind == record.Number:
		n, scale, ok := record.ParseDecimal(s)
		return record.OfDecimal(n, scale), ok
	case kind == record.Text && len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0]:
		if u, err := strconv.Unquote(`"` + strings.ReplaceAll(strings.ReplaceAll(s[1:len(s)-1], `\'`, `'`), "\n", `\n`) + `"`); err == nil {
			return record.OfText(u), true
		}
	}
	return record.Value{}, false
}

// autoNumber checks an auto-number's format: text and one run of zeros in braces, such as PMT-{00000}.
func (d *FieldDef) autoNumber() error {
	if d.DisplayFormat == "" {
		d.DisplayFormat = "{0}"
	}
	if !validFormat(d.DisplayFormat) {
		return d.fail("The display format must contain exactly one sequence number such as {0000}: %s", d.DisplayFormat)
	}
	d.Length = 30
	return d.refuse("precision", "scale", "required", "unique", "defaultValue", "valueSet", "referenceTo")
}

func validFormat(format string) bool {
	numbers := 0
	for rest := format; ; {
		_, after, ok := strings.Cut(rest, "{")
		if !ok {
			return numbers == 1 && len(format) <= 30
		}
		inside, tail, ok := strings.Cut(after, "}")
		switch {
		case !ok:
			return false
		case inside == "YYYY" || inside == "YY" || inside == "MM" || inside == "DD":
		case inside != "" && strings.Trim(inside, "0") == "" && len(inside) <= 10:
			numbers++
		default:
			return false
		}
		rest = tail
	}
}

// reference checks a lookup, a master-detail or a hierarchy.
func (d *FieldDef) reference() error {
	if err := d.refuse("length", "precision", "scale", "unique", "externalId", "defaultValue", "valueSet"); err != nil {
		return err
	}
	if len(d.ReferenceTo) != 1 {
		return d.must("referenceTo")
	}
	if d.RelationshipName != "" {
		if err := checkName(d.RelationshipName, "Child Relationship Name"); err != nil {
			return err
		}
	}
	switch {
	case d.Type == "MasterDetail":
		if d.RelationshipName == "" {
			return d.must("relationshipName")
		}
		if d.Delete != "" && d.Delete != "Cascade" {
			return d.fail("Can not specify 'deleteConstraint' for a CustomField of type %s", d.Type)
		}
		d.Required = false // always is; metadata may not say so
	case d.Type == "Hierarchy":
		if Fold(d.ReferenceTo[0]) != "user" || Fold(d.Object) != "user" {
			return d.fail("A hierarchical relationship can only be created on User")
		}
	case d.Delete != "" && d.Delete != "SetNull" && d.Delete != "Restrict" && d.Delete != "Cascade":
		return d.fail("Invalid deleteConstraint: %s", d.Delete)
	case d.Required && d.Delete == "SetNull":
		return d.fail("Can not specify deleteConstraint SetNull for a required CustomField of type %s", d.Type)
	case d.Required && d.Delete == "":
		d.Delete = "Restrict"
	}
	return nil
}
