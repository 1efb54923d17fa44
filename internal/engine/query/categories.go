package query

import (
	"stoa/internal/engine/soql"
	"stoa/internal/fault"
)

// categories binds WITH DATA CATEGORY.
func (b *binder) categories(s *scope, n *soql.With) (cond, error) {
	return nil, fault.New(fault.MalformedQuery, "DATA CATEGORY is not supported for object %s", s.root.object.Name)
}
