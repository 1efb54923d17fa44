package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"
)

const (
	admin    = "admin@harborview.example"
	agent    = "mara.lindqvist@harborview.example"
	password = "Load-test-2026"
	api      = "/services/data/v64.0"

	clientID     = "load"
	clientSecret = "load-secret"
)

// fields are the twenty columns of the list that is compared with a scan in C.
var fields = strings.Fields(`Id IsDeleted AccountId LastName FirstName Name MailingStreet MailingCity MailingPostalCode MailingCountry
	Phone MobilePhone Email Birthdate LeadSource Description OwnerId CreatedDate LastModifiedDate SystemModstamp`)

func (b *bench) run() error {
	bin := b.path("stoa")
	if err := build(b.ctx, bin); err != nil {
		return err
	}
	info, err := os.Stat(bin)
	if err != nil {
		return err
	}
	b.atMost("stripped binary, MiB", float64(info.Size())/(1<<20), 40)

	s, err := b.city(bin)
	if err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		run  func() error
	}{
		{"requests", func() error { return b.requests(s, b.path("data")) }},
		{"pages", func() error { return b.pages(s) }},
		{"pocketbase", func() error { return b.pocketBase(s) }},
		{"commits", b.commits},
	} {
		if !b.wants(part.name) || b.quick && part.name == "pocketbase" {
			continue
		}
		if err := part.run(); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

// build makes the binary as it is released.
func build(ctx context.Context, bin string) error {
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", bin, "./cmd/stoa")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w: %s", err, out)
	}
	return nil
}

// city returns a server on the demo's data and one large table, which are made if the folder has none.
func (b *bench) city(bin string) (*proc, error) {
	data := b.path("data")
	env := []string{"STOA_ADMIN_PASSWORD=" + password, "STOA_CLIENT_ID=" + clientID, "STOA_CLIENT_SECRET=" + clientSecret, "STOA_LOG_LEVEL=warn", "STOA_DEMO_SCALE=" + b.scale}
	addr := freeAddress()
	start := func() (*proc, time.Duration, error) {
		return b.start("stoa", addr, "/readyz", env, bin, "demo", "--data", data, "--listen", addr)
	}
	if _, err := os.Stat(data); err != nil {
		s, took, err := start()
		if err != nil {
			return nil, err
		}
		b.atMost("demo loads, s CPU (scale "+b.scale+")", s.cpu().Seconds(), 30)
		b.note("demo loads, s wall", took.Seconds())
		if err := b.largeTable(s); err != nil {
			return nil, err
		}
		s.end()
	}
	if !b.wants("start") {
		s, _, err := start()
		return s, err
	}
	var cpu, wall []float64
	for {
		s, took, err := start()
		if err != nil {
			return nil, err
		}
		cpu, wall = append(cpu, s.cpu().Seconds()), append(wall, took.Seconds())
		if len(cpu) < b.rounds {
			s.end()
			continue
		}
		b.atMost("start on existing data until it answers, s CPU", median(cpu), 0.3)
		b.note("the same, s wall", median(wall))
		time.Sleep(2 * time.Second)
		b.atMost("memory when idle, MiB", s.rss(), 60)
		return s, nil
	}
}

// login returns an access token by user name and password.
func login(s *proc, user string) (string, error) {
	form := url.Values{"grant_type": {"password"}, "client_id": {clientID}, "client_secret": {clientSecret}, "username": {user}, "password": {password}}
	resp, err := client.PostForm(s.url+"/services/oauth2/token", form)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var t struct {
		AccessToken string `json:"access_token"`
		Description string `json:"error_description"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&t); err != nil || t.AccessToken == "" {
		return "", fmt.Errorf("login %s: %s %v", user, t.Description, err)
	}
	return t.AccessToken, nil
}

// request makes a request with a JSON body, nil for none, as whoever the token is of, "" for nobody.
func request(ctx context.Context, method, u, token string, body any) (*http.Request, error) {
	var r bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&r).Encode(body); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, u, &r)
	if err != nil {
		return nil, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept-Encoding", "identity")
	return req, nil
}

func get(s *proc, token, path string, out any) error {
	req, err := request(context.Background(), http.MethodGet, s.url+path, token, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		return fmt.Errorf("GET %s: %s", path, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(out)
}

// length returns how many bytes a path answers.
func length(s *proc, token, path string) (int, error) {
	var raw json.RawMessage
	err := get(s, token, path, &raw)
	return len(raw), err
}

func query(soql string) string { return api + "/query?q=" + url.QueryEscape(soql) }

// ids returns the ids that a query finds.
func ids(s *proc, token, soql string) ([]string, error) {
	var out struct {
		Records []struct {
			ID string `json:"Id"`
		}
	}
	err := get(s, token, query(soql), &out)
	all := make([]string, len(out.Records))
	for i, r := range out.Records {
		all[i] = r.ID
	}
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("%s finds nothing", soql)
	}
	return all, err
}

// largeTable fills tasks up to the number of rows that the list goal names, and gives the agent a password.
func (b *bench) largeTable(s *proc) error {
	token, err := login(s, admin)
	if err != nil {
		return err
	}
	begun := s.cpu()
	for from := 0; from < b.big; from += 200 {
		records := make([]map[string]any, 200)
		for i := range records {
			n := from + i
			records[i] = map[string]any{"attributes": map[string]string{"type": "Task"}, "Subject": fmt.Sprintf("Call number %d", n),
				"Status": []string{"Not Started", "In Progress", "Completed"}[n%3], "Priority": "Normal", "ActivityDate": fmt.Sprintf("2026-%02d-%02d", 1+n%12, 1+n%28)}
		}
		req, err := request(b.ctx, http.MethodPost, s.url+api+"/composite/sobjects", token, map[string]any{"allOrNone": true, "records": records})
		if err != nil {
			return err
		}
		if err := send(req); err != nil {
			return err
		}
	}
	b.note("bulk insert through composite/sobjects, µs CPU a row", float64((s.cpu()-begun).Microseconds())/float64(b.big))
	users, err := ids(s, token, "SELECT Id FROM User WHERE Username = '"+agent+"'")
	if err != nil {
		return err
	}
	req, err := request(b.ctx, http.MethodPost, s.url+api+"/sobjects/User/"+users[0]+"/password", token, map[string]string{"NewPassword": password})
	if err != nil {
		return err
	}
	return send(req)
}
