// Package verify judges whether a message comes from the domain of its author,
// by SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489), or by what a relay
// of one's own says of it (RFC 8601). It decides nothing about threads.
//
// Its invariant: it answers within its time whatever the DNS does, and what it
// could not find out is no proof and no accusation.
package verify

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-msgauth/authres"

	"stoa/internal/mail"
)

// A Resolver asks the DNS; net.Resolver is one.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

// A Judge judges messages. Its zero value asks the DNS of the machine and believes no relay.
type Judge struct {
	Resolver Resolver      // nil: that of the machine
	Within   time.Duration // for one message; 0: 4 s

	// Relays are the networks of one's own servers that hand mail on. SPF cannot be asked of what they bring. Of the fields
	// Authentication-Results of such a message those with RelayID are believed, the top one first; "" believes none.
	Relays  []netip.Prefix
	RelayID string
}

// within is how long the sender of a message waits for its judgement at most: ten times what a slow DNS needs.
const within = 4 * time.Second

// maxSignatures is how many DKIM signatures of one message are verified. Lists and relays add one each.
const maxSignatures = 5

// An Arrival is a message and how it came.
type Arrival struct {
	Remote string // address of who brought it, without port
	Helo   string
	From   string // return path, "" for a bounce
	Raw    []byte
}

// Message judges a message.
func (j *Judge) Message(ctx context.Context, a Arrival) mail.Verdict {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(j.Within, within))
	defer cancel()
	m := mail.Parse(a.Raw)
	author, _ := m.Author()
	v := mail.Verdict{From: asciiDomain(mail.Domain(author.Addr)), Standing: mail.Unproven}
	if !strings.Contains(author.Addr, "@") || v.From == "" {
		v.From, v.DMARC = "", mail.PermError // RFC 7489 6.6.1: there is nobody to ask
		return v
	}
	ip, err := netip.ParseAddr(a.Remote)
	ip = ip.Unmap().WithZone("")
	relayed := err == nil && slices.ContainsFunc(j.Relays, func(p netip.Prefix) bool { return p.Contains(ip) })
	if relayed && j.RelayID != "" {
		if said, ok := j.relaySays(m, v); ok {
			return said
		}
	}
	in := inquiry{ctx: ctx, dns: j.Resolver, arrival: a, verdict: v}
	if in.dns == nil {
		in.dns = net.DefaultResolver
	}
	var wg sync.WaitGroup
	wg.Go(in.askDKIM)
	wg.Go(in.askPolicy)
	if !relayed {
		wg.Go(func() { in.askSPF(net.IP(ip.AsSlice())) })
	}
	wg.Wait()
	return in.judged()
}

// relaySays returns what the fields of the relay say; ok is false where there is none. Of several that speak of one method the
// top one counts: it is the nearest.
func (j *Judge) relaySays(m *mail.Message, v mail.Verdict) (_ mail.Verdict, ok bool) {
	for _, field := range m.Header["Authentication-Results"] {
		id, results, err := authres.Parse(field)
		if err != nil || !strings.EqualFold(strings.TrimSpace(id), j.RelayID) {
			continue
		}
		v.By = j.RelayID
		for _, r := range results {
			take(&v, r)
		}
	}
	switch {
	case v.By == "":
		return v, false
	case v.DMARC == mail.Pass || v.DMARC != mail.Fail && proven(v, false, false):
		v.Standing = mail.Proven
	case v.DMARC == mail.Fail:
		v.Standing = mail.Forged
	}
	return v, true
}

// take adds one result of a relay to a verdict.
func take(v *mail.Verdict, r authres.Result) {
	switch r := r.(type) {
	case *authres.SPFResult:
		if v.SPF == "" {
			v.SPF, v.SPFDomain = mail.Finding(r.Value), asciiDomain(mail.Domain(cmp.Or(r.From, r.Helo)))
		}
	case *authres.DKIMResult: // one a signature: that of the author's domain says most
		d := asciiDomain(cmp.Or(r.Domain, mail.Domain(r.Identifier)))
		if v.DKIM == "" || mail.Finding(r.Value) == mail.Pass && (v.DKIM != mail.Pass || aligned(d, v.From, false) && !aligned(v.DKIMDomain, v.From, false)) {
			v.DKIM, v.DKIMDomain = mail.Finding(r.Value), d
		}
	case *authres.DMARCResult:
		if v.DMARC == "" && (r.From == "" || asciiDomain(mail.Domain(r.From)) == v.From) {
			v.DMARC = mail.Finding(r.Value)
		}
	}
}
