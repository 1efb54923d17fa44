package demo

import (
	"context"

	"stoa/internal/engine/catalog"
	"stoa/internal/org"
)

// schema gives cases the kinds that the city knows, and lets staff work with them.
func (c *city) schema(ctx context.Context) error {
	kinds := catalog.FieldDef{Object: "Case", Name: "Type", Values: values("Question", "Request", "Report", "Appeal", "Complaint")}
	changes := []catalog.Change{{Field: &kinds}}
	for _, name := range []string{"Status", "Priority", "OwnerId"} {
		changes = append(changes, catalog.Change{Field: &catalog.FieldDef{Object: "Case", Name: name, TrackHistory: true}})
	}
	if err := c.s.Change(ctx, changes...); err != nil {
		return err
	}
	work := org.Rights{Read: true, Create: true, Edit: true, Delete: true}
	if err := c.s.Grant(ctx, work, []string{"Standard User"}, "Case"); err != nil {
		return err
	}
	return c.s.Grant(ctx, org.Rights{Read: true}, []string{"Read Only"}, "Case")
}

func values(names ...string) (v []catalog.ValueDef) {
	for _, n := range names {
		v = append(v, catalog.ValueDef{Value: n, Label: n})
	}
	return v
}
