package console

import (
	"net/http"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
)

// rowActions answers with what can be done with a record of a list: the lines of a menu, or a page where no script asks.
func rowActions(v *visit) error {
	o, id, err := v.recordObject()
	if err != nil {
		return err
	}
	back := local(v.query("back"), listPath(o))
	actions := v.actionsOfRow(o, id, back)
	if v.fragment() {
		return v.draw(http.StatusOK, kit.MenuActions(actions))
	}
	rd := newReader(v.s, o)
	rd.fields("Subject", "Title")
	res, err := v.s.Query(v.ctx(), "SELECT "+rd.list()+" FROM "+o.Name+" WHERE Id = "+quote(string(id))+" LIMIT 1", org.QueryOptions{})
	if err != nil {
		return err
	}
	if res.Len() == 0 {
		return fault.New(fault.NotFound, "")
	}
	name := titleOfRow(v.ui, rd, res, 0)
	return v.draw(http.StatusOK, framed(v.frame(name, iconOf(o), nil), rowActionsBody(v.ui, name, actions, back)))
}

// actionsOfRow returns what can be done with a record from a list, by the person's rights.
func (v *visit) actionsOfRow(o *catalog.Object, id record.ID, back string) []kit.Action {
	rights := v.s.Rights(o)
	out := []kit.Action{{Icon: "arrow-up-right", Label: v.ui.T("row.open"), Href: recordPath(id)}}
	for _, p := range v.console.opt.Places {
		if p.Record != "" && p.Object == o.Name {
			out = append(out, kit.Action{Icon: p.Icon, Label: v.ui.T(p.RecordLabel), Href: p.Record + string(id)})
		}
	}
	if o.Updateable && rights.Edit {
		out = append(out, kit.Action{Icon: "pencil", Label: v.ui.T("edit"), Href: recordPath(id) + "/edit"})
		if f := o.Field("OwnerId"); f != nil && v.s.CanRead(f) && editable(v.s, f) {
			out = append(out, kit.Action{Icon: "user-round", Label: v.ui.T("row.owner"), Href: kit.Query(objectPath(o, "bulk"), "id", string(id), "field", f.Name, "back", back)})
		}
	}
	if o.Createable && rights.Create {
		out = append(out, kit.Action{Icon: "copy", Label: v.ui.T("record.copy"), Href: kit.Query(objectPath(o, "new"), "from", string(id))})
	}
	if o.Deletable && rights.Delete {
		out = append(out, kit.Action{Icon: "trash-2", Label: v.ui.T("delete"), Href: recordPath(id) + "/delete", Post: true, Danger: true, Fields: []kit.Hidden{{Name: "back", Value: back}}})
	}
	return out
}

// listed returns the address of the list that the person sees, without how far it is paged.
func (v *visit) listed() string {
	u := *v.r.URL
	q := u.Query()
	q.Del("after")
	q.Del("from")
	u.RawQuery = q.Encode()
	return u.RequestURI()
}
