package recruit

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"stoa/internal/app"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// send has a letter written.
func send(v *page.Visit, s *org.Session, j letterJob) error {
	return s.Do(v.Ctx(), func(ctx context.Context, tx *org.Tx) error { return j.enqueue(ctx, tx, 0) })
}

// An arrangeForm is an interview as it was typed.
type arrangeForm struct {
	ID                               record.ID // of the one that is changed, "" for a new one
	Date, Time, Minutes, Kind, Place string
	Panel                            []string
	Clashes                          []Clash
}

func (f *arrangeForm) sits(id record.ID) bool { return slices.Contains(f.Panel, string(id)) }

// take reads the form: times are in the org's zone.
func (f *arrangeForm) take(v *page.Visit, c *candidate) (a Arrangement) {
	f.Date, f.Time, f.Minutes, f.Kind, f.Place, f.Panel = v.Text("date", 10), v.Text("time", 5), v.Text("minutes", 3), v.Posted("kind"), v.Text("place", 255), v.Values()["panel"]
	if t, err := time.ParseInLocation("2006-01-02 15:04", f.Date+" "+f.Time, c.Zone); err == nil {
		a.Starts = t
	}
	a.Minutes, _ = strconv.Atoi(f.Minutes)
	a.Kind, a.Place = f.Kind, f.Place
	for _, p := range c.Staff {
		if f.sits(p.ID) {
			a.Panel = append(a.Panel, p.ID)
		}
	}
	return a
}

// of fills the form with an interview as it is.
func (f *arrangeForm) of(c *candidate, t talkRow) {
	at := c.at(t.Starts)
	*f = arrangeForm{ID: t.ID, Date: at.Format("2006-01-02"), Time: at.Format("15:04"), Minutes: strconv.Itoa(t.Minutes), Kind: t.Kind, Place: t.Place}
	for _, p := range t.Panel {
		f.Panel = append(f.Panel, string(p.ID))
	}
}

// fields are where the form's mistakes are told.
var arrangeFields = [...][2]string{{"Starts__c", "date"}, {"Minutes__c", "minutes"}, {"Kind__c", "kind"}}

// arrange proposes an interview.
func arrange(v *page.Visit) error { return arranging(v, "") }

// changeInterview puts an interview elsewhere or calls it off.
func changeInterview(v *page.Visit) error {
	id, err := idOf(v, "interview", "Interview__c")
	if err != nil {
		return err
	}
	return arranging(v, id)
}

func arranging(v *page.Visit, id record.ID) error {
	c, err := readCandidate(v)
	if err != nil {
		return err
	}
	if !c.CanEdit || id != "" && !slices.ContainsFunc(c.Talks, func(t talkRow) bool { return t.ID == id }) {
		return page.NotFound()
	}
	if v.Posted("cancel") != "" {
		if err := Cancel(v.Ctx(), v.S, id); err != nil {
			return c.failed(v, err)
		}
		v.Flash(v.T("recruit.interview.cancelled"))
		return v.Redirect(c.path() + "#interviews")
	}
	c.Arrange.ID = id
	a := c.Arrange.take(v, c)
	if err := a.check(v.UI.Now); err != nil {
		return c.failed(v, err)
	}
	if v.Posted("anyway") == "" {
		if c.Arrange.Clashes, err = Clashes(v.Ctx(), v.S, a, id); err != nil {
			return err
		}
		if len(c.Arrange.Clashes) > 0 {
			return c.show(v, http.StatusConflict)
		}
	}
	if id == "" {
		err = Propose(v.Ctx(), v.S, c.ID, a)
	} else {
		err = Reschedule(v.Ctx(), v.S, id, a)
	}
	if err != nil {
		return c.failed(v, err)
	}
	v.Flash(v.T("recruit.interview.proposed"))
	return v.Redirect(c.path() + "#interviews")
}

// failed shows the page again with what a client did wrong; other errors are returned.
func (c *candidate) failed(v *page.Visit, err error) error {
	text, ok := mistake(err)
	if !ok {
		return err
	}
	field := ""
	for _, f := range faultFields(err) {
		for _, known := range arrangeFields {
			if known[0] == f {
				field = known[1]
			}
		}
	}
	c.Problems = append(c.Problems, kit.Problem{Field: field, Text: text})
	return c.show(v, http.StatusUnprocessableEntity)
}

// wrong returns what is wrong with a field, "" for nothing.
func (c *candidate) wrong(field string) string {
	for _, p := range c.Problems {
		if p.Field == field {
			return p.Text
		}
	}
	return ""
}

// letterOfOffer is the template that an offer's letter begins as, in Markdown.
const letterOfOffer = "Recruit_Offer_Letter"

// writeOffer keeps the terms of an offer, with a letter to begin from.
func writeOffer(v *page.Visit) error {
	c, err := readCandidate(v)
	if err != nil {
		return err
	}
	if !c.CanEdit {
		return page.NotFound()
	}
	t, problems := takeTerms(v)
	if len(problems) > 0 {
		c.Problems = problems
		return c.show(v, http.StatusUnprocessableEntity)
	}
	j := letterJob{Application: c.ID, Template: letterOfOffer, More: map[string]string{"Pay": payText(v.UI, t.Salary, t.Period), "Start": dayText(v, t.Starts), "Until": dayText(v, t.Expires)}}
	l, err := j.draw(v.Ctx(), v.S, "")
	if err != nil {
		return err
	}
	t.Body = strings.TrimSpace(l.text)
	id, err := t.Draft(v.Ctx(), v.S, c.ID, "")
	if err != nil {
		return c.failed(v, err)
	}
	return v.Redirect(c.path() + "/offer/" + string(id))
}

func dayText(v *page.Visit, d record.Value) string {
	if d.IsNull() {
		return "…"
	}
	return v.UI.LongDay(dayOf(d)) + " " + strconv.Itoa(dayOf(d).Year())
}

// takeTerms reads the terms of an offer.
func takeTerms(v *page.Visit) (t Terms, problems []kit.Problem) {
	bad := func(field, key string) { problems = append(problems, kit.Problem{Field: field, Text: v.T(key)}) }
	t.Body, t.Period = v.Text("body", 30000), v.Posted("period")
	if t.Period != "Hour" {
		t.Period = "Year"
	}
	if s := strings.NewReplacer(",", "", " ", "", "$", "").Replace(v.Text("salary", 20)); s != "" {
		if n, err := strconv.ParseFloat(s, 64); err != nil || n <= 0 || n >= 1e7 {
			bad("salary", "recruit.offer.salary.wrong")
		} else {
			t.Salary = record.OfDecimal(int64(n*100+0.5), 2)
		}
	} else {
		bad("salary", "recruit.offer.salary.wrong")
	}
	day := func(field string, needed bool) record.Value {
		s := v.Text(field, 10)
		d, err := time.Parse("2006-01-02", s)
		if err != nil {
			if s != "" || needed {
				bad(field, "recruit.offer.day.wrong")
			}
			return record.Value{}
		}
		return record.OfDay(d)
	}
	t.Starts, t.Expires = day("starts", true), day("expires", true)
	return t, problems
}

// An offerPage is one offer: its letter as the applicant reads it, and how to change and send it.
type offerPage struct {
	C        *candidate
	ID       record.ID
	Status   string
	Blind    bool // a blind review hides the letter from others
	Terms    Terms
	Sent     time.Time
	Problems []kit.Problem
	Said     []string
}

// veiled reports whether a blind review of another application hides the letter from who visits.
func (o *offerPage) veiled() bool { return o.Blind && o.C.Person.Hidden }

func (o *offerPage) path() string { return o.C.path() + "/offer/" + string(o.ID) }

func readOffer(v *page.Visit) (*offerPage, error) {
	c, err := readCandidate(v)
	if err != nil {
		return nil, err
	}
	id, err := idOf(v, "offer", "Offer__c")
	if err != nil {
		return nil, err
	}
	res, err := app.Query(v.Ctx(), v.S, "SELECT Body__c, Blind__c, Status__c, Salary__c, Pay_Period__c, Start_Date__c, Expires__c, Sent_On__c FROM Offer__c WHERE Id = ? AND Job_Application__c = ?", id, c.ID)
	if err != nil {
		return nil, err
	}
	if res.Len() == 0 {
		return nil, page.NotFound()
	}
	return &offerPage{C: c, ID: id, Blind: res.Get(0, "Blind__c").Bool(), Status: app.Text(res.Get(0, "Status__c")), Sent: app.Instant(res.Get(0, "Sent_On__c")), Terms: Terms{
		Body: app.Text(res.Get(0, "Body__c")), Salary: res.Get(0, "Salary__c"), Period: app.Text(res.Get(0, "Pay_Period__c")), Starts: res.Get(0, "Start_Date__c"), Expires: res.Get(0, "Expires__c")}}, nil
}

func showOfferLetter(v *page.Visit) error {
	o, err := readOffer(v)
	if err != nil {
		return err
	}
	o.Said = v.Flashed()
	return o.show(v, http.StatusOK)
}

func (o *offerPage) show(v *page.Visit, status int) error {
	return v.Answer(page.Page{Title: v.T("recruit.offer.title", "name", o.C.Person.name(v)), Icon: "file-text", Status: status, Body: offerBody(v, o)})
}

// actOnOffer changes, sends or withdraws an offer.
func actOnOffer(v *page.Visit) error {
	o, err := readOffer(v)
	if err != nil {
		return err
	}
	if !o.C.CanEdit {
		return page.NotFound()
	}
	said := "recruit.offer.kept"
	switch {
	case v.Posted("withdraw") != "":
		said, err = "recruit.offer.withdrawn", WithdrawOffer(v.Ctx(), v.S, o.ID)
	default:
		if o.Terms, o.Problems = takeTerms(v); len(o.Problems) > 0 {
			return o.show(v, http.StatusUnprocessableEntity)
		}
		if _, err = o.Terms.Draft(v.Ctx(), v.S, o.C.ID, o.ID); err == nil && v.Posted("send") != "" {
			said, err = "recruit.offer.sent", SendOffer(v.Ctx(), v.S, o.ID)
		}
	}
	if err != nil {
		text, ok := mistake(err)
		if !ok {
			return err
		}
		o.Problems = []kit.Problem{{Text: text}}
		return o.show(v, http.StatusUnprocessableEntity)
	}
	v.Flash(v.T(said))
	if said == "recruit.offer.kept" {
		return v.Redirect(o.path())
	}
	return v.Redirect(o.C.path() + "#offers")
}

// formOf returns the form of an interview: as it was typed where that is the one, else as it is.
func (c *candidate) formOf(t talkRow) arrangeForm {
	if c.Arrange.ID == t.ID {
		return c.Arrange
	}
	f := arrangeForm{Minutes: "45", Kind: interviewKinds[0]}
	if t.ID != "" {
		f.of(c, t)
	}
	return f
}

// id returns the id of a field of the form: there are several of them on a page.
func (f *arrangeForm) id(name string) string {
	if f.ID == "" {
		return name
	}
	return name + "-" + string(f.ID)
}

func problemOf(problems []kit.Problem, field string) string {
	for _, p := range problems {
		if p.Field == field {
			return p.Text
		}
	}
	return ""
}

func isoDay(d record.Value) string {
	if d.IsNull() {
		return ""
	}
	return dayOf(d).Format("2006-01-02")
}

func amountOf(v record.Value) string {
	if v.IsNull() {
		return ""
	}
	return v.String()
}

// people writes names after another.
func people(all []kit.Person) string {
	var names []string
	for _, p := range all {
		names = append(names, p.Name)
	}
	return joined(names)
}

func names(all []review) string {
	var names []string
	for _, r := range all {
		names = append(names, r.By.Name)
	}
	return joined(names)
}

func joined(all []string) string { return strings.Join(all, ", ") }

// anchored is what a step of an attribute means.
func anchored(v *page.Visit, a attribute, n int) string {
	text := v.T("recruit.review.of", "n", n, "of", highest)
	if a.Anchors[n-1] != "" {
		text += ": " + a.Anchors[n-1]
	}
	return text
}
