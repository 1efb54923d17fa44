package community

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"stoa/apps/service"
	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// solvedCase makes a case of a citizen that is answered and solved.
func (h *town) solvedCase(address string) record.ID {
	h.t.Helper()
	return h.insert("Case", "Subject", "Lamp at 12 Harbour Quay", "Description", "I am Ada Grey. Who repairs the lamp?", "SuppliedName", "Ada Grey", "SuppliedEmail", address, "Status", "Solved", "Language", "en_US")
}

// becomes waits until an offer is in a state.
func (h *town) becomes(id, on record.ID, state string) {
	h.t.Helper()
	events, stop := h.o.Listen(service.TopicCase(on))
	defer stop()
	late := time.After(30 * time.Second)
	for h.get(id, "Publication__c", "State__c") != state {
		select {
		case <-events:
		case <-late:
			h.t.Fatalf("the offer is %s, not %s", h.get(id, "Publication__c", "State__c"), state)
		}
	}
}

func TestOffers(t *testing.T) {
	t.Parallel()
	each(t, map[string]func(*testing.T, *town){
		"a question is public when its citizen says yes, and reads as it was shown": func(t *testing.T, h *town) {
			on := h.solvedCase("ada.offer@home.example")
			id, _, err := service.Offer(t.Context(), h.as(h.staff[0]), service.Publication{Case: on, Title: "Who repairs street lamps?", Question: "The lamp at █████ is dark.", Answer: "We do, within **two days**.", Topic: h.topic})
			if err != nil {
				t.Fatal(err)
			}
			if got := h.get(id, "Publication__c", "State__c"); got != service.PublicationWaiting {
				t.Fatalf("it is %s", got)
			}
			if _, _, err := service.Offer(t.Context(), h.as(h.staff[0]), service.Publication{Case: on, Title: "Again?", Answer: "Yes."}); fault.From(err).Code != fault.InvalidOperation {
				t.Errorf("a second one is offered: %v", err)
			}
			if got := h.ids("SELECT Id FROM FeedItem WHERE Title = 'Who repairs street lamps?'"); len(got) != 0 {
				t.Fatal("it is public before anybody agreed")
			}
			key, err := service.TrackKey(t.Context(), h.o, on)
			if err != nil {
				t.Fatal(err)
			}
			b := h.browser()
			if page := b.see("/track/" + key); !strings.Contains(page, "/public") {
				t.Error("the citizen's page does not ask")
			}
			page := b.see("/track/" + key + "/public")
			for _, want := range []string{"Who repairs street lamps?", "The lamp at █████ is dark.", "<strong>two days</strong>"} {
				if !strings.Contains(page, want) {
					t.Errorf("the citizen does not see %q", want)
				}
			}
			if status, _, _ := b.send("/track/"+key+"/public", "publication", string(id), "answer", "yes"); status != http.StatusSeeOther {
				t.Errorf("yes is answered with %d", status)
			}
			h.becomes(id, on, service.PublicationDone)
			post := h.get(id, "Publication__c", "Post__c")
			question := h.browser().see("/questions/" + post + "/who-repairs-street-lamps")
			for _, want := range []string{"The lamp at █████ is dark.", "<strong>two days</strong>", "with their consent"} {
				if !strings.Contains(question, want) {
					t.Errorf("the public does not read %q", want)
				}
			}
			for _, never := range []string{"Ada", "Harbour Quay", "ada.offer", h.get(on, "Case", "Reference__c")} {
				if strings.Contains(question, never) {
					t.Errorf("the public reads %q", never)
				}
			}
			if h.get(record.ID(post), "FeedItem", "BestCommentId") == "" {
				t.Error("the answer is not the one that helped")
			}
			if status, _, _ := b.send("/track/"+key+"/public", "publication", string(id), "answer", "no"); status != http.StatusSeeOther || h.get(id, "Publication__c", "State__c") != service.PublicationDone {
				t.Errorf("a second answer is %d", status)
			}
		},
		"a no keeps it on the case, and what nobody offered is refused": func(t *testing.T, h *town) {
			on, other := h.solvedCase("bo.offer@home.example"), h.solvedCase("eve.offer@home.example")
			id, _, err := service.Offer(t.Context(), h.as(h.staff[0]), service.Publication{Case: on, Title: "Never public", Answer: "No."})
			if err != nil {
				t.Fatal(err)
			}
			key, err := service.TrackKey(t.Context(), h.o, other)
			if err != nil {
				t.Fatal(err)
			}
			h.browser().send("/track/"+key+"/public", "publication", string(id), "answer", "yes")
			if got := h.get(id, "Publication__c", "State__c"); got != service.PublicationWaiting {
				t.Errorf("another citizen's yes makes it %s", got)
			}
			if key, err = service.TrackKey(t.Context(), h.o, on); err != nil {
				t.Fatal(err)
			}
			h.browser().send("/track/"+key+"/public", "publication", string(id), "answer", "no")
			if got := h.get(id, "Publication__c", "State__c"); got != service.PublicationDeclined {
				t.Errorf("after a no it is %s", got)
			}
			// Neither a row that is made up nor the key of another one takes anything to the public.
			forged := h.insert("Publication__c", "Case__c", on, "Title__c", "Forged", "Answer__c", "x", "State__c", "Agreed", "Key__c", h.get(id, "Publication__c", "Key__c"))
			if err := take(t.Context(), h.sys, []byte(forged)); err != nil {
				t.Fatal(err)
			}
			if got := h.get(forged, "Publication__c", "State__c"); got != offerRefused {
				t.Errorf("a forged offer is %s", got)
			}
			if got := h.ids("SELECT Id FROM FeedItem WHERE Title IN ('Forged', 'Never public')"); len(got) != 0 {
				t.Error("it is public")
			}
		},
		"with the consent that a colleague was told it is published at once, and only of a solved case": func(t *testing.T, h *town) {
			on := h.solvedCase("cy.offer@home.example")
			id, _, err := service.Offer(t.Context(), h.as(h.staff[1]), service.Publication{Case: on, Title: "When are the bins emptied?", Answer: "On Mondays.", Topic: h.topic, How: "By phone on Monday"})
			if err != nil {
				t.Fatal(err)
			}
			h.becomes(id, on, service.PublicationDone)
			if got := h.get(id, "Publication__c", "Consent__c", "Consent_How__c"); got != "Staff|By phone on Monday" {
				t.Errorf("the consent is kept as %s", got)
			}
			if _, err := org.Must(h.sys.Update(t.Context(), []record.Draft{app.Changes("Case", on, "Status", "Open")}, org.WriteOptions{})); err != nil {
				t.Fatal(err)
			}
			if _, _, err := service.Offer(t.Context(), h.as(h.staff[1]), service.Publication{Case: on, Title: "Again", Answer: "x", How: "y"}); fault.From(err).Code != fault.InvalidOperation {
				t.Errorf("a question that is not answered is offered: %v", err)
			}
		},
	})
}
