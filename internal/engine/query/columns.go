package query

import (
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
	"stoa/internal/store"
)

// ColumnMetadata is one column of a query as columns=true describes it.
type ColumnMetadata struct {
	Name, DisplayName, ForeignKey string
	ApexType                      string
	Aggregate, Bool, Number, Text bool
	Custom, Insertable, Updatable bool
	Join                          []ColumnMetadata
}

// Columns is what a query would return, without its rows.
type Columns struct {
	Object, KeyPrefix   string
	GroupBy, IDSelected bool
	Columns             []ColumnMetadata
}

// Describe binds a query and returns its columns.
func Describe(env *Env, text string) (*Columns, error) {
	b := newBinder(env, text, time.Time{}, false)
	st, err := b.parseAndBind(text)
	if err != nil {
		return nil, err
	}
	o := st.s.root.object
	c := &Columns{Object: o.Name, KeyPrefix: o.KeyPrefix, GroupBy: st.group != nil && len(st.group.items) > 0, Columns: []ColumnMetadata{}}
	switch {
	case st.group != nil:
		c.Columns = describeGroups(st.group)
	case st.sel != nil:
		c.Columns = describeShape(st.sel, st.sel.shape)
		c.IDSelected = st.sel.shape.Item(store.IDColumn) != nil
	}
	return c, nil
}

func describeGroups(g *grouping) []ColumnMetadata {
	cols := make([]ColumnMetadata, 0, len(g.shape.Items))
	for _, it := range g.shape.Items {
		o := g.cols[it.Col].of
		c := ColumnMetadata{Name: it.Key, DisplayName: it.Key, Aggregate: true}
		if o.kind == opField {
			c = describeField(o.field, it.Key)
		} else {
			c.ApexType = apexType(o)
			c.Number = o.valueKind() == record.Number
		}
		cols = append(cols, c)
	}
	return cols
}

func describeShape(sel *selection, shape *record.Shape) []ColumnMetadata {
	cols := make([]ColumnMetadata, 0, len(shape.Items))
	for _, it := range shape.Items {
		switch it.Role {
		case record.Parent:
			c := ColumnMetadata{Name: it.Key, DisplayName: it.Key, Join: []ColumnMetadata{}}
			if of := sel.cols[it.Col].of; of.src.on != nil {
				c.ForeignKey = of.src.on.field.Name
			} else {
				c.ForeignKey = of.field.Name
			}
			if it.Parent != nil {
				c.ApexType, c.Join = it.Parent.Object, describeShape(sel, it.Parent)
			}
			cols = append(cols, c)
		case record.Child:
			child := sel.children[it.Child]
			cols = append(cols, ColumnMetadata{
				Name: it.Key, DisplayName: it.Key, Aggregate: true, ApexType: child.sel.shape.Object, ForeignKey: child.key.field.Name,
				Join: describeShape(child.sel, child.sel.shape),
			})
		case record.Compound:
			cols = append(cols, describeField(sel.compounds[it.Parts[0].Col], it.Key))
		default:
			of := sel.cols[it.Col].of
			if of.field == nil || of.kind != opField || sel.called[it.Key] {
				c := ColumnMetadata{Name: it.Key, DisplayName: it.Key, Aggregate: true, Number: of.valueKind() == record.Number, ApexType: apexType(of)}
				c.Text = c.ApexType == "String"
				cols = append(cols, c)
				continue
			}
			cols = append(cols, describeField(of.field, it.Key))
		}
	}
	return cols
}

func describeField(f *catalog.Field, key string) ColumnMetadata {
	c := ColumnMetadata{Name: key, DisplayName: key, Custom: f.Custom, Insertable: f.Createable, Updatable: f.Updateable, Join: []ColumnMetadata{}}
	c.ofType(f.Type)
	return c
}

func (c *ColumnMetadata) ofType(t *catalog.Type) {
	c.ApexType = apexName(t)
	c.Bool = t.Kind == record.Bool
	c.Number = t.Kind == record.Number
	c.Text = t.Kind == record.Text
}

func apexType(o *operand) string {
	if o.field != nil && o.kind == opField {
		return apexName(o.field.Type)
	}
	switch o.valueKind() {
	case record.Number:
	case record.Date:
		return "Date"
	default:
		return apexName(o.arg.field.Type)
	}
	if class, _ := o.class(); class == store.Int {
		return "Integer"
	}
	return "Double"
}

// apexName returns what the type of a field is called in columns=true.
func apexName(t *catalog.Type) string {
	switch t.Kind {
	case record.Bool:
		return "Boolean"
	case record.Number:
		if t.Class == store.Int {
			return "Integer"
		}
		return "Double"
	case record.Date:
		return "Date"
	case record.DateTime:
		return "Datetime"
	case record.Time:
		return "Time"
	case record.Ref:
		return "Id"
	case record.Bytes:
		return "Blob"
	case record.Null:
		if t == &catalog.Location {
			return "Location"
		}
		return "Address"
	default:
		return "String"
	}
}
