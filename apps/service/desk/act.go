package desk

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"

	"stoa/apps/service"
	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// A said is what the page after an action tells, and what takes the action back.
type said struct {
	Text string    `json:"t"`
	Fail bool      `json:"f,omitempty"`
	Undo record.ID `json:"u,omitempty"`
	Back string    `json:"b,omitempty"` // where the way back leads
}

const saidCookie = "stoa_desk"

// say keeps words for the page that follows an action.
func say(v *page.Visit, s said) {
	if b, err := json.Marshal(s); err == nil && len(b) < 2000 {
		v.Keep(saidCookie, base64.RawURLEncoding.EncodeToString(b), time.Minute)
	}
}

// toasts takes what the action before left to say.
func toasts(v *page.Visit) []kit.Toast {
	b, err := base64.RawURLEncoding.DecodeString(v.Cookie(saidCookie))
	var s said
	if err != nil || json.Unmarshal(b, &s) != nil || s.Text == "" {
		return nil
	}
	v.Forget(saidCookie)
	t := kit.Toast{Text: s.Text, Fail: s.Fail}
	if record.IsID(string(s.Undo)) {
		t.Undo = &kit.Action{Label: v.T("undo"), Href: root + "/undo", Post: true, Fields: []kit.Hidden{{Name: "id", Value: string(s.Undo)}, {Name: "back", Value: s.Back}}}
	}
	return []kit.Toast{t}
}

// back returns where an action leads: a page of the desk.
func back(v *page.Visit, fallback string) string {
	return page.Within(v.Posted("back"), fallback, root, "/console/service")
}

// done tells what an action did, or why it did nothing, and leads to the next page.
func done(v *page.Visit, words string, d service.Done, err error, to string) error {
	if err != nil {
		why := fault.From(err)
		if why.Code == fault.UnknownException {
			return err
		}
		say(v, said{Text: v.T("desk.failed", "why", why.Message), Fail: true})
		return v.Redirect(to)
	}
	say(v, said{Text: words, Undo: d.Undo, Back: to})
	return v.Redirect(to)
}

// undo takes an action back.
func undo(v *page.Visit) error {
	id, err := record.ParseID(v.Posted("id"))
	if err != nil {
		return page.NotFound()
	}
	err = service.Undo(v.Ctx(), v.S, id)
	return done(v, v.T("desk.undone"), service.Done{}, err, back(v, root))
}

// takeNext gives the person the next case of a queue.
func takeNext(v *page.Visit) error {
	var from record.ID
	if id, err := record.ParseID(v.Posted("queue")); err == nil {
		from = id
	}
	id, d, ok, err := service.TakeNext(v.Ctx(), v.S, from)
	to := back(v, root)
	if err == nil && !ok {
		say(v, said{Text: v.T("desk.noneLeft")})
		return v.Redirect(to)
	}
	if err == nil {
		to = root + "/" + mine + "/" + string(id)
	}
	return done(v, v.T("desk.taken"), d, err, to)
}

// args returns the queue and the case of an address.
func args(v *page.Visit) (*queue, record.ID, error) {
	id, err := record.ParseID(v.Args["case"])
	if err != nil {
		return nil, "", page.NotFound()
	}
	return &queue{key: v.Args["queue"]}, id, nil
}

// set changes one field of a case: its status, owner, priority.
func set(v *page.Visit) error {
	q, id, err := args(v)
	if err != nil {
		return err
	}
	words, d, err := change(v, []record.ID{id}, v.Posted("field"), v.Posted("value"))
	return done(v, words, d, err, q.path()+"/"+string(id))
}

// change sets a field of cases and says what it did.
func change(v *page.Visit, ids []record.ID, field, value string) (words string, d service.Done, err error) {
	o := v.S.Catalog().Object("Case")
	switch field {
	case "Status":
		d, err = service.SetStatus(v.Ctx(), v.S, ids, value)
		words = v.T("desk.did.status", "to", kit.Label(o.Field("Status"), value), "n", len(ids))
	case "Priority":
		d, err = service.SetPriority(v.Ctx(), v.S, ids, value)
		words = v.T("desk.did.priority", "to", kit.Label(o.Field("Priority"), value), "n", len(ids))
	case "OwnerId":
		owner, bad := record.ParseID(value)
		if bad != nil {
			return "", d, fault.New(fault.InvalidField, "Choose who owns the case.").On("OwnerId")
		}
		d, err = service.SetOwner(v.Ctx(), v.S, ids, owner)
		name, bad := ownerName(v, owner)
		if bad != nil {
			return "", d, bad
		}
		words = v.T("desk.did.owner", "to", name, "n", len(ids))
	default:
		err = fault.New(fault.InvalidField, "Choose what to change.")
	}
	return words, d, err
}

func ownerName(v *page.Visit, id record.ID) (string, error) {
	object := "User"
	if id.Prefix() == "00G" {
		object = "Group"
	}
	res, err := app.Query(v.Ctx(), v.S, "SELECT Name FROM "+object+" WHERE Id = ?", id)
	if err != nil || res.Len() == 0 {
		return "", err
	}
	return app.Text(res.Get(0, "Name")), nil
}

// bulk changes all chosen cases of a list, or leads to merging them.
func bulk(v *page.Visit) error {
	var ids []record.ID
	for _, s := range v.Values()["id"] {
		if id, err := record.ParseID(s); err == nil {
			ids = append(ids, id)
		}
	}
	to := back(v, root)
	if len(ids) == 0 {
		say(v, said{Text: v.T("desk.bulk.none"), Fail: true})
		return v.Redirect(to)
	}
	field, value := v.Posted("field"), v.Posted("value")
	if act := v.Posted("act"); act != "" { // one control for both: Status=Solved
		field, value = splitAct(act)
	}
	if field == "merge" {
		pairs := []string{"back", to}
		for _, id := range ids {
			pairs = append(pairs, "id", string(id))
		}
		return v.Redirect(kit.Query(root+"/merge", pairs...))
	}
	words, d, err := change(v, ids, field, value)
	return done(v, words, d, err, to)
}

func splitAct(act string) (field, value string) {
	for i := range len(act) {
		if act[i] == '=' {
			return act[:i], act[i+1:]
		}
	}
	return act, ""
}

// number reads a number of a form, 0 for none.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// problemOf returns why an action was refused, for the page to say; other errors go on.
func problemOf(err error) (string, error) {
	why := fault.From(err)
	if why.Code == fault.UnknownException || why.Code == fault.NotFound {
		return "", err
	}
	return why.Message, nil
}
