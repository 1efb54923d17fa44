package demo

import (
	"context"

	"stoa/internal/engine/catalog"
)

// schema gives cases the kinds that the city knows.
func (c *city) schema(ctx context.Context) error {
	kinds := catalog.FieldDef{Object: "Case", Name: "Type", Values: values("Question", "Request", "Report", "Appeal", "Complaint")}
	return c.s.Change(ctx, catalog.Change{Field: &kinds})
}

func values(names ...string) (v []catalog.ValueDef) {
	for _, n := range names {
		v = append(v, catalog.ValueDef{Value: n, Label: n})
	}
	return v
}
