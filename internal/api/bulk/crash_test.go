package bulk_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"stoa/apps"
	"stoa/internal/server"
	"stoa/internal/server/servertest"
	"stoa/internal/store/storetest"
)

// crashing holds the settings of the server that a child of TestAJobOutlivesItsServer is: folder, database, schema, address.
const crashing = "STOA_TEST_BULK_SERVER"

// TestAJobOutlivesItsServer kills a server in the middle of a load: the next one goes on where the first was, and each
// row is there once.
func TestAJobOutlivesItsServer(t *testing.T) {
	if set := os.Getenv(crashing); set != "" {
		serveChild(t, strings.Split(set, "\n"))
		return
	}
	t.Run("sqlite", func(t *testing.T) { outlives(t, "", "") })
	t.Run("postgres", func(t *testing.T) {
		database, schema := storetest.Schema(t)
		outlives(t, database, schema)
	})
}

func serveChild(t *testing.T, set []string) {
	s, err := server.New(t.Context(), server.Settings{
		DataDir: set[0], Database: set[1], Schema: set[2], Listen: "127.0.0.1:0", OrgName: "Crash", AdminUsername: servertest.Admin, AdminPassword: servertest.Password,
		DemoApp: true, ClientID: servertest.ClientID, ClientSecret: servertest.ClientSecret, Apps: apps.All(),
	})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("at " + s.URL())
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A victim is a server in a process of its own.
type victim struct {
	t     *testing.T
	cmd   *exec.Cmd
	url   string
	token string
}

func startVictim(t *testing.T, dir, database, schema string) *victim {
	t.Helper()
	v := &victim{t: t, cmd: exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAJobOutlivesItsServer$", "-test.timeout=5m")}
	v.cmd.Env = append(os.Environ(), crashing+"="+strings.Join([]string{dir, database, schema}, "\n"))
	out, err := v.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.kill)
	for line := ""; !strings.HasPrefix(line, "at "); {
		if _, err := fmt.Fscanf(out, "at %s\n", &line); err != nil {
			t.Fatalf("the server does not start: %v", err)
		}
		v.url, line = line, "at "
	}
	form := url.Values{"grant_type": {"password"}, "client_id": {servertest.ClientID}, "client_secret": {servertest.ClientSecret}, "username": {servertest.Admin}, "password": {servertest.Password}}
	var token struct {
		Access string `json:"access_token"`
	}
	v.ask("POST", "/services/oauth2/token", form.Encode(), "application/x-www-form-urlencoded", &token)
	v.token = token.Access
	return v
}

func (v *victim) kill() {
	_ = v.cmd.Process.Kill() // it may have ended
	_ = v.cmd.Wait()
}

func (v *victim) ask(method, path, body, kind string, out any) []byte {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.url+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Authorization", "Bearer "+v.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 || out != nil && json.Unmarshal(text, out) != nil {
		v.t.Fatalf("%s %s: %d %s %v", method, path, resp.StatusCode, text, err)
	}
	return text
}

type jobInfo struct {
	ID        string
	State     string
	Processed int `json:"numberRecordsProcessed"`
	Failed    int `json:"numberRecordsFailed"`
}

func outlives(t *testing.T, database, schema string) {
	const rows = 8000
	dir, jobs := t.TempDir(), servertest.API+"/jobs/ingest"
	v := startVictim(t, dir, database, schema)
	var job jobInfo
	v.ask("POST", jobs, `{"object":"Account","operation":"insert"}`, "application/json", &job)
	var sheet bytes.Buffer
	sheet.WriteString("Name,Site\n")
	for i := range rows {
		fmt.Fprintf(&sheet, "Crash %d,%d\n", i, i)
	}
	v.ask("PUT", jobs+"/"+job.ID+"/batches", sheet.String(), "text/csv", nil)
	v.ask("PATCH", jobs+"/"+job.ID, `{"state":"UploadComplete"}`, "application/json", nil)
	for job.Processed == 0 {
		v.ask("GET", jobs+"/"+job.ID, "", "", &job)
	}
	v.kill()
	if job.Processed == rows {
		t.Log("the machine was quick: the server was killed after the last row")
	}
	v = startVictim(t, dir, database, schema)
	poll := time.NewTicker(100 * time.Millisecond) // as clients do
	defer poll.Stop()
	for end := time.Now().Add(3 * time.Minute); job.State != "JobComplete"; <-poll.C {
		if v.ask("GET", jobs+"/"+job.ID, "", "", &job); time.Now().After(end) || job.State == "Failed" {
			t.Fatalf("%+v", job)
		}
	}
	if job.Processed != rows || job.Failed != 0 {
		t.Errorf("%+v", job)
	}
	written, err := csv.NewReader(bytes.NewReader(v.ask("GET", jobs+"/"+job.ID+"/successfulResults", "", "", nil))).ReadAll()
	if err != nil || len(written) != rows+1 {
		t.Errorf("%d results, %v", len(written), err)
	}
	var found struct{ TotalSize int }
	v.ask("GET", servertest.API+"/query?q="+url.QueryEscape("SELECT COUNT() FROM Account WHERE Name LIKE 'Crash %'"), "", "", &found)
	if found.TotalSize != rows {
		t.Errorf("%d records", found.TotalSize)
	}
}
