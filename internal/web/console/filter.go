package console

import (
	"net/http"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/web/kit"
)

// A filterChoice is how one field can be filtered by.
type filterChoice struct {
	Ops    []string
	Values []kit.Option // of fields with few values
	Date   bool
}

// filterField returns the choice for the field that the filter form opens with.
func (st listState) filterField(fields []kit.Option) filterChoice {
	for _, o := range fields {
		if o.Value == st.layout.Path {
			return choiceOf(st.object.Field(o.Value))
		}
	}
	if len(fields) > 0 {
		return choiceOf(st.object.Field(fields[0].Value))
	}
	return filterChoice{}
}

func choiceOf(f *catalog.Field) filterChoice {
	c := filterChoice{Ops: operators(f)}
	switch {
	case f.Type.Name == "boolean":
		c.Values = []kit.Option{{Value: "true", Label: "True"}, {Value: "false", Label: "False"}}
	case f.Type.Picklist:
		c.Values = kit.Options(f)
	case f.Type.Kind == record.Date || f.Type.Kind == record.DateTime:
		c.Date = true
	}
	return c
}

// filterValue answers with the controls for the field that was chosen.
func filterValue(v *visit) error {
	o, err := v.object()
	if err != nil {
		return err
	}
	f := o.Field(v.query("ff"))
	if f == nil || !v.s.CanRead(f) {
		return fault.New(fault.NotFound, "")
	}
	c := choiceOf(f)
	if f.Type.Name == "boolean" {
		c.Values[0].Label, c.Values[1].Label = v.ui.T("yes"), v.ui.T("no")
	}
	return v.draw(http.StatusOK, filterControls(v.ui, c))
}
