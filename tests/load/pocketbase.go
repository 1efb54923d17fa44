package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
)

// pocketBase measures the same work on PocketBase: read by id, create, list of 200 by an index.
func (b *bench) pocketBase(s *proc) error {
	bin := b.path("pocketbase")
	build := exec.CommandContext(b.ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", bin, ".")
	build.Dir = "tests/load/pocketbase"
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build pocketbase: %w: %s", err, out)
	}
	addr := freeAddress()
	rows := fmt.Sprint(b.big)
	p, _, err := b.start("pocketbase", addr, "/api/health", []string{"LOAD_ROWS=" + rows}, bin, "serve", "--http", addr, "--dir", b.path("pb_data"))
	if err != nil {
		return err
	}
	var page struct {
		Items []struct {
			ID string `json:"id"`
		}
	}
	const records = "/api/collections/tasks/records"
	if err := get(p, "", records+"?perPage=500&skipTotal=1", &page); err != nil {
		return err
	}
	if len(page.Items) == 0 {
		return fmt.Errorf("pocketbase: no rows")
	}
	token, err := login(s, agent)
	if err != nil {
		return err
	}
	tasks, err := ids(s, token, "SELECT Id FROM Task ORDER BY Id LIMIT 500")
	if err != nil {
		return err
	}
	at := func(u string) call {
		return func(ctx context.Context, _ int) (*http.Request, error) {
			return request(ctx, http.MethodGet, u, token, nil)
		}
	}
	plain := func(ctx context.Context, method, u string, body any) (*http.Request, error) {
		var r bytes.Buffer
		if body != nil {
			if err := json.NewEncoder(&r).Encode(body); err != nil {
				return nil, err
			}
		}
		req, err := http.NewRequestWithContext(ctx, method, u, &r)
		if err == nil {
			req.Header.Set("Content-Type", "application/json")
		}
		return req, err
	}
	ours := map[string]call{
		"read by id": func(ctx context.Context, i int) (*http.Request, error) {
			return request(ctx, http.MethodGet, s.url+api+"/sobjects/Task/"+tasks[i%len(tasks)], token, nil)
		},
		"create": func(ctx context.Context, i int) (*http.Request, error) {
			return request(ctx, http.MethodPost, s.url+api+"/sobjects/Task", token, map[string]any{"Subject": fmt.Sprintf("Call %d", i), "Status": "Not Started", "Priority": "Normal"})
		},
		"list of 200": at(s.url + query("SELECT Id, Subject, Status, Priority, ActivityDate, OwnerId, CreatedDate FROM Task ORDER BY CreatedDate DESC, Id DESC LIMIT 200")),
	}
	theirs := map[string]call{
		"read by id": func(ctx context.Context, i int) (*http.Request, error) {
			return plain(ctx, http.MethodGet, p.url+records+"/"+page.Items[i%len(page.Items)].ID, nil)
		},
		"create": func(ctx context.Context, i int) (*http.Request, error) {
			return plain(ctx, http.MethodPost, p.url+records, map[string]any{"subject": fmt.Sprintf("Call %d", i), "status": "Not Started", "priority": "Normal"})
		},
		"list of 200": func(ctx context.Context, _ int) (*http.Request, error) {
			return plain(ctx, http.MethodGet, p.url+records+"?perPage=200&skipTotal=1&sort="+url.QueryEscape("-created_date"), nil)
		},
	}
	for _, g := range []struct {
		what string
		n    int
		goal float64
	}{{"read by id", 2000, 2.5}, {"create", 800, 2}, {"list of 200", 200, 4}} {
		var ratio []float64
		for range b.rounds {
			a, _, err := s.measure(b.ctx, g.n, 2, ours[g.what])
			if err != nil {
				return err
			}
			z, _, err := p.measure(b.ctx, g.n, 2, theirs[g.what])
			if err != nil {
				return err
			}
			ratio = append(ratio, float64(z)/float64(max(a, 1)))
		}
		r := median(ratio)
		b.say("PocketBase's CPU for "+g.what+", times ours", fmt.Sprintf("%.1f", r), fmt.Sprintf("≥ %.1f", g.goal), r >= g.goal)
	}
	return nil
}
