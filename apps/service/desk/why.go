package desk

import (
	"net/http"
	"strings"

	"stoa/apps/service"
	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// showWhy shows what became of a message, by which rule and why.
func showWhy(v *page.Visit) error {
	r, err := receipt(v)
	if f := fault.From(err); err != nil && f.Code == fault.NotFound && seen(v) {
		return v.Answer(page.Page{Title: v.T("desk.why"), Icon: "mail", Body: whyNothing(v)})
	}
	if err != nil {
		return err
	}
	return v.Answer(page.Page{Title: v.T("desk.why"), Icon: "mail", Body: whyPage(v, r)})
}

// seen reports whether the person sees the message at all: of one that was loaded with its case no receipt is kept.
func seen(v *page.Visit) bool {
	res, err := app.Query(v.Ctx(), v.S, "SELECT Id FROM EmailMessage WHERE Id = ?", record.ID(v.Args["message"]))
	return err == nil && res.Len() > 0
}

// sendRaw sends the bytes of a message as they came, for those who must prove what it said.
func sendRaw(v *page.Visit) error {
	r, err := receipt(v)
	if err != nil {
		return err
	}
	raw, err := r.Original(v.Ctx(), v.S)
	if err != nil {
		return err
	}
	v.W.Header().Set("Content-Disposition", `attachment; filename="`+string(r.Message)+`.eml"`)
	return v.Write(http.StatusOK, "message/rfc822", raw)
}

func receipt(v *page.Visit) (service.Receipt, error) {
	id, err := record.ParseID(v.Args["message"])
	if err != nil {
		return service.Receipt{}, page.NotFound()
	}
	return service.ReceiptOf(v.Ctx(), v.S, id)
}

// A whyFact is a line of the page.
type whyFact struct{ name, value string }

// whyFacts are what the receipt says in the words of the desk.
func whyFacts(v *page.Visit, r service.Receipt) []whyFact {
	word := func(kind, key string) string { return whyWord(v, kind, key) }
	all := []whyFact{{v.T("desk.why.outcome"), word("outcome", r.Outcome)}}
	add := func(name, value string) {
		if value != "" {
			all = append(all, whyFact{v.T("desk.why." + name), value})
		}
	}
	if r.Incoming {
		add("rule", word("rule", r.Rule))
		add("because", r.Why)
		add("kind", word("kind", r.Kind))
		if r.Proof != "" {
			add("proof", word("proof", string(r.Proof)))
		}
		add("checks", r.Checks)
		if r.Stranger {
			add("sender", v.T("desk.why.stranger"))
		}
		if r.Answered {
			add("answer", v.T("desk.why.answered"))
		} else {
			add("answer", r.NoAnswer)
		}
		if r.Copies > 0 {
			add("copies", v.T("desk.why.again", "n", r.Copies))
		}
	} else {
		add("because", r.Why)
	}
	if r.MovedBy != "" {
		add("moved", movedWords(v, r))
	}
	add("from", r.From)
	add("to", r.To)
	add("at", v.UI.Moment(v.UI.In(r.At)))
	add("size", v.UI.Number(int64(r.Size), 0, 0)+" B")
	add("id", r.ID)
	add("problems", strings.Join(r.Problems, "; "))
	return all
}

func caseLink(id record.ID) string { return root + "/case/" + string(id) }
