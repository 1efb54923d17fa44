package metadata

import (
	"errors"
	"fmt"

	"stoa/internal/engine/catalog"
)

// A dataCategory is a DataCategory with those below it.
type dataCategory struct {
	Name       string         `xml:"name"`
	Label      string         `xml:"label"`
	Categories []dataCategory `xml:"dataCategory"`
	Unknown    []element      `xml:",any"`
}

// readCategoryGroup reads a DataCategoryGroup with its whole tree.
func readCategoryGroup(p *Package, file string, b []byte, _ reader) error {
	var m struct {
		Active      bool           `xml:"active"`
		Label       string         `xml:"label"`
		Description string         `xml:"description"`
		Categories  []dataCategory `xml:"dataCategory"`
		Usage       struct {
			Objects []string  `xml:"object"`
			Unknown []element `xml:",any"`
		} `xml:"objectUsage"`
		Unknown []element `xml:",any"`
	}
	if err := strict(b, &m, func() []element { return append(m.Unknown, m.Usage.Unknown...) }); err != nil {
		return err
	}
	all, err := categoriesOf(m.Categories)
	if err != nil {
		return err
	}
	p.Changes = append(p.Changes, catalog.Change{Categories: &catalog.CategoryGroup{
		Name: named(file, ".datacategorygroup-meta.xml"), Label: m.Label, Description: m.Description, Active: m.Active, Objects: m.Usage.Objects, Categories: all,
	}})
	return nil
}

func categoriesOf(from []dataCategory) ([]catalog.Category, error) {
	var all []catalog.Category
	var errs []error
	for _, c := range from {
		for _, e := range c.Unknown {
			errs = append(errs, fmt.Errorf("the element %s of the category %s is not known", e.XMLName.Local, c.Name))
		}
		below, err := categoriesOf(c.Categories)
		errs = append(errs, err)
		all = append(all, catalog.Category{Name: c.Name, Label: c.Label, Categories: below})
	}
	return all, errors.Join(errs...)
}
