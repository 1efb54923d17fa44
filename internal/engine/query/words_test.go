package query

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/engine/access"
	"stoa/internal/engine/purpose"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// withIndex runs f in a transaction of each engine on the rows that golden files share and more, all of them in the search index.
func withIndex(t *testing.T, more string, f func(t *testing.T, ctx context.Context, tx store.Tx, env *Env)) {
	t.Helper()
	snap := testCatalog(t)
	storetest.Each(t, func(t *testing.T, db store.DB) {
		w := newWorld(t, db, snap, "testdata/world.table")
		if err := db.Write(t.Context(), testTicket, func(tx store.Tx) error {
			if more != "" {
				if err := w.fill(t.Context(), tx, more); err != nil {
					return err
				}
			}
			return w.index(t.Context(), tx)
		}); err != nil {
			t.Fatal(err)
		}
		if err := db.Read(t.Context(), testTicket, func(tx store.Tx) error {
			f(t, t.Context(), clocked{tx}, &Env{
				Snapshot: snap, Access: access.System(), Use: purpose.New("", purpose.Default, "test", ""), Zone: time.UTC, Locale: "en_US", FiscalStart: time.January,
			})
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWordsNarrowAQuery(t *testing.T) {
	t.Parallel()
	withIndex(t, "", func(t *testing.T, ctx context.Context, tx store.Tx, env *Env) {
		for _, c := range []struct {
			rule, from, text string
			in               []string
			want             string
		}{
			{"nothing typed", "Account WHERE Industry = 'Banking'", "  ", []string{"Name"}, "Acme cork"},
			{"nowhere to look", "Account WHERE Industry = 'Banking'", "acme", nil, "Acme cork"},
			{"the beginning of a word, in any case", "Account", "AC", []string{"Name"}, "Acme"},
			{"not the middle of one", "Account", "cme", []string{"Name"}, ""},
			{"a later word", "Contact", "ng", []string{"Name"}, "Ida Ng,Kim ng"},
			{"all words, in any order", "Contact", "ng ida", []string{"Name"}, "Ida Ng"},
			{"words in different fields", "Contact", "ida acme", []string{"Name", "Email"}, "Ida Ng"},
			{"a word in a field that is not looked into", "Contact", "chief", []string{"Name", "Email"}, ""},
			{"a word of a parent", "Contact", "acm", []string{"Name", "Account.Name"}, "Ida Ng,Jon Élan"},
			{"words of both", "Contact", "acm ida", []string{"Name", "Account.Name"}, "Ida Ng"},
			{"conditions beside the words", "Contact WHERE Email = 'jon@acme.example'", "acme", []string{"Account.Name"}, "Jon Élan"},
			{"digits inside of a number", "Contact", "0100", []string{"Name", "Phone"}, "Kim ng"},
			{"signs", "Contact", "%", []string{"Name"}, ""},
			{"one letter", "Contact", "z", []string{"Name"}, "Zoe"},
			{"a deleted record", "Contact", "row", []string{"Name"}, ""},
		} {
			res, _, err := Run(ctx, tx, env, "SELECT Id, Name FROM "+c.from, Options{Words: &Words{Text: c.text, In: c.in}})
			if err != nil {
				t.Errorf("%s: %v", c.rule, err)
				continue
			}
			var names []string
			for i := range res.Len() {
				names = append(names, res.Get(i, "Name").Text())
			}
			slices.Sort(names)
			if diff := cmp.Diff(strings.ReplaceAll(c.want, " cork", ",cork"), strings.Join(names, ",")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.rule, diff)
			}
		}
		res, _, err := Run(ctx, tx, env, "SELECT COUNT() FROM Case", Options{Words: &Words{Text: "1003", In: []string{"CaseNumber", "Subject"}}})
		if err != nil || res.Total != 1 {
			t.Errorf("the end of a record's number: %d %v", res.Total, err)
		}
		if _, _, err := Run(ctx, tx, env, "SELECT Id FROM Account", Options{Words: &Words{Text: "x", In: []string{"Nothing"}}}); err == nil {
			t.Error("a field that is not there is looked into")
		}
	})
}

// However many records match, those that have the term in their names and those that alone fulfil a condition are found.
func TestSearchWeighsTheNewestAndTheNamed(t *testing.T) {
	t.Parallel()
	var more strings.Builder
	more.WriteString("Account | Name | BillingStreet\nfirst | Lantern Works | Quay 1\nsecond | Second | Lantern Street\n")
	for i := range candidates + 50 {
		fmt.Fprintf(&more, "n%d | Newer %d | Lantern Street %d\n", i, i, i)
	}
	withIndex(t, more.String(), func(t *testing.T, ctx context.Context, tx store.Tx, env *Env) {
		search := func(text string) (names []string) {
			found, err := Search(ctx, tx, env, text)
			if err != nil {
				t.Fatal(text, err)
			}
			for i := range found[0].Len() {
				names = append(names, found[0].Get(i, "Name").Text())
			}
			return names
		}
		if got := search("FIND {lantern} RETURNING Account(Name LIMIT 3)"); len(got) != 3 || got[0] != "Lantern Works" {
			t.Errorf("found %v, and not the one with the name first", got)
		}
		if got := search("FIND {lantern AND NOT quay} RETURNING Account(Name LIMIT 3)"); len(got) != 3 || slices.Contains(got, "Lantern Works") {
			t.Errorf("found %v, and so what was not wanted", got)
		}
		if got := search("FIND {lantern} RETURNING Account(Name WHERE Name IN ('Second', 'Lantern Works'))"); !slices.Equal(got, []string{"Lantern Works", "Second"}) {
			t.Errorf("under a condition %v are found", got)
		}
		if got := search("FIND {lantern} RETURNING Account(Name)"); len(got) != candidates+52 {
			t.Errorf("%d are found where no fewer are asked for", len(got))
		}
		first, second := search("FIND {lantern} RETURNING Account(Name LIMIT 20)"), search("FIND {lantern} RETURNING Account(Name LIMIT 10 OFFSET 10)")
		if !slices.Equal(first[10:], second) {
			t.Errorf("a page from the tenth on has %v, not %v", second, first[10:])
		}
	})
}
