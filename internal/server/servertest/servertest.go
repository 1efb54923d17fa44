// Package servertest runs a whole server for a test: fresh data, every door,
// an administrator and a standard user, on each engine. It knows the server
// only from outside, by its API; its one invariant is that a test which ends
// leaves neither data nor goroutines.
package servertest

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"stoa/apps"
	"stoa/internal/server"
	"stoa/internal/store/storetest"
)

// The people and the connected app of every server.
const (
	Admin        = "admin@stoa.example"
	User         = "user@stoa.example"
	Password     = "correct horse 9 battery"
	ClientID     = "stoa.test"
	ClientSecret = "stoa.test.secret"
)

// API is the path of the newest version.
const API = "/services/data/v66.0"

// A Server is a running server.
type Server struct {
	URL       string
	Engine    string // sqlite or postgres
	Token     string // of the administrator
	UserToken string // of a user with the profile Standard User
	UserID    string
	Mail      string // where mail is taken, "" unless the settings say so
}

// Each runs f against a server on each engine: SQLite, and PostgreSQL where STOA_TEST_POSTGRES names one.
func Each(t *testing.T, f func(t *testing.T, s *Server)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, Start(t, server.Settings{})) })
	t.Run("postgres", func(t *testing.T) {
		database, schema := storetest.Schema(t)
		f(t, Start(t, server.Settings{Database: database, Schema: schema}))
	})
}

// Start starts a server that stops when the test ends. What the settings leave open is what tests want.
func Start(t testing.TB, set server.Settings) *Server {
	t.Helper()
	if set.DataDir == "" {
		set.DataDir = t.TempDir()
	}
	set.Listen, set.OrgName, set.AdminUsername, set.AdminPassword = "127.0.0.1:0", "Stoa test", Admin, Password
	set.DemoApp, set.ClientID, set.ClientSecret = true, ClientID, ClientSecret
	if set.Apps == nil {
		set.Apps = apps.All()
	}
	if set.Log == nil {
		set.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	srv, err := server.New(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- srv.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		http.DefaultClient.CloseIdleConnections()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("the server stopped: %v", err)
			}
		case <-time.After(time.Minute):
			t.Error("the server does not stop")
		}
	})
	s := &Server{URL: srv.URL(), Engine: "sqlite", Mail: srv.MailAddress()}
	if set.Database != "" {
		s.Engine = "postgres"
	}
	s.Token = s.SignIn(t, Admin, Password)
	s.addUser(t)
	return s
}

// SignIn returns an access token for a name and a password.
func (s *Server) SignIn(t testing.TB, username, password string) string {
	t.Helper()
	form := url.Values{"grant_type": {"password"}, "client_id": {ClientID}, "client_secret": {ClientSecret}, "username": {username}, "password": {password}}
	a := s.Do(t, Request{Method: "POST", Path: "/services/oauth2/token", Body: form.Encode(), Header: []string{"Content-Type", "application/x-www-form-urlencoded"}})
	var token struct {
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(a.Body), &token); err != nil || token.Access == "" {
		t.Fatalf("sign in as %s: %d %s", username, a.Status, a.Body)
	}
	return token.Access
}

func (s *Server) addUser(t testing.TB) {
	t.Helper()
	profile := s.Query(t, "SELECT Id FROM Profile WHERE Name = 'Standard User'")
	if len(profile) != 1 {
		t.Fatalf("%d profiles are called Standard User", len(profile))
	}
	s.UserID = s.Create(t, "User", map[string]any{
		"Username": User, "FirstName": "Uma", "LastName": "Standard", "Email": User, "Alias": "uma", "CommunityNickname": "uma", "IsActive": true,
		"ProfileId": profile[0]["Id"], "TimeZoneSidKey": "UTC", "LocaleSidKey": "en_US", "LanguageLocaleKey": "en_US", "EmailEncodingKey": "UTF-8",
	})
	a := s.Do(t, Request{Method: "POST", Path: API + "/sobjects/User/" + s.UserID + "/password", Token: s.Token, Body: `{"NewPassword":"` + Password + `"}`})
	if a.Status != http.StatusNoContent {
		t.Fatalf("set password: %d %s", a.Status, a.Body)
	}
	s.UserToken = s.SignIn(t, User, Password)
}

// A Request is what Do sends.
type Request struct {
	Method, Path string
	Token        string // "" sends none
	Body         string
	Header       []string // names and values in turn
}

// An Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Do sends a request and returns the answer. It follows no redirect.
func (s *Server) Do(t testing.TB, r Request) Answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), r.Method, s.URL, strings.NewReader(r.Body))
	if err != nil {
		t.Fatal(err)
	}
	// As it is written: a client may send any path, and tests want theirs sent unchanged.
	path, query, _ := strings.Cut(r.Path, "?")
	if req.URL.Path, err = url.PathUnescape(path); err != nil {
		t.Fatal(err)
	}
	req.URL.RawPath, req.URL.RawQuery, req.URL.Opaque = path, query, "//"+req.URL.Host+path
	if r.Token != "" {
		req.Header.Set("Authorization", "Bearer "+r.Token)
	}
	if strings.HasPrefix(r.Body, "{") || strings.HasPrefix(r.Body, "[") {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(r.Header); i += 2 {
		req.Header.Set(r.Header[i], r.Header[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return Answer{resp.StatusCode, resp.Header, string(b)}
}

// Create creates a record as the administrator and returns its id.
func (s *Server) Create(t testing.TB, object string, fields map[string]any) string {
	t.Helper()
	body, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	a := s.Do(t, Request{Method: "POST", Path: API + "/sobjects/" + object, Token: s.Token, Body: string(body)})
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(a.Body), &made); err != nil || made.ID == "" {
		t.Fatalf("create %s: %d %s", object, a.Status, a.Body)
	}
	return made.ID
}

// Query returns the first batch of a query's records, as the administrator sees them.
func (s *Server) Query(t testing.TB, soql string) []map[string]any {
	t.Helper()
	a := s.Do(t, Request{Method: "GET", Path: API + "/query?q=" + url.QueryEscape(soql), Token: s.Token})
	var res struct{ Records []map[string]any }
	if err := json.Unmarshal([]byte(a.Body), &res); err != nil || a.Status != http.StatusOK {
		t.Fatalf("%s: %d %s", soql, a.Status, a.Body)
	}
	return res.Records
}
