// Package access says who may see and do what: object permissions, field
// security and row filters of one user, read once and kept until a permission
// changes. It answers questions and compiles nothing; its one invariant is
// that what it does not grant is refused.
package access

import (
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
	"stoa/internal/store"
)

// Rights are what a user may do with the records of one object.
type Rights struct{ Read, Create, Edit, Delete, ViewAll, ModifyAll bool }

// everything is what who may modify all data may do.
var everything = Rights{Read: true, Create: true, Edit: true, Delete: true, ViewAll: true, ModifyAll: true}

// An Access is what one user may do in one org: the union of profile,
// permission sets and groups. It does not change, so it needs no lock.
type Access struct {
	user        record.ID
	all         bool            // the system, or a user who may modify all data
	permissions map[string]bool // user permissions by folded API name
	objects     map[string]Rights
	fields      map[string]bool // folded Object.Field that is readable → editable
	scope       *scoped         // of who has no profile, nil for users
	system      bool            // the engine itself
	custom      map[string]bool // custom permissions by folded API name
	masks       []Mask          // that it is under

	// The answers for the snapshot that Load was given, so that a question costs one look-up.
	// For objects and fields of other snapshots they are worked out by name.
	ofObject map[*catalog.Object]Rights
	ofField  map[*catalog.Field]fieldRights
}

type fieldRights struct{ read, edit bool }

// System returns the access of the engine itself, for seeds and jobs: everything. Purpose still applies.
func System() *Access { return &Access{all: true, system: true} }

// User returns whose access it is, "" for the system's.
func (a *Access) User() record.ID { return a.user }

// Object returns the rights on an object.
func (a *Access) Object(o *catalog.Object) Rights {
	switch {
	case a.all:
		return everything
	case a.scope != nil:
		return Rights{Read: a.scope.parts[o.Name] != nil}
	}
	if r, ok := a.ofObject[o]; ok {
		return r
	}
	return a.object(o)
}

func (a *Access) object(o *catalog.Object) Rights {
	switch kindOf(o) {
	case granted:
		r := a.objects[catalog.Fold(o.Name)]
		if a.Has("ViewAllData") {
			r.Read, r.ViewAll = true, true
		}
		return r
	case follows:
		return a.objects[catalog.Fold(leader(o))]
	case open:
		return Rights{Read: true, Create: true, Edit: true, Delete: true}
	case configuration:
		return a.configuration(o)
	default:
		return Rights{}
	}
}

// configuration returns the rights on objects that describe the org: most can be read by everybody, changed by few.
func (a *Access) configuration(o *catalog.Object) Rights {
	may := Rights{Read: true}
	change := a.Has("CustomizeApplication")
	switch o.Name {
	case "User", "UserRole", "Group", "GroupMember", "QueueSobject":
		change = a.Has("ManageUsers")
	case "Profile", "UserLicense":
		change = false
	case "PermissionSet", "PermissionSetGroup", "PermissionSetGroupComponent", "PermissionSetAssignment", "ObjectPermissions", "FieldPermissions",
		"SetupEntityAccess", "CustomPermission", "SetupAuditTrail", "LoginHistory", "AuthSession", "ConnectedApplication":
		may.Read, change = a.Has("ViewSetup") || a.Has("ManageUsers"), a.Has("ManageUsers")
	case "AsyncApexJob", "CronTrigger", "CronJobDetail":
		may.Read, change = a.Has("ViewSetup"), false
	case "NetworkMember", "NetworkMemberGroup":
		change = a.Has("ManageNetworks")
	case "ListView", "RecentlyViewed":
		change = true
	}
	may.Create, may.Edit, may.Delete = change, change, change
	may.ViewAll, may.ModifyAll = may.Read, change
	return may
}

// CanRead and CanEdit report field security, object permissions included.
func (a *Access) CanRead(f *catalog.Field) bool {
	switch {
	case a.all:
		return true
	case a.scope != nil:
		return a.scope.canRead(f)
	}
	if r, ok := a.ofField[f]; ok {
		return r.read
	}
	return a.canRead(f)
}

func (a *Access) canRead(f *catalog.Field) bool {
	r := a.Object(f.Object)
	if !r.Read && !(r.Create && !r.Edit) {
		return false
	}
	key, ok := secured(f)
	if !ok {
		return true
	}
	_, readable := a.fields[key]
	return readable
}

func (a *Access) CanEdit(f *catalog.Field) bool {
	switch {
	case a.all:
		return true
	case a.scope != nil:
		return false
	}
	if r, ok := a.ofField[f]; ok {
		return r.edit
	}
	return a.canEdit(f)
}

func (a *Access) canEdit(f *catalog.Field) bool {
	if r := a.Object(f.Object); !r.Edit && !r.Create {
		return false
	}
	key, ok := secured(f)
	return !ok || a.fields[key]
}

// prepare works out the answers for a snapshot.
func (a *Access) prepare(snap *catalog.Snapshot) {
	ofObject := make(map[*catalog.Object]Rights, len(snap.Objects()))
	n := 0
	for _, o := range snap.Objects() {
		ofObject[o] = a.object(o)
		n += len(o.Fields)
	}
	a.ofObject = ofObject
	ofField := make(map[*catalog.Field]fieldRights, n)
	for _, o := range snap.Objects() {
		for _, f := range o.Fields {
			ofField[f] = fieldRights{a.canRead(f), a.canEdit(f)}
		}
	}
	a.ofField = ofField
}

// secured returns the key under which field security of f is granted; ok is
// false where it needs none: required and system fields, and objects whose
// permissions follow from others. Parts of an address follow the whole.
func secured(f *catalog.Field) (key string, ok bool) {
	if kindOf(f.Object) != granted {
		return "", false
	}
	if f.Compound != "" {
		if whole := f.Object.Field(f.Compound); whole != nil && whole.Permissionable {
			f = whole
		}
	}
	if !f.Permissionable {
		return "", false
	}
	return catalog.Fold(f.Object.Name + "." + f.Name), true
}

// Has reports a user permission by its API name, in any letter case: ModifyAllData, ApiEnabled, CustomizeApplication, …
func (a *Access) Has(permission string) bool {
	return a.all || a.permissions[catalog.Fold(permission)]
}

// A Level is how much of a record a row filter must grant.
type Level uint8

// The levels.
const (
	Read Level = iota
	Edit
	All // delete, transfer, share
)

// AllRows reports whether the user may touch every row of o at a level, so that no filter is needed.
// Object permissions are the only grant that users have, except on list views: who has them on an object has them on all of its rows.
func (a *Access) AllRows(o *catalog.Object, need Level) bool {
	if a.scope != nil {
		p := a.scope.parts[o.Name]
		return need == Read && p != nil && p.every
	}
	if o.Name == listView && !a.all {
		return false
	}
	r := a.Object(o)
	switch need {
	case Read:
		return r.Read
	case Edit:
		return r.Edit
	case All:
		return r.Delete
	default:
		return false
	}
}

const listView = "ListView"

// Filter appends the condition that the row of alias is one that the user may
// touch at a level. Call it only where AllRows is false.
func (a *Access) Filter(s *store.SQL, o *catalog.Object, alias string, need Level) {
	switch {
	case a.scope != nil && need == Read:
		a.scope.write(s, o, alias, nil)
	case a.scope == nil && o.Name == listView:
		// A list view belongs to who made it. What is public can be used by everybody, and changed by who sets up the org.
		s.Raw("(").Col(alias, o.Field("CreatedById").Column).Raw(" = ").Arg(store.ID, record.OfID(a.user))
		if need == Read || a.Has("CustomizeApplication") {
			s.Raw(" OR ").Col(alias, o.Field("Visibility").Column).Raw(" = ").Str("Public")
		}
		s.Raw(")")
	default:
		s.Raw("1 = 0")
	}
}

// Touches reports whether a change of an object's records can change anybody's
// access or what a session knows of its user.
func Touches(o *catalog.Object) bool {
	switch o.Name {
	case "User", "Profile", "PermissionSet", "PermissionSetGroup", "PermissionSetGroupComponent", "PermissionSetAssignment",
		"ObjectPermissions", "FieldPermissions", "SetupEntityAccess", "CustomPermission", "UserRole", "Group", "GroupMember", "Organization":
		return true
	default:
		return false
	}
}

// A kind says by which rule an object's permissions are found.
type kind uint8

const (
	granted       kind = iota // by ObjectPermissions and FieldPermissions
	follows                   // as its leader's: comments of cases, history, shares
	open                      // everybody's: activities, files, posts
	configuration             // by user permissions
)

var leaders = map[string]string{
	"CaseComment": "Case", "CaseTeamMember": "Case", "CaseArticle": "Case", "CaseMilestone": "Case", "EmailMessage": "Case",
	"EmailMessageRelation": "Case", "OpportunityContactRole": "Opportunity", "OpportunityLineItem": "Opportunity",
	"CampaignMember": "Campaign", "CampaignMemberStatus": "Campaign", "AccountContactRelation": "Account", "EntitlementContact": "Entitlement",
	"PricebookEntry": "Pricebook2", "MacroInstruction": "Macro", "IdeaComment": "Idea", "Knowledge__ka": "Knowledge__kav",
	"KnowledgeArticleVersion": "Knowledge__kav", "Knowledge__DataCategorySelection": "Knowledge__kav", "Knowledge__ViewStat": "Knowledge__kav",
	"Knowledge__VoteStat": "Knowledge__kav", "LinkedArticle": "Knowledge__kav", "LiveChatVisitor": "LiveChatTranscript",
	"MessagingEndUser": "MessagingSession", "MessagingChannel": "MessagingSession",
}

// leader returns the object whose permissions hold for o, "" for o's own.
func leader(o *catalog.Object) string {
	if l := leaders[o.Name]; l != "" {
		return l
	}
	for _, suffix := range []string{"History", "Share", "Feed", "ChangeEvent"} {
		base, ok := strings.CutSuffix(o.Name, suffix)
		if !ok || base == "" {
			continue
		}
		if custom, ok := strings.CutSuffix(base, "__"); ok {
			return custom + "__c"
		}
		if o.Name != "LoginHistory" {
			return base
		}
	}
	return ""
}

func kindOf(o *catalog.Object) kind {
	switch {
	case o.Custom:
		return granted
	case leader(o) != "":
		return follows
	case o.Setup, o.Group == "identity", o.Group == "setup", o.Group == "audit", o.Name == "NetworkMember":
		return configuration
	}
	switch o.Name {
	case "Account", "Contact", "Lead", "Opportunity", "Campaign", "Case", "Solution", "Asset", "Contract", "Product2", "Pricebook2",
		"Entitlement", "ServiceContract", "Individual", "Macro", "QuickText", "Idea", "LiveChatTranscript", "MessagingSession", "Knowledge__kav":
		return granted
	default:
		return open
	}
}
