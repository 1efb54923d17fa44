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
)

// fields are the twenty columns of the list that is compared with a scan in C.
var fields = strings.Fields(`Id IsDeleted AccountId LastName FirstName Name MailingStreet MailingCity MailingPostalCode MailingCountry
	Phone MobilePhone Email Birthdate LeadSource Description OwnerId CreatedDate LastModifiedDate SystemModstamp`)

func (b *bench) run() error {
	bin := b.path("stoa")
	build := exec.CommandContext(b.ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", bin, "./cmd/stoa")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w: %s", err, out)
	}
	info, err := os.Stat(bin)
	if err != nil {
		return err
	}
	size := float64(info.Size()) / (1 << 20)
	b.say("stripped binary, MiB", fmt.Sprintf("%.1f", size), "≤ 40", size <= 40)

	data := b.path("data")
	env := []string{"STOA_ADMIN_PASSWORD=" + password, "STOA_CLIENT_ID=load", "STOA_CLIENT_SECRET=load-secret", "STOA_LOG_LEVEL=warn", "STOA_DEMO_SCALE=" + b.scale}
	addr := freeAddress()
	s, took, err := b.start("stoa", addr, "/readyz", env, bin, "demo", "--data", data, "--listen", addr)
	if err != nil {
		return err
	}
	b.say("demo loads, s (scale "+b.scale+")", fmt.Sprintf("%.1f", took.Seconds()), "< 30", took < 30*time.Second)
	if err := b.largeTable(s); err != nil {
		return err
	}
	s.end()
	var starts []float64
	for range b.rounds {
		if s, took, err = b.start("stoa", addr, "/readyz", env, bin, "demo", "--data", data, "--listen", addr); err != nil {
			return err
		}
		starts = append(starts, took.Seconds())
		if len(starts) < b.rounds {
			s.end()
		}
	}
	b.say("start on existing data, s", fmt.Sprintf("%.2f", median(starts)), "≤ 0.3", median(starts) <= 0.3)
	time.Sleep(2 * time.Second)
	b.say("memory when idle, MiB", fmt.Sprintf("%.0f", s.rss()), "≤ 60", s.rss() <= 60)

	if err := b.requests(s, data); err != nil {
		return err
	}
	if err := b.commits(); err != nil {
		return err
	}
	if !b.quick {
		return b.pocketBase(s)
	}
	return nil
}

// login returns an access token by user name and password.
func login(s *proc, user string) (string, error) {
	form := url.Values{"grant_type": {"password"}, "client_id": {"load"}, "client_secret": {"load-secret"}, "username": {user}, "password": {password}}
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
	req.Header.Set("Authorization", "Bearer "+token)
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
	b.note("bulk insert through composite/sobjects, µs CPU a row", fmt.Sprintf("%.0f", float64((s.cpu()-begun).Microseconds())/float64(b.big)))
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
