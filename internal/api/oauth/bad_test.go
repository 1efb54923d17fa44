package oauth_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"stoa/internal/server/servertest"
)

// TestBadRequestsAreRefusedInTheirOwnWords runs over a whole server on each engine: what a
// store may choke on, as a NUL or half a character, must not get as far.
func TestBadRequestsAreRefusedInTheirOwnWords(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		good := url.Values{
			"grant_type": {"password"}, "client_id": {servertest.ClientID}, "client_secret": {servertest.ClientSecret},
			"username": {servertest.Admin}, "password": {servertest.Password},
		}
		but := func(name, value string) string {
			v := url.Values{}
			for k, x := range good {
				v[k] = x
			}
			v.Set(name, value)
			return v.Encode()
		}
		const formType = "application/x-www-form-urlencoded"
		for name, c := range map[string]struct {
			path, body, kind string
			status           int
			code             string
		}{
			"nothing":                          {"token", "", formType, 400, "invalid_request"},
			"JSON":                             {"token", `{"grant_type":"password"}`, "application/json", 400, "invalid_request"},
			"a form with a broken escape":      {"token", "grant_type=%zz", formType, 400, "invalid_request"},
			"a multipart form without its end": {"token", "--x\r\n", "multipart/form-data; boundary=x", 400, "invalid_request"},
			"a multipart form without a bound": {"token", "--x\r\n", "multipart/form-data", 400, "invalid_request"},
			"too large a form":                 {"token", "grant_type=" + strings.Repeat("x", 1<<20), formType, 413, "invalid_request"},
			"a grant with a NUL":               {"token", but("grant_type", "password\x00"), formType, 400, "unsupported_grant_type"},
			"a client with a NUL":              {"token", but("client_id", servertest.ClientID+"\x00"), formType, 400, "invalid_client_id"},
			"a client that is no UTF-8":        {"token", but("client_id", "\xff\xfe"), formType, 400, "invalid_client_id"},
			"a client with a quote":            {"token", but("client_id", "' OR 1=1 --"), formType, 400, "invalid_client_id"},
			"a secret with a NUL":              {"token", but("client_secret", servertest.ClientSecret+"\x00"), formType, 400, "invalid_client"},
			"a name with a NUL":                {"token", but("username", servertest.Admin+"\x00"), formType, 400, "invalid_grant"},
			"a name that is no UTF-8":          {"token", but("username", "\xff\xfe"), formType, 400, "invalid_grant"},
			"a name with a quote":              {"token", but("username", "' OR Username != '"), formType, 400, "invalid_grant"},
			"a name without end":               {"token", but("username", strings.Repeat("x", 60_000)), formType, 400, "invalid_grant"},
			"a password with a NUL":            {"token", but("password", servertest.Password+"\x00"), formType, 400, "invalid_grant"},
			"a password without end":           {"token", but("password", strings.Repeat("x", 60_000)), formType, 400, "invalid_grant"},
			"a scope that is none":             {"token", but("scope", "\x00 api"), formType, 400, "invalid_scope"},
			"a code with a NUL":                {"token", "grant_type=authorization_code&client_id=PlatformCLI&code=%00", formType, 400, "invalid_grant"},
			"a refresh token that is no UTF-8": {"token", "grant_type=refresh_token&client_id=PlatformCLI&refresh_token=%ff", formType, 400, "invalid_grant"},
			"an assertion that is none":        {"token", "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=a.b.c", formType, 400, "invalid_grant"},
			"an unsigned assertion":            {"token", "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.", formType, 400, "invalid_grant"},
			"a device code with a NUL":         {"token", "grant_type=device&client_id=PlatformCLI&code=%00", formType, 400, "expired_token"},
			"a device of nobody":               {"token", "response_type=device_code&client_id=nobody", formType, 400, "invalid_client_id"},
			"introspection by nobody":          {"introspect", "token=x", formType, 400, "invalid_request"},
			"introspection with a NUL":         {"introspect", "client_id=%00&client_secret=x&token=x", formType, 400, "invalid_client_id"},
			"an endpoint that is none":         {"nothing", "", formType, 404, "not_found"},
			"an endpoint's child":              {"token/x", "", formType, 404, "not_found"},
		} {
			a := s.Do(t, servertest.Request{Method: "POST", Path: "/services/oauth2/" + c.path, Body: c.body, Header: []string{"Content-Type", c.kind}})
			var got map[string]string
			err := json.Unmarshal([]byte(a.Body), &got)
			if a.Status != c.status || err != nil || got["error"] != c.code || got["error_description"] == "" || len(got) != 2 {
				t.Errorf("%s: %d %.300s, want %d %s", name, a.Status, a.Body, c.status, c.code)
			}
		}
		for path, allow := range map[string]string{"token": "POST,OPTIONS", "introspect": "POST,OPTIONS", "userinfo": "GET,POST,OPTIONS", "revoke": "GET,POST,OPTIONS"} {
			a := s.Do(t, servertest.Request{Method: "PUT", Path: "/services/oauth2/" + path})
			if a.Status != http.StatusMethodNotAllowed || a.Header.Get("Allow") != allow {
				t.Errorf("PUT %s: %d, Allow: %s", path, a.Status, a.Header.Get("Allow"))
			}
		}
		for name, c := range map[string]struct {
			path   string
			status int
			body   string
		}{
			"a token of nobody is not revoked":        {"revoke?token=nonsense", 400, "error=invalid_token&error_description=invalid+token"},
			"a token with a NUL is not revoked":       {"revoke?token=%00", 400, "error=invalid_token&error_description=invalid+token"},
			"no token is not revoked":                 {"revoke", 400, "error=invalid_token&error_description=invalid+token"},
			"userinfo without a token":                {"userinfo", 403, "Missing_OAuth_Token"},
			"userinfo with a forged one":              {"userinfo?access_token=00D000000000001!AQ%00", 403, "Bad_OAuth_Token"},
			"a session of a browser for nobody":       {"singleaccess?access_token=x", 403, "Bad_OAuth_Token"},
			"an identity of another org":              {"../../id/00D000000000009EAA/005000000000001AAA?oauth_token=" + s.Token, 404, ""},
			"an authorization of nobody is no detour": {"authorize?response_type=code&client_id=nobody&redirect_uri=https://evil.example", 400, ""},
		} {
			a := s.Do(t, servertest.Request{Method: "GET", Path: "/services/oauth2/" + c.path})
			if a.Status != c.status || c.body != "" && a.Body != c.body || a.Header.Get("Location") != "" {
				t.Errorf("%s: %d %.200s", name, a.Status, a.Body)
			}
		}
		a := s.Do(t, servertest.Request{Method: "GET", Path: "/id/00D000000000009EAA/" + s.UserID, Token: s.UserToken})
		if a.Status != http.StatusForbidden || a.Body != "Wrong_Org" {
			t.Errorf("an identity of another org: %d %s", a.Status, a.Body)
		}
		// All is as it was.
		s.SignIn(t, servertest.Admin, servertest.Password)
	})
}
