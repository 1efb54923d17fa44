package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"sort"
	"sync"
	"time"

	"stoa/internal/demo"
)

// What a page of the service desk may take, ms: of the clock at the 95th percentile with eight clients on two cores.
const (
	serviceGoal    = 150
	serviceClients = 8
)

// service measures the pages of a large service desk: what staff see all day, and what the public does.
func (b *bench) service() error {
	bin := b.path("stoa")
	if err := build(b.ctx, bin); err != nil {
		return err
	}
	data := b.path("service")
	size, messages := demo.Size(crowdSize), crowdMessages
	if b.quick {
		size, messages = 0.2, 50_000
	}
	if _, err := os.Stat(data); err != nil {
		begun := time.Now()
		if err := seedCrowd(b.ctx, data, size, messages); err != nil {
			return err
		}
		b.note("service: desk made, s wall", time.Since(begun).Seconds())
	}
	d := &deskCalls{}
	if err := d.lookAround(b.ctx, data); err != nil {
		return err
	}
	addr := freeAddress()
	s, _, err := b.start("stoa", addr, "/readyz", []string{"STOA_ADMIN_PASSWORD=" + password, "STOA_CLIENT_ID=" + clientID, "STOA_CLIENT_SECRET=" + clientSecret, "STOA_LOG_LEVEL=warn"},
		bin, "demo", "--data", data, "--listen", addr)
	if err != nil {
		return err
	}
	if err := d.enter(b.ctx, s); err != nil {
		return err
	}
	b.note("service: cases", float64(d.cases))
	b.note("service: messages", float64(d.messages))
	for _, g := range d.groups() {
		if err := b.percentile(s, d.cookie, g); err != nil {
			b.lines, b.failed = append(b.lines, line{what: "service: " + g.what, verdict: err.Error()}), true
		}
	}
	b.note("service: memory afterwards, MiB", s.rss())
	return nil
}

// percentile takes a kind of page from all clients at once, and notes the clock's 95th percentile and the CPU of one.
func (b *bench) percentile(s *proc, cookie string, g group) error {
	n := 40 * serviceClients
	if b.quick {
		n = 10 * serviceClients
	}
	at := func(ctx context.Context, i int) (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+g.paths[i%len(g.paths)], nil)
		if err != nil {
			return nil, err
		}
		if g.staff {
			req.Header.Set("Cookie", cookie)
		}
		if g.part {
			req.Header.Set("HX-Request", "true")
		}
		return req, nil
	}
	if _, _, err := s.measure(b.ctx, serviceClients, serviceClients, at); err != nil { // what the first finds cold, the others do not
		return fmt.Errorf("%s: %w", g.what, err)
	}
	took := make([]time.Duration, n)
	before := s.cpu()
	var wg sync.WaitGroup
	errs := make([]error, serviceClients)
	for c := range serviceClients {
		wg.Go(func() {
			for i := c; i < n && errs[c] == nil; i += serviceClients {
				req, err := at(b.ctx, i)
				begun := time.Now()
				if err == nil {
					err = send(req)
				}
				took[i], errs[c] = time.Since(begun), err
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("%s: %w", g.what, err)
		}
	}
	cpu := (s.cpu() - before) / time.Duration(n)
	sort.Slice(took, func(i, j int) bool { return took[i] < took[j] })
	b.atMost("service: "+g.what+", p95 ms wall at 8 clients", ms(took[n*95/100]), serviceGoal)
	b.note("service: "+g.what+", ms CPU", ms(cpu))
	return nil
}
