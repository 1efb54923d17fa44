package verify

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"

	"blitiri.com.ar/go/spf"
	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-msgauth/dmarc"
	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"stoa/internal/mail"
)

// An inquiry asks the methods about one message; each writes fields of its own.
type inquiry struct {
	ctx     context.Context
	dns     Resolver
	arrival Arrival

	verdict    mail.Verdict  // Standing and DMARC are written last
	signatures []signature   // by askDKIM
	record     *dmarc.Record // by askPolicy, nil for none
	policy     mail.Finding  // by askPolicy: none, temperror or permerror where there is no record
	inherited  bool          // by askPolicy: the record is that of the organisational domain
}

// A signature is what DKIM says of one.
type signature struct {
	domain  string
	finding mail.Finding
}

func (in *inquiry) txt(domain string) ([]string, error) { return in.dns.LookupTXT(in.ctx, domain) }

// askSPF asks whether the host may send for the domain of the return path.
func (in *inquiry) askSPF(ip net.IP) {
	sender := in.arrival.From
	if sender == "" || !strings.Contains(sender, "@") { // RFC 7208 2.4
		sender = "postmaster@" + in.arrival.Helo
	}
	in.verdict.SPFDomain = asciiDomain(mail.Domain(sender))
	if in.verdict.SPFDomain == "" || ip == nil {
		in.verdict.SPF = mail.None
		return
	}
	result, _ := spf.CheckHostWithSender(ip, in.arrival.Helo, sender, spf.WithContext(in.ctx), spf.WithResolver(in.dns)) // the error says why, for people
	in.verdict.SPF = mail.Finding(result)
	if in.ctx.Err() != nil && in.verdict.SPF != mail.Pass {
		in.verdict.SPF = mail.TempError
	}
}

// askDKIM verifies the signatures.
func (in *inquiry) askDKIM() {
	found, err := dkim.VerifyWithOptions(bytes.NewReader(in.arrival.Raw), &dkim.VerifyOptions{LookupTXT: in.txt, MaxVerifications: maxSignatures})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		in.signatures = append(in.signatures, signature{finding: mail.PermError})
	}
	for _, f := range found {
		s := signature{asciiDomain(f.Domain), mail.Pass}
		switch {
		case f.Err == nil:
		case dkim.IsTempFail(f.Err) || in.ctx.Err() != nil:
			s.finding = mail.TempError
		case dkim.IsPermFail(f.Err):
			s.finding = mail.PermError
		default:
			s.finding = mail.Fail
		}
		in.signatures = append(in.signatures, s)
	}
}

// askPolicy finds what the domain of From publishes, else its organisational domain. Source: RFC 7489 6.6.3.
func (in *inquiry) askPolicy() {
	domains := []string{in.verdict.From}
	if org := organisation(in.verdict.From); org != in.verdict.From {
		domains = append(domains, org)
	}
	for i, d := range domains {
		rec, err := dmarc.LookupWithOptions(d, &dmarc.LookupOptions{LookupTXT: in.txt})
		switch {
		case err == nil:
			in.record, in.inherited = rec, i > 0
			return
		case errors.Is(err, dmarc.ErrNoPolicy):
			in.policy = mail.None
		case dmarc.IsTempFail(err) || in.ctx.Err() != nil:
			in.policy = mail.TempError
			return
		default:
			in.policy = mail.PermError
			return
		}
	}
}

// judged weighs what was found.
func (in *inquiry) judged() mail.Verdict {
	v := in.verdict
	strictSPF, strictDKIM := false, false
	if r := in.record; r != nil {
		strictSPF, strictDKIM = r.SPFAlignment == dmarc.AlignmentStrict, r.DKIMAlignment == dmarc.AlignmentStrict
		v.Policy = string(r.Policy)
		if in.inherited && r.SubdomainPolicy != "" {
			v.Policy = string(r.SubdomainPolicy)
		}
	}
	v.DKIM, v.DKIMDomain = in.counts(v.From, strictDKIM)
	ok := proven(v, strictSPF, strictDKIM)
	unsure := v.SPF == mail.TempError || v.DKIM == mail.TempError || in.policy == mail.TempError
	switch {
	case in.record != nil && ok:
		v.DMARC = mail.Pass
	case in.record == nil:
		v.DMARC = in.policy
	case v.SPF == "": // of mail by a relay nobody can tell that its domain did not send it
	case unsure:
		v.DMARC = mail.TempError
	default:
		v.DMARC = mail.Fail
	}
	switch {
	case ok:
		v.Standing = mail.Proven
	case v.DMARC == mail.Fail:
		v.Standing = mail.Forged
	case !unsure && v.SPF == mail.Fail && aligned(v.SPFDomain, v.From, false): // no policy, but a list of hosts, of which this is none
		v.Standing = mail.Forged
	default:
		v.Standing = mail.Unproven
	}
	return v
}

// counts returns the finding that says most for the author: of a signature of his domain, that passed where there is one.
func (in *inquiry) counts(from string, strict bool) (mail.Finding, string) {
	best, rank := signature{finding: mail.None}, -1
	for _, s := range in.signatures {
		r := 0
		switch s.finding {
		case mail.Pass:
			r = 2
		case mail.TempError:
			r = 1
		}
		if aligned(s.domain, from, strict) {
			r += 3
		}
		if r > rank {
			best, rank = s, r
		}
	}
	return best.finding, best.domain
}

// proven reports whether SPF or DKIM passed for the domain of the author.
func proven(v mail.Verdict, strictSPF, strictDKIM bool) bool {
	return v.SPF == mail.Pass && aligned(v.SPFDomain, v.From, strictSPF) || v.DKIM == mail.Pass && aligned(v.DKIMDomain, v.From, strictDKIM)
}

// aligned reports whether two domains belong to one: are the same, or, where that is enough, of one organisation. Source: RFC 7489 3.1.
func aligned(a, b string, strict bool) bool {
	if a == "" || b == "" {
		return false
	}
	return a == b || !strict && organisation(a) == organisation(b)
}

// organisation returns the organisational domain of one: what was registered. Source: RFC 7489 3.2.
func organisation(domain string) string {
	if org, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return org
	}
	return domain
}

// asciiDomain returns a domain as the DNS has it, "" for none.
func asciiDomain(domain string) string {
	a, err := idna.Lookup.ToASCII(strings.TrimSuffix(strings.ToLower(strings.TrimSpace(domain)), "."))
	if err != nil {
		return ""
	}
	return a
}
