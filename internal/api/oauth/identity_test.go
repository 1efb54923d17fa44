package oauth_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"stoa/internal/api/oauth"
	"stoa/internal/auth"
)

func TestUserinfo(t *testing.T) {
	t.Parallel()
	d := open(t, auth.Options{})
	token := d.token("")
	for _, resp := range []*http.Response{
		d.get("/services/oauth2/userinfo", "Authorization", "Bearer "+token),
		d.get("/services/oauth2/userinfo/", "Authorization", "OAuth "+token),
		d.post("/services/oauth2/userinfo", form("access_token", token)),
	} {
		got := d.object(resp, 200)
		if got["user_id"] != string(ann) || got["organization_id"] != string(d.org.ID()) || got["preferred_username"] != "ann@harborview.example" ||
			got["given_name"] != "Ann" || got["family_name"] != "Lee" || got["user_type"] != "STANDARD" || got["utcOffset"] != float64(-21600000) {
			t.Errorf("%v", got)
		}
		if u := got["urls"].(map[string]any); u["rest"] != "http://stoa.test:8080/services/data/v{version}/" {
			t.Errorf("%v", u)
		}
	}
	for _, c := range [][2]string{{"Bearer x", "Bad_OAuth_Token"}, {"", "Missing_OAuth_Token"}} {
		resp := d.get("/services/oauth2/userinfo", "Authorization", c[0])
		if got := text(t, resp); resp.StatusCode != 403 || got != c[1] {
			t.Errorf("%q: %d %s", c[0], resp.StatusCode, got)
		}
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	d := open(t, auth.Options{})
	token := d.token("")
	path := "/id/" + string(d.org.ID()) + "/" + string(ann)
	got := d.object(d.get(path+"?format=json&oauth_token="+url.QueryEscape(token)), 200)
	if got["id"] != "http://stoa.test:8080"+path || got["username"] != "ann@harborview.example" || got["display_name"] != "Ann Lee" || got["timezone"] != "America/Chicago" {
		t.Errorf("%v", got)
	}
	d.object(d.get("/id/"+d.org.ID().Short()+"/"+ann.Short(), "Authorization", "Bearer "+token), 200)
	resp := d.get(path+"?format=xml", "Authorization", "Bearer "+token)
	if b := text(t, resp); !strings.Contains(b, "<user_id>"+string(ann)+"</user_id>") {
		t.Errorf("%s", b)
	}
	for _, path := range []string{path + "?oauth_token=x", path, "/id/" + string(d.org.ID()) + "/005010000000009AAA?oauth_token=" + url.QueryEscape(token)} {
		if resp := d.get(path); resp.StatusCode != 403 {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	d := open(t, auth.Options{})
	d.app(auth.App{ID: "plain", Name: "Plain", Trusted: true, Redirects: []string{"https://app.example/back"}})
	d.signIn()
	first := d.refreshed("plain")
	second := d.token("")
	resp := d.post("/services/oauth2/revoke", form("token", second))
	if b := text(t, resp); resp.StatusCode != 200 || b != "" {
		t.Errorf("%d %q", resp.StatusCode, b)
	}
	if _, _, err := d.gate.Session(t.Context(), second); err == nil {
		t.Error("the access token still works")
	}
	if resp := d.post("/services/oauth2/revoke", form("token", first["refresh_token"].(string))); resp.StatusCode != 200 {
		t.Errorf("%d", resp.StatusCode)
	}
	if _, _, err := d.gate.Session(t.Context(), first["access_token"].(string)); err == nil {
		t.Error("the access token outlives its refresh token")
	}
	resp = d.get("/services/oauth2/revoke?token=" + url.QueryEscape(second))
	v, err := url.ParseQuery(text(t, resp))
	if resp.StatusCode != 400 || err != nil || v.Get("error") != "invalid_token" || v.Get("error_description") == "" {
		t.Errorf("%d %v %v", resp.StatusCode, v, err)
	}
}

func TestIntrospect(t *testing.T) {
	t.Parallel()
	d := open(t, auth.Options{})
	d.app(auth.App{ID: "other", Name: "Other"})
	d.app(auth.App{ID: "plain", Name: "Plain", Trusted: true, Redirects: []string{"https://app.example/back"}})
	d.signIn()
	token := d.token("api")
	ask := func(client, token string) map[string]any {
		return d.object(d.post("/services/oauth2/introspect", form("client_id", client, "client_secret", secret, "token", token)), 200)
	}
	got := ask("app", token)
	if got["active"] != true || got["scope"] != "api" || got["username"] != "ann@harborview.example" || got["client_id"] != "app" ||
		got["exp"] != float64(d.org.Now().Add(12*time.Hour).Unix()) {
		t.Errorf("%v", got)
	}
	refresh := d.refreshed("plain")["refresh_token"].(string)
	if got := ask("plain", refresh); got["active"] != true || got["token_type"] != "refresh_token" {
		t.Errorf("%v", got)
	}
	for _, c := range [][2]string{{"other", token}, {"app", "x"}, {"app", refresh}} {
		if got := ask(c[0], c[1]); got["active"] != false || len(got) != 1 {
			t.Errorf("%v", got)
		}
	}
	d.object(d.post("/services/oauth2/introspect", form("client_id", "app", "client_secret", "x", "token", token)), 400)
}

func TestFrontDoor(t *testing.T) {
	t.Parallel()
	d := open(t, auth.Options{})
	token := d.token("api web")
	single := func(redirect string) string {
		t.Helper()
		got := d.object(d.get("/services/oauth2/singleaccess?redirect_uri="+url.QueryEscape(redirect), "Authorization", "Bearer "+token), 200)
		uri := got["frontdoor_uri"].(string)
		if !strings.HasPrefix(uri, "http://stoa.test:8080/secur/frontdoor.jsp?") {
			t.Fatalf("%s", uri)
		}
		return strings.TrimPrefix(uri, "http://stoa.test:8080")
	}
	sid := func(resp *http.Response) string {
		for _, c := range resp.Cookies() {
			if c.Name == "sid" && c.HttpOnly && c.SameSite == http.SameSiteLaxMode && !c.Secure {
				return c.Value
			}
		}
		return ""
	}
	t.Run("one-time password", func(t *testing.T) {
		uri := single("lightning/o/Case/list")
		resp := d.get(uri)
		if u := d.location(resp); u.String() != "/lightning/o/Case/list" {
			t.Errorf("leads to %s", u)
		}
		s, _, err := d.gate.Session(t.Context(), sid(resp))
		if err != nil || s.Kind != auth.UI || sid(resp) == token {
			t.Errorf("%+v, %v", s, err)
		}
		if again := d.get(uri); sid(again) != "" || d.location(again).Path != "/login" {
			t.Error("it works twice")
		}
	})
	t.Run("too late", func(t *testing.T) {
		uri := single("/")
		d.org.Sleep(2 * time.Minute)
		if resp := d.get(uri); sid(resp) != "" {
			t.Error("it works after its time")
		}
	})
	for _, c := range []struct{ target, want string }{
		{"/console/o/Case", "/console/o/Case"}, {"http://stoa.test:8080/console", "/console"}, {"", "/console"}, {"lightning", "/lightning"},
		{"https://evil.example/", "/console"}, {"//evil.example", "/console"}, {"/\\evil.example", "/console"}, {"\\\\evil.example", "/console"},
		{"http://stoa.test:8080.evil.example/", "/console"}, {"http://stoa.test:8080@evil.example/", "/console"}, {"javascript:alert(1)", "/console"},
		{"http://stoa.test:8080//evil.example", "/console"},
	} {
		resp := d.get("/secur/frontdoor.jsp?sid=" + url.QueryEscape(token) + "&retURL=" + url.QueryEscape(c.target))
		if u := d.location(resp); u.String() != c.want || sid(resp) == "" || sid(resp) == token {
			t.Errorf("%q leads to %s", c.target, u)
		}
	}
	narrow := d.token("api")
	if resp := d.get("/secur/frontdoor.jsp?sid=" + url.QueryEscape(narrow)); sid(resp) != "" {
		t.Error("a token without web opens a browser session")
	}
	if resp := d.get("/services/oauth2/singleaccess", "Authorization", "Bearer "+narrow); resp.StatusCode != 403 {
		t.Errorf("%d", resp.StatusCode)
	}
	d.signIn()
	ui := d.sid
	if resp := d.get("/secur/frontdoor.jsp?sid=" + url.QueryEscape(ui)); sid(resp) != ui {
		t.Error("a browser session stays the same")
	}
}

func TestDeviceFlow(t *testing.T) {
	t.Parallel()
	d := open(t, auth.Options{})
	start := func() map[string]any {
		t.Helper()
		return d.object(d.post("/services/oauth2/token", form("response_type", "device_code", "client_id", "PlatformCLI", "scope", "api refresh_token")), 200)
	}
	poll := func(got map[string]any, status int) map[string]any {
		t.Helper()
		d.org.Sleep(5 * time.Second)
		return d.object(d.post("/services/oauth2/token", form("grant_type", "device", "client_id", "PlatformCLI", "code", got["device_code"].(string))), status)
	}
	got := start()
	if got["verification_uri"] != "http://stoa.test:8080/services/oauth2/device" || got["interval"] != float64(5) {
		t.Errorf("%v", got)
	}
	if e := poll(got, 400); e["error"] != "authorization_pending" {
		t.Errorf("%v", e)
	}
	if e := d.object(d.post("/services/oauth2/token", form("grant_type", "device", "client_id", "PlatformCLI", "code", got["device_code"].(string))), 400); e["error"] != "slow_down" {
		t.Errorf("%v", e)
	}
	page := "/services/oauth2/device?user_code=" + strings.ToLower(got["user_code"].(string))
	if u := d.location(d.get(page)); u.Path != "/login" || u.Query().Get("to") != page {
		t.Errorf("%s", u)
	}
	d.signIn()
	if p := text(t, d.get("/services/oauth2/device?user_code=WRONG")); !strings.Contains(p, "wrong or too old") {
		t.Error("a wrong code is not refused")
	}
	d.agree(d.get(page), "allow")
	token := poll(got, 200)
	if token["scope"] != "api refresh_token" || token["refresh_token"] == nil {
		t.Errorf("%v", token)
	}
	if e := poll(got, 400); e["error"] != "expired_token" {
		t.Errorf("%v", e)
	}
	got = start()
	d.agree(d.get("/services/oauth2/device?user_code="+got["user_code"].(string)), "deny")
	if e := poll(got, 400); e["error"] != "access_denied" {
		t.Errorf("%v", e)
	}
	got = start()
	d.org.Sleep(16 * time.Minute)
	if e := poll(got, 400); e["error"] != "expired_token" {
		t.Errorf("%v", e)
	}
}

func TestPasswordPage(t *testing.T) {
	t.Parallel()
	d := open(t, auth.Options{})
	if u := d.location(d.get(oauth.PasswordPath)); u.Path != "/login" {
		t.Errorf("%s", u)
	}
	if err := d.gate.SetPassword(t.Context(), ann, password, auth.PasswordOptions{MustChange: true}); err != nil {
		t.Fatal(err)
	}
	d.signIn()
	if u := d.location(d.authorization("response_type", "code", "client_id", "app", "redirect_uri", "https://app.example/back")); u.Path != "/login" {
		t.Errorf("who must change the password got to %s", u)
	}
	page := text(t, d.get(oauth.PasswordPath+"?retURL=/console/o/Case"))
	token := regexp.MustCompile(`name="form_token" value="([^"]+)"`).FindStringSubmatch(page)[1]
	for _, c := range []struct {
		token, old, word, again string
		status                  int
		want                    string
	}{
		{"forged", password, "another horse 8", "another horse 8", 403, "too old"},
		{token, "wrong", "another horse 8", "another horse 8", 422, "old password is wrong"},
		{token, password, "another horse 8", "another horse 9", 422, "differ"},
		{token, password, "short", "short", 422, "at least 8 characters"},
		{token, password, "another horse 8", "another horse 8", 303, ""},
	} {
		resp := d.post(oauth.PasswordPath, form("form_token", c.token, "old", c.old, "new", c.word, "again", c.again, "retURL", "/console/o/Case"))
		if got := text(t, resp); resp.StatusCode != c.status || !strings.Contains(got, c.want) {
			t.Errorf("%q: %d %s", c.want, resp.StatusCode, got)
		}
	}
	if u := d.location(d.authorization("response_type", "code", "client_id", "app", "redirect_uri", "https://app.example/back", "prompt", "none")); u.Query().Get("error") != "consent_required" {
		t.Errorf("%s", u)
	}
}
