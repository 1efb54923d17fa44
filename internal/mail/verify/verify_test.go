package verify

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/google/go-cmp/cmp"

	"stoa/internal/mail"
)

// A zone is the DNS of a test: TXT by name. What is not there does not exist; what is "?" does not answer.
type zone map[string]string

func (z zone) LookupTXT(ctx context.Context, name string) ([]string, error) {
	text, ok := z[strings.TrimSuffix(name, ".")]
	if text == "?" {
		<-ctx.Done()
		return nil, &net.DNSError{Err: ctx.Err().Error(), Name: name, IsTimeout: true, IsTemporary: true}
	}
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return []string{text}, nil
}

func (z zone) LookupMX(context.Context, string) ([]*net.MX, error) {
	return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}

func (z zone) LookupIPAddr(context.Context, string) ([]net.IPAddr, error) {
	return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}

func (z zone) LookupAddr(context.Context, string) ([]string, error) {
	return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}

// seed makes the key of all signatures of these tests.
var seed = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))

func key() string {
	return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(seed.Public().(ed25519.PublicKey))
}

func message(header string) string {
	return strings.ReplaceAll(header+"\nTo: help@harborview.example\nDate: Fri, 27 Nov 2026 09:15:00 +0000\nSubject: A lamp\n\nIt is dark.\n", "\n", "\r\n")
}

// signed returns a message with the signature of a domain.
func signed(t *testing.T, domain, header string) string {
	t.Helper()
	var out bytes.Buffer
	o := dkim.SignOptions{Domain: domain, Selector: "s", Signer: seed, Hash: crypto.SHA256, HeaderKeys: []string{"From", "From", "Subject"}}
	if err := dkim.Sign(&out, strings.NewReader(message(header)), &o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const ours, strangers = "192.0.2.10", "203.0.113.66"

func TestVerdicts(t *testing.T) {
	t.Parallel()
	const ann = "From: Ann <ann@city.example>"
	spfs := zone{"city.example": "v=spf1 ip4:192.0.2.0/24 -all", "bulk.example": "v=spf1 ip4:203.0.113.0/24 -all"}
	with := func(more ...string) zone {
		z := zone{"s._domainkey.city.example": key(), "s._domainkey.mail.city.example": key(), "s._domainkey.evil.example": key()}
		for k, v := range spfs {
			z[k] = v
		}
		for i := 0; i < len(more); i += 2 {
			z[more[i]] = more[i+1]
		}
		return z
	}
	reject := with("_dmarc.city.example", "v=DMARC1; p=reject")
	strict := with("_dmarc.city.example", "v=DMARC1; p=reject; adkim=s; aspf=s")
	for name, c := range map[string]struct {
		dns          zone
		remote, from string
		raw          string
		standing     mail.Standing
		said         string // of the verdict, in part
	}{
		"its own host":   {reject, ours, "ann@city.example", message(ann), mail.Proven, "spf=pass smtp.mailfrom=city.example; dkim=none; dmarc=pass policy.p=reject header.from=city.example"},
		"another's host": {reject, strangers, "ann@city.example", message(ann), mail.Forged, "spf=fail smtp.mailfrom=city.example; dkim=none; dmarc=fail"},
		"another's host that is its own return path's": {reject, strangers, "x@bulk.example", message(ann), mail.Forged, "spf=pass smtp.mailfrom=bulk.example; dkim=none; dmarc=fail"},
		"forwarded, with its signature":                {reject, strangers, "x@bulk.example", signed(t, "city.example", ann), mail.Proven, "dkim=pass header.d=city.example; dmarc=pass"},
		"signed by a subdomain":                        {reject, strangers, "x@bulk.example", signed(t, "mail.city.example", ann), mail.Proven, "dkim=pass header.d=mail.city.example; dmarc=pass"},
		"signed by a subdomain where that is no proof": {strict, strangers, "x@bulk.example", signed(t, "mail.city.example", ann), mail.Forged, "dkim=pass header.d=mail.city.example; dmarc=fail"},
		"signed by somebody else":                      {reject, strangers, "x@bulk.example", signed(t, "evil.example", ann), mail.Forged, "dkim=pass header.d=evil.example; dmarc=fail"},
		"changed after it was signed":                  {reject, strangers, "x@bulk.example", strings.Replace(signed(t, "city.example", ann), "dark", "light", 1), mail.Forged, "dkim=fail header.d=city.example; dmarc=fail"},
		"another author put before a signed one":       {reject, strangers, "x@bulk.example", "From: Ann <ann@city.example>\r\n" + signed(t, "evil.example", "From: Eve <eve@evil.example>"), mail.Forged, "dmarc=fail"},
		"no policy, its own host":                      {spfs, ours, "ann@city.example", message(ann), mail.Proven, "spf=pass smtp.mailfrom=city.example; dkim=none; dmarc=none header.from=city.example"},
		"no policy, a host that it does not list":      {spfs, strangers, "ann@city.example", message(ann), mail.Forged, "spf=fail"},
		"no policy, forwarded":                         {spfs, strangers, "x@bulk.example", message(ann), mail.Unproven, "spf=pass smtp.mailfrom=bulk.example"},
		"a domain that says nothing":                   {zone{}, strangers, "ann@city.example", message(ann), mail.Unproven, "spf=none smtp.mailfrom=city.example; dkim=none; dmarc=none"},
		"the policy of the organisation":               {reject, strangers, "x@dep.city.example", message("From: Ann <ann@dep.city.example>"), mail.Forged, "dmarc=fail policy.p=reject header.from=dep.city.example"},
		"a bounce is asked of the host's name":         {reject, ours, "", message("From: MAILER-DAEMON <mailer-daemon@city.example>"), mail.Proven, "spf=pass smtp.mailfrom=city.example"},
		"no author":                                    {reject, ours, "ann@city.example", message("X-Nothing: 1"), mail.Unproven, "dmarc=permerror"},
		"a domain that is none":                        {reject, ours, "ann@city.example", message("From: <ann@[192.0.2.10]>"), mail.Unproven, "dmarc=permerror"},
		"too many signatures":                          {reject, strangers, "x@bulk.example", strings.Repeat("DKIM-Signature: v=1; a=rsa-sha256; d=evil.example; s=s; h=from; bh=AA==; b=AA==\r\n", 60) + message(ann), mail.Forged, "dmarc=fail"},
		"a policy that is none":                        {with("_dmarc.city.example", "v=DMARC1; p=perhaps"), strangers, "x@bulk.example", message(ann), mail.Unproven, "dmarc=permerror"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := Judge{Resolver: c.dns}
			v := j.Message(t.Context(), Arrival{Remote: c.remote, Helo: "city.example", From: c.from, Raw: []byte(c.raw)})
			if v.Standing != c.standing || !strings.Contains(v.String(), c.said) {
				t.Errorf("%s: %s, want %s: %s", v.Standing, v, c.standing, c.said)
			}
		})
	}
}

// TestASlowDNSIsNoProofAndNoAccusation asks a DNS that never answers: the sender still gets an answer, and nobody is called a forger.
func TestASlowDNSIsNoProofAndNoAccusation(t *testing.T) {
	t.Parallel()
	raw := signed(t, "city.example", "From: Ann <ann@city.example>")
	for name, dns := range map[string]zone{
		"nothing answers":  {"city.example": "?", "_dmarc.city.example": "?", "s._domainkey.city.example": "?"},
		"no policy":        {"city.example": "v=spf1 -all", "_dmarc.city.example": "?", "s._domainkey.city.example": "?"},
		"no key":           {"city.example": "v=spf1 -all", "_dmarc.city.example": "v=DMARC1; p=reject", "s._domainkey.city.example": "?"},
		"no list of hosts": {"city.example": "?", "_dmarc.city.example": "v=DMARC1; p=reject"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				j := Judge{Resolver: dns, Within: 3 * time.Second}
				v := j.Message(t.Context(), Arrival{Remote: strangers, Helo: "x.example", From: "ann@city.example", Raw: []byte(raw)})
				if took := time.Since(begun); took > 3*time.Second {
					t.Errorf("it took %v", took)
				}
				if v.Standing != mail.Unproven {
					t.Errorf("%s: %s", v.Standing, v)
				}
			})
		})
	}
}

// TestOnlyOnesOwnRelayIsBelieved sends fields that say what they like by hosts of ours and by others.
func TestOnlyOnesOwnRelayIsBelieved(t *testing.T) {
	t.Parallel()
	j := Judge{Resolver: zone{"_dmarc.city.example": "v=DMARC1; p=reject"}, RelayID: "mx.city.example", Relays: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}
	const passes = "Authentication-Results: mx.city.example; spf=pass smtp.mailfrom=city.example; dkim=pass header.d=city.example; dmarc=pass header.from=city.example\n"
	for name, c := range map[string]struct {
		remote, header string
		want           mail.Verdict
	}{
		"of the relay":    {ours, passes, mail.Verdict{Standing: mail.Proven, From: "city.example", SPF: mail.Pass, SPFDomain: "city.example", DKIM: mail.Pass, DKIMDomain: "city.example", DMARC: mail.Pass, By: "mx.city.example"}},
		"of another host": {strangers, passes, mail.Verdict{Standing: mail.Forged, From: "city.example", SPF: mail.None, SPFDomain: "city.example", DKIM: mail.None, DMARC: mail.Fail, Policy: "reject"}},
		"by another name": {ours, strings.Replace(passes, "mx.", "mx2.", 1), mail.Verdict{Standing: mail.Unproven, From: "city.example", DKIM: mail.None, Policy: "reject"}},
		"the nearest of two": {ours, "Authentication-Results: mx.city.example; dmarc=fail header.from=city.example\n" + passes,
			mail.Verdict{Standing: mail.Forged, From: "city.example", SPF: mail.Pass, SPFDomain: "city.example", DKIM: mail.Pass, DKIMDomain: "city.example", DMARC: mail.Fail, By: "mx.city.example"}},
		"in two fields": {ours, "Authentication-Results: mx.city.example; dkim=pass header.d=list.example\nAuthentication-Results: mx.city.example; dkim=pass header.d=city.example\n",
			mail.Verdict{Standing: mail.Proven, From: "city.example", DKIM: mail.Pass, DKIMDomain: "city.example", By: "mx.city.example"}},
		"of another author": {ours, "Authentication-Results: mx.city.example; dmarc=pass header.from=evil.example\n", mail.Verdict{Standing: mail.Unproven, From: "city.example", By: "mx.city.example"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := j.Message(t.Context(), Arrival{Remote: c.remote, From: "ann@city.example", Raw: []byte(message(c.header + "From: ann@city.example"))})
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}
