package portal

import (
	"net/http"
	"slices"

	"stoa/apps/service"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// A consentPage asks the citizen of a case whether others may read their question, and shows exactly what.
type consentPage struct {
	*Case
	Waiting []service.Publication
}

// waiting returns what waits for the answer of the citizen of a case.
func waiting(v *page.Visit, on record.ID) ([]service.Publication, error) {
	s, err := acting(v)
	if err != nil {
		return nil, err
	}
	all, err := service.Publications(v.Ctx(), s, on)
	return slices.DeleteFunc(all, func(p service.Publication) bool { return p.State != service.PublicationWaiting }), err
}

// askConsent shows what would be public.
func askConsent(v *page.Visit) error {
	c, err := tracked(v, false)
	if err != nil {
		return err
	}
	p := consentPage{Case: c}
	if p.Waiting, err = waiting(v, c.ID); err != nil {
		return err
	}
	return v.Answer(page.Page{Title: v.T("publish.ask.title"), Class: "main", Status: http.StatusOK, Head: metaNoindex(), Body: consentBody(v, p)})
}

// giveConsent takes the citizen's yes or no.
func giveConsent(v *page.Visit) error {
	c, err := tracked(v, false)
	if err != nil {
		return err
	}
	id, err := record.ParseID(v.Posted("publication"))
	if err != nil {
		return page.NotFound()
	}
	s, err := acting(v)
	if err != nil {
		return err
	}
	yes := v.Posted("answer") == "yes"
	if err := service.Consent(v.Ctx(), s, c.ID, id, yes); err != nil && fault.From(err).Code != fault.NotFound {
		return err // who answers twice is thanked twice
	}
	if yes {
		v.Flash(v.T("publish.ask.thanks"))
	} else {
		v.Flash(v.T("publish.ask.declined"))
	}
	return v.Redirect(v.Path("/track/" + c.Key))
}
