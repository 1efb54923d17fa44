package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
)

// writers is how many clients write at once when durable commits are compared: with so many, group commit makes them cost nothing.
const writers = 16

// commits compares creates that wait for the disk (synchronous=FULL) with those that a power loss may take (NORMAL), through HTTP.
func (b *bench) commits() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	start := func(name string, more ...string) (*proc, call, error) {
		addr := freeAddress()
		p, _, err := b.start(name, addr, "/readyz", nil, append([]string{self, "-stoa", addr, "-data", b.path(name)}, more...)...)
		if err != nil {
			return nil, nil, err
		}
		token, err := login(p, admin)
		return p, newCase(p, token), err
	}
	full, toFull, err := start("full")
	if err != nil {
		return err
	}
	defer full.end()
	normal, toNormal, err := start("normal", "-relaxed")
	if err != nil {
		return err
	}
	defer normal.end()
	n := 1600
	if b.quick {
		n = 400
	}
	var cost, rate, perSecond []float64
	for range b.rounds {
		a, fast, err := full.measure(b.ctx, n, writers, toFull)
		if err != nil {
			return err
		}
		z, slow, err := normal.measure(b.ctx, n, writers, toNormal)
		if err != nil {
			return err
		}
		cost = append(cost, float64(z)/float64(max(a, 1)))
		rate = append(rate, fast/slow)
		perSecond = append(perSecond, fast)
	}
	b.note(fmt.Sprintf("durable creates a second from %d clients, wall", writers), median(perSecond))
	b.atLeast(fmt.Sprintf("NORMAL's CPU a create at %d clients, share of FULL's", writers), median(cost), 0.9)
	if b.quick { // how fast the disk answers is not for a look on a busy machine
		b.note("creates a second with FULL, share of NORMAL, wall", median(rate))
		return nil
	}
	b.atLeast("creates a second with FULL, share of NORMAL, wall", median(rate), 0.9)
	return nil
}

// newCase creates a case.
func newCase(s *proc, token string) call {
	return func(ctx context.Context, i int) (*http.Request, error) {
		return request(ctx, http.MethodPost, s.url+api+"/sobjects/Case", token, map[string]any{
			"Subject": fmt.Sprintf("Lamp %d is out", i), "Description": "It has been dark for a week.", "Origin": "Web", "Priority": "Medium", "Status": "New",
		})
	}
}
