package query

import "stoa/internal/engine/catalog"

// virtual writes the rows of an object that no table keeps: none.
func (w *writer) virtual(o *catalog.Object, alias string) {
	w.Raw("(SELECT ")
	for i, f := range o.Fields {
		if i > 0 {
			w.Raw(", ")
		}
		w.nothing(f.Type.Class)
		w.Raw(" AS ").Name(f.Name)
	}
	w.Raw(" WHERE 1 = 0) " + alias)
}
