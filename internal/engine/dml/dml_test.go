package dml

import (
	"context"
	"slices"
	"strings"
	"testing"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/catalog/standard"
	"stoa/internal/engine/purpose"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// An org is a store with all standard tables, an administrator and the rows that statuses need.
type testOrg struct {
	t     testing.TB
	db    store.DB
	snap  *catalog.Snapshot
	user  record.ID
	hooks Hooks
	as    *access.Access // nil for the system's
}

// tables are the objects that tests write; with the others an org would take seconds to make.
const tables = " Account Contact Lead Opportunity OpportunityContactRole OpportunityStage Case CaseStatus CaseComment Task TaskStatus Event User Profile " +
	"PermissionSet PermissionSetAssignment PermissionSetGroupComponent ObjectPermissions FieldPermissions SetupEntityAccess CustomPermission Group QueueSobject RecordType Attachment ContentVersion ContentDocument ContentDocumentLink "

const admin = record.ID("005Sa0000000001IAA")

// each runs f on an org of its own on each engine. change may alter the catalog before it is used.
func each(t *testing.T, f func(t *testing.T, o *testOrg), change ...func(s *catalog.Snapshot)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db store.DB) { f(t, newOrg(t, db, change...)) })
}

func newOrg(t testing.TB, db store.DB, change ...func(s *catalog.Snapshot)) *testOrg {
	t.Helper()
	snap, err := standard.Snapshot()
	if err == nil {
		snap, err = snap.With(customObjects()...)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(snap)
	}
	o := &testOrg{t: t, db: db, snap: snap, user: admin}
	o.write(func(tx store.Tx) error {
		for _, obj := range snap.Objects() {
			if !obj.Custom && !strings.Contains(tables, " "+obj.Name+" ") && (obj.Companion != catalog.HistoryOf || !strings.Contains(tables, " "+obj.CompanionOf+" ")) {
				obj.Table = ""
			}
			if !obj.Kept() {
				continue
			}
			if err := tx.CreateTable(t.Context(), catalog.Table(obj)); err != nil {
				return err
			}
		}
		return nil
	})
	seed := []record.Draft{
		o.draft("User", "Id", admin, "Username", "admin@example.org", "LastName", "Adams", "Name", "Ada Adams", "IsActive", true),
		o.draft("CaseStatus", "ApiName", "New", "MasterLabel", "New"),
		o.draft("CaseStatus", "ApiName", "Working", "MasterLabel", "Working"),
		o.draft("CaseStatus", "ApiName", "Closed", "MasterLabel", "Closed", "IsClosed", true),
	}
	for _, r := range o.insert(Options{Seed: true}, seed...) {
		if !r.OK() {
			t.Fatal(r.Errors)
		}
	}
	return o
}

// customObjects are a master with a detail, a lookup of each kind and fields of the rarer types.
func customObjects() []catalog.Change {
	object := func(name string, n *catalog.NameDef) catalog.Change {
		return catalog.Change{Object: &catalog.ObjectDef{Name: name, Label: strings.TrimSuffix(name, "__c"), LabelPlural: strings.TrimSuffix(name, "__c") + "s", NameField: n}}
	}
	field := func(object, name, kind string, more func(f *catalog.FieldDef)) catalog.Change {
		f := &catalog.FieldDef{Object: object, Name: name, Label: strings.TrimSuffix(name, "__c"), Type: kind}
		if more != nil {
			more(f)
		}
		return catalog.Change{Field: f}
	}
	to := func(target, name, deletion string) func(f *catalog.FieldDef) {
		return func(f *catalog.FieldDef) {
			f.ReferenceTo, f.RelationshipName, f.Delete = []string{target}, name, deletion
		}
	}
	return []catalog.Change{
		object("Position__c", nil),
		object("Application__c", &catalog.NameDef{Label: "Number", Type: "AutoNumber", DisplayFormat: "APP-{YYYY}-{0000}"}),
		field("Application__c", "Position__c", "MasterDetail", to("Position__c", "Applications", "")),
		field("Application__c", "Spare__c", "Lookup", to("Position__c", "Spares", "SetNull")),
		field("Application__c", "Skills__c", "MultiselectPicklist", func(f *catalog.FieldDef) {
			f.Restricted, f.Values = true, []catalog.ValueDef{{Value: "Go"}, {Value: "SQL"}, {Value: "COBOL", Inactive: true}, {Value: "Art"}}
		}),
		field("Application__c", "Score__c", "Number", func(f *catalog.FieldDef) { f.Precision, f.Scale = 5, 2 }),
		field("Application__c", "Starts__c", "Time", nil),
		field("Application__c", "Place__c", "Location", func(f *catalog.FieldDef) { f.Scale = 6 }),
		field("Application__c", "Letter__c", "LongTextArea", func(f *catalog.FieldDef) { f.Length = 1000 }),
		field("Application__c", "Channel__c", "Picklist", func(f *catalog.FieldDef) {
			f.Values = []catalog.ValueDef{{Value: "Web", Default: true}, {Value: "Mail"}}
		}),
	}
}

func (o *testOrg) env() *Env {
	as := o.as
	if as == nil {
		as = access.System()
	}
	return &Env{Snapshot: o.snap, Access: as, Use: purpose.New(o.user, purpose.Default, "test", "test"), User: o.user, Hooks: o.hooks}
}

func (o *testOrg) write(f func(tx store.Tx) error) {
	o.t.Helper()
	if err := o.db.Write(o.t.Context(), store.Issue(o.user, purpose.Default, "test"), f); err != nil {
		o.t.Fatal(err)
	}
}

func (o *testOrg) draft(object string, pairs ...any) record.Draft {
	d := record.Draft{Object: object}
	for i := 0; i < len(pairs); i += 2 {
		name := pairs[i].(string)
		var v record.Value
		switch x := pairs[i+1].(type) {
		case nil:
		case string:
			v = record.OfText(x)
		case bool:
			v = record.OfBool(x)
		case int:
			v = record.OfInt(int64(x))
		case record.ID:
			v = record.OfID(x)
		case record.Value:
			v = x
		case record.Draft:
			d.Fields = append(d.Fields, record.DraftField{Name: name, Parent: &x})
			continue
		default:
			o.t.Fatalf("no value for %T", x)
		}
		if name == "Id" {
			d.ID = v.ID()
			continue
		}
		d.Fields = append(d.Fields, record.DraftField{Name: name, Value: v})
	}
	return d
}

func (o *testOrg) run(f func(ctx context.Context, tx store.Tx) ([]Result, error)) (res []Result) {
	o.t.Helper()
	o.write(func(tx store.Tx) (err error) {
		res, err = f(context.Background(), tx)
		return err
	})
	return res
}

func (o *testOrg) insert(opt Options, drafts ...record.Draft) []Result {
	o.t.Helper()
	return o.run(func(ctx context.Context, tx store.Tx) ([]Result, error) { return Insert(ctx, tx, o.env(), drafts, opt) })
}

func (o *testOrg) update(opt Options, drafts ...record.Draft) []Result {
	o.t.Helper()
	return o.run(func(ctx context.Context, tx store.Tx) ([]Result, error) { return Update(ctx, tx, o.env(), drafts, opt) })
}

func (o *testOrg) upsert(key string, drafts ...record.Draft) []Result {
	o.t.Helper()
	return o.run(func(ctx context.Context, tx store.Tx) ([]Result, error) {
		return Upsert(ctx, tx, o.env(), key, drafts, Options{})
	})
}

func (o *testOrg) delete(ids ...record.ID) []Result {
	o.t.Helper()
	return o.run(func(ctx context.Context, tx store.Tx) ([]Result, error) {
		return Delete(ctx, tx, o.env(), ids, Options{})
	})
}

func (o *testOrg) undelete(ids ...record.ID) []Result {
	o.t.Helper()
	return o.run(func(ctx context.Context, tx store.Tx) ([]Result, error) {
		return Undelete(ctx, tx, o.env(), ids, Options{})
	})
}

// make inserts records that must be fine and returns their ids.
func (o *testOrg) make(drafts ...record.Draft) []record.ID {
	o.t.Helper()
	ids := make([]record.ID, len(drafts))
	for i, r := range o.insert(Options{}, drafts...) {
		if !r.OK() {
			o.t.Fatalf("%s: %v", drafts[i].Object, r.Errors)
		}
		ids[i] = r.ID
	}
	return ids
}

// row reads a record's fields as text, "null" for none, joined by " | ".
func (o *testOrg) row(id record.ID, fields ...string) (text string) {
	o.t.Helper()
	obj := o.snap.Of(id)
	rows := o.rows(obj.Name, "Id", record.OfID(id), fields...)
	return strings.Join(rows, "; ")
}

// rows reads the fields of an object's records that have a value, in the order of their ids.
func (o *testOrg) rows(object, where string, is record.Value, fields ...string) (rows []string) {
	o.t.Helper()
	obj := o.snap.Object(object)
	o.write(func(tx store.Tx) error {
		rows = nil
		q := store.NewSQL(tx.Dialect()).Raw("SELECT ")
		var out []store.Out
		for i, name := range fields {
			if i > 0 {
				q.Raw(", ")
			}
			c := obj.Field(name).StoreColumn()
			q.Name(c.Name)
			out = append(out, outOf(c))
		}
		w := obj.Field(where).StoreColumn()
		q.Raw(" FROM ").Table(obj.Table).Raw(" WHERE ").Name(w.Name).Raw(" = ").ColArg(w, is).Raw(" ORDER BY ").Name("Id")
		p, err := store.Fetch(context.Background(), tx, q, out...)
		if err != nil {
			return err
		}
		for i := range p.Len() {
			var cells []string
			for c := range fields {
				if v := p.Value(i, c); v.IsNull() {
					cells = append(cells, "null")
				} else {
					cells = append(cells, v.String())
				}
			}
			rows = append(rows, strings.Join(cells, " | "))
		}
		return nil
	})
	return rows
}

func errorsOf(r Result) string {
	var all []string
	for _, e := range r.Errors {
		s := e.Error()
		if len(e.Fields) > 0 {
			s += " (" + strings.Join(e.Fields, ",") + ")"
		}
		all = append(all, s)
	}
	return strings.Join(all, "; ")
}

func TestInsertRules(t *testing.T) {
	each(t, func(t *testing.T, o *testOrg) {
		long := strings.Repeat("x", 81)
		for _, c := range []struct {
			rule  string
			draft record.Draft
			want  string // error, or the row's fields
			read  []string
		}{
			{"text is trimmed and control characters go", o.draft("Contact", "LastName", "  O\x00'Hara\x7f ", "FirstName", "Ann"), "O'Hara | Ann O'Hara", []string{"LastName", "Name"}},
			{"empty text is null", o.draft("Contact", "LastName", "A", "FirstName", ""), "null | A", []string{"FirstName", "Name"}},
			{"too long text is refused", o.draft("Contact", "LastName", long), "STRING_TOO_LONG: Last Name: data value too large: " + long + " (max length=80) (LastName)", nil},
			{"a missing required field is named", o.draft("Lead", "FirstName", "A"), "REQUIRED_FIELD_MISSING: Required fields are missing: [LastName, Company] (LastName,Company)", nil},
			{"an unknown field is no column", o.draft("Account", "Name", "A", "Foo", "x"), "INVALID_FIELD: No such column 'Foo' on sobject of type Account (Foo)", nil},
			{"an unknown object is no type", o.draft("Foo", "Name", "A"), "INVALID_TYPE: sObject type 'Foo' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.", nil},
			{"read-only fields are named together", o.draft("Account", "Name", "A", "CreatedDate", "2020-01-01", "BillingAddress", "x"), "INVALID_FIELD_FOR_INSERT_UPDATE: Unable to create/update fields: CreatedDate, BillingAddress. Please check the security settings of this field and verify that it is read/write for your profile or permission set. (CreatedDate,BillingAddress)", nil},
			{"an id is not given", o.draft("Account", "Name", "A", "Id", record.ID("001000000000001AAA")), "INVALID_FIELD_FOR_INSERT_UPDATE: cannot specify Id in an insert call (Id)", nil},
			{"a bad address is refused", o.draft("Contact", "LastName", "A", "Email", "a@b"), "INVALID_EMAIL_ADDRESS: Email: invalid email address: a@b (Email)", nil},
			{"a number that is text", o.draft("Account", "Name", "A", "NumberOfEmployees", "abc"), "JSON_PARSER_ERROR: Cannot deserialize instance of int from VALUE_STRING value abc or request may be missing a required field (NumberOfEmployees)", nil},
			{"a number as text is read", o.draft("Account", "Name", "A", "NumberOfEmployees", "12", "AnnualRevenue", "1234.5"), "12 | 1235", []string{"NumberOfEmployees", "AnnualRevenue"}},
			{"a number out of range", o.draft("Account", "Name", "A", "NumberOfEmployees", "99999999999"), "NUMBER_OUTSIDE_VALID_RANGE: Employees: value outside of valid range on numeric field: 99999999999 (NumberOfEmployees)", nil},
			{"a boolean as text is read", o.draft("Contact", "LastName", "A", "DoNotCall", "TRUE", "HasOptedOutOfFax", 1), "true | true | false", []string{"DoNotCall", "HasOptedOutOfFax", "HasOptedOutOfEmail"}},
			{"a boolean that is none", o.draft("Contact", "LastName", "A", "DoNotCall", "maybe"), "JSON_PARSER_ERROR: Cannot deserialize instance of boolean from VALUE_STRING value maybe or request may be missing a required field (DoNotCall)", nil},
			{"a date is a date", o.draft("Contact", "LastName", "A", "Birthdate", "1980-02-29"), "1980-02-29", []string{"Birthdate"}},
			{"a datetime is no date", o.draft("Contact", "LastName", "A", "Birthdate", "1980-02-29T00:00:00Z"), "JSON_PARSER_ERROR: Cannot deserialize instance of date from VALUE_STRING value 1980-02-29T00:00:00Z or request may be missing a required field (Birthdate)", nil},
			{"a day that does not exist", o.draft("Contact", "LastName", "A", "Birthdate", "1981-02-29"), "JSON_PARSER_ERROR: Cannot deserialize instance of date from VALUE_STRING value 1981-02-29 or request may be missing a required field (Birthdate)", nil},
			{"a datetime with an offset", o.draft("Contact", "LastName", "A", "EmailBouncedDate", "2026-01-31T09:05:07.999+0130"), "2026-01-31T07:35:07.000Z", []string{"EmailBouncedDate"}},
			{"a malformed id", o.draft("Contact", "LastName", "A", "AccountId", "001x"), "MALFORMED_ID: Account ID: id value of incorrect type: 001x (AccountId)", nil},
			{"an id of another object", o.draft("Contact", "LastName", "A", "AccountId", admin), "MALFORMED_ID: Account ID: id value of incorrect type: " + string(admin) + " (AccountId)", nil},
			{"an id of nothing", o.draft("Contact", "LastName", "A", "AccountId", "001000000000001AAA"), "INVALID_CROSS_REFERENCE_KEY: invalid cross reference id (AccountId)", nil},
			{"a picklist value takes the spelling of its set", o.draft("Case", "Status", "cLOSED", "Priority", nil), "Closed | null | true", []string{"Status", "Priority", "IsClosed"}},
			{"an unrestricted picklist takes anything", o.draft("Case", "Origin", "Pigeon"), "Pigeon | New | Medium", []string{"Origin", "Status", "Priority"}},
			{"a restricted picklist does not", o.draft("Group", "Name", "G", "Type", "Club"), "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: Type: bad value for restricted picklist field: Club (Type)", nil},
			{"the owner is the user", o.draft("Account", "Name", "A"), string(admin) + " | " + string(admin), []string{"OwnerId", "CreatedById"}},
			{"an object that nobody creates", o.draft("CaseStatus", "ApiName", "X"), "INSUFFICIENT_ACCESS_OR_READONLY: entity type cannot be inserted: Case Status Value", nil},
			{"a case has a number", o.draft("Case", "Subject", "x"), "00000003 | x", []string{"CaseNumber", "Subject"}},
		} {
			t.Run(c.rule, func(t *testing.T) {
				r := o.insert(Options{}, c.draft)[0]
				got := errorsOf(r)
				if r.OK() {
					got = o.row(r.ID, c.read...)
				}
				if got != c.want {
					t.Errorf("got  %s\nwant %s", got, c.want)
				}
			})
		}
	})
}

func TestPartialSuccessAndAllOrNone(t *testing.T) {
	each(t, func(t *testing.T, o *testOrg) {
		drafts := []record.Draft{o.draft("Account", "Name", "A"), o.draft("Account"), o.draft("Contact", "LastName", "C")}
		res := o.insert(Options{}, drafts...)
		if !res[0].OK() || res[1].OK() || !res[2].OK() || !res[0].Created || res[2].ID.Prefix() != "003" {
			t.Errorf("partial: %+v", res)
		}
		res = o.insert(Options{AllOrNone: true}, drafts...)
		var got []string
		for _, r := range res {
			got = append(got, errorsOf(r))
		}
		rolled := "ALL_OR_NONE_OPERATION_ROLLED_BACK: Record rolled back because not all records were valid and the request was using AllOrNone header"
		want := []string{rolled, "REQUIRED_FIELD_MISSING: Required fields are missing: [Name] (Name)", rolled}
		if !slices.Equal(got, want) {
			t.Errorf("all or none: %q", got)
		}
		if n := len(o.rows("Account", "Name", record.OfText("A"), "Id")); n != 1 {
			t.Errorf("%d accounts, want 1", n)
		}
	})
}

func TestUpdate(t *testing.T) {
	each(t, func(t *testing.T, o *testOrg) {
		id := o.make(o.draft("Case", "Subject", "Lamp"))[0]
		check := func(rule, want string, d record.Draft, read ...string) {
			t.Helper()
			r := o.update(Options{}, d)[0]
			got := errorsOf(r)
			if r.OK() {
				got = o.row(id, read...)
			}
			if got != want {
				t.Errorf("%s: got %s, want %s", rule, got, want)
			}
		}
		check("a case is closed by its status", "Closed | true", o.draft("Case", "Id", id, "Status", "Closed"), "Status", "IsClosed")
		if d := o.row(id, "ClosedDate"); d == "null" {
			t.Error("no closed date")
		}
		check("and reopened", "false | null", o.draft("Case", "Id", id, "Status", "Working"), "IsClosed", "ClosedDate")
		check("null clears", "null", o.draft("Case", "Id", id, "Subject", nil), "Subject")
		check("the owner cannot be cleared", "REQUIRED_FIELD_MISSING: Required fields are missing: [OwnerId] (OwnerId)", o.draft("Case", "Id", id, "OwnerId", nil))
		check("an unknown id", "INVALID_CROSS_REFERENCE_KEY: invalid cross reference id", o.draft("Case", "Id", record.ID("500000000000009AAA"), "Subject", "x"))
		check("an id of another object", "MALFORMED_ID: Case ID: id value of incorrect type: 001000000000009AAA (Id)", o.draft("Case", "Id", record.ID("001000000000009AAA"), "Subject", "x"))
		o.delete(id)
		check("a deleted record", "ENTITY_IS_DELETED: entity is deleted", o.draft("Case", "Id", id, "Subject", "x"))
	})
}

func TestUpsert(t *testing.T) {
	external := func(s *catalog.Snapshot) {
		f := s.Object("Contact").Field("Department")
		f.ExternalID = true
		s.Object("Account").Field("AccountNumber").ExternalID = true
		s.Object("Account").Field("AccountNumber").Unique = true
	}
	each(t, func(t *testing.T, o *testOrg) {
		res := o.upsert("AccountNumber", o.draft("Account", "AccountNumber", "K1", "Name", "One"), o.draft("Account", "AccountNumber", "k1", "Name", "Two"))
		if !res[0].OK() || !res[0].Created || errorsOf(res[1]) != "DUPLICATE_VALUE: Duplicate external id specified: k1 (AccountNumber)" {
			t.Fatalf("%+v", res)
		}
		again := o.upsert("accountnumber", o.draft("Account", "AccountNumber", "k1", "Name", "Uno"))[0]
		if !again.OK() || again.Created || again.ID != res[0].ID || o.row(again.ID, "Name", "AccountNumber") != "Uno | K1" {
			t.Errorf("%+v %s", again, o.row(again.ID, "Name", "AccountNumber"))
		}
		if e := errorsOf(o.insert(Options{}, o.draft("Account", "Name", "X", "AccountNumber", "k1"))[0]); e != "DUPLICATE_VALUE: duplicate value found: AccountNumber duplicates value on record with id: "+string(again.ID)+" (AccountNumber)" {
			t.Error(e)
		}
		// A parent by its external id.
		c := o.make(o.draft("Contact", "LastName", "C", "Account", o.draft("", "AccountNumber", "K1")))[0]
		if got := o.row(c, "AccountId"); got != string(again.ID) {
			t.Error(got)
		}
		e := errorsOf(o.insert(Options{}, o.draft("Contact", "LastName", "C", "Account", o.draft("", "AccountNumber", "K2")))[0])
		if e != "INVALID_FIELD: Foreign key external ID: K2 not found for field AccountNumber in entity Account (AccountId)" {
			t.Error(e)
		}
		two := o.make(o.draft("Contact", "LastName", "D", "Department", "X"), o.draft("Contact", "LastName", "E", "Department", "x"))
		many := o.upsert("Department", o.draft("Contact", "LastName", "F", "Department", "X"))[0]
		if many.OK() || !slices.Equal(many.Matches, two) {
			t.Errorf("%+v", many)
		}
		if r := o.upsert("Id", o.draft("Contact", "Id", c, "LastName", "G"), o.draft("Contact", "LastName", "H")); !r[0].OK() || r[0].Created || !r[1].Created {
			t.Errorf("%+v", r)
		}
		if e := errorsOf(o.upsert("Title", o.draft("Contact", "LastName", "F"))[0]); !strings.HasPrefix(e, string(fault.NotFound)) {
			t.Error(e)
		}
	}, external)
}
