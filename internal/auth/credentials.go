package auth

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"stoa/internal/fault"
	"stoa/internal/org"
)

// Cookie is the name of the cookie that holds a browser session's token.
const Cookie = "sid"

// Credentials are what a request brings to say who sent it and what for.
type Credentials struct {
	Token   string      // access token or session id
	Cookie  bool        // the token came as a cookie: only a browser session will do
	Channel org.Channel // the door
	Purpose string      // declared by the request itself, "" for none
	App     string      // as use entries name the program, "" for the connected app's name
	// Renewing lets a session in whose password must be changed first.
	Renewing bool
	// Identity marks a request that only asks who the user is, which needs no right to use the API.
	Identity bool
}

// CredentialsOf reads the credentials of a request at a door. Programs bring a
// token in a header, the first of Authorization: Bearer, Authorization: OAuth
// and X-SFDC-Session; the cookie counts only at the doors for people.
func CredentialsOf(r *http.Request, ch org.Channel) Credentials {
	c := Credentials{Channel: ch, Purpose: DeclaredPurpose(r.Header)}
	if ch == org.Console || ch == org.Portal {
		c.App = string(ch)
		if k, err := r.Cookie(Cookie); err == nil && k.Value != "" {
			c.Token, c.Cookie = k.Value, true
		}
		return c
	}
	c.Token = HeaderToken(r.Header)
	return c
}

// HeaderToken returns the token in the headers of a program's request, "" for none.
func HeaderToken(h http.Header) string {
	if scheme, token, ok := strings.Cut(strings.TrimSpace(h.Get("Authorization")), " "); ok &&
		(strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "OAuth")) {
		return strings.TrimSpace(token)
	}
	return strings.TrimSpace(h.Get("X-SFDC-Session"))
}

// DeclaredPurpose returns the purpose that headers declare: Stoa-Purpose, or
// purpose/<code> at the end of the client in Sforce-Call-Options.
func DeclaredPurpose(h http.Header) string {
	if p := strings.TrimSpace(h.Get("Stoa-Purpose")); p != "" {
		return p
	}
	for option := range strings.SplitSeq(h.Get("Sforce-Call-Options"), ",") {
		name, client, _ := strings.Cut(option, "=")
		if strings.EqualFold(strings.TrimSpace(name), "client") {
			if code, ok := PurposeOf(client); ok {
				return code
			}
		}
	}
	return ""
}

// Authenticate returns the session of an actor in the org for one request. A token that does not work is
// INVALID_SESSION_ID, a user without the right to use the API API_CURRENTLY_DISABLED, a purpose outside
// the token's INSUFFICIENT_ACCESS_OR_READONLY.
func (g *Gate) Authenticate(ctx context.Context, c Credentials) (*org.Session, error) {
	s, a, err := g.Session(ctx, c.Token)
	if err != nil {
		return nil, err
	}
	return g.Enter(ctx, s, a, c)
}

// Enter is Authenticate for a session that was looked up already.
func (g *Gate) Enter(ctx context.Context, s *Session, a org.Actor, c Credentials) (*org.Session, error) {
	program := isProgram(c.Channel) && !c.Identity
	switch {
	case c.Cookie && s.Kind != UI:
		return nil, invalidSession()
	case s.MustChange && !c.Renewing:
		return nil, fault.New(fault.PasswordExpired, "The users password has expired, you must call SetPassword before attempting any other API operations")
	case program && !s.HasScope("api"):
		return nil, fault.New(fault.APICurrentlyDisabled, "The scope of the token does not include the API")
	}
	why, err := s.purpose(c.Purpose)
	if err != nil {
		return nil, err
	}
	switch {
	case c.App != "":
		a.App = c.App
	case s.AppName != "":
		a.App = s.AppName
	}
	in, err := g.org.Session(ctx, a, c.Channel, why)
	if err != nil {
		return nil, fmt.Errorf("enter org: %w", err)
	}
	if program && !in.Can("ApiEnabled") {
		return nil, fault.New(fault.APICurrentlyDisabled, "API is disabled for this User")
	}
	return in, nil
}

func isProgram(ch org.Channel) bool {
	switch ch {
	case org.Console, org.Portal, org.Jobs, org.System:
		return false
	case org.REST, org.SOAP, org.CLI:
		return true
	}
	return true
}
