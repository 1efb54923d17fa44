package difftest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // zones are part of the test

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/purpose"
	"stoa/internal/engine/query"
	"stoa/internal/engine/soql"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// zones have daylight saving on either half of the globe, half hours, and days that begin long before or after UTC's.
var zones = []string{"UTC", "America/New_York", "Europe/Oslo", "Asia/Kolkata", "Pacific/Auckland", "Pacific/Kiritimati", "Australia/Lord_Howe", "America/Los_Angeles"}

// locales, with whether their weeks start on Monday.
var locales = map[string]bool{"en_US": false, "ja_JP": false, "en_GB": true, "nb_NO": true}

// queries is how many queries a world is asked.
const queries = 300

// TestDifference asks both engines of the store and the naive one the same questions. STOA_DIFF_SECONDS says for
// how long each store is asked (4 unless told); STOA_DIFF_SEED repeats one world.
func TestDifference(t *testing.T) {
	t.Parallel()
	seconds := 4.0
	if s := os.Getenv("STOA_DIFF_SECONDS"); s != "" {
		var err error
		if seconds, err = strconv.ParseFloat(s, 64); err != nil {
			t.Fatal(err)
		}
	}
	seed, once := rand.Uint64()>>1, false
	if s := os.Getenv("STOA_DIFF_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
		once = true
	}
	storetest.Each(t, func(t *testing.T, db store.DB) {
		start, asked := time.Now(), 0
		for world := seed; !t.Failed(); world++ {
			newTrial(t, db, world).ask(t, queries)
			asked += queries
			if once || time.Since(start).Seconds() > seconds {
				break
			}
		}
		t.Logf("%d queries from seed %d on", asked, seed)
	})
}

// A trial is a world in a store, and who asks about it.
type trial struct {
	seed  uint64
	r     *rand.Rand
	db    store.DB
	use   *purpose.Use
	world *world
	snap  *catalog.Snapshot
	env   *query.Env
	naive *naive
}

func newTrial(t *testing.T, db store.DB, seed uint64) *trial {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	tr := &trial{seed: seed, r: r, db: db, use: purpose.New("005000000000001AAA", purpose.Default, "test", "difftest")}
	var err error
	if tr.world, tr.snap, err = newWorld(r, seed); err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation(pick(r, zones))
	if err != nil {
		t.Fatal(err)
	}
	locale := pick(r, []string{"en_US", "ja_JP", "en_GB", "nb_NO"})
	fiscal := pick(r, []time.Month{time.January, time.April, time.July, time.December})
	tr.env = &query.Env{
		Snapshot: tr.snap, Access: access.System(), Use: tr.use, Zone: zone, Locale: locale, Language: "en_US", FiscalStart: fiscal,
	}
	tr.naive = &naive{world: tr.world, zone: zone, monday: locales[locale], fiscal: fiscal}
	rows := r.Uint64()
	err = db.Write(t.Context(), tr.use.Ticket(), func(tx store.Tx) error {
		if err := tr.world.fill(t.Context(), tx, rand.New(rand.NewPCG(rows, 2)), zone); err != nil {
			return err
		}
		return tr.world.save(t.Context(), tx, tr.snap)
	})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	return tr
}

// ask makes n queries and stops at the first that the engines answer differently.
func (tr *trial) ask(t *testing.T, n int) {
	t.Helper()
	w := &writer{world: tr.world, r: tr.r, zone: tr.env.Zone}
	err := tr.db.Read(t.Context(), tr.use.Ticket(), func(tx store.Tx) error {
		w.now = tx.Now()
		for range n {
			text, all := w.query(), tr.r.IntN(5) == 0
			if !tr.same(t, tx, text, all) || tr.r.IntN(3) == 0 && !tr.paged(t, tx, text, all) {
				return nil
			}
		}
		return nil
	})
	if err != nil {
		t.Errorf("seed %d: %v", tr.seed, err)
	}
}

// same reports whether both engines answer a query alike, deleted rows included with all.
func (tr *trial) same(t *testing.T, tx store.Tx, text string, all bool) bool {
	t.Helper()
	q, err := soql.Parse(text)
	if err != nil {
		t.Errorf("seed %d: %s\n%v", tr.seed, text, err)
		return false
	}
	tr.naive.now, tr.naive.all = tx.Now(), all
	want, total := tr.naive.run(q)
	res, _, err := query.Run(t.Context(), tx, tr.env, text, query.Options{All: all})
	if err != nil {
		t.Errorf("seed %d: %s\n%v", tr.seed, text, err)
		return false
	}
	got := rowsOf(q, res)
	if loose(q) {
		slices.Sort(got)
		slices.Sort(want)
	}
	return tr.compare(t, tx, text, all, got, want, res.Total, total)
}

// paged reports whether a query's pages are its rows: by a cursor, and by the place of a row.
func (tr *trial) paged(t *testing.T, tx store.Tx, text string, all bool) bool {
	t.Helper()
	q, err := soql.Parse(text)
	if err != nil || q.Group != nil || isAggregate(q.Select[0]) || slices.ContainsFunc(q.Select, isAggregate) {
		return true
	}
	want, total := tr.naive.run(q)
	n := 1 + tr.r.IntN(7)
	res, cur, err := query.Run(t.Context(), tx, tr.env, text, query.Options{All: all, BatchSize: n})
	if err != nil {
		t.Errorf("seed %d: %s\nbatches of %d: %v", tr.seed, text, n, err)
		return false
	}
	got, have := rowsOf(q, res), res.Total
	if cur != nil {
		for from := n; from < len(cur.IDs); from += n {
			if res, err = query.Batch(t.Context(), tx, tr.env, cur, from, n); err != nil {
				t.Errorf("seed %d: %s\nbatch from %d: %v", tr.seed, text, from, err)
				return false
			}
			got = append(got, rowsOf(q, res)...)
		}
	}
	if !tr.compare(t, tx, text+"\nby cursor", all, got, want, have, total) {
		return false
	}
	if q.Limit != nil || q.Offset != nil || len(want) == 0 {
		return true
	}
	k := tr.r.IntN(len(want))
	place := tr.naive.places(q)[k]
	res, _, err = query.Run(t.Context(), tx, tr.env, text, query.Options{All: all, BatchSize: n, After: place, NoTotal: true})
	if err != nil {
		t.Errorf("seed %d: %s\nafter %v: %v", tr.seed, text, place, err)
		return false
	}
	rest := want[k+1:]
	if len(rest) > n {
		rest = append(slices.Clone(rest[:n]), "more")
	}
	got = rowsOf(q, res)
	if res.Next != "" {
		got = append(got, res.Next)
	}
	return tr.compare(t, tx, fmt.Sprintf("%s\nbehind row %d: %v", text, k, place), all, got, rest, res.Total, -1)
}

// compare reports, and tells the test, whether two answers are alike.
func (tr *trial) compare(t *testing.T, tx store.Tx, text string, all bool, got, want []string, have, total int) bool {
	t.Helper()
	if slices.Equal(got, want) && have == total {
		return true
	}
	t.Errorf("seed %d, now %s, zone %s, locale %s, fiscal year from %s, all %v\n%s\ngot  %d rows, total %d\n%s\nwant %d rows, total %d\n%s",
		tr.seed, tx.Now().Format(time.RFC3339), tr.env.Zone, tr.env.Locale, tr.env.FiscalStart, all, text,
		len(got), have, strings.Join(only(got, want), "\n"), len(want), total, strings.Join(only(want, got), "\n"))
	if os.Getenv("STOA_DIFF_ROWS") != "" {
		tr.world.describe(t)
	}
	return false
}

// loose reports whether the order of q's rows is nobody's business.
func loose(q *soql.Query) bool {
	return len(q.OrderBy) == 0 && (q.Group != nil || slices.ContainsFunc(q.Select, isAggregate))
}

// only returns the rows of a that do not stand at the same place in b.
func only(a, b []string) []string {
	var rows []string
	for i, row := range a {
		if i >= len(b) || b[i] != row {
			rows = append(rows, strconv.Itoa(i)+" "+row)
		}
	}
	return rows
}

// rowsOf writes the rows of a result as the naive engine does.
func rowsOf(q *soql.Query, res *record.Result) []string {
	var rows []string
	averages := map[int]bool{}
	for i, item := range q.Select {
		if c, ok := item.Column.(*soql.Call); ok && c.Func == soql.Avg {
			averages[i] = true
		}
	}
	for row := range res.Len() {
		t := &tree{kids: items(res, res.Shape, row)}
		for i := range averages {
			if leaf := t.kids[i]; leaf.leaf != "null" {
				x, _ := strconv.ParseFloat(leaf.leaf, 64)
				leaf.leaf = about(x)
			}
		}
		rows = append(rows, t.String())
	}
	return rows
}

func items(res *record.Result, s *record.Shape, row int) []*tree {
	var kids []*tree
	for _, it := range s.Items {
		k := &tree{key: it.Key, isLeaf: true, leaf: "null"}
		switch it.Role {
		case record.Cell:
			k.leaf = literal(res.Page.Value(row, it.Col))
		case record.Parent:
			parent := it.Parent
			for object, shape := range it.Cases {
				if res.Page.Value(row, shape.TypeCol).Text() == object {
					parent = shape
				}
			}
			if !res.Page.Null(row, it.Col) && parent != nil {
				k.isLeaf, k.kids = false, items(res, parent, row)
			}
		case record.Child:
			c := res.Children[it.Child]
			var rows []string
			for i := c.Spans[row].From; i < c.Spans[row].To; i++ {
				rows = append(rows, (&tree{kids: items(c.Result, c.Result.Shape, i)}).String())
			}
			if rows != nil {
				k.leaf = "[" + strings.Join(rows, " ") + "]"
			}
		case record.Compound:
			k.leaf = "compound"
		}
		kids = append(kids, k)
	}
	return kids
}
