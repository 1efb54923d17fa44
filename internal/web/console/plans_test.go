package console

import (
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/engine/catalog"
	"stoa/internal/engine/catalog/standard"
)

// plansFile lists the queries whose plans package query tests on large tables.
var plansFile = filepath.Join("..", "..", "engine", "query", "testdata", "console.soql")

// Every list, count, lane of a board and related list that we arranged by hand is among the queries whose plans are tested.
func TestPlansOfStandardListsAreTested(t *testing.T) {
	t.Parallel()
	snap, err := standard.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, d := range standard.ListViews(slices.Collect(maps.Values(layoutObjects(snap)))...) {
		text := func(field string) string { v, _ := d.Get(field); return v.Text() }
		o := snap.Object(text("SobjectType"))
		if o.Name == "User" || o.Name == "Knowledge__kav" {
			continue // people and articles are few
		}
		q, err := url.ParseQuery(text("Definition"))
		if err != nil {
			t.Fatal(err)
		}
		w := lookOf(o, q, look{})
		var conds []string
		for _, f := range w.filters {
			c, err := f.Condition(o, snap, "005Sa0000000007AAA", time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			conds = append(conds, c)
		}
		where := func(more ...string) string {
			if all := append(slices.Clone(conds), more...); len(all) > 0 {
				return " WHERE " + strings.Join(all, " AND ")
			}
			return ""
		}
		if w.sort == "" {
			w.sort = "Id"
		}
		order := " ORDER BY " + w.sort + map[bool]string{true: " DESC", false: " ASC"}[w.desc] + " NULLS LAST"
		lines = append(lines,
			fmt.Sprintf("SELECT Id FROM %s%s%s LIMIT %d", o.Name, where(), order, pageRows+1),
			fmt.Sprintf("SELECT COUNT() FROM %s%s LIMIT %d", o.Name, where(), listCap+1))
		if b := o.Field(layouts[o.Name].Board); b != nil && len(b.Values) > 0 {
			for _, v := range []int{0, len(b.Values) - 1} {
				lines = append(lines, fmt.Sprintf("SELECT Id FROM %s%s%s LIMIT %d", o.Name, where(b.Name+" = "+quote(b.Values[v].Value)), order, laneRows+1))
			}
		}
	}
	for name, o := range layoutObjects(snap) {
		for _, r := range layouts[name].Related {
			rel := o.Child(r.Child)
			if rel == nil {
				continue
			}
			sort := r.Sort
			if sort == "" {
				sort = "CreatedDate DESC"
			}
			lines = append(lines, fmt.Sprintf("SELECT Id FROM %s WHERE %s = '%sSa0000000007' ORDER BY %s LIMIT %d", rel.Object, rel.Field, o.KeyPrefix, sort, relatedRows+1))
		}
	}
	slices.Sort(lines)
	got := strings.Join(slices.Compact(lines), "\n") + "\n"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(plansFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(plansFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", plansFile, diff)
	}
}

// layoutObjects returns the objects that have a layout of their own.
func layoutObjects(snap *catalog.Snapshot) map[string]*catalog.Object {
	all := map[string]*catalog.Object{}
	for name := range layouts {
		if o := snap.Object(name); o != nil {
			all[name] = o
		}
	}
	return all
}
