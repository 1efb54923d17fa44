package catalog

import (
	"slices"
	"strings"

	"stoa/internal/fault"
)

// Limits of data categories. Source: the platform's own limits.
const (
	maxCategoryGroups = 5
	maxCategories     = 100 // of a group
	maxCategoryLevels = 5   // below the top one
)

// A CategoryGroup is a tree of data categories that records are put into, articles first of all.
// It is kept as JSON, so its keys do not change.
type CategoryGroup struct {
	Name        string     `json:"name"`
	Label       string     `json:"label"`
	Description string     `json:"description,omitempty"`
	Active      bool       `json:"active,omitempty"`
	Objects     []string   `json:"objects,omitempty"` // whose records it sorts: KnowledgeArticleVersion
	Categories  []Category `json:"categories"`        // the top ones: All
}

// A Category is a data category with those below it.
type Category struct {
	Name       string     `json:"name"`
	Label      string     `json:"label"`
	Categories []Category `json:"categories,omitempty"`
}

// CategoryName returns the name of a group or category as rows hold it: queries may add __c.
func CategoryName(name string) string {
	if n := len(name) - len("__c"); n > 0 && Fold(name[n:]) == "__c" {
		return name[:n]
	}
	return name
}

// CategoryGroup returns the group of data categories with a name in any letter case, with or without __c, nil if there is none.
func (s *Snapshot) CategoryGroup(name string) *CategoryGroup {
	return s.defs.categories[Fold(CategoryName(name))]
}

// CategoryGroups returns the groups of data categories ordered by name.
func (s *Snapshot) CategoryGroups() []*CategoryGroup {
	all := make([]*CategoryGroup, 0, len(s.defs.categories))
	for _, g := range s.defs.categories {
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b *CategoryGroup) int { return strings.Compare(Fold(a.Name), Fold(b.Name)) })
	return all
}

// Path returns the category with a name in any letter case, with or without __c, and before it those above it, the top
// one first; nil if there is none. g may be nil.
func (g *CategoryGroup) Path(name string) []*Category {
	if g == nil {
		return nil
	}
	return pathTo(g.Categories, Fold(CategoryName(name)))
}

func pathTo(among []Category, folded string) []*Category {
	for i := range among {
		c := &among[i]
		if Fold(c.Name) == folded {
			return []*Category{c}
		}
		if below := pathTo(c.Categories, folded); below != nil {
			return append([]*Category{c}, below...)
		}
	}
	return nil
}

// Walk calls f for c and every category below it.
func (c *Category) Walk(f func(*Category)) {
	f(c)
	for i := range c.Categories {
		c.Categories[i].Walk(f)
	}
}

// putCategories adds a group of data categories or puts it in the place of the one of its name.
func (e *editor) putCategories(g *CategoryGroup) error {
	if err := g.check(); err != nil {
		return err
	}
	for _, name := range g.Objects {
		if e.object(name) == "" {
			return fault.New(fault.InvalidType, "sObject type '%s' is not supported.", name)
		}
	}
	if e.defs.categories[Fold(g.Name)] == nil && len(e.defs.categories) == maxCategoryGroups {
		return fault.New(fault.LimitExceeded, "Maximum number of data category groups reached")
	}
	e.defs.categories[Fold(g.Name)] = g
	return nil
}

func (g *CategoryGroup) check() error {
	if !isDeveloperName(g.Name) || len(g.Name) > maxName {
		return fault.New(fault.FieldIntegrity, "'%s' is no name of a data category group", g.Name)
	}
	if g.Label == "" {
		return fault.New(fault.RequiredFieldMissing, "Required fields are missing: [label]").On("label")
	}
	if len(g.Categories) == 0 {
		return fault.New(fault.FieldIntegrity, "The data category group %s has no category", g.Name)
	}
	return g.checkBelow(g.Categories, map[string]bool{}, 0)
}

func (g *CategoryGroup) checkBelow(among []Category, seen map[string]bool, level int) error {
	if len(among) > 0 && level > maxCategoryLevels {
		return fault.New(fault.LimitExceeded, "Data categories of %s can be at most %d levels deep", g.Name, maxCategoryLevels)
	}
	for i := range among {
		c := &among[i]
		switch name := Fold(c.Name); {
		case !isDeveloperName(c.Name) || len(c.Name) > maxName:
			return fault.New(fault.FieldIntegrity, "'%s' is no name of a data category", c.Name)
		case seen[name]:
			return fault.New(fault.DuplicateDeveloperName, "There is already a data category named %s in %s.", c.Name, g.Name)
		case len(seen) == maxCategories:
			return fault.New(fault.LimitExceeded, "Maximum number of data categories in %s reached", g.Name)
		default:
			seen[name] = true
		}
		if c.Label == "" {
			c.Label = c.Name
		}
		if err := g.checkBelow(c.Categories, seen, level+1); err != nil {
			return err
		}
	}
	return nil
}

// isDeveloperName reports whether a name is made of letters, digits and single underscores, begins with a letter and ends in no underscore.
func isDeveloperName(name string) bool {
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		case c >= '0' && c <= '9' && i > 0:
		case c == '_' && i > 0 && i < len(name)-1 && name[i-1] != '_':
		default:
			return false
		}
	}
	return name != ""
}
