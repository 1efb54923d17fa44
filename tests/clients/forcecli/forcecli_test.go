// Package forcecli runs the command line of ForceCLI, built from its module,
// against a Stoa that tests/clients/run started. It looks at what is printed,
// not only at the exit status.
package forcecli

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func setting(t *testing.T, name string) string {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		t.Skipf("%s is not set: run tests/clients/run", name)
	}
	return v
}

// A cli is the built program with a home folder of its own.
type cli struct {
	t    *testing.T
	bin  string
	home string
	env  []string
}

func build(t *testing.T) *cli {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "force")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "github.com/ForceCLI/force").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return &cli{t: t, bin: bin, home: t.TempDir()}
}

// run returns what the program printed and whether it succeeded.
func (c *cli) run(args ...string) (stdout, stderr string, ok bool) {
	c.t.Helper()
	cmd := exec.CommandContext(c.t.Context(), c.bin, args...)
	cmd.Dir, cmd.Env = c.home, append(append(os.Environ(), "HOME="+c.home), c.env...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	return out.String(), errs.String(), err == nil
}

// ok runs what must succeed.
func (c *cli) ok(args ...string) string {
	c.t.Helper()
	out, errs, ok := c.run(args...)
	if !ok {
		c.t.Fatalf("force %s\n%s%s", strings.Join(args, " "), out, errs)
	}
	return out
}

// fails runs what must fail and say why.
func (c *cli) fails(why string, args ...string) {
	c.t.Helper()
	if out, errs, ok := c.run(args...); ok || !strings.Contains(errs, why) {
		c.t.Errorf("force %s: %v\n%s%s\nwant %s", strings.Join(args, " "), ok, out, errs, why)
	}
}

func (c *cli) prints(want string, args ...string) {
	c.t.Helper()
	if out := c.ok(args...); !regexp.MustCompile(want).MatchString(out) {
		c.t.Errorf("force %s\n%s\nwant %s", strings.Join(args, " "), out, want)
	}
}

func TestForceCLI(t *testing.T) {
	url, username, password := setting(t, "STOA_URL"), setting(t, "STOA_USERNAME"), setting(t, "STOA_PASSWORD")
	c := build(t)
	mark := time.Now().Format("150405.000000")

	// Signing in: by SOAP, as a program, and with an access token from the environment.
	c.fails("INVALID_LOGIN", "login", "-i", url, "-u", username, "-p", "wrong")
	c.ok("login", "-i", url, "-u", username, "-p", password)
	c.prints(regexp.QuoteMeta(username)+`.*active.*`+regexp.QuoteMeta(url), "logins")
	c.prints(`(?m)^Username: `+regexp.QuoteMeta(username)+`$`, "whoami")
	c.ok("login", "-i", url, "--connected-app-client-id", setting(t, "STOA_CLIENT_ID"), "--connected-app-client-secret", setting(t, "STOA_CLIENT_SECRET"))
	c.prints(`(?m)^Username: `+regexp.QuoteMeta(username)+`$`, "whoami")
	var session struct {
		AccessToken string `json:"access_token"`
	}
	saved, err := os.ReadFile(filepath.Join(c.home, ".force", "accounts", username))
	if err != nil || json.Unmarshal(saved, &session) != nil || session.AccessToken == "" {
		t.Fatalf("the saved session: %v %s", err, saved)
	}
	bare := &cli{t: t, bin: c.bin, home: t.TempDir(), env: []string{"SF_INSTANCE_URL=" + url, "SF_ACCESS_TOKEN=" + session.AccessToken}}
	bare.prints(`"Id"\s+"00D\w{15}"`, "query", "SELECT Id FROM Organization")
	bare.env[1] = "SF_ACCESS_TOKEN=" + session.AccessToken[:20]
	if out, _, ok := bare.run("query", "SELECT Id FROM Organization"); ok {
		t.Errorf("a cut token was taken: %s", out)
	}

	// Rows.
	made := c.ok("record", "create", "Account", "Name:Harbor "+mark, "Phone:555 0100", "NumberOfEmployees:12")
	id := regexp.MustCompile(`001\w{15}`).FindString(made)
	if id == "" {
		t.Fatalf("create: %s", made)
	}
	c.prints(`(?m)^NumberOfEmployees: 12$`, "record", "get", "Account", id)
	c.prints("Record updated", "record", "update", "Account", id, "Phone:555 0199", "Industry:Education")
	c.prints(`(?m)^Phone: 555 0199$`, "record", "get", "Account", id)
	email := "force." + mark + "@harborview.example"
	c.ok("record", "update", "Contact", "Email:"+email, "LastName:Ng", "AccountId:"+id) // an upsert
	c.prints(`(?m)^LastName: Ng$`, "record", "get", "Contact", "Email:"+email)
	c.fails("Required fields are missing: [Name] (REQUIRED_FIELD_MISSING)", "record", "create", "Account", "Phone:1")
	c.fails("Provided external ID field does not exist or is not accessible: Nothing", "record", "get", "Account", "Nothing:1")

	// Queries in every form.
	rows, err := csv.NewReader(strings.NewReader(c.ok("query", "SELECT Id, Name FROM Account WHERE Id = '"+id+"'"))).ReadAll()
	if err != nil || len(rows) != 2 || rows[0][0] != "Id" || rows[1][0] != id || rows[1][1] != "Harbor "+mark {
		t.Errorf("CSV: %v %v", rows, err)
	}
	var records []struct {
		Name     string
		Contacts struct{ Records []struct{ LastName string } }
	}
	children := "SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Id = '" + id + "'"
	if err := json.Unmarshal([]byte("["+strings.TrimSpace(c.ok("query", "--format", "json-pretty", children))+"]"), &records); err != nil || len(records) != 1 ||
		len(records[0].Contacts.Records) != 1 || records[0].Contacts.Records[0].LastName != "Ng" {
		t.Errorf("children: %+v %v", records, err)
	}
	c.prints(`Education\s*\|\s*1`, "query", "--format", "console", "SELECT Industry, COUNT(Id) n FROM Account WHERE Id = '"+id+"' GROUP BY Industry")
	c.prints(`Account\s*\|.*\|\s*(Index|TableScan|Other|Sharing)`, "query", "--explain", "SELECT Id FROM Account")
	c.fails("INVALID_FIELD", "query", "SELECT Nothing FROM Account")
	c.fails("No such column 'Nothing' on entity 'Account'", "query", "SELECT Nothing FROM Account")
	c.prints(id, "search", "FIND {\"Harbor "+mark+"\"} RETURNING Account(Id, Name)")

	// What there is.
	objects := strings.Fields(c.ok("sobject", "list"))
	described := strings.Fields(c.ok("describe", "sobject"))
	for _, name := range []string{"Account", "Case", "Candidate__c"} {
		if !strings.Contains(" "+strings.Join(objects, " ")+" ", " "+name+" ") || !strings.Contains(" "+strings.Join(described, " ")+" ", " "+name+" ") {
			t.Errorf("%s is in neither list or in one only", name)
		}
	}
	var about struct {
		KeyPrefix string
		Fields    []struct{ Name, Type string }
	}
	if err := json.Unmarshal([]byte(c.ok("describe", "sobject", "-n", "Case")), &about); err != nil || about.KeyPrefix != "500" || len(about.Fields) < 20 {
		t.Errorf("describe: %+v %v", about, err)
	}
	c.prints(`DailyApiRequests\s*\|\s*1000000\s*\|\s*\d+`, "limits")
	c.prints(`"DailyApiRequests"`, "rest", "get", "/limits")
	c.prints("Password is expired: false", "password", "status", username)

	// Away and back again.
	c.prints("Record deleted", "record", "delete", "Account", id)
	c.fails("entity is deleted", "record", "get", "Account", id)
	c.prints(`(?i)true`, "query", "--all", "SELECT IsDeleted FROM Account WHERE Id = '"+id+"'")
	c.prints("Records undeleted", "record", "undelete", id)
	c.prints(`(?m)^Phone: 555 0199$`, "record", "get", "Account", id)
}

// TestBulk loads by version 1 of the API, in the background of a command line.
func TestBulk(t *testing.T) {
	url, username, password := setting(t, "STOA_URL"), setting(t, "STOA_USERNAME"), setting(t, "STOA_PASSWORD")
	c := build(t)
	c.ok("login", "-i", url, "-u", username, "-p", password)
	mark := time.Now().Format("150405.000000")
	sheet := func(text string) string {
		t.Helper()
		file := filepath.Join(c.home, "rows.csv")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	out, errs, done := c.run("bulk", "insert", "-w", "Contact", sheet("LastName,Email\nForce,f1."+mark+"@example.org\n,f2."+mark+"@example.org\n"))
	out += errs
	if !done {
		t.Fatal(out)
	}
	job, batch := regexp.MustCompile(`750\w{15}`).FindString(out), regexp.MustCompile(`751\w{15}`).FindString(out)
	if job == "" {
		t.Fatal(out)
	}
	if batch == "" {
		batch = regexp.MustCompile(`751\w{15}`).FindString(c.ok("bulk", "batches", job))
	}
	c.prints(`"003\w{15}","true","true",""\n"","false","false","REQUIRED_FIELD_MISSING`, "bulk", "result", job, batch)
	c.prints(`LastName,Email\nForce,f1`, "bulk", "request", job, batch)
	c.prints(`(?i)closed`, "bulk", "job", job)
	c.ok("bulk", "upsert", "-w", "-e", "Email", "Contact", sheet("Email,LastName\nf1."+mark+"@example.org,Changed\n"))
	c.prints(`"Changed"`, "bulk", "query", "-w", "Contact", "SELECT Id, LastName FROM Contact WHERE Email = 'f1."+mark+"@example.org'")
}
