package auth_test

import (
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"stoa/internal/auth"
	"stoa/internal/fault"
	"stoa/internal/org"
)

func TestAppRedirect(t *testing.T) {
	t.Parallel()
	_, g := people(t, auth.Options{})
	cli, ok, err := g.App(t.Context(), "PlatformCLI")
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	web := &auth.App{Redirects: []string{"https://app.example/back"}}
	for _, c := range []struct {
		app   *auth.App
		asked string
		want  bool
	}{
		{cli, "http://localhost:1717/OauthRedirect", true},
		{cli, "http://localhost:9999/OauthRedirect", true},
		{cli, "http://127.0.0.1:9999/OauthRedirect", true},
		{cli, "http://[::1]:9999/OauthRedirect", true},
		{cli, "http://localhost:3835/oauth/callback", true},
		{cli, "http://localhost:1717/other", false},
		{cli, "https://localhost:1717/OauthRedirect", false},
		{cli, "http://localhost.evil.example/OauthRedirect", false},
		{cli, "http://localhost@evil.example/OauthRedirect", false},
		{cli, "", false},
		{web, "https://app.example/back", true},
		{web, "https://app.example/back/", false},
		{web, "https://app.example:444/back", false},
		{web, "http://localhost/back", false},
		{web, "", true},
	} {
		if _, ok := c.app.Redirect(c.asked); ok != c.want {
			t.Errorf("%s: %v, want %v", c.asked, ok, c.want)
		}
	}
}

func TestAppSecretIsShownOnceAndRotates(t *testing.T) {
	t.Parallel()
	_, g := people(t, auth.Options{})
	app, secret, err := g.SaveApp(t.Context(), auth.App{Name: "Import"}, "")
	if err != nil || secret == "" || !strings.HasPrefix(app.ID, "3MVG9") {
		t.Fatal(app, err)
	}
	if strings.Trim(app.ID+secret, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != "" {
		t.Errorf("%s and %s cannot stand in a URL's user part", app.ID, secret)
	}
	renamed := *app
	renamed.Name = "Nightly import"
	if _, again, err := g.SaveApp(t.Context(), renamed, ""); err != nil || again != "" {
		t.Errorf("a change of name shows %q, %v", again, err)
	}
	next, err := g.RotateSecret(t.Context(), app.ID)
	if err != nil {
		t.Fatal(err)
	}
	app, _, _ = g.App(t.Context(), app.ID)
	if app.Name != "Nightly import" || app.Proves(secret) || !app.Proves(next) || app.Proves("") {
		t.Error("the old secret works, or the new one does not")
	}
	all, err := g.Apps(t.Context())
	if err != nil || len(all) != 3 {
		t.Errorf("%d apps, %v", len(all), err)
	}
	if ok, err := g.DropApp(t.Context(), app.ID); !ok || err != nil {
		t.Error(ok, err)
	}
	if _, ok, _ := g.App(t.Context(), app.ID); ok {
		t.Error("the app is still there")
	}
}

func TestAppIsCheckedWhenSaved(t *testing.T) {
	t.Parallel()
	_, g := people(t, auth.Options{})
	for _, a := range []auth.App{
		{}, {Name: "x", ID: "a b"}, {Name: "x", Redirects: []string{"http://app.example/"}}, {Name: "x", Redirects: []string{"javascript:alert(1)"}},
		{Name: "x", Redirects: []string{"https://app.example/#a"}}, {Name: "x", Redirects: []string{"/back"}}, {Name: "x", Key: "no key"},
	} {
		_, _, err := g.SaveApp(t.Context(), a, "")
		wantCode(t, err, fault.InvalidArgument)
	}
}

func TestGrantedScopes(t *testing.T) {
	t.Parallel()
	any, some := &auth.App{}, &auth.App{Scopes: []string{"api", "refresh_token", "purpose:casework"}}
	for _, c := range []struct {
		app   *auth.App
		asked string
		want  []string
		code  fault.Code
	}{
		{any, "", []string{"api", "web", "refresh_token"}, ""},
		{any, "api  full api", []string{"api", "full"}, ""},
		{any, "api purpose:casework.benefits", []string{"api", "purpose:casework.benefits"}, ""},
		{any, "everything", nil, fault.InvalidArgument},
		{any, "purpose:", nil, fault.InvalidArgument},
		{some, "", []string{"api", "refresh_token", "purpose:casework"}, ""},
		{some, "api", []string{"api", "purpose:casework"}, ""},
		{some, "api purpose:casework.benefits", []string{"api", "purpose:casework.benefits"}, ""},
		{some, "api purpose:billing", nil, fault.InvalidArgument},
		{some, "web", nil, fault.InvalidArgument},
		{some, "api offline_access", []string{"api", "offline_access", "purpose:casework"}, ""},
	} {
		got, err := c.app.Granted(c.asked)
		wantCode(t, err, c.code)
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %v, want %v", c.asked, got, c.want)
		}
	}
}

// TestPurpose holds the order in which a request's purpose is found, and that a token's purposes are a ceiling.
func TestPurpose(t *testing.T) {
	t.Parallel()
	o, g := people(t, auth.Options{})
	var entered string
	o.Enter = func(_ org.Actor, _ org.Channel, why string) (*org.Session, error) { entered = why; return nil, nil }
	for _, c := range []struct {
		name     string
		login    auth.Login
		declared string
		want     string
		code     fault.Code
	}{
		{"nothing is declared", auth.Login{}, "", "", ""},
		{"the request's", auth.Login{Purpose: "casework"}, "billing", "billing", ""},
		{"the sign-in's", auth.Login{Purpose: "casework"}, "", "casework", ""},
		{"the token's", auth.Login{Scopes: []string{"api", "purpose:casework"}}, "", "casework", ""},
		{"below the token's", auth.Login{Scopes: []string{"api", "purpose:casework"}}, "casework.benefits", "casework.benefits", ""},
		{"outside the token's", auth.Login{Scopes: []string{"api", "purpose:casework"}}, "billing", "", fault.InsufficientAccess},
		{"a name that only begins alike", auth.Login{Scopes: []string{"api", "purpose:casework"}}, "caseworker", "", fault.InsufficientAccess},
		{"the app's", auth.Login{App: &auth.App{ID: "x", Purpose: "statistics"}}, "", "statistics", ""},
		{"no code", auth.Login{}, "a|b", "", fault.InvalidArgument},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.login.User, c.login.Kind = ann, auth.API
			token, _, err := g.Open(t.Context(), c.login)
			if err != nil {
				t.Fatal(err)
			}
			entered = ""
			_, err = g.Authenticate(t.Context(), auth.Credentials{Token: token, Channel: org.REST, Identity: true, Purpose: c.declared})
			wantCode(t, err, c.code)
			if entered != c.want {
				t.Errorf("purpose %q, want %q", entered, c.want)
			}
		})
	}
}

func TestCredentialsOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		header         []string
		ch             org.Channel
		token, purpose string
		cookie         bool
	}{
		{"bearer", []string{"Authorization", "Bearer T"}, org.REST, "T", "", false},
		{"bearer in lower case", []string{"authorization", "bearer T"}, org.REST, "T", "", false},
		{"oauth", []string{"Authorization", "OAuth T"}, org.REST, "T", "", false},
		{"x-sfdc-session", []string{"X-SFDC-Session", "T"}, org.REST, "T", "", false},
		{"both, as one client sends them", []string{"X-SFDC-Session", "S", "Authorization", "Bearer T"}, org.REST, "T", "", false},
		{"basic is none", []string{"Authorization", "Basic T"}, org.REST, "", "", false},
		{"a cookie opens no API", []string{"Cookie", "sid=T"}, org.REST, "", "", false},
		{"a cookie opens a page", []string{"Cookie", "sid=T"}, org.Console, "T", "", true},
		{"a bearer token opens no page", []string{"Authorization", "Bearer T"}, org.Console, "", "", false},
		{"purpose header", []string{"Stoa-Purpose", " casework "}, org.REST, "", "casework", false},
		{"call options", []string{"Sforce-Call-Options", "client=purpose/casework.benefits"}, org.REST, "", "casework.benefits", false},
		{"call options with more", []string{"Sforce-Call-Options", "defaultNamespace=x, client=tool/1.0/purpose/casework"}, org.REST, "", "casework", false},
		{"a client that says nothing", []string{"Sforce-Call-Options", "client=sfdx toolbelt:"}, org.REST, "", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			for i := 0; i < len(c.header); i += 2 {
				r.Header.Set(c.header[i], c.header[i+1])
			}
			got := auth.CredentialsOf(r, c.ch)
			if got.Token != c.token || got.Purpose != c.purpose || got.Cookie != c.cookie {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestCookieTakesNoAccessToken(t *testing.T) {
	t.Parallel()
	_, g := people(t, auth.Options{})
	token := signIn(t, g, auth.API)
	_, err := g.Authenticate(t.Context(), auth.Credentials{Token: token, Cookie: true, Channel: org.Console})
	wantCode(t, err, fault.InvalidSessionID)
}

func TestForwardedHeadersAreBelievedOfProxiesOnly(t *testing.T) {
	t.Parallel()
	_, direct := people(t, auth.Options{})
	_, behind := people(t, auth.Options{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	_, named := people(t, auth.Options{Origin: "https://stoa.example/"})
	for _, c := range []struct {
		gate                *auth.Gate
		peer, base, address string
	}{
		{direct, "10.0.0.1:5000", "http://stoa.test:8080", "10.0.0.1"},
		{behind, "10.0.0.1:5000", "https://public.example", "203.0.113.9"},
		{behind, "198.51.100.1:5000", "http://stoa.test:8080", "198.51.100.1"},
		{named, "10.0.0.1:5000", "https://stoa.example", "10.0.0.1"},
	} {
		r := httptest.NewRequest("GET", "http://stoa.test:8080/", nil)
		r.RemoteAddr = c.peer
		r.Header.Set("X-Forwarded-Proto", "https")
		r.Header.Set("X-Forwarded-Host", "public.example")
		r.Header.Set("X-Forwarded-For", "1.1.1.1, 203.0.113.9, 10.0.0.2")
		if got := c.gate.Base(r); got != c.base {
			t.Errorf("base %s, want %s", got, c.base)
		}
		if got := c.gate.Address(r); got != c.address {
			t.Errorf("address %s, want %s", got, c.address)
		}
	}
}

func TestLocalPath(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"/console": "/console", "/console?a=b#c": "/console?a=b#c", "": "/", "//evil.example": "/", "https://evil.example": "/",
		"/\\evil.example": "/", "/\t/evil.example": "/", "console": "/", "javascript:alert(1)": "/",
	} {
		if got := auth.LocalPath(target, "/"); got != want {
			t.Errorf("%q leads to %q, want %q", target, got, want)
		}
	}
}
