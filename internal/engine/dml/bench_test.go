package dml

import (
	"context"
	"strconv"
	"testing"

	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// bench returns an org in SQLite and a write transaction that spans the loop,
// so that what is measured is the work and not the disk.
func bench(b *testing.B, f func(o *testOrg, tx store.Tx)) {
	db, err := storetest.SQLite(b)(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	o := newOrg(b, db)
	o.write(func(tx store.Tx) error {
		f(o, tx)
		return nil
	})
}

// BenchmarkInsertCase: at most 1 ms of CPU, search index and history included.
func BenchmarkInsertCase(b *testing.B) {
	bench(b, func(o *testOrg, tx store.Tx) {
		for _, f := range []string{"Status", "Priority", "OwnerId"} {
			o.snap.Object("Case").Field(f).TrackHistory = true
		}
		acct, err := Insert(context.Background(), tx, o.env(), []record.Draft{o.draft("Account", "Name", "A")}, Options{})
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			res, err := Insert(context.Background(), tx, o.env(), []record.Draft{
				o.draft("Case", "Subject", "The street lamp is broken", "Description", "It went dark on Monday and nobody came since.", "AccountId", acct[0].ID,
					"Origin", "Web", "Priority", "High", "SuppliedEmail", "ann@example.org"),
			}, Options{})
			if err != nil || !res[0].OK() {
				b.Fatal(err, res)
			}
		}
	})
}

// BenchmarkInsert200Contacts: at most 40 ms.
func BenchmarkInsert200Contacts(b *testing.B) {
	bench(b, func(o *testOrg, tx store.Tx) {
		n := 0
		for b.Loop() {
			drafts := make([]record.Draft, 200)
			for i := range drafts {
				n++
				drafts[i] = o.draft("Contact", "LastName", "Contact "+strconv.Itoa(n), "FirstName", "Ann", "Email", "c"+strconv.Itoa(n)+"@example.org",
					"Phone", "555 0100", "MailingCity", "Harborview", "Title", "Resident")
			}
			res, err := Insert(context.Background(), tx, o.env(), drafts, Options{})
			if err != nil || !res[0].OK() {
				b.Fatal(err, res)
			}
		}
	})
}

func BenchmarkUpdate200Contacts(b *testing.B) {
	bench(b, func(o *testOrg, tx store.Tx) {
		drafts := make([]record.Draft, 200)
		for i := range drafts {
			drafts[i] = o.draft("Contact", "LastName", "Contact "+strconv.Itoa(i), "Email", "c"+strconv.Itoa(i)+"@example.org")
		}
		res, err := Insert(context.Background(), tx, o.env(), drafts, Options{})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for b.Loop() {
			n++
			for i := range drafts {
				drafts[i] = o.draft("Contact", "Id", res[i].ID, "Title", "Resident "+strconv.Itoa(n))
			}
			if res, err := Update(context.Background(), tx, o.env(), drafts, Options{}); err != nil || !res[0].OK() {
				b.Fatal(err, res)
			}
		}
	})
}

// BenchmarkDeleteFamily deletes an account with 2,000 contacts and takes it back: statements a relationship, not a row.
func BenchmarkDeleteFamily(b *testing.B) {
	bench(b, func(o *testOrg, tx store.Tx) {
		ctx := context.Background()
		acct, err := Insert(ctx, tx, o.env(), []record.Draft{o.draft("Account", "Name", "A")}, Options{})
		if err != nil {
			b.Fatal(err)
		}
		for range 10 {
			drafts := make([]record.Draft, 200)
			for i := range drafts {
				drafts[i] = o.draft("Contact", "LastName", "C", "AccountId", acct[0].ID)
			}
			if res, err := Insert(ctx, tx, o.env(), drafts, Options{}); err != nil || !res[0].OK() {
				b.Fatal(err, res)
			}
		}
		ids := []record.ID{acct[0].ID}
		for b.Loop() {
			if res, err := Delete(ctx, tx, o.env(), ids, Options{}); err != nil || !res[0].OK() {
				b.Fatal(err, res)
			}
			if res, err := Undelete(ctx, tx, o.env(), ids, Options{}); err != nil || !res[0].OK() {
				b.Fatal(err, res)
			}
		}
	})
}
