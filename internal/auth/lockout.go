package auth

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"stoa/internal/record"
)

// After so many failures in a row nobody signs in under a name, or from an
// address, until lockTime after the last one.
const (
	maxFailures        = 10
	maxAddressFailures = 100 // an office may share one address
	lockTime           = 15 * time.Minute
)

// failures is what the vault keeps under a name or an address.
type failures struct {
	Count int `json:"count"`
	Max   int `json:"max"`
}

// failureKey returns the key of a count. Names that nobody has are counted like
// all others, and as a hash: people type passwords into the wrong field.
func failureKey(what, name string) string { return what + ":" + digest(record.Fold(name)) }

// countable reports whether an address tells one caller from another. A
// loopback one stands for everybody behind a proxy on this machine.
func countable(ip string) bool {
	a, err := netip.ParseAddr(ip)
	return err == nil && !a.IsLoopback() && !a.IsUnspecified()
}

// locked reports whether any of the keys has failed too often; "" is skipped.
func (g *Gate) locked(ctx context.Context, keys ...string) (bool, error) {
	for _, k := range keys {
		if k == "" {
			continue
		}
		var f failures
		if _, _, err := g.get(ctx, kindFailures, k, &f); err != nil {
			return false, err
		}
		if f.Max > 0 && f.Count >= f.Max {
			return true, nil
		}
	}
	return false, nil
}

// failed counts a failure under the user's key and the address's, "" for none.
func (g *Gate) failed(ctx context.Context, user, address string) error {
	g.failing.Lock()
	defer g.failing.Unlock()
	for _, c := range []struct {
		key string
		max int
	}{{user, maxFailures}, {address, maxAddressFailures}} {
		if c.key == "" {
			continue
		}
		var f failures
		if _, _, err := g.get(ctx, kindFailures, c.key, &f); err != nil {
			return err
		}
		f.Count, f.Max = f.Count+1, c.max
		if err := g.put(ctx, kindFailures, c.key, "", g.now().Add(lockTime), f); err != nil {
			return fmt.Errorf("count failure: %w", err)
		}
	}
	return nil
}

// forgive forgets the failures under a key.
func (g *Gate) forgive(ctx context.Context, key string) error {
	var f failures
	if _, ok, err := g.get(ctx, kindFailures, key, &f); err != nil || !ok {
		return err
	}
	if _, _, err := g.org.TakeSecret(ctx, kindFailures, key); err != nil {
		return fmt.Errorf("forget failures: %w", err)
	}
	return nil
}

// Unlock lets a user try again at once.
func (g *Gate) Unlock(ctx context.Context, username string) error {
	return g.forgive(ctx, failureKey("user", username))
}

// How fast names and addresses may try, right or wrong: a burst, then a rate.
const (
	paceBurst    = 120
	pacePerSec   = 4
	paceAddress  = 5 // an address may do so many times as much as a name
	paceMaxNames = 50_000
)

// A pace is a token bucket a key, in memory: it slows guessing down before anything is read or hashed.
type pace struct {
	now     func() time.Time
	mu      sync.Mutex
	buckets map[string]bucket // guarded by mu
}

type bucket struct {
	left float64
	at   time.Time
}

func newPace(now func() time.Time) *pace { return &pace{now: now, buckets: map[string]bucket{}} }

// allow reports whether a name may try from an address, "" for one that does not count.
func (p *pace) allow(user, address string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	ok := p.draw(user, paceBurst, pacePerSec)
	if address != "" {
		ok = p.draw(address, paceBurst*paceAddress, pacePerSec*paceAddress) && ok
	}
	return ok
}

// poll reports whether a device keeps to its pace, with a second to spare for the way.
func (p *pace) poll(device string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.draw(device, 1, 1/(devicePace-time.Second).Seconds())
}

// draw takes one from a bucket of size burst that fills at rate a second. p.mu is held.
func (p *pace) draw(key string, burst, rate float64) bool {
	now := p.now()
	b, ok := p.buckets[key]
	if !ok {
		if len(p.buckets) >= paceMaxNames {
			clear(p.buckets)
		}
		b.left = burst
	} else {
		b.left = min(burst, b.left+now.Sub(b.at).Seconds()*rate)
	}
	b.at = now
	if ok = b.left >= 1; ok {
		b.left--
	}
	p.buckets[key] = b
	return ok
}
