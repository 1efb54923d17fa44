package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
)

// taskFields are the columns that both servers keep, and give, of a task. Stoa keeps as many again for itself.
const taskFields = "Id,Subject,Status,Priority,ActivityDate,OwnerId,CreatedDate"

// pocketBase measures the same work on PocketBase, a collection that everybody may read and write, on as many rows:
// read by id, create, list of 200 filtered and sorted by an index, without a total. Stoa does it for a person with a token,
// under field security and with its use entries.
func (b *bench) pocketBase(s *proc) error {
	bin := b.path("pocketbase")
	build := exec.CommandContext(b.ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", bin, ".")
	build.Dir = "tests/load/pocketbase"
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build pocketbase: %w: %s", err, out)
	}
	addr := freeAddress()
	rows := fmt.Sprint(b.big)
	defer os.RemoveAll(b.path("pb_data"))
	p, _, err := b.start("pocketbase", addr, "/api/health", []string{"LOAD_ROWS=" + rows}, bin, "serve", "--http", addr, "--dir", b.path("pb_data"))
	if err != nil {
		return err
	}
	defer p.end()
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
	plain := func(ctx context.Context, method, u string, body any) (*http.Request, error) {
		return request(ctx, method, u, "", body)
	}
	for _, g := range []struct {
		what         string
		n, clients   int
		goal         float64
		ours, theirs call
	}{
		{
			"read by id", 2000, 2, 2.5,
			func(ctx context.Context, i int) (*http.Request, error) {
				return request(ctx, http.MethodGet, s.url+api+"/sobjects/Task/"+tasks[i%len(tasks)]+"?fields="+taskFields, token, nil)
			},
			func(ctx context.Context, i int) (*http.Request, error) {
				return plain(ctx, http.MethodGet, p.url+records+"/"+page.Items[i%len(page.Items)].ID, nil)
			},
		},
		{
			"create", 1600, writers, 2,
			func(ctx context.Context, i int) (*http.Request, error) {
				return request(ctx, http.MethodPost, s.url+api+"/sobjects/Task", token,
					map[string]any{"Subject": fmt.Sprintf("Call %d", i), "Status": "Not Started", "Priority": "Normal", "ActivityDate": "2026-05-04"})
			},
			func(ctx context.Context, i int) (*http.Request, error) {
				return plain(ctx, http.MethodPost, p.url+records,
					map[string]any{"subject": fmt.Sprintf("Call %d", i), "status": "Not Started", "priority": "Normal", "activity_date": "2026-05-04", "owner": "someone"})
			},
		},
		{
			"list of 200", 200, 2, 4,
			func(ctx context.Context, _ int) (*http.Request, error) {
				return request(ctx, http.MethodGet, s.url+query("SELECT "+taskFields+" FROM Task WHERE Status = 'In Progress' ORDER BY CreatedDate DESC LIMIT 200"), token, nil)
			},
			func(ctx context.Context, _ int) (*http.Request, error) {
				return plain(ctx, http.MethodGet, p.url+records+"?perPage=200&skipTotal=1&sort=-created_date&filter="+url.QueryEscape(`status = "In Progress"`), nil)
			},
		},
	} {
		var ours, theirs []float64
		for range b.rounds {
			a, _, err := s.measure(b.ctx, g.n, g.clients, g.ours)
			if err != nil {
				return err
			}
			z, _, err := p.measure(b.ctx, g.n, g.clients, g.theirs)
			if err != nil {
				return err
			}
			ours, theirs = append(ours, float64(a.Nanoseconds())/1e3), append(theirs, float64(z.Nanoseconds())/1e3)
		}
		b.note(g.what+": Stoa, µs CPU", median(ours))
		b.note(g.what+": PocketBase, µs CPU", median(theirs))
		b.atLeast(g.what+": PocketBase's CPU, times ours", median(theirs)/median(ours), g.goal)
	}
	return nil
}
