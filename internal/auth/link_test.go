package auth_test

import (
	"strings"
	"testing"
	"time"

	"stoa/internal/auth"
	"stoa/internal/fault"
)

func TestALinkSignsInOnceAndOnlyForAWhile(t *testing.T) {
	t.Parallel()
	o, g := people(t, auth.Options{})
	token, err := g.NewLink(t.Context(), ann, "/my")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range o.Kept() {
		if strings.Contains(s.Key, token) || strings.Contains(string(s.Body), token) {
			t.Error("the link is kept in the clear")
		}
	}
	user, to, ok, err := g.TakeLink(t.Context(), token)
	if err != nil || !ok || user != ann || to != "/my" {
		t.Errorf("%s %s %v %v", user, to, ok, err)
	}
	if _, _, ok, _ := g.TakeLink(t.Context(), token); ok {
		t.Error("a link is taken twice")
	}
	late, err := g.NewLink(t.Context(), ann, "/my")
	if err != nil {
		t.Fatal(err)
	}
	o.Sleep(21 * time.Minute)
	if _, _, ok, _ := g.TakeLink(t.Context(), late); ok {
		t.Error("a link is good after its time")
	}
}

func TestAMailboxIsNotFilledWithLinks(t *testing.T) {
	t.Parallel()
	_, g := people(t, auth.Options{})
	for range 5 {
		if _, err := g.NewLink(t.Context(), ann, "/my"); err != nil {
			t.Fatal(err)
		}
	}
	_, err := g.NewLink(t.Context(), ann, "/my")
	wantCode(t, err, fault.RequestLimitExceeded)
	if _, err := g.NewLink(t.Context(), bob, "/my"); err != nil {
		t.Error("one person's links keep another from his")
	}
}
