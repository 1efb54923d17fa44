package console

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"stoa/internal/record"
	"stoa/internal/web/kit"
)

// places are the objects of the rail, in order; those that the person may not read are left out.
var places = []struct{ object, label, key string }{
	{"Case", "nav.cases", "G C"},
	{"Contact", "nav.people", "G P"},
	{"Account", "nav.accounts", ""},
	{"Task", "nav.tasks", ""},
	{"Knowledge__kav", "nav.knowledge", ""},
	{"Lead", "nav.leads", ""},
	{"Opportunity", "nav.giving", ""},
}

// makes are the objects that the palette offers to create.
var makes = []string{"Case", "Contact", "Account", "Task", "Lead", "Opportunity"}

// frame returns what stands around a page. current is the object that the page belongs to, "" for none.
func (v *visit) frame(title, icon string, local []kit.Link) *kit.Frame {
	a := v.s.Actor()
	f := &kit.Frame{
		UI: v.ui, Title: title, Place: v.console.opt.OrgName, Local: local,
		User: kit.Person{ID: a.User, Name: a.Name}, UserURL: recordPath(a.User),
		Tab:    kit.Link{Icon: icon, Label: title, Href: v.r.URL.RequestURI()},
		Back:   v.r.URL.RequestURI(),
		Toasts: v.toasts(),
	}
	path := v.r.URL.Path
	f.Nav = append(f.Nav, kit.Link{Icon: "house", Label: v.ui.T("nav.home"), Href: "/console/home", Current: path == "/console/home", Key: "G H"})
	object := v.args["object"]
	if id, err := record.ParseID(v.args["id"]); err == nil {
		if o := v.s.Catalog().Of(id); o != nil {
			object = o.Name
		}
	}
	of := map[string]int{}
	for _, p := range places {
		o := v.s.Catalog().Object(p.object)
		if o == nil || !v.s.Rights(o).Read {
			continue
		}
		of[p.object] = len(f.Nav)
		f.Nav = append(f.Nav, kit.Link{Icon: iconOf(o), Label: v.ui.T(p.label), Href: listPath(o), Current: strings.EqualFold(object, o.Name), Key: p.key})
	}
	f.Nav = v.placed(f.Nav, of)
	for _, name := range []string{object, "Case"} {
		if o := v.s.Catalog().Object(name); f.New == "" && o != nil && o.Createable && v.s.Rights(o).Create {
			f.New = objectPath(o, "new")
		}
	}
	f.More = []kit.Link{{Icon: "layout-grid", Label: v.ui.T("nav.apps"), Href: "/console/apps", Current: path == "/console/apps", Key: "G A"}}
	for _, name := range makes {
		if o := v.s.Catalog().Object(name); o != nil && o.Createable && v.s.Rights(o).Create {
			f.Create = append(f.Create, kit.Link{Icon: "plus", Label: v.ui.T("new.what", "what", strings.ToLower(o.Label)), Href: objectPath(o, "new")})
		}
	}
	return f
}

// A flash is a message for the next page, carried by a cookie. The way back it
// offers is only ever one of ours: to restore records, or to set fields again.
type flash struct {
	Text    string      `json:"t"`
	Fail    bool        `json:"f,omitempty"`
	Restore []record.ID `json:"r,omitempty"` // deleted records
	Record  record.ID   `json:"i,omitempty"` // a record whose field was set,
	Field   string      `json:"n,omitempty"` // which field
	Value   string      `json:"v,omitempty"` // and what it was before
	Bulk    string      `json:"b,omitempty"` // a change of many records
}

// maxFlash keeps the cookie below what browsers take.
const maxFlash = 3000

// flash keeps a message for the next page.
func (v *visit) flash(f flash) {
	b, err := json.Marshal(f)
	if err == nil && len(b) > maxFlash {
		f.Restore, f.Record, f.Field, f.Value = nil, "", "", "" // too much to take back from here
		b, err = json.Marshal(f)
	}
	if err != nil || len(b) > maxFlash {
		return
	}
	v.keep(flashCookie, base64.RawURLEncoding.EncodeToString(b), time.Minute)
}

// toasts takes the message that the page before left.
func (v *visit) toasts() []kit.Toast {
	k, err := v.r.Cookie(flashCookie)
	if err != nil || v.fragment() {
		return nil
	}
	v.forget(flashCookie)
	b, err := base64.RawURLEncoding.DecodeString(k.Value)
	var f flash
	if err != nil || json.Unmarshal(b, &f) != nil || f.Text == "" {
		return nil
	}
	return []kit.Toast{v.toast(f)}
}

// toast returns f as it is shown.
func (v *visit) toast(f flash) kit.Toast {
	t := kit.Toast{Text: f.Text, Fail: f.Fail}
	undo := &kit.Action{Label: v.ui.T("undo"), Post: true}
	switch {
	case len(f.Restore) > 0:
		undo.Href = "/console/restore"
		for _, id := range f.Restore {
			undo.Fields = append(undo.Fields, kit.Hidden{Name: "id", Value: string(id)})
		}
		t.Undo = undo
	case f.Bulk != "":
		undo.Href = bulkPath(f.Bulk) + "/undo"
		undo.Fields = []kit.Hidden{{Name: "back", Value: v.shown()}}
		t.Undo = undo
	case record.IsID(string(f.Record)) && f.Field != "":
		undo.Href = recordPath(f.Record) + "/set"
		undo.Fields = []kit.Hidden{{Name: f.Field, Value: f.Value}, {Name: "undo", Value: "1"}, {Name: "back", Value: v.shown()}}
		t.Undo = undo
	}
	return t
}

// shown returns the address of the page that the person sees: a fragment's own is not one.
func (v *visit) shown() string {
	if !v.fragment() {
		return v.r.URL.RequestURI()
	}
	u, err := url.Parse(v.r.Header.Get("HX-Current-URL"))
	if err != nil {
		return ""
	}
	return local(u.RequestURI(), "")
}
