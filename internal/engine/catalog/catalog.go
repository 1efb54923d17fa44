// Package catalog says what an org's data looks like: objects, fields, types
// and relationships as one immutable Snapshot. It knows no users and no rows;
// its one invariant is that a Snapshot never changes once it is made.
package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// A Snapshot is the catalog of one org at one moment. It never changes, so it
// needs no lock; a change of metadata makes a new one and swaps it.
type Snapshot struct {
	Version  int64     // grows with every change; part of describe's ETag
	objects  []*Object // by name
	byName   map[string]*Object
	byPrefix map[string]*Object

	base *Snapshot    // what the platform ships, nil for that itself
	defs *definitions // what the org added and changed
}

// Object returns the object with an API name in any letter case, nil if there is none.
func (s *Snapshot) Object(name string) *Object { return s.byName[Fold(name)] }

// ByPrefix returns the object whose ids begin with a key prefix, nil if there is none.
func (s *Snapshot) ByPrefix(prefix string) *Object { return s.byPrefix[prefix] }

// Of returns the object that an id belongs to, nil if there is none.
func (s *Snapshot) Of(id record.ID) *Object { return s.byPrefix[id.Prefix()] }

// Objects returns all objects ordered by name. The slice belongs to the snapshot.
func (s *Snapshot) Objects() []*Object { return s.objects }

// An Object is an sObject: one kind of record, kept in one table.
type Object struct {
	Name, Label, LabelPlural string
	KeyPrefix                string // "" for an object whose records have no ids of their own
	Group                    string // of standard objects: crm, service, security, …
	Description              string

	Custom, CustomSetting                                         bool
	Createable, Updateable, Deletable, Undeletable, Queryable     bool
	Searchable, Layoutable, Mergeable, Triggerable, Replicateable bool
	Virtual                                                       bool // no table keeps its rows: they are worked out when they are asked for
	History, Feed, RecordTypeable, Queueable, ShareObject, Setup  bool // Setup: configuration, not data: no use entry, no recycle bin
	Person                                                        bool // its records are about people: every use is logged
	SharingModel, ExternalSharingModel                            string
	SharingParent                                                 string // where SharingModel is ControlledByParent: the field of the record that decides, "" for a rule of its own
	SupportedScopes                                               []string
	RecordTypes                                                   []RecordType

	// A companion keeps the history, the shares or the feed of another object.
	Companion   Companion
	CompanionOf string // name of that object

	Fields    []*Field        // in the order of describe
	Children  []*Relationship // child relationships, by child object and field
	NameField *Field          // nil where records have no name
	Indexes   []*IndexDef     // that the org defined

	Table  string // physical table, "" for an object without rows
	byName map[string]*Field
	byRel  map[string]*Field
	kids   map[string]*Relationship

	CompanionPrefixes [FeedOf + 1]string // key prefixes of its own companions, by their role

	alias bool // Table belongs to another object
}

// A Companion is a role that an object has beside another one.
type Companion uint8

// The companions.
const (
	NoCompanion Companion = iota
	HistoryOf             // a row a changed field: CaseHistory, X__History
	ShareOf               // a row a grant: CaseShare, X__Share
	FeedOf                // a row a post: CaseFeed, X__Feed
)

// Field returns the field with an API name in any letter case, nil if there is none.
func (o *Object) Field(name string) *Field { return o.byName[Fold(name)] }

// field is Field on an object that may be nil.
func (o *Object) field(name string) *Field {
	if o == nil {
		return nil
	}
	return o.Field(name)
}

// Relationship returns the reference field behind a parent relationship name such as Owner or Parent__r, nil if there is none.
func (o *Object) Relationship(name string) *Field { return o.byRel[Fold(name)] }

// Child returns the child relationship with a name such as Contacts, nil if there is none.
func (o *Object) Child(name string) *Relationship { return o.kids[Fold(name)] }

// A RecordType is one of an object's record types; Master is not listed.
type RecordType struct {
	ID                               record.ID
	Name, DeveloperName, Description string
	Active                           bool
	Values                           map[string][]string // what a picklist offers with it, by field; a field that is absent offers all
	Defaults                         map[string]string   // default values with it, by field
}

// A Relationship is a reference field seen from the object that it points to.
type Relationship struct {
	Name                            string // "" where it cannot be queried
	Object                          string // the child object
	Field                           string // its reference field
	CascadeDelete, RestrictedDelete bool
}

// A Field is one field of an object.
type Field struct {
	Object            *Object
	Name, Label       string
	Type              *Type
	Help, Description string

	Length, Precision, Scale, Digits int    // Scale: places kept, for Number kinds
	ExtraTypeInfo                    string // plaintextarea, richtextarea, personname, …
	HTML                             bool

	Nillable, Createable, Updateable, Custom                      bool
	Required                                                      bool // by metadata: REQUIRED_FIELD_MISSING without it
	Unique, CaseSensitive, ExternalID, IDLookup                   bool
	AutoNumber, Calculated, IsName, DefaultedOnCreate             bool
	Filterable, Sortable, Groupable, Aggregatable, Permissionable bool
	TrackHistory                                                  bool
	Deny                                                          Deny // what it may not be used for, though its type could

	// Picklists.
	Values     []PicklistValue
	Restricted bool
	Controller string // field that a dependent picklist depends on

	// References.
	ReferenceTo                                   []string // object names; several: polymorphic
	RelationshipName                              string   // parent path, "" for none
	ChildRelationshipName                         string
	MasterDetail                                  bool
	MasterOrder                                   int // 0 for the primary master, 1 for the second
	CascadeDelete, RestrictedDelete, Reparentable bool
	WriteNeedsMasterRead                          bool // of a master-detail: reading the master is enough to write the detail

	Compound string       // the compound field that this is a part of, "" for none
	Parts    []string     // of a compound (address, location, person name): names of the part fields
	Default  record.Value // static default on create
	// DefaultFormula is a default that is no literal, evaluated on create; Default is null then.
	DefaultFormula string
	DisplayFormat  string // of an auto-number: PMT-{00000}
	StartingNumber int    // of an auto-number: the first, 1 where it is less
	MaskType       string // of an encrypted text: all, lastFour, creditCard, …
	MaskChar       string // X or *
	Decimal        bool   // of a location: shown as a decimal, not in degrees, minutes and seconds
	// Path makes the field another name for a parent's field, such as Contact.Phone for Case.ContactPhone.
	Path string

	Column string // physical column, "" where nothing is stored (compounds, paths, formulas)
}

// Polymorphic reports whether f may point to records of more than one object.
func (f *Field) Polymorphic() bool { return len(f.ReferenceTo) > 1 }

// Sequence returns the name of the sequence that an auto-number is drawn from.
func (f *Field) Sequence() string { return f.Object.Name + "." + f.Name }

// ByteLength returns how many bytes a value may have on the wire, as describe tells it: 0 where length means nothing.
func (f *Field) ByteLength() int {
	if f.Type.Kind == record.Ref {
		return f.Length
	}
	return f.Length * 3
}

// Folded reports whether f's column has a shadow of folded text: names, unique
// and external ids, e-mail addresses and whatever else people look up by equality.
func (f *Field) Folded() bool {
	return f.Column != "" && f.Type.Kind == record.Text && (f.IsName || f.Unique && !f.CaseSensitive || f.ExternalID || f.IDLookup || f.Type == &Email)
}

// StoreColumn returns the column that keeps f.
func (f *Field) StoreColumn() store.Column {
	return store.Column{Name: f.Column, Class: f.Type.Class, Scale: uint8(f.Scale), Folded: f.Folded(), NotNull: f.Type == &Boolean}
}

// Deny takes uses from a field that its type would allow.
type Deny uint8

// The uses.
const (
	NoFilter Deny = 1 << iota
	NoSort
	NoGroup
	NoAggregate
)

// A PicklistValue is one entry of a value set.
type PicklistValue struct {
	Value, Label    string
	Active, Default bool
	ValidFor        []byte // bit map over the controlling field's values, nil where nothing controls

	controlling []string // values of the controlling field, until finish makes ValidFor of them
}

// Fold returns a name as names are compared: ASCII letter case does not count.
func Fold(name string) string {
	for i := range len(name) {
		if c := name[i]; c >= 'A' && c <= 'Z' {
			b := []byte(name)
			for ; i < len(b); i++ {
				if b[i] >= 'A' && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return name
}
