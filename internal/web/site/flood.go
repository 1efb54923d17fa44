package site

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// What one network may post: a family or an office at once, not a machine that never stops.
const (
	postsAtOnce    = 30
	postsPerMinute = 30
	networks       = 20_000 // remembered at most
)

// A flood counts posts by network, so that one cannot keep the site from the others.
type flood struct {
	now func() time.Time

	mu sync.Mutex
	by map[netip.Prefix]*rate.Limiter
}

func newFlood(now func() time.Time) *flood {
	return &flood{now: now, by: map[netip.Prefix]*rate.Limiter{}}
}

// admits reports whether a network may post once more.
func (f *flood) admits(remote string) bool {
	p, ok := network(remote)
	if !ok {
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.by[p]
	if l == nil {
		if len(f.by) >= networks {
			clear(f.by)
		}
		l = rate.NewLimiter(rate.Limit(postsPerMinute/60.0), postsAtOnce)
		f.by[p] = l
	}
	return l.AllowN(f.now(), 1)
}

// network returns what is taken for one place: a /24 of IPv4, a /56 of IPv6. This machine is no network.
func network(remote string) (netip.Prefix, bool) {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	a, err := netip.ParseAddr(host)
	if err != nil || a.IsLoopback() {
		return netip.Prefix{}, false
	}
	a = a.Unmap().WithZone("")
	bits := 24
	if a.Is6() {
		bits = 56
	}
	p, err := a.Prefix(bits)
	return p, err == nil
}
