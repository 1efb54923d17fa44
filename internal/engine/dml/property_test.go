package dml

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"sync"
	"testing"

	"stoa/internal/engine/catalog"
	"stoa/internal/engine/purpose"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

func keyed(s *catalog.Snapshot) {
	f := s.Object("Account").Field("AccountNumber")
	f.Unique, f.ExternalID = true, true
}

var anyID = regexp.MustCompile(`[a-zA-Z0-9]{18}`)

// TestBatchIsOneByOne holds that a batch has the outcome that its records have
// when they are written one after the other.
func TestBatchIsOneByOne(t *testing.T) {
	open := func(t *testing.T) *testOrg {
		db, err := storetest.SQLite(t)(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return newOrg(t, db, keyed)
	}
	batch, single := open(t), open(t)
	rng := rand.New(rand.NewPCG(1, 2))
	var ofBatch, ofSingle []record.ID // accounts that both have, in the same order
	written := 0
	for round := range 60 {
		n := 1 + rng.IntN(12)
		var a, b []record.Draft
		update := round%3 == 1 && len(ofBatch) > 0
		for range n {
			pairs := randomAccount(rng)
			if update {
				// A value that one record gives up is free for others only after the batch.
				pairs[3] = fmt.Sprint("u", round, "/", rng.IntN(9))
				i := rng.IntN(len(ofBatch))
				a = append(a, batch.draft("Account", append([]any{"Id", ofBatch[i]}, pairs...)...))
				b = append(b, single.draft("Account", append([]any{"Id", ofSingle[i]}, pairs...)...))
				continue
			}
			a, b = append(a, batch.draft("Account", pairs...)), append(b, single.draft("Account", pairs...))
		}
		write := func(o *testOrg, d ...record.Draft) []Result {
			switch {
			case update:
				return o.update(Options{}, d...)
			case round%3 == 2:
				return o.upsert("AccountNumber", d...)
			default:
				return o.insert(Options{}, d...)
			}
		}
		got := write(batch, a...)
		for i := range b {
			want := write(single, b[i])[0]
			ge, we := anyID.ReplaceAllString(errorsOf(got[i]), "…"), anyID.ReplaceAllString(errorsOf(want), "…")
			if round%3 == 2 && regexp.MustCompile("Duplicate external id specified").MatchString(ge) {
				continue // only a batch can say the same key twice
			}
			if ge != we || got[i].Created != want.Created {
				t.Fatalf("round %d, record %d %v: batch says %q, alone it is %q", round, i, a[i].Fields, ge, we)
			}
			if want.OK() {
				written++
			}
			if want.OK() && want.Created {
				ofBatch, ofSingle = append(ofBatch, got[i].ID), append(ofSingle, want.ID)
			}
		}
		if round%3 == 2 {
			ofBatch, ofSingle = nil, nil // records may differ from here on where a key came twice
			for _, o := range []*testOrg{batch, single} {
				o.write(func(tx store.Tx) error {
					_, err := tx.Exec(t.Context(), store.NewSQL(tx.Dialect()).Raw("DELETE FROM ").Table("Account"))
					return err
				})
			}
			continue
		}
		for i := range ofBatch {
			fields := []string{"Name", "AccountNumber", "NumberOfEmployees", "AnnualRevenue", "Rating", "Description"}
			if g, w := batch.row(ofBatch[i], fields...), single.row(ofSingle[i], fields...); g != w {
				t.Fatalf("round %d: batch wrote %s, alone it is %s", round, g, w)
			}
		}
	}
	if written < 50 {
		t.Errorf("%d records were written", written)
	}
}

func randomAccount(rng *rand.Rand) []any {
	pick := func(of ...any) any { return of[rng.IntN(len(of))] }
	all := []any{
		"Name", pick("Acme", "Acme", "  trimmed ", "", nil, "Ünïcode"),
		"AccountNumber", pick("1", "2", "3", "4", "a", "A", nil, fmt.Sprint("n", rng.IntN(1000))),
		"NumberOfEmployees", pick(1, "12", "x", "1e3", nil),
		"AnnualRevenue", pick("10.5", 7, "-3", nil, "1e30"),
		"Rating", pick("hot", "Warm", "Tepid", nil),
		"Description", pick("a\x00b", "text", nil),
	}
	kept := all[:4:4]
	for i := 4; i < len(all); i += 2 {
		if rng.IntN(2) == 0 {
			kept = append(kept, all[i], all[i+1])
		}
	}
	return kept
}

// TestConcurrentUpserts holds that many upserts of one key make one record.
func TestConcurrentUpserts(t *testing.T) {
	each(t, func(t *testing.T, o *testOrg) {
		const writers, rounds = 8, 6
		for round := range rounds {
			key := fmt.Sprint("K", round)
			results := make([]Result, writers)
			var wg sync.WaitGroup
			for w := range writers {
				wg.Go(func() {
					err := o.db.Write(context.Background(), store.Issue(admin, purpose.Default, "test"), func(tx store.Tx) error {
						res, err := Upsert(context.Background(), tx, o.env(), "AccountNumber",
							[]record.Draft{o.draft("Account", "AccountNumber", key, "Name", fmt.Sprint("W", w))}, Options{})
						if err == nil {
							results[w] = res[0]
						}
						return err
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			created := 0
			for _, r := range results {
				if !r.OK() {
					t.Errorf("round %d: %s", round, errorsOf(r))
				}
				if r.Created {
					created++
				}
			}
			if rows := o.rows("Account", "AccountNumber", record.OfText(key), "Id"); len(rows) != 1 || created != 1 {
				t.Errorf("round %d: %d records, %d said to be created", round, len(rows), created)
			}
		}
	}, keyed)
}

// TestConcurrentUpdates holds that updates of the same records in different orders all succeed.
func TestConcurrentUpdates(t *testing.T) {
	each(t, func(t *testing.T, o *testOrg) {
		var drafts []record.Draft
		for i := range 20 {
			drafts = append(drafts, o.draft("Account", "Name", fmt.Sprint("A", i)))
		}
		ids := o.make(drafts...)
		var wg sync.WaitGroup
		for w := range 6 {
			wg.Go(func() {
				mine := slices.Clone(ids)
				rand.New(rand.NewPCG(uint64(w), 1)).Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
				err := o.db.Write(context.Background(), store.Issue(admin, purpose.Default, "test"), func(tx store.Tx) error {
					var d []record.Draft
					for _, id := range mine {
						d = append(d, o.draft("Account", "Id", id, "Phone", fmt.Sprint(w)))
					}
					res, err := Update(context.Background(), tx, o.env(), d, Options{})
					for _, r := range res {
						if !r.OK() {
							t.Error(errorsOf(r))
						}
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		first := o.row(ids[0], "Phone")
		for _, id := range ids {
			if got := o.row(id, "Phone"); got != first {
				t.Errorf("records of one update differ: %s, %s", first, got)
			}
		}
	})
}
