// Package clients runs Go clients of the API against a Stoa that tests/clients/run started.
package clients

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	gs "github.com/k-capehart/go-salesforce/v3"
	"github.com/simpleforce/simpleforce"
)

func setting(t *testing.T, name string) string {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		t.Skipf("%s is not set: run tests/clients/run", name)
	}
	return v
}

// run makes the names of one run differ from those of another.
var run = fmt.Sprint(time.Now().UnixNano())

func TestSimpleforce(t *testing.T) {
	c := simpleforce.NewClient(setting(t, "STOA_URL"), simpleforce.DefaultClientID, simpleforce.DefaultAPIVersion)
	if err := c.LoginPassword(setting(t, "STOA_USERNAME"), setting(t, "STOA_PASSWORD"), ""); err != nil {
		t.Fatal(err)
	}
	if err := c.LoginPassword(setting(t, "STOA_USERNAME"), "wrong", ""); err == nil {
		t.Error("a wrong password was taken")
	}
	meta := c.SObject("Case").Describe()
	if meta == nil || (*meta)["name"] != "Case" {
		t.Fatalf("describe: %v", meta)
	}
	if all, err := c.DescribeGlobal(); err != nil || (*all)["sobjects"] == nil {
		t.Errorf("describe global: %v", err)
	}
	made := c.SObject("Case").Set("Subject", "Broken lamp "+run).Set("Origin", "Web").Create()
	if made == nil || made.ID() == "" {
		t.Fatal("nothing was created")
	}
	if got := c.SObject("Case").Get(made.ID()); got == nil || got.StringField("Subject") != "Broken lamp "+run || got.StringField("CaseNumber") == "" {
		t.Errorf("got %v", got)
	}
	if made.Set("Priority", "High").Update() == nil {
		t.Error("nothing was updated")
	}
	found, err := c.Query("SELECT Id, Priority, Owner.Name FROM Case WHERE Subject = 'Broken lamp " + run + "'")
	if err != nil || found.TotalSize != 1 || found.Records[0].StringField("Priority") != "High" {
		t.Fatalf("query: %v %v", found, err)
	}
	if id := found.Records[0].ID(); id != made.ID() {
		t.Errorf("id %s, want %s", id, made.ID())
	}
	if err := made.Delete(); err != nil {
		t.Error(err)
	}
	if c.SObject("Case").Get(made.ID()) != nil {
		t.Error("it is still there")
	}
	if _, err := c.Query("SELECT Nothing FROM Case"); err == nil {
		t.Error("a query of no field passed")
	}
}

type account struct {
	ID       string `json:"Id,omitempty" salesforce:"Id"`
	Name     string `json:",omitempty" salesforce:"Name"`
	Phone    string `json:",omitempty" salesforce:"Phone"`
	Industry string `json:",omitempty" salesforce:"Industry"`
}

type contact struct {
	ID       string `json:"Id,omitempty" salesforce:"Id"`
	LastName string `json:",omitempty" salesforce:"LastName"`
	Email    string `json:",omitempty" salesforce:"Email"`
}

func TestGoSalesforce(t *testing.T) {
	url, id, secret := setting(t, "STOA_URL"), setting(t, "STOA_CLIENT_ID"), setting(t, "STOA_CLIENT_SECRET")
	for name, creds := range map[string]gs.Creds{
		"client credentials": {Domain: url, ConsumerKey: id, ConsumerSecret: secret},
		"password":           {Domain: url, ConsumerKey: id, ConsumerSecret: secret, Username: setting(t, "STOA_USERNAME"), Password: setting(t, "STOA_PASSWORD")},
	} {
		t.Run(name, func(t *testing.T) {
			for _, compressed := range []bool{false, true} {
				sf, err := gs.Init(creds, gs.WithCompressionHeaders(compressed))
				if err != nil {
					t.Fatal(err)
				}
				rows(t, sf, fmt.Sprint(run, name[:1], compressed))
				collections(t, sf, fmt.Sprint(run, name[:1], compressed))
				composites(t, sf, fmt.Sprint(run, name[:1], compressed))
				bulk(t, sf, fmt.Sprint(run, name[:1], compressed))
			}
		})
	}
	if _, err := gs.Init(gs.Creds{Domain: url, ConsumerKey: id, ConsumerSecret: "wrong"}); err == nil {
		t.Error("a wrong secret was taken")
	}
}

func rows(t *testing.T, sf *gs.Salesforce, mark string) {
	made, err := sf.InsertOne("Account", account{Name: "Library " + mark})
	if err != nil || !made.Success {
		t.Fatalf("insert: %+v %v", made, err)
	}
	if err := sf.UpdateOne("Account", map[string]any{"Id": made.Id, "Phone": "555 0100"}); err != nil {
		t.Fatal(err)
	}
	var found []account
	if err := sf.Query("SELECT Id, Name, Phone FROM Account WHERE Name = 'Library "+mark+"'", &found); err != nil || len(found) != 1 || found[0].Phone != "555 0100" {
		t.Fatalf("query: %+v %v", found, err)
	}
	email := "u" + mark + "@harborview.example"
	first, err := sf.UpsertOne("Contact", "Email", contact{LastName: "First", Email: email})
	if err != nil {
		t.Fatal(err)
	}
	second, err := sf.UpsertOne("Contact", "Email", contact{LastName: "Second", Email: email})
	if err != nil || second.Id != first.Id {
		t.Errorf("upsert: %+v, then %+v, %v", first, second, err)
	}
	if err := sf.DeleteOne("Account", account{ID: made.Id}); err != nil {
		t.Fatal(err)
	}
	var left []account // Query leaves what a slice holds
	if err := sf.Query("SELECT Id FROM Account WHERE Name = 'Library "+mark+"'", &left); err != nil || len(left) != 0 {
		t.Errorf("after the delete: %+v %v", left, err)
	}
	if _, err := sf.InsertOne("Account", map[string]any{"Phone": "1"}); err == nil {
		t.Error("an account without a name passed")
	}
}

func collections(t *testing.T, sf *gs.Salesforce, mark string) {
	var all []account
	for n := range 3 {
		all = append(all, account{Name: fmt.Sprint("Branch ", mark, " ", n)})
	}
	made, err := sf.InsertCollection("Account", all, 200)
	if err != nil || made.HasSalesforceErrors || len(made.Results) != 3 {
		t.Fatalf("insert: %+v %v", made, err)
	}
	for i := range all {
		all[i].ID, all[i].Industry = made.Results[i].Id, "Education"
	}
	if res, err := sf.UpdateCollection("Account", all, 200); err != nil || res.HasSalesforceErrors {
		t.Errorf("update: %+v %v", res, err)
	}
	if res, err := sf.DeleteCollection("Account", all, 200); err != nil || res.HasSalesforceErrors {
		t.Errorf("delete: %+v %v", res, err)
	}
}

func composites(t *testing.T, sf *gs.Salesforce, mark string) {
	var all []account
	for n := range 5 {
		all = append(all, account{Name: fmt.Sprint("Composed ", mark, " ", n)})
	}
	made, err := sf.InsertComposite("Account", all, 2, true) // three requests in one
	if err != nil || made.HasSalesforceErrors || len(made.Results) != 5 {
		t.Fatalf("insert: %+v %v", made, err)
	}
	for i := range all {
		all[i].ID, all[i].Industry = made.Results[i].Id, "Education"
	}
	if res, err := sf.UpdateComposite("Account", all, 2, true); err != nil || res.HasSalesforceErrors {
		t.Errorf("update: %+v %v", res, err)
	}
	spoilt := []account{{ID: all[0].ID, Phone: "555 0101"}, {ID: all[1].ID, Phone: "555 0101"}, {ID: "001000000000ZZZAAA", Phone: "1"}}
	if res, err := sf.UpdateComposite("Account", spoilt, 2, true); err != nil || !res.HasSalesforceErrors {
		t.Errorf("an account that is not there: %+v %v", res, err)
	}
	var found []account
	if err := sf.Query("SELECT Id, Industry, Phone FROM Account WHERE Name LIKE 'Composed "+mark+"%'", &found); err != nil || len(found) != 5 {
		t.Fatalf("query: %+v %v", found, err)
	}
	for _, a := range found {
		if a.Industry != "Education" || a.Phone != "" {
			t.Errorf("%+v is not as the last composite that stood left it", a)
		}
	}
	people := []contact{{LastName: "Up", Email: "c1" + mark + "@harborview.example"}, {LastName: "Up", Email: "c2" + mark + "@harborview.example"}}
	if res, err := sf.UpsertComposite("Contact", "Email", people, 200, true); err != nil || res.HasSalesforceErrors {
		t.Errorf("upsert: %+v %v", res, err)
	}
	if res, err := sf.DeleteComposite("Account", all, 2, true); err != nil || res.HasSalesforceErrors {
		t.Errorf("delete: %+v %v", res, err)
	}
}

// bulk loads 300 contacts in two jobs, changes, exports and deletes them.
func bulk(t *testing.T, sf *gs.Salesforce, mark string) {
	people := make([]contact, 300)
	for i := range people {
		people[i] = contact{LastName: fmt.Sprintf("Bulk; %d | \"x\"", i), Email: fmt.Sprintf("b%d.%s@harborview.example", i, mark)}
	}
	jobs, err := sf.InsertBulk("Contact", people, 200, true)
	if err != nil || len(jobs) != 2 {
		t.Fatalf("insert: %v %v", jobs, err)
	}
	res, err := sf.GetJobResults(jobs[0])
	if err != nil || res.State != "JobComplete" || res.NumberRecordsFailed != 0 || len(res.SuccessfulRecords) != 200 {
		t.Fatalf("results: %+v %v", res.State, err)
	}
	jobs, err = sf.UpsertBulk("Contact", "Email", []contact{{LastName: "Changed", Email: people[0].Email}, {Email: "b.new." + mark + "@harborview.example"}}, 200, true)
	if err != nil {
		t.Fatal(err)
	}
	if res, err = sf.GetJobResults(jobs[0]); err != nil || len(res.SuccessfulRecords) != 1 || len(res.FailedRecords) != 1 {
		t.Errorf("upsert: %+v %v", res, err)
	}
	file := filepath.Join(t.TempDir(), "out.csv")
	soql := "SELECT Id, LastName FROM Contact WHERE Email LIKE 'b%." + mark + "@harborview.example'"
	if err := sf.QueryBulkExport(soql, file); err != nil {
		t.Fatal(err)
	}
	text, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	rows, err := csv.NewReader(text).ReadAll()
	if err != nil || len(rows) != 301 || rows[0][1] != "LastName" {
		t.Fatalf("export: %d rows, %v", len(rows), err)
	}
	gone := make([]contact, 0, len(rows))
	changed := false
	for _, r := range rows[1:] {
		gone = append(gone, contact{ID: r[0]})
		changed = changed || r[1] == "Changed"
	}
	if !changed {
		t.Error("the upsert changed nothing")
	}
	if _, err := sf.DeleteBulk("Contact", gone, 1000, true); err != nil {
		t.Fatal(err)
	}
	var left []contact
	if err := sf.Query(soql, &left); err != nil || len(left) != 0 {
		t.Errorf("%d are left, %v", len(left), err)
	}
}
