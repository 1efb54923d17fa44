package recruit

import (
	"net/http"
	"slices"
	"strings"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// reasons are why somebody is not selected. Those of who goes himself are not the city's to choose.
var reasons = [...]string{"Does not meet a requirement", "Others were stronger", "Position was withdrawn", "No answer"}

// write saves drafts as who visits.
func write(v *page.Visit, drafts ...record.Draft) error {
	_, err := org.Must(v.S.Update(v.Ctx(), drafts, org.WriteOptions{AllOrNone: true}))
	return err
}

// A letterChoice is a template that can go with a move.
type letterChoice struct{ Name, Label string }

// letterChoices are the org's own templates of letters to applicants, by their English names.
func letterChoices(v *page.Visit) ([]letterChoice, error) {
	res, err := app.Query(v.Ctx(), v.S, "SELECT DeveloperName, Name FROM EmailTemplate WHERE IsActive = true AND DeveloperName LIKE 'Recruit%' ORDER BY Name")
	if err != nil {
		return nil, err
	}
	var all []letterChoice
	for i := range res.Len() {
		name := app.Text(res.Get(i, "DeveloperName"))
		needsMore := name == letterInterview || name == letterChanged || name == letterCancelled || name == letterOffer || name == letterOfOffer // they tell of what their own pages make
		if !needsMore && !strings.HasSuffix(name, "_es") {
			all = append(all, letterChoice{name, app.Text(res.Get(i, "Name"))})
		}
	}
	return all, nil
}

// usualLetter returns the template that goes with a move unless somebody chooses another one.
func usualLetter(to string) string {
	switch to {
	case StageRejected:
		return letterNotSelected
	case StageWithdrawn:
		return letterWithdrawn
	case StageHired, StageApplied:
		return ""
	default:
		return letterMoved
	}
}

// A movePage asks what goes with a move before it is made.
type movePage struct {
	Position           board
	Chosen             []tile
	To, Reason, Letter string
	Letters            []letterChoice
	Preview            drawn
	Problems           []kit.Problem
}

func (m *movePage) path() string { return positionPath(m.Position.ID) + "/move" }

// confirmMove shows whom a move concerns and the letter that goes with it.
func confirmMove(v *page.Visit) error {
	m, err := readMove(v, v.R.URL.Query()["id"], v.Query("to"), v.Query("reason"))
	if err != nil {
		if text, ok := mistake(err); ok {
			v.Flash(text)
			return v.Redirect(positionPath(record.ID(v.Args["position"])))
		}
		return err
	}
	return m.show(v, http.StatusOK)
}

func readMove(v *page.Visit, ids []string, to, reason string) (*movePage, error) {
	id, err := idOf(v, "position", "Position__c")
	if err != nil {
		return nil, err
	}
	b, err := readPosition(v, id)
	if err != nil {
		return nil, err
	}
	m := &movePage{Position: *b, To: to, Reason: reason, Letter: usualLetter(to)}
	if values, given := v.R.URL.Query()["letter"]; given {
		m.Letter = values[0]
	}
	if !slices.Contains(Stages[:], to) || to == StageWithdrawn {
		return nil, fault.New(fault.MissingArgument, "%s", v.T("recruit.move.where"))
	}
	if m.Chosen, err = chosen(v, id, ids); err != nil {
		return nil, err
	}
	if m.Letters, err = letterChoices(v); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(m.Letters, func(c letterChoice) bool { return c.Name == m.Letter }) {
		m.Letter = ""
	}
	return m, nil
}

func (m *movePage) show(v *page.Visit, status int) error {
	if m.Letter != "" {
		first := m.Chosen[0]
		j := letterJob{Application: first.ID, Template: m.Letter, While: m.To, reason: m.Reason, More: map[string]string{"Link": "…"}}
		if first.Person.Hidden {
			j.More["Name"] = first.Person.name(v)
		}
		var err error
		if m.Preview, err = j.draw(v.Ctx(), v.S, ""); err != nil {
			return err
		}
	}
	title := v.T("recruit.move.title", "n", len(m.Chosen), "to", stageName(v, m.To))
	return v.Answer(page.Page{Title: title, Icon: "briefcase", Status: status, Body: moveBody(v, m)})
}

// moveMany moves what was chosen.
func moveMany(v *page.Visit) error {
	m, err := readMove(v, v.Values()["id"], v.Posted("to"), v.Posted("reason"))
	if err != nil {
		if text, ok := mistake(err); ok {
			v.Flash(text)
			return v.Redirect(positionPath(record.ID(v.Args["position"])))
		}
		return err
	}
	m.Letter = v.Posted("letter")
	move := Move{To: m.To, Reason: m.Reason, Template: m.Letter}
	for _, t := range m.Chosen {
		move.Applications = append(move.Applications, t.ID)
	}
	if m.Letter != "" && !slices.ContainsFunc(m.Letters, func(c letterChoice) bool { return c.Name == m.Letter }) {
		return fault.New(fault.InvalidArgument, "There is no such letter.")
	}
	moved, err := Moves(v.Ctx(), v.S, move)
	if err != nil {
		text, ok := mistake(err)
		if !ok {
			return err
		}
		field := ""
		if m.To == StageRejected && m.Reason == "" {
			field, text = "reason", v.T("recruit.reason.needed")
		}
		m.Problems = []kit.Problem{{Field: field, Text: text}}
		return m.show(v, http.StatusUnprocessableEntity)
	}
	v.Flash(v.T("recruit.moved", "n", len(moved), "to", stageName(v, m.To)))
	offerUndo(v, m.To, moved)
	return v.Redirect(positionPath(m.Position.ID))
}

// moveOne moves one application from the board or its own page. A letter does not go with it, but where it is not
// selected a reason must: for that it leads to the page that asks for both.
func moveOne(v *page.Visit) error {
	id, err := idOf(v, "application", "Job_Application__c")
	if err != nil {
		return err
	}
	res, err := app.Query(v.Ctx(), v.S, "SELECT Status__c, Position__c FROM Job_Application__c WHERE Id = ?", id)
	if err != nil {
		return err
	}
	if res.Len() == 0 {
		return page.NotFound()
	}
	to, was, is := v.Posted("Status__c"), v.Posted("was"), app.Text(res.Get(0, "Status__c"))
	back := page.Within(v.Posted("back"), positionPath(res.Get(0, "Position__c").ID()), root)
	if to == StageRejected || v.Posted("letter") != "" {
		return v.Redirect(kit.Query(positionPath(res.Get(0, "Position__c").ID())+"/move", "id", string(id), "to", to))
	}
	if was != "" && was != is {
		return refused(v, back, v.T("recruit.move.other", "stage", stageName(v, is)))
	}
	moved, err := Moves(v.Ctx(), v.S, Move{Applications: []record.ID{id}, To: to})
	if err != nil {
		if text, ok := mistake(err); ok {
			return refused(v, back, text)
		}
		return err
	}
	text := v.T("recruit.moved", "n", len(moved), "to", stageName(v, to))
	if v.Fragment() {
		way := wayBack{to, moved}
		return v.Draw(http.StatusOK, kit.ToastItem(v.UI, kit.Toast{Text: text, Undo: &kit.Action{Label: v.T("undo"), Href: root + "/undo", Post: true, Fields: way.fields(back)}}))
	}
	v.Flash(text)
	offerUndo(v, to, moved)
	return v.Redirect(back)
}

// refused tells why something was not done.
func refused(v *page.Visit, back, text string) error {
	if v.Fragment() {
		return v.Draw(http.StatusUnprocessableEntity, kit.ToastItem(v.UI, kit.Toast{Text: text, Fail: true}))
	}
	v.Flash(text)
	return v.Redirect(back)
}
