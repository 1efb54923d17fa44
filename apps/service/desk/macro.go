package desk

import (
	"errors"
	"net/http"

	"stoa/apps/service"
	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// macrosOf returns the macros that the person may run.
func macrosOf(v *page.Visit) ([]choice, error) {
	if o := v.S.Catalog().Object("Macro"); o == nil || !v.S.Rights(o).Read {
		return nil, nil
	}
	res, err := app.Query(v.Ctx(), v.S, "SELECT Id, Name FROM Macro ORDER BY Name LIMIT 100")
	if err != nil {
		return nil, err
	}
	all := make([]choice, res.Len())
	for i := range all {
		all[i] = choice{value: string(res.Get(i, "Id").ID()), label: app.Text(res.Get(i, "Name"))}
	}
	return all, nil
}

// A macroView is what a macro would do to a case.
type macroView struct {
	c       *view
	id      record.ID
	name    string
	effects []service.Effect
	problem string
}

// label says which field or message an effect is about.
func (m *macroView) label(e service.Effect) string { return effectLabel(m.c.v, e) }

func effectLabel(v *page.Visit, e service.Effect) string {
	switch e.What {
	case "reply":
		return v.T("desk.macro.reply")
	case "note":
		return v.T("desk.macro.note")
	}
	if f := v.S.Catalog().Object("Case").Field(e.What); f != nil {
		return f.Label
	}
	return e.What
}

// effectText says what an effect writes or sets.
func effectText(v *page.Visit, e service.Effect) string {
	switch {
	case e.Text != "":
		return e.Text
	case e.To == "me":
		return v.T("desk.macro.me")
	default:
		return e.To
	}
}

// showMacro shows what a macro would do, and does nothing.
func showMacro(v *page.Visit) error {
	q, id, err := args(v)
	if err != nil {
		return err
	}
	macro, err := record.ParseID(v.Query("macro"))
	if err != nil {
		return page.NotFound()
	}
	c, err := head(v, q, id)
	if err != nil {
		return err
	}
	m := &macroView{c: c, id: macro}
	res, err := app.Query(v.Ctx(), v.S, "SELECT Name FROM Macro WHERE Id = ?", macro)
	if err != nil {
		return err
	}
	if res.Len() == 0 {
		return page.NotFound()
	}
	m.name = app.Text(res.Get(0, "Name"))
	m.effects, err = service.PreviewMacro(v.Ctx(), v.S, id, macro)
	if err != nil {
		why := fault.From(err)
		if why.Code == fault.UnknownException {
			return err
		}
		m.problem = why.Message
	}
	if v.Fragment() {
		return v.Draw(http.StatusOK, macroPreview(m))
	}
	return v.Answer(page.Page{Title: m.name, Icon: "zap", Body: macroPage(m)})
}

// runMacro does what was previewed.
func runMacro(v *page.Visit) error {
	q, id, err := args(v)
	if err != nil {
		return err
	}
	macro, err := record.ParseID(v.Posted("macro"))
	if err != nil {
		return page.NotFound()
	}
	d, did, err := service.RunMacro(v.Ctx(), v.S, id, macro, number(v.Posted("version")))
	to := q.path() + "/" + string(id)
	if _, stale := errors.AsType[*service.Stale](err); stale {
		err = fault.New(fault.InvalidOperation, "%s", v.T("desk.macro.stale"))
	}
	return done(v, v.T("desk.did.macro", "n", len(did)), d, err, to)
}

// quick offers the texts that begin with what was typed after a semicolon.
func quick(v *page.Visit) error {
	_, id, err := args(v)
	if err != nil {
		return err
	}
	all, err := service.QuickTexts(v.Ctx(), v.S, id, v.Query("q"))
	if err != nil {
		return err
	}
	return v.Draw(http.StatusOK, quickList(v.UI, all))
}

// caseNamed finds a case by its reference, number or id.
func caseNamed(v *page.Visit, name string) (record.ID, error) {
	q, args := "CaseNumber = ?", []any{name}
	if ref, ok := service.ParseReference(name); ok {
		q, args = "Reference__c = ?", []any{ref}
	} else if id, err := record.ParseID(name); err == nil {
		q, args = "Id = ?", []any{id}
	}
	res, err := app.Query(v.Ctx(), v.S, "SELECT Id FROM Case WHERE "+q+" LIMIT 1", args...)
	if err != nil {
		return "", err
	}
	if res.Len() == 0 {
		return "", fault.New(fault.NotFound, "%s", v.T("desk.merge.unknown", "what", name))
	}
	return res.Get(0, "Id").ID(), nil
}
