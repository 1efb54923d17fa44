package query

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// many is how many cases and contacts the crowd has: enough for a scan to be the wrong plan.
const many = 20_000

// crowd fills tables with accounts, contacts and cases.
func crowd(t testing.TB, db store.DB, snap *catalog.Snapshot, n int) {
	t.Helper()
	id := func(prefix string, n int) record.Value { return rowID(t, prefix, n) }
	fill := func(tx store.Tx, object string, rows int, value func(f *catalog.Field, i int) record.Value) {
		fillTable(t, tx, snap, object, rows, value)
	}
	err := db.Write(t.Context(), testTicket, func(tx store.Tx) error {
		text := func(format string, args ...any) record.Value { return record.OfText(fmt.Sprintf(format, args...)) }
		fill(tx, "User", 200, func(f *catalog.Field, i int) record.Value {
			if f.IsName || f.Name == "LastName" || f.Name == "Username" {
				return text("User %d", i)
			}
			return record.Value{}
		})
		fill(tx, "Group", 20, func(f *catalog.Field, i int) record.Value {
			if f.IsName {
				return text("Queue %d", i)
			}
			return record.Value{}
		})
		fill(tx, "Account", n/10, func(f *catalog.Field, i int) record.Value {
			switch f.Name {
			case "Name":
				return text("Account %d", i)
			case "ParentId":
				if i > 100 {
					return id("001", i/100)
				}
			}
			return record.Value{}
		})
		fill(tx, "Contact", n, func(f *catalog.Field, i int) record.Value {
			switch f.Name {
			case "Name", "LastName":
				return text("Person %d", i)
			case "Email":
				return text("p%d@example.org", i)
			case "AccountId":
				return id("001", 1+i%(n/10))
			}
			return record.Value{}
		})
		fill(tx, "Case", n, func(f *catalog.Field, i int) record.Value {
			switch f.Name {
			case "CaseNumber":
				return text("%08d", i)
			case "Subject":
				return text("Lamp %d is broken", i)
			case "Description":
				return text("It was broken when we came by at %d.", i)
			case "Status":
				return text("%s", []string{"New", "Working", "Escalated", "Closed"}[i%4])
			case "Priority", "Origin", "Type", "Reason":
				return text("%s", []string{"High", "Medium", "Low"}[i%3])
			case "ContactId":
				return id("003", 1+i%n)
			case "AccountId":
				return id("001", 1+i%(n/10))
			}
			return record.Value{}
		})
		// PostgreSQL knows nothing of new rows until it has looked at them, which it does by itself in time.
		if tx.Dialect().Name() == "postgres" {
			for _, object := range []string{"User", "Group", "Account", "Contact", "Case"} {
				if _, err := tx.Exec(t.Context(), store.NewSQL(tx.Dialect()).Raw("ANALYZE ").Table(snap.Object(object).Table)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// rowID returns the id of the n-th row of an object.
func rowID(t testing.TB, prefix string, n int) record.Value {
	t.Helper()
	id, err := record.ParseID(fmt.Sprintf("%sSa0%09d", prefix, n))
	if err != nil {
		t.Fatal(err)
	}
	return record.OfID(id)
}

// fillTable makes the table of an object with rows whose fields value gives; null leaves what every row has.
func fillTable(t testing.TB, tx store.Tx, snap *catalog.Snapshot, object string, rows int, value func(f *catalog.Field, i int) record.Value) {
	t.Helper()
	o := snap.Object(object)
	if err := tx.CreateTable(t.Context(), catalog.Table(o)); err != nil {
		t.Fatal(err)
	}
	var cols []store.Column
	var fields []*catalog.Field
	for _, f := range o.Fields {
		if f.Column != "" {
			cols, fields = append(cols, f.StoreColumn()), append(fields, f)
		}
	}
	var batch [][]record.Value
	for i := 1; i <= rows; i++ {
		row := make([]record.Value, len(fields))
		for k, f := range fields {
			switch {
			case f.Name == "Id":
				row[k] = rowID(t, o.KeyPrefix, i)
			case f.Name == "CreatedDate", f.Name == "SystemModstamp", f.Name == "LastModifiedDate":
				row[k] = record.OfInstant(testNow.Add(-time.Duration(i) * time.Minute))
			case f.Name == "OwnerId":
				row[k] = rowID(t, "005", 1+i%200)
			default:
				if row[k] = value(f, i); row[k].IsNull() && f.Type == &catalog.Boolean {
					row[k] = record.OfBool(i%50 != 0 && f.Name == "IsClosed")
				}
			}
		}
		if batch = append(batch, row); len(batch) == 2000 || i == rows {
			if err := tx.Insert(t.Context(), o.Table, cols, batch); err != nil {
				t.Fatal(err)
			}
			batch = batch[:0]
		}
	}
}

// A query that an index can serve never reads a large table from end to end, and never sorts one.
func TestPlansUseIndexes(t *testing.T) {
	if testing.Short() {
		t.Skip("fills tables with 20,000 rows")
	}
	snap := testCatalog(t)
	queries := []string{
		"SELECT Subject FROM Case WHERE Id = '500Sa0000000007'",
		"SELECT Subject FROM Case WHERE Id IN ('500Sa0000000007', '500Sa0000000008')",
		"SELECT Subject FROM Case WHERE CaseNumber = '00000077'",
		"SELECT Name FROM Contact WHERE Name = 'PERSON 7'",
		"SELECT Name FROM Contact WHERE Name LIKE 'person 77%'",
		"SELECT Name FROM Contact WHERE Name IN ('Person 7', 'Person 8')",
		"SELECT Name FROM Contact WHERE Email = 'P7@example.org'",
		"SELECT Subject, Contact.Name, Account.Name, Owner.Name FROM Case WHERE OwnerId = '005Sa0000000007' AND IsClosed = FALSE ORDER BY CreatedDate DESC LIMIT 50",
		"SELECT Subject FROM Case ORDER BY CreatedDate DESC LIMIT 50",
		"SELECT Subject FROM Case ORDER BY CreatedDate LIMIT 50",
		"SELECT Subject FROM Case WHERE IsClosed = FALSE ORDER BY CreatedDate DESC LIMIT 50",
		"SELECT Subject FROM Case LIMIT 50",
		"SELECT Subject FROM Case WHERE Id > '500Sa0000000007' ORDER BY Id LIMIT 50",
		"SELECT Subject FROM Case WHERE Id > '500Sa0000000007' AND Id < '500Sa0000000100'",
		"SELECT Subject FROM Case WHERE AccountId = '001Sa0000000007'",
		"SELECT Subject FROM Case WHERE ContactId IN ('003Sa0000000007', '003Sa0000000008')",
		"SELECT Subject FROM Case WHERE CreatedDate = TODAY",
		"SELECT Subject FROM Case WHERE SystemModstamp > 2026-05-20T12:00:00Z ORDER BY SystemModstamp",
		"SELECT Subject FROM Case WHERE Account.Name = 'x' AND OwnerId = '005Sa0000000007'",
		"SELECT Name FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE Email = 'p7@example.org')",
		"SELECT Name FROM Contact WHERE AccountId IN (SELECT Id FROM Account WHERE Name = 'Account 7')",
		"SELECT COUNT() FROM Case WHERE OwnerId = '005Sa0000000007'",
		"SELECT Status, COUNT(Id) FROM Case WHERE AccountId = '001Sa0000000007' GROUP BY Status",
		"SELECT Name FROM Contact ORDER BY Name LIMIT 20",
		"SELECT Name FROM Contact ORDER BY Name DESC LIMIT 20",
	}
	storetest.Each(t, func(t *testing.T, db store.DB) {
		crowd(t, db, snap, many)
		env := &Env{Snapshot: snap, Access: access.System(), Zone: time.UTC, Locale: "en_US"}
		if err := db.Read(t.Context(), testTicket, func(tx store.Tx) error {
			r := &run{ctx: t.Context(), tx: clocked{tx}, batch: defaultBatch}
			check := func(text string, steps []string) {
				for _, line := range steps {
					if bad := badStep(tx.Dialect().Name(), line, strings.Contains(text, "WHERE")); bad != "" {
						t.Errorf("%s\n%s:\n%s", text, bad, strings.Join(steps, "\n"))
						return
					}
				}
			}
			for _, text := range queries {
				b := newBinder(env, text, testNow, false)
				st, err := b.parseAndBind(text)
				if err != nil {
					t.Fatal(text, err)
				}
				steps, err := r.steps(st)
				if err != nil {
					t.Fatal(text, err)
				}
				check(text, steps)
			}
			// What a scope adds to a query is found by an index too.
			mine := func(field, id string) access.Grant {
				return access.Grant{{Field: field, Op: access.Equal, Values: []record.Value{record.OfID(record.ID(id))}}}
			}
			citizen, err := access.Scoped(snap, "", access.Scope{
				"Account": {Rows: []access.Grant{mine("Id", "001Sa0000000007IAA")}},
				"Case":    {Rows: []access.Grant{mine("ContactId", "003Sa0000000007IAA"), mine("AccountId", "001Sa0000000007IAA")}},
				"Contact": {Rows: []access.Grant{{{Field: "AccountId", Op: access.Visible}}}},
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{
				"SELECT Subject, Contact.Name FROM Case ORDER BY CreatedDate DESC",
				"SELECT COUNT() FROM Case WHERE Status = 'New'",
				"SELECT Name, (SELECT Subject FROM Cases) FROM Contact WHERE Id = '003Sa0000000007'",
				"SELECT Name FROM Contact",
			} {
				b := newBinder(&Env{Snapshot: snap, Access: citizen, Zone: time.UTC, Locale: "en_US"}, text, testNow, false)
				st, err := b.parseAndBind(text)
				if err != nil {
					t.Fatal(text, err)
				}
				steps, err := r.steps(st)
				if err != nil {
					t.Fatal(text, err)
				}
				check(text+" WHERE in scope", steps)
			}
			// Rows that an import gave one time are not sorted either: they come by id, the way of the sort.
			for _, text := range []string{
				"SELECT Subject FROM Case ORDER BY CreatedDate DESC LIMIT 50",
				"SELECT Subject FROM Case WHERE IsClosed = FALSE ORDER BY CreatedDate DESC LIMIT 50",
				"SELECT Subject FROM Case WHERE Status = 'New' ORDER BY CreatedDate DESC LIMIT 50",
				"SELECT Subject FROM Case WHERE Status = 'Closed' AND IsClosed = FALSE ORDER BY CreatedDate DESC LIMIT 50",
				"SELECT Subject FROM Case WHERE IsClosed = TRUE ORDER BY ClosedDate DESC LIMIT 50",
			} {
				b := newBinder(env, text, testNow, false)
				st, err := b.parseAndBind(text)
				if err != nil {
					t.Fatal(text, err)
				}
				steps, err := r.steps(st)
				if err != nil {
					t.Fatal(text, err)
				}
				if plan := strings.Join(steps, "\n"); strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "->  Sort ") || strings.Contains(plan, "Seq Scan") {
					t.Errorf("%s\n%s", text, plan)
				}
			}
			// A sort that no index serves reads the table in its own order, and no parent or column of rows that it drops.
			for _, text := range []string{
				"SELECT Subject, Contact.Name, Owner.Name FROM Case ORDER BY Subject LIMIT 50",
				"SELECT Subject, Contact.Name, Owner.Name FROM Case ORDER BY Status DESC NULLS LAST LIMIT 50",
				"SELECT Name, Account.Name, Owner.Name FROM Contact ORDER BY Title LIMIT 50",
				"SELECT Name, Account.Name, Owner.Name FROM Contact ORDER BY Account.Name LIMIT 50",
			} {
				b := newBinder(env, text, testNow, false)
				st, err := b.parseAndBind(text)
				if err != nil {
					t.Fatal(text, err)
				}
				steps, err := r.steps(st)
				if err != nil {
					t.Fatal(text, err)
				}
				plan := strings.Join(steps, "\n")
				if !st.late(st.limit) || strings.Contains(plan, "SCAN t0 USING INDEX") || tx.Dialect().Name() == "sqlite" && !strings.Contains(plan, "SEARCH t0 USING INTEGER PRIMARY KEY") {
					t.Errorf("%s\n%s", text, plan)
				}
			}
			// The children of a page, and the page behind a row.
			b := newBinder(env, "", testNow, false)
			st, err := b.parseAndBind("SELECT Name, (SELECT Name FROM Contacts ORDER BY Name LIMIT 5), (SELECT Subject FROM Cases) FROM Account LIMIT 25")
			if err != nil {
				t.Fatal(err)
			}
			page, _, err := r.page(st.rows(tx.Dialect(), 25, nil), outs(st.sel.cols), 25)
			if err != nil {
				t.Fatal(err)
			}
			parents := page.IDs(st.sel.shape.IDCol)
			steps, err := r.explained(func(w *writer) { st.sel.children[0].writeNumbered(w, parents, 5, false) }, b)
			if err != nil {
				t.Fatal(err)
			}
			check("children WHERE parent, with a limit", steps)
			if steps, err = r.explained(func(w *writer) { st.sel.children[1].writeOfParents(w, parents) }, b); err != nil {
				t.Fatal(err)
			}
			check("children WHERE parent", steps)

			b = newBinder(env, "", testNow, false)
			if st, err = b.parseAndBind("SELECT Subject FROM Case WHERE IsClosed = FALSE ORDER BY CreatedDate DESC"); err != nil {
				t.Fatal(err)
			}
			c, err := st.after([]record.Value{record.OfInstant(testNow.Add(-9000 * time.Minute)), record.OfID("500Sa0000009000AAA")})
			if err != nil {
				t.Fatal(err)
			}
			steps, err = r.explained(func(w *writer) { st.writeRows(w, 50, func(w *writer) { w.Raw(" AND "); c.write(w, false) }) }, b)
			if err != nil {
				t.Fatal(err)
			}
			check("page WHERE behind a row", steps)
			for i, line := range steps {
				if strings.Contains(line, "SCAN t0") || strings.Contains(line, "Index Scan") && !strings.Contains(strings.Join(steps[i:], " "), "Index Cond") {
					t.Errorf("page behind a row does not begin at the row:\n%s", strings.Join(steps, "\n"))
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// badStep says what is wrong with a step of the plan of a query, which has a filter or not, "" for nothing.
func badStep(dialect, line string, filtered bool) string {
	line = strings.TrimSpace(line)
	switch {
	case dialect == "sqlite" && strings.HasPrefix(line, "SCAN t") && !strings.Contains(line, "USING") && filtered:
		return "scans a table"
	case dialect == "sqlite" && strings.HasPrefix(line, "USE TEMP B-TREE FOR ORDER BY") && !filtered:
		return "sorts a table"
	case strings.Contains(line, `Seq Scan on "Case"`), strings.Contains(line, `Seq Scan on "Contact"`):
		return "scans a table"
	default:
		return ""
	}
}
