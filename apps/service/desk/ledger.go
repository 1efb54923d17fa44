package desk

import (
	"strings"
	"time"

	"stoa/apps/service"
	"stoa/internal/fault"
	"stoa/internal/web/page"
)

// loadUnsure marks the messages of which it was not sure where they belong.
func (c *view) loadUnsure() error {
	all, err := service.Unsure(c.v.Ctx(), c.v.S, c.id)
	if err != nil {
		return err
	}
	for i := range c.thread {
		if r, ok := all[c.thread[i].ID]; ok {
			c.thread[i].unsure = &r
		}
	}
	return nil
}

// loadLedger reads what the mail's ledger says of the case, where its tab is shown.
func (c *view) loadLedger() (err error) {
	if c.tab == "mail" {
		c.ledger, err = service.Ledger(c.v.Ctx(), c.v.S, c.id)
	}
	return err
}

func unsettled(r service.Receipt) bool {
	return r.Incoming && !r.Settled && (r.Stranger || r.Named != "")
}

// whyWord is what the desk calls a value of a receipt: its outcome, rule or kind.
func whyWord(v *page.Visit, kind, key string) string {
	if k := "desk.why." + kind + "." + strings.ToLower(strings.ReplaceAll(key, " ", "-")); v.UI.Has(k) {
		return v.T(k)
	}
	return key
}

// ruleWords says by which rule a message came to its case.
func ruleWords(v *page.Visit, r service.Receipt) string {
	return v.T("desk.ledger.rule", "rule", whyWord(v, "rule", r.Rule))
}

// movedWords says who moved a message, and why.
func movedWords(v *page.Visit, r service.Receipt) string {
	args := []any{"who", r.MovedBy, "ref", r.MovedFrom, "t", v.UI.Moment(v.UI.In(r.MovedAt)), "why", r.MovedWhy}
	if r.MovedWhy == "" {
		return v.T("desk.ledger.moved", args...)
	}
	return v.T("desk.ledger.movedWhy", args...)
}

// missing reports whether an error only says that something is not there.
func missing(err error) bool { return fault.From(err).Code == fault.NotFound }

// stamp is a moment as a time element carries it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
