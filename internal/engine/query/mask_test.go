package query

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog/standard"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// A maskWorld is a scopeWorld of which everything is shown but what masks hide.
type maskWorld struct {
	*scopeWorld
	masks []access.Mask
}

func newMaskWorld(t *testing.T, seed uint64) *maskWorld {
	t.Helper()
	std, err := standard.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	w := &maskWorld{scopeWorld: newScopeWorld(t, seed, std.Objects())}
	w.scope = access.Scope{}
	for _, name := range w.names {
		w.scope[name] = access.Part{Rows: []access.Grant{{}}}
		for range w.r.IntN(3) {
			m := access.Mask{Object: name, While: w.cond(w.snap.Object(name))}
			for m.While.Op == access.Visible {
				m.While = w.cond(w.snap.Object(name))
			}
			for _, f := range scopeFields {
				if w.r.IntN(3) == 0 {
					m.Fields = append(m.Fields, f)
				}
			}
			w.masks = append(w.masks, m)
		}
	}
	return w
}

// hides says whether a field of a row is hidden: the oracle.
func (w *maskWorld) hides(row *scopeRow, field string) bool {
	return slices.ContainsFunc(w.masks, func(m access.Mask) bool {
		return m.Object == row.object && slices.Contains(m.Fields, field) && w.holds(m.While, row, nil)
	})
}

// value returns what may be known of a row's field.
func (w *maskWorld) value(row *scopeRow, field string) record.Value {
	if row == nil || w.hides(row, field) {
		return record.Value{}
	}
	return row.values[field]
}

func (w *maskWorld) up(row *scopeRow, ref string) *scopeRow {
	to := w.byID[w.value(row, ref).ID()]
	if to == nil || to.deleted {
		return nil
	}
	return to
}

func TestAMaskHidesWhatTheOracleSays(t *testing.T) {
	t.Parallel()
	seeds := 40
	if testing.Short() {
		seeds = 10
	}
	first := rand.Uint64() % 1_000_000
	storetest.Each(t, func(t *testing.T, db store.DB) {
		for seed := first; seed < first+uint64(seeds); seed++ {
			w := newMaskWorld(t, seed)
			err := db.Write(t.Context(), testTicket, func(tx store.Tx) error {
				w.put(t, tx)
				a := w.asker(t, tx)
				a.env.Access = a.env.Access.Under(w.masks)
				for _, object := range w.names {
					w.checkValues(a, object)
					w.checkMaskedParents(a, object)
					w.checkMaskedSearch(a, object)
				}
				return errRollback
			})
			if !errors.Is(err, errRollback) {
				t.Fatal(err)
			}
			if t.Failed() {
				t.Fatalf("seed %d, masks %+v", seed, w.masks)
			}
		}
	})
}

// standing returns an object's rows that are not deleted, in the order of their ids.
func (w *maskWorld) standing(object string) []*scopeRow {
	var rows []*scopeRow
	for _, r := range w.rows {
		if r.object == object && !r.deleted {
			rows = append(rows, r)
		}
	}
	return rows
}

func ids(rows []*scopeRow, ok func(*scopeRow) bool) []string {
	out := []string{}
	for _, r := range rows {
		if ok(r) {
			out = append(out, string(r.id))
		}
	}
	return out
}

// rank returns the place of a value in the order of its field: nulls first.
func rank(field string, v record.Value) string {
	n, _ := v.Decimal()
	switch {
	case field == "Flag__c":
		return fmt.Sprint(v.Bool())
	case v.IsNull():
		return ""
	case field == "Number__c", field == "Must__c":
		return fmt.Sprintf("1%09d", n)
	case field == "Day__c":
		return fmt.Sprintf("1%09d", v.Days())
	default:
		return "1" + record.Fold(v.String())
	}
}

func (w *maskWorld) literal(field string, row *scopeRow) (text, key string) {
	v := row.values[field]
	switch field {
	case "Number__c", "Must__c", "Day__c", "Flag__c":
		return v.String(), rank(field, v)
	default:
		return "'" + v.String() + "'", rank(field, v)
	}
}

func (w *maskWorld) checkValues(a *asker, object string) {
	rows := w.standing(object)
	var all []record.ID
	for _, r := range rows {
		all = append(all, r.id)
	}
	got, err := Retrieve(a.t.Context(), a.tx, a.env, w.snap.Object(object), all, nil, false)
	if err != nil {
		a.t.Fatal(err)
	}
	for _, f := range scopeFields {
		want := []string{}
		for _, r := range rows {
			want = append(want, string(r.id)+","+w.value(r, f).String())
		}
		q := "SELECT Id, " + f + " FROM " + object + " ORDER BY Id"
		a.same(q, want, a.rows(q, "Id", f))
		q = "SELECT FIELDS(ALL) FROM " + object + " ORDER BY Id LIMIT 200"
		a.same(q, want, a.rows(q, "Id", f))
		a.same("retrieve "+f+" of "+object, want, a.printed(got, []string{"Id", f}))

		key := func(r *scopeRow) string { return rank(f, w.value(r, f)) }
		sorted := slices.Clone(rows)
		slices.SortStableFunc(sorted, func(x, y *scopeRow) int { return cmp.Compare(key(x), key(y)) })
		every := func(*scopeRow) bool { return true }
		if f != "Ref__c" && f != "Poly__c" {
			q = "SELECT Id FROM " + object + " ORDER BY " + f + ", Id"
			a.same(q, ids(sorted, every), a.rows(q, "Id"))
			w.checkPages(a, object, f, f, sorted)
			if f != "Flag__c" { // which is never null
				last := slices.Clone(sorted)
				slices.SortStableFunc(last, func(x, y *scopeRow) int { return cmp.Compare(nulls(key(x)), nulls(key(y))) })
				w.checkPages(a, object, f, f+" NULLS LAST", last)
			}
		}
		w.checkFilters(a, object, f, rows, key)
		w.checkGroups(a, object, f, rows, key)
	}
}

// nulls tells keys of nulls, which come last, from others.
func nulls(key string) int {
	if key == "" {
		return 1
	}
	return 0
}

// checkPages goes through the rows by the values of a field, which must neither lose nor repeat a row where some are hidden.
func (w *maskWorld) checkPages(a *asker, object, f, order string, sorted []*scopeRow) {
	var got []string
	q, opt := "SELECT Id, "+f+" FROM "+object+" ORDER BY "+order, Options{BatchSize: 2, NoTotal: true}
	for {
		res, _, err := Run(a.t.Context(), a.tx, a.env, q, opt)
		if err != nil {
			a.t.Fatal(err)
		}
		got = append(got, a.printed(res, []string{"Id"})...)
		if res.Next == "" {
			break
		}
		last := res.Len() - 1
		opt.After = []record.Value{res.Get(last, f), record.OfID(res.ID(last))}
	}
	want := ids(sorted, func(*scopeRow) bool { return true })
	a.same("pages of "+q, want, append([]string{}, got...))
}

func (w *maskWorld) checkFilters(a *asker, object, f string, rows []*scopeRow, key func(*scopeRow) string) {
	if len(rows) == 0 {
		return
	}
	probe := rows[w.r.IntN(len(rows))] // probing with a value that is there
	if probe.values[f].IsNull() {
		return
	}
	text, want := w.literal(f, probe)
	tests := map[string]func(string) bool{
		"= " + text:             func(k string) bool { return k == want },
		"!= " + text:            func(k string) bool { return k != want },
		"IN (" + text + ")":     func(k string) bool { return k == want },
		"NOT IN (" + text + ")": func(k string) bool { return k != want },
	}
	switch f {
	case "Flag__c", "Ref__c", "Poly__c", "Stage__c":
	default:
		tests["> "+text] = func(k string) bool { return k != "" && k > want }
		tests["<= "+text] = func(k string) bool { return k != "" && k <= want }
	}
	if f == "Name" || f == "Text__c" {
		tests["LIKE '"+probe.values[f].Text()[:1]+"%'"] = func(k string) bool { return strings.HasPrefix(k, want[:2]) }
	}
	for test, ok := range tests {
		for not, is := range map[string]bool{"": true, "NOT ": false} {
			q := "SELECT Id FROM " + object + " WHERE (" + not + f + " " + test + ") ORDER BY Id"
			a.same(q, ids(rows, func(r *scopeRow) bool { return ok(key(r)) == is }), a.rows(q, "Id"))
		}
	}
}

func (w *maskWorld) checkGroups(a *asker, object, f string, rows []*scopeRow, key func(*scopeRow) string) {
	counts, some := map[string]int{}, 0
	least, most, sum := "", "", int64(0)
	for _, r := range rows {
		k := key(r)
		counts[k]++
		if v := w.value(r, f); !v.IsNull() {
			some++
			if least == "" || k < least {
				least = k
			}
			most = max(most, k)
			n, _ := v.Decimal()
			sum += n
		}
	}
	if f != "Flag__c" {
		q := "SELECT COUNT(" + f + ") n, COUNT(Id) m FROM " + object
		a.same(q, []string{fmt.Sprintf("%d,%d", some, len(rows))}, a.rows(q, "n", "m"))
	}
	if f == "Number__c" && some > 0 {
		q := "SELECT SUM(Number__c) n, MIN(Number__c) a, MAX(Number__c) b FROM " + object
		number := func(k string) string {
			n, _ := strconv.ParseInt(k[1:], 10, 64)
			return record.OfDecimal(n, 2).String()
		}
		a.same(q, []string{record.OfDecimal(sum, 2).String() + "," + number(least) + "," + number(most)}, a.rows(q, "n", "a", "b"))
	}
	if f == "Text__c" {
		q := "SELECT MIN(Text__c) a, MAX(Text__c) b FROM " + object
		want := strings.TrimPrefix(least, "1") + "," + strings.TrimPrefix(most, "1")
		a.same(q, []string{want}, folded(a.rows(q, "a", "b")))
	}
	if f == "Number__c" || f == "Must__c" {
		return // no group
	}
	q := "SELECT " + f + " g, COUNT(Id) n FROM " + object + " GROUP BY " + f
	var want, got []string
	for _, n := range counts {
		want = append(want, fmt.Sprint(n))
	}
	got = a.rows(q, "n")
	slices.Sort(want)
	slices.Sort(got)
	a.same(q, append([]string{}, want...), append([]string{}, got...))
}

func folded(texts []string) []string {
	for i := range texts {
		texts[i] = record.Fold(texts[i])
	}
	return texts
}

func (w *maskWorld) checkMaskedParents(a *asker, object string) {
	rows := w.standing(object)
	for _, ref := range []string{"Ref", "Poly"} {
		name := func(r *scopeRow) string { return w.value(w.up(r, ref+"__c"), "Name").String() }
		want := []string{}
		for _, r := range rows {
			want = append(want, string(r.id)+","+name(r))
		}
		q := "SELECT Id, " + ref + "__r.Name FROM " + object + " ORDER BY Id"
		a.same(q, want, a.rows(q, "Id", ref+"__r.Name"))
		for op, ok := range map[string]func(string) bool{
			"= 'alpha'":    func(s string) bool { return record.Fold(s) == "alpha" },
			"!= 'alpha'":   func(s string) bool { return record.Fold(s) != "alpha" },
			"> 'b'":        func(s string) bool { return s != "" && record.Fold(s) > "b" },
			"LIKE '%mma%'": func(s string) bool { return strings.Contains(record.Fold(s), "mma") },
		} {
			q := "SELECT Id FROM " + object + " WHERE " + ref + "__r.Name " + op + " ORDER BY Id"
			a.same(q, ids(rows, func(r *scopeRow) bool { return ok(name(r)) }), a.rows(q, "Id"))
		}
	}
	for _, child := range w.names {
		if w.snap.Object(child).Field("Ref__c").ReferenceTo[0] != object {
			continue
		}
		kids := func(r *scopeRow) []string {
			return ids(w.standing(child), func(k *scopeRow) bool { return w.value(k, "Ref__c").ID() == r.id })
		}
		q := "SELECT Id, (SELECT Id FROM Kids" + child[:1] + "__r ORDER BY Id) FROM " + object + " ORDER BY Id"
		res, _, err := Run(a.t.Context(), a.tx, a.env, q, Options{})
		if err != nil {
			a.t.Fatal(err)
		}
		for i, r := range rows {
			span, got := res.Children[0].Spans[i], []string{}
			for k := span.From; k < span.To; k++ {
				got = append(got, string(res.Children[0].Result.ID(k)))
			}
			a.same(q, kids(r), got)
		}
		q = "SELECT Id FROM " + object + " WHERE Id IN (SELECT Ref__c FROM " + child + ") ORDER BY Id"
		a.same(q, ids(rows, func(r *scopeRow) bool { return len(kids(r)) > 0 }), a.rows(q, "Id"))
	}
}

func (w *maskWorld) checkMaskedSearch(a *asker, object string) {
	for _, word := range []string{"alpha", "gamma"} {
		q := "FIND {" + word + "} IN ALL FIELDS RETURNING " + object + "(Id ORDER BY Id)"
		a.same(q, ids(w.standing(object), func(r *scopeRow) bool {
			found := false
			for _, f := range []string{"Name", "Text__c"} {
				if w.hides(r, f) {
					return false
				}
				found = found || strings.Contains(record.Fold(r.values[f].Text()), word)
			}
			return found
		}), a.found(q, object))
	}
}
