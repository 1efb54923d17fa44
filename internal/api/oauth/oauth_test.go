package oauth_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"stoa/internal/api/oauth"
	"stoa/internal/auth"
	"stoa/internal/auth/authtest"
	"stoa/internal/org"
	"stoa/internal/record"
)

const (
	ann      record.ID = "005010000000001AAA"
	password           = "correct horse 7"
	secret             = "s3cret"
)

// A door is the endpoints over an org in memory, with a browser of its own.
type door struct {
	t    *testing.T
	org  *authtest.Org
	gate *auth.Gate
	mux  *http.ServeMux
	sid  string // cookie
}

func open(t *testing.T, opt auth.Options) *door {
	t.Helper()
	o := authtest.New(authtest.User{Actor: org.Actor{
		User: ann, Name: "Ann Lee", Username: "ann@harborview.example", Email: "ann@harborview.example", Locale: "en_US", Language: "en_US",
		Zone: time.FixedZone("America/Chicago", -6*3600),
	}})
	opt.Now, opt.FailureTime = o.Now, time.Nanosecond
	d := &door{t: t, org: o, gate: auth.New(o, opt), mux: http.NewServeMux()}
	oauth.Routes(d.mux, oauth.Options{Gate: d.gate, Stylesheet: "/assets/portal.css"})
	if err := d.gate.SetPassword(t.Context(), ann, password, auth.PasswordOptions{}); err != nil {
		t.Fatal(err)
	}
	d.app(auth.App{ID: "app", Name: "Import", RunAs: ann, Redirects: []string{"https://app.example/back"}})
	return d
}

func (d *door) app(a auth.App) {
	d.t.Helper()
	if _, _, err := d.gate.SaveApp(d.t.Context(), a, secret); err != nil {
		d.t.Fatal(err)
	}
}

// signIn gives the door's browser a session.
func (d *door) signIn() {
	d.t.Helper()
	token, _, err := d.gate.SignIn(d.t.Context(), auth.SignIn{Username: "ann@harborview.example", Password: password, Kind: auth.UI})
	if err != nil {
		d.t.Fatal(err)
	}
	d.sid = token
}

func (d *door) do(method, path string, body io.Reader, header ...string) *http.Response {
	r := httptest.NewRequestWithContext(context.Background(), method, "http://stoa.test:8080"+path, body)
	r.RemoteAddr = "203.0.113.7:5000"
	if d.sid != "" {
		r.AddCookie(&http.Cookie{Name: auth.Cookie, Value: d.sid})
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	d.mux.ServeHTTP(w, r)
	return w.Result()
}

func (d *door) post(path string, form url.Values, header ...string) *http.Response {
	return d.do("POST", path, strings.NewReader(form.Encode()), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, header...)...)
}

func (d *door) get(path string, header ...string) *http.Response {
	return d.do("GET", path, nil, header...)
}

// object reads a JSON answer.
func (d *door) object(resp *http.Response, status int) map[string]any {
	d.t.Helper()
	b, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != status {
		d.t.Fatalf("status %d, want %d: %s", resp.StatusCode, status, b)
	}
	if ct := resp.Header.Get("Content-Type"); ct != "application/json;charset=UTF-8" {
		d.t.Errorf("content type %s", ct)
	}
	out := map[string]any{}
	if err := json.Unmarshal(b, &out); err != nil {
		d.t.Fatalf("%s: %v", b, err)
	}
	return out
}

func text(t *testing.T, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// form makes a form of pairs.
func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

func withPassword(pairs ...string) url.Values {
	v := form("grant_type", "password", "client_id", "app", "client_secret", secret, "username", "ann@harborview.example", "password", password)
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

func (d *door) token(scope string) string {
	d.t.Helper()
	return d.object(d.post("/services/oauth2/token", withPassword("scope", scope)), 200)["access_token"].(string)
}

func TestTokenResponse(t *testing.T) {
	t.Parallel()
	d := open(t, auth.Options{})
	got := d.object(d.post("/services/oauth2/token", withPassword("scope", "api web refresh_token")), 200)
	want := map[string]any{
		"scope": "api web", "instance_url": "http://stoa.test:8080", "token_type": "Bearer",
		"id": "http://stoa.test:8080/id/" + string(d.org.ID()) + "/" + string(ann), "issued_at": fmt.Sprint(d.org.Now().UnixMilli()),
	}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s is %v, want %v", k, got[k], v)
		}
	}
	if _, ok := got["refresh_token"]; ok {
		t.Error("the password grant brings no refresh token")
	}
	if !regexp.MustCompile(`^(00D\w{12,15})![.\w]*$`).MatchString(got["access_token"].(string)) {
		t.Errorf("access token %v", got["access_token"])
	}
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(got["id"].(string) + got["issued_at"].(string)))
	if got["signature"] != base64.StdEncoding.EncodeToString(m.Sum(nil)) {
		t.Error("the signature does not verify")
	}
}

func TestTokenFormsAndPaths(t *testing.T) {
	t.Parallel()
	d := open(t, auth.Options{})
	d.object(d.post("/services/oauth2/token/", withPassword()), 200)
	d.object(d.post("/services/oauth2/token?"+withPassword().Encode(), nil), 200)

	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for k, v := range withPassword() {
		_ = m.WriteField(k, v[0])
	}
	_ = m.Close()
	d.object(d.do("POST", "/services/oauth2/token", &b, "Content-Type", m.FormDataContentType()), 200)

	resp := d.get("/services/oauth2/token")
	if d.object(resp, 405); resp.Header.Get("Allow") != "POST,OPTIONS" {
		t.Errorf("Allow: %s", resp.Header.Get("Allow"))
	}
	d.object(d.get("/services/oauth2/nothing"), 404)
	d.object(d.post("/services/oauth2/token", form("x", strings.Repeat("x", 100_000))), 413)
}

func TestTokenErrors(t *testing.T) {
	t.Parallel()
	d := open(t, auth.Options{})
	d.app(auth.App{ID: "codes", Name: "Codes only", Grants: []string{auth.GrantCode}})
	d.app(auth.App{ID: "nobody", Name: "No user"})
	for _, c := range []struct {
		name              string
		form              url.Values
		code, description string
	}{
		{"no grant type", form("client_id", "app"), "invalid_request", "missing required parameter: grant_type"},
		{"unknown grant type", form("grant_type", "magic"), "unsupported_grant_type", "grant type not supported"},
		{"no client", withPassword("client_id", ""), "invalid_request", "missing required parameter: client_id"},
		{"unknown client", withPassword("client_id", "x"), "invalid_client_id", "client identifier invalid"},
		{"wrong secret", withPassword("client_secret", "x"), "invalid_client", "invalid client credentials"},
		{"no secret", withPassword("client_secret", ""), "invalid_client", "invalid client credentials"},
		{"wrong password", withPassword("password", "x"), "invalid_grant", "authentication failure"},
		{"unknown user", withPassword("username", "x"), "invalid_grant", "authentication failure"},
		{"no password", withPassword("password", ""), "invalid_request", "missing required parameter: username or password"},
		{"unknown scope", withPassword("scope", "moon"), "invalid_scope", "the requested scope is invalid, unknown, or malformed: moon"},
		{"grant that the app may not use", withPassword("client_id", "codes"), "unauthorized_client", "this app may not use the grant type password"},
		{"client credentials without a user", form("grant_type", "client_credentials", "client_id", "nobody", "client_secret", secret), "invalid_grant", "no client credentials user enabled"},
		{"unknown refresh token", form("grant_type", "refresh_token", "client_id", "app", "client_secret", secret, "refresh_token", "x"), "invalid_grant", "expired access/refresh token"},
		{"unknown code", form("grant_type", "authorization_code", "client_id", "app", "client_secret", secret, "code", "x"), "invalid_grant", "invalid authorization code"},
		{"no assertion", form("grant_type", auth.GrantJWT), "invalid_grant", "invalid assertion"},
		{"unknown device code", form("grant_type", "device", "client_id", "PlatformCLI", "code", "x"), "expired_token", "the device code is unknown, was used or is too old"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := d.object(d.post("/services/oauth2/token", c.form), 400)
			if got["error"] != c.code || got["error_description"] != c.description || len(got) != 2 {
				t.Errorf("%v", got)
			}
		})
	}
	d.org.Change(ann, func(u *authtest.User) { u.Inactive = true })
	if got := d.object(d.post("/services/oauth2/token", form("grant_type", "client_credentials", "client_id", "app", "client_secret", secret)), 400); got["error_description"] != "inactive user" {
		t.Errorf("%v", got)
	}
}

func TestExpiredPasswordGetsNoToken(t *testing.T) {
	t.Parallel()
	d := open(t, auth.Options{})
	if err := d.gate.SetPassword(t.Context(), ann, password, auth.PasswordOptions{MustChange: true}); err != nil {
		t.Fatal(err)
	}
	if got := d.object(d.post("/services/oauth2/token", withPassword()), 400); got["error_description"] != "password expired" {
		t.Errorf("%v", got)
	}
}

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	d := open(t, auth.Options{})
	body := d.object(d.post("/services/oauth2/token", form("grant_type", "client_credentials", "client_id", "app", "client_secret", secret)), 200)
	basic := d.object(d.post("/services/oauth2/token", form("grant_type", "client_credentials"),
		"Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("app:"+secret))), 200)
	for _, got := range []map[string]any{body, basic} {
		if _, a, err := d.gate.Session(t.Context(), got["access_token"].(string)); err != nil || a.User != ann {
			t.Errorf("%v, %v", a, err)
		}
	}
	resp := d.post("/services/oauth2/token", form("grant_type", "client_credentials"), "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("app:x")))
	if d.object(resp, 400); resp.Header.Get("WWW-Authenticate") == "" {
		t.Error("a wrong Basic is not challenged")
	}
}

// authorization asks for a code or a token and returns where the browser is sent.
func (d *door) authorization(pairs ...string) *http.Response {
	return d.get("/services/oauth2/authorize?" + form(pairs...).Encode())
}

// agree presses the button of a consent page.
func (d *door) agree(resp *http.Response, answer string) *http.Response {
	d.t.Helper()
	page := text(d.t, resp)
	if resp.StatusCode != 200 {
		d.t.Fatalf("status %d: %s", resp.StatusCode, page)
	}
	action := regexp.MustCompile(`action="([^"]+)"`).FindStringSubmatch(page)
	v := form("answer", answer)
	for _, f := range regexp.MustCompile(`type="hidden" name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		v.Set(f[1], strings.NewReplacer("&amp;", "&", "&#43;", "+", "&#34;", `"`).Replace(f[2]))
	}
	return d.post(action[1], v)
}

// location returns where a redirect leads.
func (d *door) location(resp *http.Response) *url.URL {
	d.t.Helper()
	if resp.StatusCode != 302 {
		d.t.Fatalf("status %d, want a redirect: %s", resp.StatusCode, text(d.t, resp))
	}
	u, err := url.Parse(resp.Header.Get("Location"))
	if err != nil {
		d.t.Fatal(err)
	}
	return u
}

func TestCodeFlowAsTheCommandLineToolDoesIt(t *testing.T) {
	t.Parallel()
	d := open(t, auth.Options{})
	verifier := strings.Repeat("abcDEF123-_", 16)[:171]
	sum := sha256.Sum256([]byte(verifier))
	ask := []string{
		"response_type", "code", "client_id", "PlatformCLI", "redirect_uri", "http://localhost:1717/OauthRedirect", "state", "a b&c", "prompt", "login",
		"scope", "refresh_token api web", "code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]), // no method
	}
	signIn := d.location(d.authorization(ask...))
	if signIn.Path != "/login" || signIn.Host != "" {
		t.Fatalf("nobody is signed in, but the browser goes to %s", signIn)
	}
	d.signIn()
	back := signIn.Query().Get("to")
	if !strings.HasPrefix(back, "/services/oauth2/authorize?") || strings.Contains(back, "prompt") {
		t.Fatalf("after sign-in: %s", back)
	}
	u := d.location(d.agree(d.get(back), "allow"))
	if u.Host != "localhost:1717" || u.Query().Get("state") != "a b&c" || u.Query().Get("code") == "" {
		t.Fatalf("the app hears %s", u)
	}
	exchange := form("grant_type", "authorization_code", "client_id", "PlatformCLI", "redirect_uri", "http://localhost:1717/OauthRedirect",
		"code", u.Query().Get("code"), "code_verifier", verifier)
	got := d.object(d.post("/services/oauth2/token", exchange), 200)
	if got["scope"] != "refresh_token api web" || !regexp.MustCompile(`^[a-zA-Z0-9._-]+={0,2}$`).MatchString(fmt.Sprint(got["refresh_token"])) {
		t.Errorf("%v", got)
	}
	// After sign-in the way to the app begins on a page of its own, since the sign-in form may not lead there.
	onward := d.get(back)
	if page := text(t, onward); onward.StatusCode != 200 || !strings.Contains(page, `content="0;url=http://localhost:1717/OauthRedirect?code=`) {
		t.Errorf("%d %s", onward.StatusCode, page)
	}
	// The second time nobody is asked.
	again := ask[:len(ask):len(ask)]
	again[9] = ""
	if u := d.location(d.authorization(again...)); u.Query().Get("code") == "" {
		t.Errorf("asked again: %s", u)
	}
	// A code that is used twice ends what came of it.
	if bad := d.object(d.post("/services/oauth2/token", exchange), 400); bad["error"] != "invalid_grant" {
		t.Errorf("%v", bad)
	}
	if _, _, err := d.gate.Session(t.Context(), got["access_token"].(string)); err == nil {
		t.Error("the token of a stolen code still works")
	}
	if bad := d.object(d.post("/services/oauth2/token", form("grant_type", "refresh_token", "client_id", "PlatformCLI", "refresh_token", got["refresh_token"].(string))), 400); bad["error"] != "invalid_grant" {
		t.Errorf("%v", bad)
	}
}

func TestCodeIsBoundToItsRequest(t *testing.T) {
	t.Parallel()
	d := open(t, auth.Options{})
	d.app(auth.App{ID: "other", Name: "Other", Redirects: []string{"https://app.example/back"}})
	d.app(auth.App{ID: "trusted", Name: "Trusted", Trusted: true, Redirects: []string{"https://app.example/back", "https://app.example/b"}})
	d.signIn()
	sum := sha256.Sum256([]byte("verifier"))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	for _, c := range []struct{ name, client, redirect, verifier, code string }{
		{"all right", "trusted", "https://app.example/back", "verifier", ""},
		{"wrong verifier", "trusted", "https://app.example/back", "other", "invalid_grant"},
		{"no verifier", "trusted", "https://app.example/back", "", "invalid_grant"},
		{"other callback", "trusted", "https://app.example/b", "verifier", "redirect_uri_mismatch"},
		{"other client", "other", "https://app.example/back", "verifier", "invalid_grant"},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := d.location(d.authorization("response_type", "code", "client_id", "trusted", "redirect_uri", "https://app.example/back", "code_challenge", challenge, "code_challenge_method", "S256"))
			resp := d.post("/services/oauth2/token", form("grant_type", "authorization_code", "client_id", c.client, "client_secret", secret,
				"code", u.Query().Get("code"), "redirect_uri", c.redirect, "code_verifier", c.verifier))
			if c.code == "" {
				d.object(resp, 200)
			} else if got := d.object(resp, 400); got["error"] != c.code {
				t.Errorf("%v", got)
			}
		})
	}
	u := d.location(d.authorization("response_type", "code", "client_id", "trusted", "redirect_uri", "https://app.example/back"))
	d.org.Sleep(10 * time.Minute)
	if got := d.object(d.post("/services/oauth2/token", form("grant_type", "authorization_code", "client_id", "trusted", "client_secret", secret,
		"code", u.Query().Get("code"), "redirect_uri", "https://app.example/back")), 400); got["error"] != "invalid_grant" {
		t.Errorf("an old code: %v", got)
	}
}

func TestAuthorizeErrors(t *testing.T) {
	t.Parallel()
	d := open(t, auth.Options{})
	d.signIn()
	// What is not known to be good is answered with a page.
	for _, c := range [][]string{
		{"response_type", "code", "client_id", "nobody", "redirect_uri", "https://app.example/back"},
		{"response_type", "code", "client_id", "app", "redirect_uri", "https://evil.example/back"},
		{"response_type", "code", "client_id", "PlatformCLI", "redirect_uri", "http://evil.example/OauthRedirect"},
	} {
		resp := d.authorization(c...)
		if resp.StatusCode != 400 || resp.Header.Get("Location") != "" || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%v: %d %v", c, resp.StatusCode, resp.Header)
		}
	}
	// The rest the app hears of.
	for _, c := range []struct {
		code string
		ask  []string
	}{
		{"unsupported_response_type", []string{"response_type", "magic"}},
		{"invalid_scope", []string{"response_type", "code", "scope", "moon"}},
		{"invalid_request", []string{"response_type", "code", "code_challenge", "x", "code_challenge_method", "plain"}},
		{"consent_required", []string{"response_type", "code", "prompt", "none"}},
	} {
		u := d.location(d.authorization(append(c.ask, "client_id", "app", "redirect_uri", "https://app.example/back", "state", "s")...))
		if u.Host != "app.example" || u.Query().Get("error") != c.code || u.Query().Get("state") != "s" || u.Query().Get("error_description") == "" {
			t.Errorf("%s: %s", c.code, u)
		}
	}
	if u := d.location(d.authorization("response_type", "code", "client_id", "PlatformCLI", "redirect_uri", "http://localhost:1/OauthRedirect")); u.Query().Get("error") != "invalid_request" {
		t.Errorf("a public client without PKCE: %s", u)
	}
	ask := []string{"response_type", "code", "client_id", "app", "redirect_uri", "https://app.example/back"}
	if u := d.location(d.agree(d.authorization(ask...), "deny")); u.Query().Get("error") != "access_denied" {
		t.Errorf("denied: %s", u)
	}
	resp := d.post("/services/oauth2/authorize", form(append(ask, "answer", "allow", "form_token", "forged")...))
	if resp.StatusCode != 403 {
		t.Errorf("a forged form: %d", resp.StatusCode)
	}
	d.sid = ""
	if u := d.location(d.authorization(append(ask, "prompt", "none")...)); u.Query().Get("error") != "login_required" {
		t.Errorf("nobody is signed in: %s", u)
	}
	d.sid = d.token("api web")
	if u := d.location(d.authorization(ask...)); u.Path != "/login" {
		t.Errorf("an access token as cookie leads to %s", u)
	}
}

func TestConsentPage(t *testing.T) {
	t.Parallel()
	d := open(t, auth.Options{})
	d.app(auth.App{ID: "evil", Name: `<script>alert("x")</script>`, Redirects: []string{"https://app.example/back"}})
	d.signIn()
	resp := d.authorization("response_type", "code", "client_id", "evil", "redirect_uri", "https://app.example/back", "scope", "api purpose:casework", "state", `"><script>`)
	page := text(t, resp)
	if strings.Contains(page, "<script>") {
		t.Errorf("not escaped: %s", page)
	}
	for _, want := range []string{"City of Harborview", "Ann Lee", "Read and change the records", "purpose casework only", `href="/assets/portal.css"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	csp := resp.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "form-action 'self' https://app.example;") || !strings.Contains(csp, "frame-ancestors 'none'") {
		t.Errorf("policy %s", csp)
	}
}

func TestImplicitFlowAnswersInTheFragment(t *testing.T) {
	t.Parallel()
	d := open(t, auth.Options{})
	d.app(auth.App{ID: "cli", Name: "Old tool", Trusted: true, Redirects: []string{"http://localhost:3835/oauth/callback"}})
	d.signIn()
	u := d.location(d.authorization("response_type", "token", "client_id", "cli", "redirect_uri", "http://localhost:3835/oauth/callback", "state", "s"))
	v, err := url.ParseQuery(u.Fragment)
	if err != nil || u.RawQuery != "" {
		t.Fatalf("%s: %v", u, err)
	}
	for _, k := range []string{"access_token", "instance_url", "refresh_token", "id", "issued_at", "scope", "state", "token_type"} {
		if v.Get(k) == "" {
			t.Errorf("%s is missing", k)
		}
	}
	if u := d.location(d.authorization("response_type", "token", "client_id", "PlatformCLI", "redirect_uri", "http://localhost/OauthRedirect")); u.Query().Get("error") != "unauthorized_client" {
		t.Errorf("an error belongs into the query: %s", u)
	}
}

// refreshed gets a refresh token for an app.
func (d *door) refreshed(app string) map[string]any {
	d.t.Helper()
	u := d.location(d.authorization("response_type", "code", "client_id", app, "redirect_uri", "https://app.example/back"))
	return d.object(d.post("/services/oauth2/token", form("grant_type", "authorization_code", "client_id", app, "client_secret", secret,
		"code", u.Query().Get("code"), "redirect_uri", "https://app.example/back")), 200)
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	d := open(t, auth.Options{})
	d.app(auth.App{ID: "plain", Name: "Plain", Trusted: true, Redirects: []string{"https://app.example/back"}})
	d.app(auth.App{ID: "turning", Name: "Turning", Trusted: true, Rotate: true, Redirects: []string{"https://app.example/back"}})
	d.signIn()
	renew := func(app string, token any, more ...string) *http.Response {
		return d.post("/services/oauth2/token", form(append(more, "grant_type", "refresh_token", "client_id", app, "client_secret", secret, "refresh_token", fmt.Sprint(token))...))
	}
	t.Run("plain", func(t *testing.T) {
		first := d.refreshed("plain")
		for range 2 {
			got := d.object(renew("plain", first["refresh_token"]), 200)
			if got["refresh_token"] != nil || got["access_token"] == first["access_token"] {
				t.Errorf("%v", got)
			}
		}
		if got := d.object(renew("plain", first["refresh_token"], "scope", "api"), 200); got["scope"] != "api" {
			t.Errorf("narrowed: %v", got)
		}
		d.object(renew("plain", first["refresh_token"], "scope", "full"), 400)
		d.object(renew("turning", first["refresh_token"]), 400)
	})
	t.Run("rotation", func(t *testing.T) {
		first := d.refreshed("turning")
		second := d.object(renew("turning", first["refresh_token"]), 200)
		if second["refresh_token"] == nil || second["refresh_token"] == first["refresh_token"] {
			t.Fatalf("%v", second)
		}
		d.object(renew("turning", first["refresh_token"]), 400) // a thief: all ends
		d.object(renew("turning", second["refresh_token"]), 400)
		if _, _, err := d.gate.Session(t.Context(), second["access_token"].(string)); err == nil {
			t.Error("the access token outlives its family")
		}
	})
	t.Run("inactive user", func(t *testing.T) {
		first := d.refreshed("plain")
		d.org.Change(ann, func(u *authtest.User) { u.Inactive = true })
		if got := d.object(renew("plain", first["refresh_token"]), 400); got["error_description"] != "expired access/refresh token" {
			t.Errorf("%v", got)
		}
		d.org.Change(ann, func(u *authtest.User) { u.Inactive = false })
	})
}

func TestIDToken(t *testing.T) {
	t.Parallel()
	d := open(t, auth.Options{})
	d.app(auth.App{ID: "plain", Name: "Plain", Trusted: true, Redirects: []string{"https://app.example/back"}})
	d.signIn()
	u := d.location(d.authorization("response_type", "code", "client_id", "plain", "redirect_uri", "https://app.example/back", "scope", "openid api", "nonce", "n-1"))
	got := d.object(d.post("/services/oauth2/token", form("grant_type", "authorization_code", "client_id", "plain", "client_secret", secret,
		"code", u.Query().Get("code"), "redirect_uri", "https://app.example/back")), 200)
	var set jose.JSONWebKeySet
	if err := json.NewDecoder(d.get("/id/keys").Body).Decode(&set); err != nil || len(set.Keys) != 1 || !set.Keys[0].IsPublic() {
		t.Fatalf("%v, %v", set, err)
	}
	token, err := jwt.ParseSigned(got["id_token"].(string), []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	var c map[string]any
	if err := token.Claims(set.Keys[0].Key, &c); err != nil {
		t.Fatal(err)
	}
	if c["iss"] != "http://stoa.test:8080" || c["aud"] != "plain" || c["sub"] != got["id"] || c["nonce"] != "n-1" {
		t.Errorf("%v", c)
	}
	about := d.object(d.get("/.well-known/openid-configuration"), 200)
	if about["issuer"] != c["iss"] || about["jwks_uri"] != "http://stoa.test:8080/id/keys" {
		t.Errorf("%v", about)
	}
	// Another process signs with the same key.
	set2, err := auth.New(d.org, auth.Options{}).PublicKeys(t.Context())
	if err != nil || set2.Keys[0].KeyID != set.Keys[0].KeyID || !set2.Keys[0].Key.(*rsa.PublicKey).Equal(set.Keys[0].Key) {
		t.Errorf("%v", err)
	}
}

func TestAssertions(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, _ := x509.MarshalPKIXPublicKey(&key.PublicKey)
	public := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	d, development := open(t, auth.Options{}), open(t, auth.Options{Development: true})
	for _, d := range []*door{d, development} {
		d.app(auth.App{ID: "jwt", Name: "Robot", Key: public, Trusted: true})
		d.app(auth.App{ID: "asking", Name: "Asking", Key: public})
		d.app(auth.App{ID: "keyless", Name: "Keyless"})
	}
	now := d.org.Now()
	in := func(s time.Duration) int64 { return now.Add(s).Unix() }
	for i, c := range []struct {
		name   string
		door   *door
		key    *rsa.PrivateKey
		claims map[string]any
		code   string
		why    string
	}{
		{"the command line tool: milliseconds, slash behind the host", d, key, map[string]any{"aud": "http://stoa.test:8080/", "exp": now.UnixMilli() + 300}, "", ""},
		{"token endpoint, seconds", d, key, map[string]any{"aud": "http://stoa.test:8080/services/oauth2/token", "exp": in(time.Minute)}, "", ""},
		{"text of seconds", d, key, map[string]any{"aud": "http://stoa.test:8080", "exp": fmt.Sprint(in(time.Minute))}, "", ""},
		{"host without a scheme", d, key, map[string]any{"aud": "stoa.test:8080", "exp": in(time.Minute)}, "", ""},
		{"host without a port", d, key, map[string]any{"aud": "stoa.test", "exp": in(time.Minute)}, "", ""},
		{"a list of audiences", d, key, map[string]any{"aud": []string{"https://x.example", "http://stoa.test:8080"}, "exp": in(time.Minute)}, "", ""},
		{"far ahead", d, key, map[string]any{"aud": "http://stoa.test:8080", "exp": 4e9}, "", ""},
		{"absurdly far ahead", d, key, map[string]any{"aud": "http://stoa.test:8080", "exp": 4e15}, "", ""},
		{"a fraction of a second", d, key, map[string]any{"aud": "http://stoa.test:8080", "exp": float64(in(time.Minute)) + 0.5}, "", ""},
		{"prn instead of sub", d, key, map[string]any{"aud": "http://stoa.test:8080", "exp": in(time.Minute), "sub": "", "prn": "ann@harborview.example"}, "", ""},
		{"vendor's host in development", development, key, map[string]any{"aud": "https://login.salesforce.com", "exp": in(time.Minute)}, "", ""},
		{"vendor's host", d, key, map[string]any{"aud": "https://login.salesforce.com", "exp": in(time.Minute)}, "invalid_grant", "audience is invalid"},
		{"a host that only ends alike", development, key, map[string]any{"aud": "https://evilsalesforce.com", "exp": in(time.Minute)}, "invalid_grant", "audience is invalid"},
		{"another server", d, key, map[string]any{"aud": "https://other.example", "exp": in(time.Minute)}, "invalid_grant", "audience is invalid"},
		{"no audience", d, key, map[string]any{"exp": in(time.Minute)}, "invalid_grant", "audience is invalid"},
		{"expired", d, key, map[string]any{"aud": "http://stoa.test:8080", "exp": in(-6 * time.Minute)}, "invalid_grant", "invalid assertion: expired"},
		{"no end", d, key, map[string]any{"aud": "http://stoa.test:8080"}, "invalid_grant", "invalid assertion: exp is missing"},
		{"issued long ago, far ahead", d, key, map[string]any{"aud": "http://stoa.test:8080", "iat": in(-25 * time.Hour), "exp": 4e9}, "invalid_grant", "invalid assertion: expired"},
		{"issued tomorrow", d, key, map[string]any{"aud": "http://stoa.test:8080", "iat": in(24 * time.Hour), "exp": 4e9}, "invalid_grant", "invalid assertion: issued in the future"},
		{"not yet", d, key, map[string]any{"aud": "http://stoa.test:8080", "nbf": in(24 * time.Hour), "exp": 4e9}, "invalid_grant", "invalid assertion: not yet valid"},
		{"end is no time", d, key, map[string]any{"aud": "http://stoa.test:8080", "exp": "soon"}, "invalid_grant", "invalid assertion"},
		{"another key", d, other, map[string]any{"aud": "http://stoa.test:8080", "exp": in(time.Minute)}, "invalid_grant", "invalid assertion"},
		{"unknown client", d, key, map[string]any{"iss": "x", "aud": "http://stoa.test:8080", "exp": in(time.Minute)}, "invalid_client_id", "client identifier invalid"},
		{"client without a key", d, key, map[string]any{"iss": "keyless", "aud": "http://stoa.test:8080", "exp": in(time.Minute)}, "unauthorized_client", "this app may not use assertions"},
		{"unknown user", d, key, map[string]any{"sub": "x", "aud": "http://stoa.test:8080", "exp": in(time.Minute)}, "invalid_grant", "user hasn't approved this consumer"},
		{"user who has not agreed", d, key, map[string]any{"iss": "asking", "aud": "http://stoa.test:8080", "exp": in(time.Minute)}, "invalid_grant", "user hasn't approved this consumer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for k, v := range map[string]any{"iss": "jwt", "sub": "ann@harborview.example", "jti": i} {
				if _, ok := c.claims[k]; !ok {
					c.claims[k] = v
				}
			}
			assertion := sign(t, c.key, c.claims)
			resp := c.door.post("/services/oauth2/token", form("grant_type", auth.GrantJWT, "assertion", assertion))
			if c.code != "" {
				if got := d.object(resp, 400); got["error"] != c.code || got["error_description"] != c.why {
					t.Errorf("%v", got)
				}
				return
			}
			if got := d.object(resp, 200); got["refresh_token"] != nil {
				t.Errorf("%v", got)
			}
			again := c.door.post("/services/oauth2/token", form("grant_type", auth.GrantJWT, "assertion", assertion))
			if got := d.object(again, 400); got["error_description"] != "invalid assertion: it was used before" {
				t.Errorf("%v", got)
			}
		})
	}
}

func sign(t *testing.T, key *rsa.PrivateKey, claims map[string]any) string {
	t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(s).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}
