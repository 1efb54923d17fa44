package oauth

import (
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"stoa/internal/auth"
)

const (
	// clockSkew is how far a client's clock may be off. One popular client gives its assertions a life of 0.3 s.
	clockSkew = 5 * time.Minute
	// assertionLife is how long an assertion counts from its iat, however far its exp lies ahead.
	assertionLife = 24 * time.Hour
	// Beyond latestSeconds a number of seconds is one of milliseconds: the year 5138.
	latestSeconds = 1e11
)

// vendorHosts are what some client libraries write as audience, whatever server they speak to.
const vendorHosts = ".salesforce.com"

// claims are those of an assertion. Clients write times as numbers and as strings, in seconds and in milliseconds.
type claims struct {
	Issuer    string       `json:"iss"`
	Subject   string       `json:"sub"`
	Principal string       `json:"prn"` // an old name of sub
	Audience  jwt.Audience `json:"aud"`
	Expires   moment       `json:"exp"`
	Issued    moment       `json:"iat"`
	NotBefore moment       `json:"nbf"`
}

// A moment is a time in a claim, zero where there is none.
type moment struct{ time.Time }

func (m *moment) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `"`)
	if s == "null" || s == "" {
		return nil
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return &json.UnmarshalTypeError{Value: "time", Type: nil}
	}
	if math.Abs(n) >= latestSeconds {
		n /= 1000
	}
	// Whatever lies further ahead is as good as the year 9999.
	m.Time = time.Unix(int64(min(max(n, 0), 253402300799)), 0)
	return nil
}

// byAssertion answers a JWT bearer assertion, RFC 7523: the app's key signs for one of its users.
func (h *handler) byAssertion(r *http.Request) (*answer, error) {
	bad := func(why string) error { return refuse("invalid_grant", why) }
	assertion := r.Form.Get("assertion")
	token, err := jwt.ParseSigned(assertion, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, bad("invalid assertion")
	}
	var c claims
	if err := token.UnsafeClaimsWithoutVerification(&c); err != nil { // to learn whose key verifies it
		return nil, bad("invalid assertion")
	}
	app, ok, err := h.gate.App(r.Context(), c.Issuer)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, refuse("invalid_client_id", "client identifier invalid")
	}
	if !app.Allows(auth.GrantJWT) || app.Key == "" {
		return nil, refuse("unauthorized_client", "this app may not use assertions")
	}
	key, err := app.PublicKey()
	if err != nil {
		return nil, err
	}
	if err := token.Claims(key, &c); err != nil {
		return nil, bad("invalid assertion")
	}
	if !h.audience(r, c.Audience) {
		return nil, bad("audience is invalid")
	}
	now := h.gate.Now()
	end := c.Expires.Time
	if !c.Issued.IsZero() {
		if c.Issued.After(now.Add(clockSkew)) {
			return nil, bad("invalid assertion: issued in the future")
		}
		if latest := c.Issued.Add(assertionLife); latest.Before(end) {
			end = latest
		}
	}
	switch {
	case end.IsZero():
		return nil, bad("invalid assertion: exp is missing")
	case !end.Add(clockSkew).After(now):
		return nil, bad("invalid assertion: expired")
	case !c.NotBefore.IsZero() && c.NotBefore.After(now.Add(clockSkew)):
		return nil, bad("invalid assertion: not yet valid")
	}
	if c.Subject == "" {
		c.Subject = c.Principal
	}
	user, ok, err := h.gate.Active(r.Context(), c.Subject)
	if err != nil {
		return nil, err
	}
	scopes, scopeErr := granted(app, r.Form.Get("scope"), false)
	if scopeErr != nil {
		return nil, scopeErr
	}
	if ok {
		if ok, err = h.gate.Consented(r.Context(), user.User, app, scopes); err != nil {
			return nil, err
		}
	}
	if !ok {
		return nil, bad("user hasn't approved this consumer")
	}
	first, err := h.gate.FirstUse(r.Context(), assertion, end.Add(clockSkew+time.Minute).Sub(now))
	if err != nil {
		return nil, err
	}
	if !first {
		return nil, bad("invalid assertion: it was used before")
	}
	return h.issue(r, auth.Login{User: user.User, App: app, Scopes: scopes}, "", "", false)
}

// audience reports whether an assertion is meant for this server: its origin with or without a slash,
// its token endpoint, its bare host, and in development the vendor's login hosts.
func (h *handler) audience(r *http.Request, named jwt.Audience) bool {
	base := h.gate.Base(r)
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	for _, a := range named {
		a = strings.TrimRight(a, "/")
		switch {
		case strings.EqualFold(a, base), strings.EqualFold(a, base+"/services/oauth2/token"), strings.EqualFold(a, u.Host), strings.EqualFold(a, u.Hostname()):
			return true
		case h.gate.Development() && strings.HasPrefix(a, "https://") && strings.HasSuffix(a, vendorHosts):
			return true
		}
	}
	return false
}
