package query

import (
	"context"
	"testing"
	"time"

	"stoa/internal/engine/access"
	"stoa/internal/engine/purpose"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// BenchmarkQuery measures queries on SQLite against the same rows read from the store alone.
func BenchmarkQuery(b *testing.B) {
	db, err := storetest.SQLite(b)(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	snap := testCatalog(b)
	crowd(b, db, snap, many)
	env := &Env{Snapshot: snap, Access: access.System(), Zone: time.UTC, Locale: "en_US", Plans: &Plans{}}
	const list = "SELECT Id, CaseNumber, Subject, Description, Status, Priority, Origin, Type, Reason, ContactId, AccountId, OwnerId, IsClosed, IsEscalated, CreatedDate, SystemModstamp, LastModifiedDate, ParentId, ClosedDate, SuppliedName FROM Case ORDER BY CreatedDate DESC LIMIT 2000"
	in := func(b *testing.B, f func(tx store.Tx) error) {
		b.Helper()
		b.ReportAllocs()
		if err := db.Read(b.Context(), testTicket, func(tx store.Tx) error {
			for b.Loop() {
				env.Use = purpose.New("", purpose.Default, "test", "")
				if err := f(tx); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("list/query", func(b *testing.B) {
		in(b, func(tx store.Tx) error {
			_, _, err := Run(b.Context(), tx, env, list, Options{})
			return err
		})
	})
	b.Run("list/store", func(b *testing.B) {
		bound := newBinder(env, list, testNow, false)
		st, err := bound.parseAndBind(list)
		if err != nil {
			b.Fatal(err)
		}
		r := &run{ctx: b.Context()}
		in(b, func(tx store.Tx) error {
			r.tx = tx
			_, _, err := r.page(st.rows(tx.Dialect(), 2000, nil), outs(st.sel.cols), 2000)
			return err
		})
	})
	o := snap.Object("Case")
	ids := []record.ID{"500Sa0000000007IAA"}
	b.Run("point/query", func(b *testing.B) {
		in(b, func(tx store.Tx) error {
			_, err := Retrieve(b.Context(), tx, env, o, ids, nil, false)
			return err
		})
	})
	b.Run("point/unkept", func(b *testing.B) {
		bare := *env
		bare.Plans = nil
		in(b, func(tx store.Tx) error {
			_, err := Retrieve(b.Context(), tx, &bare, o, ids, nil, false)
			return err
		})
	})
	b.Run("point/store", func(b *testing.B) {
		bound := newBinder(env, "", testNow, false)
		st, err := bound.retrieval(o, nil)
		if err != nil {
			b.Fatal(err)
		}
		st.b = bound
		r := &run{ctx: b.Context()}
		c := &test{of: st.sel.cols[0].of, form: oneOf, ids: ids}
		q := func(tx store.Tx) *store.SQL {
			w := st.b.writer(tx.Dialect())
			w.Raw("SELECT ")
			w.columns(st.sel.cols)
			w.from(st.s, func() { w.Raw(" AND "); c.write(w, false) })
			return w.SQL
		}
		var made *store.SQL
		in(b, func(tx store.Tx) error {
			r.tx = tx
			if made == nil {
				made = q(tx)
			}
			_, _, err := r.page(made, outs(st.sel.cols), 1)
			return err
		})
	})
	b.Run("small/query", func(b *testing.B) {
		in(b, func(tx store.Tx) error {
			_, _, err := Run(b.Context(), tx, env, "SELECT Id, Subject, Contact.Name, Owner.Name FROM Case WHERE OwnerId = '005Sa0000000007' AND IsClosed = FALSE ORDER BY CreatedDate DESC LIMIT 50", Options{})
			return err
		})
	})
}
