package dml

import (
	"context"
	"slices"
	"strings"
	"testing"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

func TestDeleteCascadesAndUndeleteRestores(t *testing.T) {
	each(t, func(t *testing.T, o *testOrg) {
		acct := o.make(o.draft("Account", "Name", "Acme"))[0]
		con := o.make(o.draft("Contact", "LastName", "C", "AccountId", acct))[0]
		other := o.make(o.draft("Contact", "LastName", "D", "AccountId", acct, "Email", "d@example.org"))[0]
		task := o.make(o.draft("Task", "Subject", "Call", "WhoId", con))[0]
		child := o.make(o.draft("Account", "Name", "Branch", "ParentId", acct))[0]

		// One contact goes by itself and does not come back with the account.
		if r := o.delete(other)[0]; !r.OK() {
			t.Fatal(errorsOf(r))
		}
		if r := o.delete(acct)[0]; !r.OK() || r.ID != acct {
			t.Fatal(errorsOf(r))
		}
		for _, id := range []record.ID{acct, con, task} {
			if got := o.row(id, "IsDeleted"); got != "true" {
				t.Errorf("%s: deleted %s", id, got)
			}
		}
		if got := o.row(child, "IsDeleted", "ParentId"); got != "false | null" {
			t.Errorf("child account: %s", got)
		}
		if e := errorsOf(o.delete(acct)[0]); e != "ENTITY_IS_DELETED: entity is deleted" {
			t.Error(e)
		}
		if e := errorsOf(o.undelete(con)[0]); e != "UNDELETE_FAILED: Entity is not in the recycle bin" {
			t.Error(e)
		}
		if r := o.undelete(acct)[0]; !r.OK() {
			t.Fatal(errorsOf(r))
		}
		for id, want := range map[record.ID]string{acct: "false", con: "false", task: "false", other: "true"} {
			if got := o.row(id, "IsDeleted"); got != want {
				t.Errorf("%s: deleted %s", id, got)
			}
		}
		if got := o.row(child, "ParentId"); got != string(acct) {
			t.Errorf("child account has parent %s", got)
		}
		if e := errorsOf(o.undelete(acct)[0]); e != "UNDELETE_FAILED: Entity is not in the recycle bin" {
			t.Error(e)
		}
	})
}

func TestDeleteIsForbiddenByRestrictedChildren(t *testing.T) {
	each(t, func(t *testing.T, o *testOrg) {
		acct := o.make(o.draft("Account", "Name", "Acme"), o.draft("Account", "Name", "Free"))
		cs := o.make(o.draft("Case", "Subject", "x", "AccountId", acct[0]))[0]
		number := o.row(cs, "CaseNumber")
		res := o.delete(acct...)
		want := "DELETE_FAILED: Your attempt to delete Acme could not be completed because it is associated with the following cases.: " + number
		if got := errorsOf(res[0]); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if !res[1].OK() || o.row(acct[0], "IsDeleted") != "false" || o.row(acct[1], "IsDeleted") != "true" {
			t.Errorf("%+v", res)
		}
		res = o.run(func(ctx context.Context, tx store.Tx) ([]Result, error) {
			return Delete(ctx, tx, o.env(), []record.ID{cs, acct[0], "001000000000009AAA"}, Options{AllOrNone: true})
		})
		if res[0].OK() || res[0].Errors[0].Code != fault.AllOrNoneRolledBack || o.row(cs, "IsDeleted") != "false" {
			t.Errorf("all or none: %+v", res)
		}
	})
}

func TestHardDelete(t *testing.T) {
	each(t, func(t *testing.T, o *testOrg) {
		acct := o.make(o.draft("Account", "Name", "Acme"), o.draft("Account", "Name", "Binned"))
		con := o.make(o.draft("Contact", "LastName", "C", "AccountId", acct[0]))[0]
		o.delete(acct[1])
		res := o.run(func(ctx context.Context, tx store.Tx) ([]Result, error) {
			return HardDelete(ctx, tx, o.env(), append(acct, con), Options{})
		})
		if !res[0].OK() || !res[1].OK() || res[2].OK() {
			t.Errorf("%+v", res)
		}
		for _, id := range append(acct, con) {
			if got := o.row(id, "Id"); got != "" {
				t.Errorf("%s is still there", got)
			}
		}
		group := o.make(o.draft("Group", "Name", "G", "Type", "Queue"))[0]
		if r := o.delete(group)[0]; !r.OK() || o.row(group, "Id") != "" {
			t.Errorf("configuration has no bin: %s", errorsOf(r))
		}
	})
}

func TestUndeleteMeetsATakenValue(t *testing.T) {
	unique := func(s *catalog.Snapshot) { s.Object("Account").Field("AccountNumber").Unique = true }
	each(t, func(t *testing.T, o *testOrg) {
		gone := o.make(o.draft("Account", "Name", "A", "AccountNumber", "7"), o.draft("Account", "Name", "B"))
		o.delete(gone...)
		o.make(o.draft("Account", "Name", "C", "AccountNumber", "7"))
		res := o.undelete(gone...)
		if errorsOf(res[0]) != "DUPLICATE_VALUE: duplicate value found: AccountNumber duplicates value on record with id: <unknown> (AccountNumber)" || !res[1].OK() {
			t.Errorf("%s; %s", errorsOf(res[0]), errorsOf(res[1]))
		}
	}, unique)
}

func TestMerge(t *testing.T) {
	each(t, func(t *testing.T, o *testOrg) {
		acct := o.make(o.draft("Account", "Name", "Acme"), o.draft("Account", "Name", "Acme Inc"), o.draft("Account", "Name", "ACME"))
		con := o.make(o.draft("Contact", "LastName", "C", "AccountId", acct[1]))[0]
		cs := o.make(o.draft("Case", "Subject", "x", "AccountId", acct[2]))[0]
		o.update(Options{}, o.draft("Account", "Id", acct[0], "ParentId", acct[1]))
		merge := func(master record.Draft, losers ...record.ID) (res Result) {
			o.write(func(tx store.Tx) (err error) {
				res, err = Merge(t.Context(), tx, o.env(), master, losers)
				return err
			})
			return res
		}
		if r := merge(o.draft("Account", "Id", acct[0], "Phone", "123"), acct[1:]...); !r.OK() || r.ID != acct[0] {
			t.Fatal(errorsOf(r))
		}
		if got := o.row(acct[0], "Phone", "ParentId"); got != "123 | null" {
			t.Error(got)
		}
		if got := o.row(con, "AccountId") + o.row(cs, "AccountId"); got != string(acct[0]+acct[0]) {
			t.Error(got)
		}
		for _, id := range acct[1:] {
			if got := o.row(id, "IsDeleted", "MasterRecordId"); got != "true | "+string(acct[0]) {
				t.Error(got)
			}
		}
		if e := errorsOf(merge(o.draft("Account", "Id", acct[0]), acct[1])); e != "ENTITY_IS_DELETED: entity is deleted" {
			t.Error(e)
		}
		if r := merge(o.draft("Account", "Id", acct[0]), acct[0]); r.OK() || r.Errors[0].Code != fault.MergeFailed {
			t.Error(errorsOf(r))
		}
		if r := merge(o.draft("User", "Id", admin), admin); r.OK() {
			t.Error("users merged")
		}
	})
}

func TestHistory(t *testing.T) {
	tracked := func(s *catalog.Snapshot) {
		for _, f := range []string{"Status", "OwnerId", "Description", "IsEscalated"} {
			s.Object("Case").Field(f).TrackHistory = true
		}
	}
	each(t, func(t *testing.T, o *testOrg) {
		user := o.make(o.draft("User", "Username", "bo@example.org", "LastName", "Berg", "FirstName", "Bo", "Email", "bo@example.org", "Alias", "bo", "ProfileId", o.profile()))[0]
		id := o.make(o.draft("Case", "Subject", "Lamp"))[0]
		o.update(Options{}, o.draft("Case", "Id", id, "Status", "Working", "OwnerId", user, "Description", strings.Repeat("d", 300), "Subject", "x"))
		o.update(Options{}, o.draft("Case", "Id", id, "Status", "Working", "IsEscalated", true))
		got := o.rows("CaseHistory", "CaseId", record.OfID(id), "Field", "DataType", "OldValue", "NewValue")
		want := []string{
			"created | Text | null | null",
			"Status | Text | New | Working",
			"Description | Text | null | null",
			"Owner | Text | Ada Adams | Bo Berg",
			"Owner | EntityId | " + string(admin) + " | " + string(user),
			"IsEscalated | Boolean | false | true",
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}, tracked)
}

func (o *testOrg) profile() record.ID {
	r := o.insert(Options{Seed: true}, o.draft("Profile", "Name", "Standard User", "UserType", "Standard"))[0]
	if !r.OK() {
		o.t.Fatal(errorsOf(r))
	}
	return r.ID
}

func TestOwners(t *testing.T) {
	each(t, func(t *testing.T, o *testOrg) {
		p := o.profile()
		idle := o.make(o.draft("User", "Username", "idle@example.org", "LastName", "Idle", "Email", "i@example.org", "Alias", "i", "ProfileId", p, "IsActive", false))[0]
		if e := errorsOf(o.insert(Options{}, o.draft("Case", "OwnerId", idle))[0]); e != "INACTIVE_OWNER_OR_USER: operation performed with inactive user ["+string(idle)+"] as owner of case (OwnerId)" {
			t.Error(e)
		}
		queue := o.make(o.draft("Group", "Name", "Lights", "Type", "Queue"))[0]
		if e := errorsOf(o.insert(Options{}, o.draft("Case", "OwnerId", queue))[0]); e != "INVALID_OPERATION: Queue not associated with this SObject type (OwnerId)" {
			t.Error(e)
		}
		o.make(o.draft("QueueSobject", "QueueId", queue, "SobjectType", "Case"))
		id := o.make(o.draft("Case", "OwnerId", queue))[0]
		if got := o.row(id, "OwnerId"); got != string(queue) {
			t.Error(got)
		}
		if e := errorsOf(o.insert(Options{}, o.draft("User", "Username", "IDLE@example.org", "LastName", "I", "Email", "i@example.org", "Alias", "i", "ProfileId", p))[0]); !strings.HasPrefix(e, "DUPLICATE_VALUE: duplicate value found: Username duplicates value on record with id: "+string(idle)) {
			t.Error(e)
		}
	})
}

func TestCircles(t *testing.T) {
	each(t, func(t *testing.T, o *testOrg) {
		a := o.make(o.draft("Account", "Name", "A"))[0]
		b := o.make(o.draft("Account", "Name", "B", "ParentId", a))[0]
		c := o.make(o.draft("Account", "Name", "C", "ParentId", b))[0]
		want := "CIRCULAR_DEPENDENCY: Parent Account ID: attempt to create a circular relationship (ParentId)"
		for _, p := range []record.ID{a, b, c} {
			if e := errorsOf(o.update(Options{}, o.draft("Account", "Id", a, "ParentId", p))[0]); e != want {
				t.Error(e)
			}
		}
		// Two changes of one batch that only together close a circle.
		d := o.make(o.draft("Account", "Name", "D"), o.draft("Account", "Name", "E"))
		res := o.update(Options{}, o.draft("Account", "Id", d[0], "ParentId", d[1]), o.draft("Account", "Id", d[1], "ParentId", d[0]))
		if res[0].OK() && res[1].OK() {
			t.Error("a circle was closed within a batch")
		}
	})
}

func TestHooks(t *testing.T) {
	each(t, func(t *testing.T, o *testOrg) {
		before := func(_ context.Context, b *Batch) error {
			for _, r := range b.Rows {
				r.Put("Origin", record.OfText("Web"))
				if r.Text("Subject") == "no" {
					r.Fail(fault.New(fault.ValidationRule, "Not this one.").On("Subject"))
				}
			}
			return nil
		}
		after := func(_ context.Context, b *Batch) error {
			for _, r := range b.Rows {
				if r.ID == "" {
					t.Error("a record that is written has no id")
				}
				if r.Text("Subject") == "late" {
					r.Fail(fault.New(fault.ValidationRule, "Too late."))
				}
			}
			return nil
		}
		o.hooks = func(of *catalog.Object, when When) []Hook {
			switch {
			case of.Name != "Case":
				return nil
			case when == Before:
				return []Hook{before}
			default:
				return []Hook{after}
			}
		}
		res := o.insert(Options{}, o.draft("Case", "Subject", "no"), o.draft("Case", "Subject", "late"), o.draft("Case", "Subject", "yes"))
		if errorsOf(res[0]) != "FIELD_CUSTOM_VALIDATION_EXCEPTION: Not this one. (Subject)" || errorsOf(res[1]) != "FIELD_CUSTOM_VALIDATION_EXCEPTION: Too late." || !res[2].OK() {
			t.Fatalf("%+v", res)
		}
		if got := o.rows("Case", "Origin", record.OfText("Web"), "Subject"); !slices.Equal(got, []string{"yes"}) {
			t.Error(got)
		}
	})
}

func TestTheBinIsEmptiedInTime(t *testing.T) {
	each(t, func(t *testing.T, o *testOrg) {
		old := o.make(o.draft("Account", "Name", "Old"))[0]
		con := o.make(o.draft("Contact", "LastName", "C", "AccountId", old))[0]
		young := o.make(o.draft("Account", "Name", "Young"))[0]
		o.delete(old, young)
		empty := func() (n int) {
			o.write(func(tx store.Tx) (err error) {
				n, err = EmptyBin(context.Background(), tx, o.env(), 10)
				return err
			})
			return n
		}
		if n := empty(); n != 0 {
			t.Errorf("%d deletions were final at once", n)
		}
		o.write(func(tx store.Tx) error {
			q := store.NewSQL(tx.Dialect()).Raw("UPDATE ").Table(store.BinTable).Raw(" SET at = ").
				Arg(store.DateTime, record.OfInstant(tx.Now().Add(-BinAge-1e9))).Raw(" WHERE root = ").Arg(store.ID, record.OfID(old))
			_, err := tx.Exec(context.Background(), q)
			return err
		})
		if n := empty(); n != 1 {
			t.Errorf("%d deletions became final, want 1", n)
		}
		if got := o.row(old, "Id") + o.row(con, "Id"); got != "" || o.row(young, "Id") == "" {
			t.Error("the wrong records went")
		}
		if r := o.undelete(young)[0]; !r.OK() {
			t.Error(errorsOf(r))
		}
	})
}
