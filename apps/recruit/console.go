package recruit

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// root is where the recruiter's pages are.
const root = "/console/recruit"

// purposeReview is what the app itself reads reviews and answers of its pages for.
const purposeReview = "recruit.review"

func consoleRoutes() []page.Route {
	get := func(path string, f func(*page.Visit) error) page.Route {
		return page.Route{Method: "GET", Path: root + path, Handle: f}
	}
	post := func(path string, f func(*page.Visit) error) page.Route {
		return page.Route{Method: "POST", Path: root + path, Handle: f}
	}
	return []page.Route{
		get("", showHome),
		post("/undo", undoMove),
		get("/a/{application}", showCandidate),
		post("/a/{application}/move", moveOne),
		post("/a/{application}/message", sendMessage),
		post("/a/{application}/note", addNote),
		post("/a/{application}/invite", invite),
		post("/a/{application}/review", giveReview),
		post("/a/{application}/interview", arrange),
		post("/a/{application}/interview/{interview}", changeInterview),
		post("/a/{application}/offer", writeOffer),
		post("/a/{application}/offer/{offer}", actOnOffer),
		get("/a/{application}/offer/{offer}", showOfferLetter),
		get("/a/{application}/offer/{offer}/letter.pdf", offerFile),
		get("/a/{application}/file/{file}", sendFile),
		get("/a/{application}/view/{file}", viewFile),
		get("/{position}", showBoard),
		get("/{position}/move", confirmMove),
		post("/{position}/move", moveMany),
		post("/{position}/publish", publish),
	}
}

func positionPath(id record.ID) string    { return root + "/" + string(id) }
func applicationPath(id record.ID) string { return root + "/a/" + string(id) }
func recordPath(id record.ID) string      { return "/console/r/" + string(id) }

// idOf returns the id in the address, or that there is no such page.
func idOf(v *page.Visit, name, object string) (record.ID, error) {
	id, err := record.ParseID(v.Args[name])
	if err != nil {
		return "", page.NotFound()
	}
	if o := v.S.Catalog().Of(id); o == nil || o.Name != object {
		return "", page.NotFound()
	}
	return id, nil
}

// own opens a session of the app's own code in the name of who visits, for what a seal hides until the page may show it.
func own(v *page.Visit) (*org.Session, error) {
	return v.Surface.Org().Service(v.Ctx(), v.S.Actor(), org.Console, purposeReview)
}

// mayEdit reports whether who visits may change records of an object.
func mayEdit(v *page.Visit, object string) bool {
	o := v.S.Catalog().Object(object)
	return o != nil && v.S.Rights(o).Edit
}

// A person is a candidate as who visits may know him.
type person struct {
	ID     record.ID
	Number string // C-00123
	First  string
	Last   string
	Hidden bool // a blind review hides him from who visits
	Blind  bool // a blind review hides him from others
}

// personOf reads the candidate of a row of applications whose query has personFields.
func personOf(res *record.Result, i int) person {
	get := func(path ...string) string { return app.Text(res.Get(i, path...)) }
	p := person{Number: get("Candidate__r", "Name"), First: get("Candidate__r", "First_Name__c"), Last: get("Candidate__r", "Last_Name__c"), Blind: res.Get(i, "Blind__c").Bool()}
	p.ID = record.ID(get("Candidate__c"))
	p.Hidden = p.Last == "" // nobody without a last name is one
	return p
}

// personFields are what personOf reads.
const personFields = "Candidate__c, Candidate__r.Name, Candidate__r.First_Name__c, Candidate__r.Last_Name__c, Blind__c"

// name returns what a candidate is called on a page.
func (p person) name(v *page.Visit) string {
	if p.Hidden {
		return v.T("recruit.candidate", "number", p.Number)
	}
	return strings.TrimSpace(p.First + " " + p.Last)
}

func (p person) avatar() kit.Person {
	return kit.Person{ID: p.ID, Name: strings.TrimSpace(p.First + " " + p.Last)}
}

// problem returns what a client's mistake is told with, and whether it is one.
func mistake(err error) (string, bool) {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Code.Status() >= 500 || f.Code == fault.NotFound {
		return "", false
	}
	return f.Message, true
}

const undoCookie = "stoa_moved"

// A wayBack is how a move can be taken back.
type wayBack struct {
	To    string  `json:"t"`
	Moved []Moved `json:"m"`
}

// maxUndo is how many moves a cookie can carry back.
const maxUndo = 60

// offerUndo keeps the way back for the next page.
func offerUndo(v *page.Visit, to string, moved []Moved) {
	if len(moved) == 0 || len(moved) > maxUndo {
		return
	}
	if b, err := json.Marshal(wayBack{to, moved}); err == nil {
		v.Keep(undoCookie, base64.RawURLEncoding.EncodeToString(b), time.Minute)
	}
}

// undoOf takes the way back that the page before left, nil for none.
func undoOf(v *page.Visit) *wayBack {
	b, err := base64.RawURLEncoding.DecodeString(v.Cookie(undoCookie))
	if err != nil || len(b) == 0 || v.Fragment() {
		return nil
	}
	v.Forget(undoCookie)
	var w wayBack
	if json.Unmarshal(b, &w) != nil {
		return nil
	}
	return &w
}

// fields are the way back as a form.
func (w *wayBack) fields(back string) []kit.Hidden {
	all := []kit.Hidden{{Name: "to", Value: w.To}, {Name: "back", Value: back}}
	for _, m := range w.Moved {
		all = append(all, kit.Hidden{Name: "moved", Value: string(m.ID) + " " + m.From})
	}
	return all
}

// undoMove takes moves back.
func undoMove(v *page.Visit) error {
	var moved []Moved
	for _, m := range v.Values()["moved"] {
		id, from, _ := strings.Cut(m, " ")
		if record.IsID(id) {
			moved = append(moved, Moved{record.ID(id), from})
		}
	}
	n, err := Unmove(v.Ctx(), v.S, moved, v.Posted("to"))
	if err != nil {
		return err
	}
	v.Flash(v.T("recruit.undone", "n", n))
	return v.Redirect(page.Within(v.Posted("back"), root, root))
}

// stageName returns a stage as staff call it.
func stageName(v *page.Visit, stage string) string {
	if words := v.T("recruit.stage." + stageKey(stage)); !strings.HasPrefix(words, "recruit.") {
		return words
	}
	return stage
}

// days writes how long ago something was, in days.
func days(v *page.Visit, since time.Time) string {
	if since.IsZero() {
		return ""
	}
	return v.T("recruit.days", "n", int(v.UI.Now.Sub(since)/(24*time.Hour)))
}

// count writes a number.
func count(v *page.Visit, n int) string { return v.UI.Number(int64(n), 0, 0) }

// rating writes a mean of the scale.
func rating(v *page.Visit, mean float64) string { return v.UI.Number(int64(mean*10+0.5), 1, 1) }

func itoa(n int) string { return strconv.Itoa(n) }

// faultFields returns the fields that an error names.
func faultFields(err error) []string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Fields
	}
	return nil
}

// payText writes a pay, "" for none.
func payText(ui *kit.UI, v record.Value, period string) string {
	if v.IsNull() {
		return ""
	}
	c, scale := v.Decimal()
	places := uint8(2)
	if whole := int64(v.Float()); v.Float() == float64(whole) {
		places = 0
	}
	sign := ui.Currency
	if sign == "" {
		sign = "$"
	}
	key := "jobs.pay.year"
	if period == "Hour" {
		key = "jobs.pay.hour"
	}
	return ui.T(key, "amount", sign+ui.Number(c, scale, places))
}
