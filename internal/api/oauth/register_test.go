package oauth_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"stoa/internal/api/oauth"
	"stoa/internal/auth"
	"stoa/internal/org"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// TestRegistration holds that an administrator's program can make a connected app and sign in with it, on a real org in each store.
func TestRegistration(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	storetest.Each(t, func(t *testing.T, db store.DB) {
		o, err := org.Open(t.Context(), org.Settings{DB: db, JournalDir: t.TempDir(), Report: func(err error) { t.Error(err) }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = o.Close(context.Background()) })
		if err := o.Create(t.Context(), org.NewOrg{Name: "City of Harborview", AdminUsername: "ann@harborview.example"}); err != nil {
			t.Fatal(err)
		}
		d := &door{t: t, gate: auth.New(o, auth.Options{FailureTime: time.Nanosecond}), mux: http.NewServeMux()}
		oauth.Routes(d.mux, oauth.Options{Gate: d.gate})
		if err := d.gate.SetPassword(t.Context(), o.Admin(), password, auth.PasswordOptions{}); err != nil {
			t.Fatal(err)
		}
		tokens, err := d.gate.Issue(t.Context(), auth.Login{User: o.Admin()}, false)
		if err != nil {
			t.Fatal(err)
		}
		bearer := []string{"Authorization", "Bearer " + tokens.Access, "Content-Type", "application/json"}
		send := func(method, path string, body any, status int) map[string]any {
			t.Helper()
			b, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			return d.object(d.do(method, path, strings.NewReader(string(b)), bearer...), status)
		}
		made := send("POST", "/services/oauth2/register", map[string]any{
			"client_name": "Import", "stoa_run_as": "ann@harborview.example", "stoa_trusted": true, "stoa_purpose": "casework", "redirect_uris": []string{"https://app.example/back"},
			"jwks": jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey}}},
		}, 201)
		id, secret := made["client_id"].(string), made["client_secret"].(string)
		got := d.object(d.post("/services/oauth2/token", form("grant_type", "client_credentials", "client_id", id, "client_secret", secret)), 200)
		s, _, err := d.gate.Session(t.Context(), got["access_token"].(string))
		if err != nil || s.Default != "casework" {
			t.Errorf("%+v, %v", s, err)
		}
		assertion := sign(t, key, map[string]any{"iss": id, "sub": "ann@harborview.example", "aud": "http://stoa.test:8080", "exp": time.Now().Add(time.Minute).Unix()})
		got = d.object(d.post("/services/oauth2/token", form("grant_type", auth.GrantJWT, "assertion", assertion)), 200)
		info := d.object(d.get("/services/oauth2/userinfo", "Authorization", "Bearer "+got["access_token"].(string)), 200)
		if info["user_id"] != string(o.Admin()) || info["updated_at"] == nil {
			t.Errorf("%v", info)
		}

		at := "/services/oauth2/register/" + id
		if shown := send("GET", at, nil, 200); shown["client_secret"] != nil || shown["stoa_run_as"] != "ann@harborview.example" || shown["jwks"] == nil {
			t.Errorf("%v", shown)
		}
		next := send("POST", at+"/secret", nil, 200)["client_secret"].(string)
		d.object(d.post("/services/oauth2/token", form("grant_type", "client_credentials", "client_id", id, "client_secret", secret)), 400)
		if changed := send("PUT", at, map[string]any{"client_name": "Renamed", "stoa_run_as": "ann@harborview.example"}, 200); changed["client_name"] != "Renamed" || changed["client_secret"] != nil {
			t.Errorf("%v", changed)
		}
		d.object(d.post("/services/oauth2/token", form("grant_type", "client_credentials", "client_id", id, "client_secret", next)), 200)
		for _, bad := range []map[string]any{
			{}, {"client_name": "x", "client_id": id}, {"client_name": "x", "stoa_run_as": "nobody"}, {"client_name": "x", "scope": "moon"},
			{"client_name": "x", "redirect_uris": []string{"http://app.example/"}}, {"client_name": "x", "jwks": map[string]any{"keys": []any{}}},
		} {
			if e := send("POST", "/services/oauth2/register", bad, 400); e["error"] != "invalid_client_metadata" {
				t.Errorf("%v: %v", bad, e)
			}
		}
		if resp := d.do("DELETE", at, nil, bearer...); resp.StatusCode != 204 {
			t.Errorf("%d", resp.StatusCode)
		}
		send("GET", at, nil, 404)
		if _, _, err := d.gate.Session(t.Context(), got["access_token"].(string)); err == nil {
			t.Error("the app's tokens outlive it")
		}
		var all []map[string]any
		if err := json.NewDecoder(d.get("/services/oauth2/register", bearer...).Body).Decode(&all); err != nil || len(all) != 2 {
			t.Errorf("%v, %v", all, err)
		}
		bearer[1] = "Bearer x"
		send("POST", "/services/oauth2/register", map[string]any{"client_name": "x"}, 401)
	})
}
