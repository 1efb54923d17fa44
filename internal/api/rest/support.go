package rest

import (
	"net/url"
	"slices"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
)

// A dataCategory is a category as the support resources describe it.
type dataCategory struct {
	Children []dataCategory `json:"childCategories"` // null where they are not told
	Label    string         `json:"label"`
	Name     string         `json:"name"`
	URL      string         `json:"url"`
}

// support answers the resources for who helps customers.
func (c *call) support() error {
	return c.json(map[string]string{"dataCategoryGroups": c.base + "/support/dataCategoryGroups"})
}

// categorised returns the object whose groups of data categories are asked for, in the parameter sObjectName.
func (c *call) categorised() (string, error) {
	name := c.param("sObjectName")
	if name == "" {
		return "", fault.New(fault.MissingArgument, "Missing required parameter: sObjectName")
	}
	o := c.session.Catalog().Object(name)
	if o == nil || !c.session.Rights(o).Read {
		return "", fault.New(fault.InvalidType, "sObject type '%s' is not supported.", name)
	}
	return o.Name, nil
}

// categoryGroups answers support/dataCategoryGroups: those in use for an object, with their top categories or the whole trees.
func (c *call) categoryGroups() error {
	object, err := c.categorised()
	if err != nil {
		return err
	}
	type group struct {
		Label  string         `json:"label"`
		Name   string         `json:"name"`
		Object string         `json:"objectUsage"`
		Top    []dataCategory `json:"topCategories"`
	}
	depth := 0
	if c.param("topCategoriesOnly") == "false" {
		depth = wholeTree
	}
	all := []group{}
	for _, g := range c.session.Catalog().CategoryGroups() {
		if g.Active && slices.Contains(g.Objects, object) {
			all = append(all, group{g.Label, g.Name, object, c.dataCategories(g, g.Categories, object, depth)})
		}
	}
	return c.json(map[string][]group{"categoryGroups": all})
}

// category answers support/dataCategoryGroups/Topics/dataCategories/All: a category and those right below it.
func (c *call) category() error {
	object, err := c.categorised()
	if err != nil {
		return err
	}
	g := c.session.Catalog().CategoryGroup(c.args[0])
	path := g.Path(c.args[1])
	if path == nil || !g.Active || !slices.Contains(g.Objects, object) {
		return notFound()
	}
	return c.json(c.dataCategories(g, []catalog.Category{*path[len(path)-1]}, object, 1)[0])
}

// wholeTree is deeper than any tree of data categories.
const wholeTree = 100

// dataCategories describes categories with depth levels below them.
func (c *call) dataCategories(g *catalog.CategoryGroup, from []catalog.Category, object string, depth int) []dataCategory {
	all := make([]dataCategory, len(from))
	for i, k := range from {
		all[i] = dataCategory{
			Label: k.Label, Name: k.Name,
			URL: c.base + "/support/dataCategoryGroups/" + g.Name + "/dataCategories/" + k.Name + "?sObjectName=" + url.QueryEscape(object),
		}
		if depth > 0 {
			all[i].Children = c.dataCategories(g, k.Categories, object, depth-1)
		}
	}
	return all
}
