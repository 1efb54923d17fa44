package catalog_test

import (
	"strings"
	"testing"

	"stoa/internal/engine/catalog"
	"stoa/internal/engine/catalog/standard"
)

func TestDataCategoriesAreATreeWithOneNameEach(t *testing.T) {
	t.Parallel()
	std, err := standard.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	group := func(categories ...catalog.Category) *catalog.CategoryGroup {
		return &catalog.CategoryGroup{Name: "Topics", Label: "Topics", Objects: []string{"KnowledgeArticleVersion"}, Categories: categories}
	}
	deep := catalog.Category{Name: "L7"}
	for _, n := range []string{"L6", "L5", "L4", "L3", "L2", "L1"} {
		deep = catalog.Category{Name: n, Categories: []catalog.Category{deep}}
	}
	for name, c := range map[string]struct {
		group *catalog.CategoryGroup
		want  string
	}{
		"no category":       {group(), "has no category"},
		"two of a name":     {group(catalog.Category{Name: "All", Categories: []catalog.Category{{Name: "a"}, {Name: "A"}}}), "already a data category named A"},
		"a bad name":        {group(catalog.Category{Name: "a b"}), "no name of a data category"},
		"too deep":          {group(deep), "5 levels deep"},
		"no label":          {&catalog.CategoryGroup{Name: "X", Categories: []catalog.Category{{Name: "All"}}}, "[label]"},
		"an unknown object": {&catalog.CategoryGroup{Name: "X", Label: "X", Objects: []string{"Nothing"}, Categories: []catalog.Category{{Name: "All"}}}, "'Nothing' is not supported"},
	} {
		if _, err := std.With(catalog.Change{Categories: c.group}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	snap, err := std.With(catalog.Change{Categories: group(catalog.Category{Name: "All", Categories: []catalog.Category{{Name: "Streets"}}})})
	if err != nil {
		t.Fatal(err)
	}
	path := snap.CategoryGroup("TOPICS__c").Path("streets__c")
	if len(path) != 2 || path[0].Name != "All" || path[1].Label != "Streets" {
		t.Errorf("the path of Streets is %+v", path)
	}
	if std.CategoryGroup("Topics") != nil || std.CategoryGroup("Topics").Path("All") != nil {
		t.Error("the platform's own snapshot has changed")
	}
}
