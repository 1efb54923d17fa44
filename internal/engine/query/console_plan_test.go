package query

import (
	"os"
	"strings"
	"testing"
	"time"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// some is how many rows each of the other tables of the console has.
const some = 20_000

// business fills the tables, beside those of crowd, that the console's standard lists read. One record in fifty is open.
func business(t testing.TB, db store.DB, snap *catalog.Snapshot, n int) {
	t.Helper()
	tables := []string{"Opportunity", "Lead", "Task", "CaseComment", "EmailMessage", "OpportunityContactRole", "CaseTeamMember"}
	err := db.Write(t.Context(), testTicket, func(tx store.Tx) error {
		for _, object := range tables {
			fillTable(t, tx, snap, object, n, func(f *catalog.Field, i int) record.Value {
				closed := i%50 != 0
				switch f.Name {
				case "IsClosed", "IsConverted":
					return record.OfBool(closed)
				case "IsWon":
					return record.OfBool(closed && i%2 == 0)
				case "StageName", "Status":
					if len(f.Values) > 0 {
						if closed {
							return record.OfText(f.Values[len(f.Values)-1].Value)
						}
						return record.OfText(f.Values[0].Value)
					}
				case "CloseDate", "ActivityDate":
					return record.OfDate(testNow.AddDate(0, 0, -i%900).Unix() / 86400)
				case "AccountId", "WhatId":
					return rowID(t, "001", 1+i%(many/10))
				case "ContactId", "WhoId":
					return rowID(t, "003", 1+i%many)
				case "ParentId":
					return rowID(t, "500", 1+i%many)
				case "OpportunityId":
					return rowID(t, "006", 1+i%n)
				case "Subject", "Name", "LastName":
					return record.OfText("Number " + small(i))
				}
				return record.Value{}
			})
			if tx.Dialect().Name() == "postgres" {
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

// No standard list, count, board or related list of the console reads a large table from end to end, or sorts one.
// The queries come from internal/web/console, whose test keeps the file.
func TestPlansOfTheConsole(t *testing.T) {
	if testing.Short() {
		t.Skip("fills tables with 20,000 rows")
	}
	b, err := os.ReadFile("testdata/console.soql")
	if err != nil {
		t.Fatal(err)
	}
	snap := testCatalog(t)
	storetest.Each(t, func(t *testing.T, db store.DB) {
		crowd(t, db, snap, many)
		business(t, db, snap, some)
		env := &Env{Snapshot: snap, Access: access.System(), User: "005Sa0000000007AAA", Zone: time.UTC, Locale: "en_US"}
		if err := db.Read(t.Context(), testTicket, func(tx store.Tx) error {
			r := &run{ctx: t.Context(), tx: clocked{tx}, batch: defaultBatch}
			for text := range strings.Lines(string(b)) {
				text = strings.TrimSpace(text)
				st, err := newBinder(env, text, testNow, false).parseAndBind(text)
				if err != nil {
					t.Fatal(text, err)
				}
				steps, err := r.steps(st)
				if err != nil {
					t.Fatal(text, err)
				}
				if bad := wholeTable(strings.Join(steps, "\n"), st.where != nil); bad != "" && !countOfMost(text) {
					t.Errorf("%s\n%s:\n%s", text, bad, strings.Join(steps, "\n"))
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// countOfMost reports whether a query counts what is most of its table, or all of it. Whatever way it
// takes, the count ends at 2,001 rows, which come soon.
func countOfMost(text string) bool {
	rest, ok := strings.CutPrefix(text, "SELECT COUNT() FROM ")
	_, where, filtered := strings.Cut(rest, " WHERE ")
	return ok && (!filtered || strings.HasPrefix(where, "IsClosed = TRUE ") || strings.HasPrefix(where, "IsWon = TRUE "))
}

// wholeTable says how a plan reads all of a table, "" where it does not.
func wholeTable(plan string, filtered bool) string {
	scans, sorts := false, strings.Contains(plan, "USE TEMP B-TREE FOR ORDER BY")
	for line := range strings.Lines(plan) {
		line = strings.TrimSpace(line)
		switch {
		case strings.Contains(line, "Seq Scan on") && !strings.Contains(line, `on "Account"`): // they are a tenth as many
			return "reads a whole table"
		case strings.HasPrefix(line, "SCAN t0") && !strings.Contains(line, "USING") && (filtered || sorts):
			return "reads a whole table"
		case strings.HasPrefix(line, "SCAN t0"):
			scans = true
		}
	}
	if scans && sorts {
		return "sorts a whole table"
	}
	return ""
}
