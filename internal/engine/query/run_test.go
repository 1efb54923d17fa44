package query

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/purpose"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// withWorld runs f in a transaction of each engine on the rows that golden files share.
func withWorld(t *testing.T, f func(t *testing.T, w *world, tx store.Tx, env *Env)) {
	t.Helper()
	snap := testCatalog(t)
	storetest.Each(t, func(t *testing.T, db store.DB) {
		w := newWorld(t, db, snap, "testdata/world.table")
		if err := db.Read(t.Context(), testTicket, func(tx store.Tx) error {
			f(t, w, clocked{tx}, &Env{
				Snapshot: snap, Access: access.System(), Use: purpose.New("", purpose.Default, "test", ""),
				Zone: time.UTC, Locale: "en_US", FiscalStart: time.January,
			})
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// printed returns the records of a result as golden files show them.
func (w *world) printed(r *record.Result) []string {
	var b strings.Builder
	w.print(&b, r)
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}

func TestPagesByKeyFollowWithoutGap(t *testing.T) {
	t.Parallel()
	orders := []string{
		"", "Id DESC", "Name", "Name DESC", "Text__c NULLS LAST", "Text__c DESC NULLS FIRST", "Number__c", "Number__c DESC", "Stage__c", "Stage__c DESC NULLS FIRST",
		"Flag__c", "Flag__c DESC, Name", "When__c DESC", "Date__c NULLS LAST, Text__c DESC", "Parent__r.Name", "Parent__r.Flag__c DESC, Id DESC", "Account__c DESC",
		"Exact__c", "Key__c DESC", "Whole__c, Amount__c DESC", "Time__c DESC NULLS FIRST", "Email__c",
	}
	withWorld(t, func(t *testing.T, w *world, tx store.Tx, env *Env) {
		for _, order := range orders {
			var fields []string
			for key := range strings.SplitSeq(order, ",") {
				if f := strings.Fields(key); len(f) > 0 && f[0] != "Id" {
					fields = append(fields, f[0])
				}
			}
			text := "SELECT " + strings.Join(append([]string{"Id"}, fields...), ", ") + " FROM Thing__c"
			if order != "" {
				text += " ORDER BY " + order
			}
			all, _, err := Run(t.Context(), tx, env, text, Options{})
			if err != nil {
				t.Fatal(text, err)
			}
			var pages []string
			var after []record.Value
			for page := 0; page < 10; page++ {
				res, cur, err := Run(t.Context(), tx, env, text, Options{BatchSize: 2, After: after, NoTotal: true})
				if err != nil {
					t.Fatal(text, err)
				}
				if cur != nil || res.Total != -1 {
					t.Errorf("%s: cursor %v, total %d", text, cur, res.Total)
				}
				if res.Len() > 0 {
					pages = append(pages, w.printed(res)...)
				}
				if res.Next == "" {
					break
				}
				after = after[:0:0]
				last := res.Len() - 1
				for key := range strings.SplitSeq(order, ",") {
					if f := strings.Fields(key); len(f) > 0 {
						after = append(after, res.Get(last, strings.Split(f[0], ".")...))
					}
				}
				after = append(after, record.OfID(res.ID(last)))
			}
			if diff := cmp.Diff(w.printed(all), pages); diff != "" {
				t.Errorf("%s (-whole +pages):\n%s", text, diff)
			}
		}
	})
}

func TestRetrieve(t *testing.T) {
	t.Parallel()
	withWorld(t, func(t *testing.T, w *world, tx store.Tx, env *Env) {
		account, thing := env.Snapshot.Object("Account"), env.Snapshot.Object("Thing__c")
		get := func(o *catalog.Object, all bool, fields []string, labels ...string) []string {
			t.Helper()
			var ids []record.ID
			for _, l := range labels {
				ids = append(ids, w.ids[l])
			}
			res, err := Retrieve(t.Context(), tx, env, o, ids, fields, all)
			if err != nil {
				return []string{w.named(err.Error())}
			}
			return w.printed(res)
		}
		for _, c := range []struct {
			rule string
			got  []string
			want []string
		}{
			{"named fields, with paths, once each", get(account, false, []string{"Name", "parent.name", "NAME", "Id"}, "bolt"), []string{`{Name: "Bolt", Parent: {Name: "Acme"}, Id: bolt}`}},
			{"in the order of the ids", get(account, false, []string{"Id"}, "dune", "acme", "bolt"), []string{"{Id: dune}", "{Id: acme}", "{Id: bolt}"}},
			{"missing and deleted ones are left out", get(account, false, []string{"Id"}, "gone", "acme", "ida"), []string{"{Id: acme}"}},
			{"deleted ones are there where they are asked for", get(account, true, []string{"Id"}, "gone"), []string{"{Id: gone}"}},
			{"all fields in describe order, compounds too", get(thing, false, nil, "x1"), []string{`{Id: x1, IsDeleted: false, Name: "One", Text__c: "alpha", Key__c: "K-1", Exact__c: "Ab", Area__c: null, Long__c: null, Number__c: 1.5, Whole__c: 1, Amount__c: 10.25, Percent__c: 12.5, Date__c: 2026-05-20, When__c: 2026-05-20T14:30:00.000Z, Time__c: 09:00:00.000Z, Flag__c: true, Stage__c: "New", Colours__c: "Red;Blue", Email__c: "one@example.org", Phone__c: null, Url__c: null, Place__c: (latitude: 59.91, longitude: 10.75), Place__Latitude__s: 59.91, Place__Longitude__s: 10.75, Account__c: acme, Parent__c: null}`}},
			{"an unknown field", get(account, false, []string{"Foo"}, "acme"), []string{"INVALID_FIELD: No such column 'Foo' on entity 'Account'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names."}},
			{"of no ids", get(account, false, []string{"Id"}), []string{""}},
		} {
			if diff := cmp.Diff(c.want, c.got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.rule, diff)
			}
		}
	})
}

func TestRetrieveWithKeptPlan(t *testing.T) {
	t.Parallel()
	withWorld(t, func(t *testing.T, w *world, tx store.Tx, env *Env) {
		env.Plans = &Plans{}
		o := env.Snapshot.Object("Case")
		var first []string
		for range 3 {
			res, err := Retrieve(t.Context(), tx, env, o, []record.ID{w.ids["c1"], w.ids["c2"]}, []string{"CaseNumber", "Owner.Name", "Owner.Type", "Contact.Account.Name"}, false)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = w.printed(res)
			}
			if diff := cmp.Diff(first, w.printed(res)); diff != "" {
				t.Error(diff)
			}
		}
		if first[1] != `{CaseNumber: "00001002", Owner: Group{Name: "Roads", Type: "Queue"}, Contact: {Account: {Name: "Acme"}}}` {
			t.Error(first)
		}
	})
}

// What is kept of a read by id is its text, never the id, the row or whom it was for.
func TestReadsOfOneKeepTheirText(t *testing.T) {
	t.Parallel()
	withWorld(t, func(t *testing.T, w *world, tx store.Tx, env *Env) {
		env.Plans = &Plans{}
		o := env.Snapshot.Object("Case")
		fields := []string{"CaseNumber", "Contact.Name", "LastViewedDate"}
		for range 2 {
			for _, user := range []string{"ann", "bob"} {
				env.User = w.ids[user]
				for label, number := range map[string]string{"c1": "00001001", "c2": "00001002"} {
					res, err := Retrieve(t.Context(), tx, env, o, []record.ID{w.ids[label]}, fields, false)
					if err != nil || res.Len() != 1 || res.Get(0, "CaseNumber").Text() != number {
						t.Fatalf("%s: %v, %v", label, w.printed(res), err)
					}
				}
				b := newBinder(env, "", tx.Now(), false)
				st, err := b.retrieval(o, fields)
				if err != nil || st.kept == nil || st.kept.one.Load() == nil {
					t.Fatalf("the text was not kept: %v", err)
				}
				if args := st.one(tx.Dialect(), w.ids["c1"]).Args(); args[0].Value.ID() != env.User || args[len(args)-1].Value.ID() != w.ids["c1"] {
					t.Errorf("%s reads with %v", user, args)
				}
			}
		}
		if n := len(env.Plans.bound); n != 2 {
			t.Errorf("%d plans for two users", n)
		}
	})
}

func TestChildrenBeyondABatchHaveACursor(t *testing.T) {
	t.Parallel()
	withWorld(t, func(t *testing.T, w *world, tx store.Tx, env *Env) {
		text := "SELECT Name, (SELECT CaseNumber, Cases.Subject FROM Cases ORDER BY CaseNumber DESC) FROM Account"
		var rest []Rest
		res, _, err := Run(t.Context(), tx, env, text, Options{BatchSize: 1, Rest: &rest})
		if err != nil {
			t.Fatal(err)
		}
		if got := w.printed(res); got[0] != `{Name: "Acme", Cases: [{CaseNumber: "00001002", Subject: "Pot hole"}] of 2}` {
			t.Error(got)
		}
		if len(rest) != 1 || rest[0].Returned != 1 || rest[0].Span != &res.Children[0].Spans[0] {
			t.Fatalf("%+v", rest)
		}
		next, err := Batch(t.Context(), tx, env, rest[0].Cursor, rest[0].Returned, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.printed(next); len(got) != 1 || got[0] != `{CaseNumber: "00001001", Subject: "Broken lamp"}` {
			t.Error(got)
		}
		// Without a place for cursors, every child is returned.
		if res, _, err = Run(t.Context(), tx, env, text, Options{BatchSize: 1}); err != nil || res.Children[0].Spans[0].To != 2 {
			t.Error(err, res.Children[0].Spans)
		}
	})
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	env := &Env{Snapshot: testCatalog(t), Access: access.System()}
	c, err := Describe(env, "SELECT Id, Name, Owner.Name, AnnualRevenue, toLabel(Industry) label, BillingAddress, (SELECT LastName FROM Contacts) FROM Account")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, col := range c.Columns {
		line := col.Name + " " + col.ApexType
		if col.Aggregate {
			line += " aggregate"
		}
		for _, j := range col.Join {
			line += " " + j.Name
		}
		got = append(got, line)
	}
	want := []string{"Id Id", "Name String", "Owner User Name", "AnnualRevenue Double", "label String aggregate", "BillingAddress Address", "Contacts Contact aggregate LastName"}
	if diff := cmp.Diff(want, got); diff != "" || !c.IDSelected || c.GroupBy || c.Object != "Account" || c.KeyPrefix != "001" {
		t.Errorf("%+v (-want +got):\n%s", c, diff)
	}
	if c, err = Describe(env, "SELECT Industry, COUNT(Id), MAX(CreatedDate) newest FROM Account GROUP BY Industry"); err != nil {
		t.Fatal(err)
	}
	got = nil
	for _, col := range c.Columns {
		got = append(got, col.Name+" "+col.ApexType)
	}
	if diff := cmp.Diff([]string{"Industry String", "expr0 Integer", "newest Datetime"}, got); diff != "" || !c.GroupBy || c.IDSelected {
		t.Errorf("%+v (-want +got):\n%s", c, diff)
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	withWorld(t, func(t *testing.T, w *world, tx store.Tx, env *Env) {
		plans, err := Explain(t.Context(), tx, env, "SELECT Name FROM Account WHERE Id = '"+string(w.ids["acme"])+"'")
		if err != nil {
			t.Fatal(err)
		}
		if p := plans[0]; p.Object != "Account" || p.Cardinality != 1 || p.ObjectCardinality != 4 {
			t.Errorf("%+v", p)
		}
		if plans, err = Explain(t.Context(), tx, env, "SELECT Name FROM Account WHERE NumberOfEmployees > 5"); err != nil {
			t.Fatal(err)
		}
		if p := plans[0]; p.Operation != "TableScan" || len(p.Notes) != 1 || p.Notes[0].Fields[0] != "NumberOfEmployees" {
			t.Errorf("%+v", p)
		}
	})
}

// A use entry names every object and field that a query touched, at any depth.
func TestUseNotesWhatWasTouched(t *testing.T) {
	t.Parallel()
	env := &Env{Snapshot: testCatalog(t), Access: access.System()}
	b := newBinder(env, "", testNow, false)
	st, err := b.parseAndBind("SELECT Subject, Contact.Account.Name, Owner.Email, (SELECT CommentBody FROM CaseComments WHERE IsPublished = TRUE) FROM Case WHERE Contact.Phone != null AND AccountId IN (SELECT Id FROM Account WHERE Industry = 'x') ORDER BY Priority")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	note := func(o *catalog.Object, fields []*catalog.Field) *purpose.Fields {
		for _, f := range fields {
			got = append(got, o.Name+"."+f.Name)
		}
		return purpose.FieldsOf(o, fields)
	}
	st.reads(note)
	for _, c := range st.sel.children {
		c.reads(note)
	}
	slices.Sort(got)
	got = slices.Compact(got)
	want := []string{
		"Account.Id", "Account.Industry", "Account.Name", "Case.AccountId", "Case.ContactId", "Case.OwnerId", "Case.Priority", "Case.Subject",
		"CaseComment.CommentBody", "CaseComment.IsPublished", "CaseComment.ParentId", "Contact.AccountId", "Contact.Phone", "Group.Email", "User.Email",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
