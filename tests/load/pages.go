package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// pageGoal is how much CPU a page of the console may take, ms.
const pageGoal = 80

// pages measures the console as an agent sees it, on the cases of the whole city: the slowest of its lists and boards.
func (b *bench) pages(s *proc) error {
	cookie, err := signIn(s)
	if err != nil {
		return err
	}
	at := func(path string) call {
		return func(ctx context.Context, _ int) (*http.Request, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
			if err == nil {
				req.Header.Set("Cookie", cookie)
			}
			return req, err
		}
	}
	for _, g := range []struct {
		what  string
		paths []string
	}{
		{"lists of cases", views("/console/Case/list?view=", "AllOpenCases", "MyOpenCases", "EscalatedCases", "AllClosedCases", "AllCases")},
		{"boards of cases", views("/console/Case/list?as=board&view=", "AllOpenCases", "MyOpenCases", "EscalatedCases", "AllClosedCases", "AllCases")},
		{"cases sorted by what has no index", views("/console/Case/list?view=AllCases&sort=", "Subject", "Status", "-Priority", "Origin", "-LastModifiedDate")},
		{"cases sorted by a parent's name", views("/console/Case/list?view=AllCases&sort=", "ContactId", "AccountId", "OwnerId")},
		{"residents sorted by what has no index", views("/console/Contact/list?view=AllContacts&sort=", "Title", "Phone", "AccountId")},
		{"boards of donations", views("/console/Opportunity/list?as=board&view=", "AllOpenOpportunities", "Won", "AllOpportunities")},
		{"home", []string{"/console/home"}},
	} {
		slowest := 0.0
		for _, path := range g.paths {
			var ms []float64
			for range b.rounds {
				cpu, _, err := s.measure(b.ctx, 5, 1, at(path))
				if err != nil {
					return err
				}
				ms = append(ms, float64(cpu.Microseconds())/1e3)
			}
			slowest = max(slowest, median(ms))
		}
		b.atMost(fmt.Sprintf("console: slowest of %d %s, ms CPU", len(g.paths), g.what), slowest, pageGoal)
	}
	return nil
}

func views(path string, of ...string) []string {
	for i := range of {
		of[i] = path + of[i]
	}
	return of
}

// signIn returns the cookies of the agent's session.
func signIn(s *proc) (string, error) {
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.PostForm(s.url+"/login", url.Values{"username": {agent}, "password": {password}})
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var pairs []string
	for _, k := range resp.Cookies() {
		pairs = append(pairs, k.Name+"="+k.Value)
	}
	if resp.StatusCode != http.StatusSeeOther || len(pairs) == 0 {
		return "", errors.New("sign in to the console: " + resp.Status)
	}
	return strings.Join(pairs, "; "), nil
}
