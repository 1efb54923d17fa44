package bulk_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/server/servertest"
)

// A client is a caller of version 2 in a test.
type client struct {
	t     *testing.T
	s     *servertest.Server
	token string
}

func of(t *testing.T, s *servertest.Server) *client { return &client{t, s, s.Token} }

func (c *client) do(method, path, body string, header ...string) servertest.Answer {
	c.t.Helper()
	if !strings.HasPrefix(path, "/") {
		path = servertest.API + "/jobs/" + path
	}
	return c.s.Do(c.t, servertest.Request{Method: method, Path: path, Token: c.token, Body: body, Header: header})
}

// ok is do for what must succeed, with the JSON of the answer.
func (c *client) ok(status int, method, path, body string, header ...string) map[string]any {
	c.t.Helper()
	a := c.do(method, path, body, header...)
	if a.Status != status {
		c.t.Fatalf("%s %s: %d %s, want %d", method, path, a.Status, a.Body, status)
	}
	var v map[string]any
	if a.Body != "" && json.Unmarshal([]byte(a.Body), &v) != nil {
		c.t.Fatalf("%s %s: %s", method, path, a.Body)
	}
	return v
}

// refused is do for what must be refused with a code.
func (c *client) refused(code, method, path, body string, header ...string) string {
	c.t.Helper()
	a := c.do(method, path, body, header...)
	var v []struct{ ErrorCode, Message string }
	if err := json.Unmarshal([]byte(a.Body), &v); err != nil || len(v) != 1 || v[0].ErrorCode != code || a.Status < 400 || a.Status >= 500 {
		c.t.Fatalf("%s %s: %d %s, want %s", method, path, a.Status, a.Body, code)
	}
	return v[0].Message
}

func (c *client) open(settings string) string {
	c.t.Helper()
	id, _ := c.ok(http.StatusOK, "POST", "ingest", settings)["id"].(string)
	if !strings.HasPrefix(id, "750") || len(id) != 18 {
		c.t.Fatalf("the job's id is %q", id)
	}
	return id
}

func (c *client) put(id, body string) {
	c.t.Helper()
	c.ok(http.StatusCreated, "PUT", "ingest/"+id+"/batches", body, "Content-Type", "text/csv")
}

// load makes a job, gives it a CSV and waits for its end.
func (c *client) load(settings, body string) (id string, info map[string]any) {
	c.t.Helper()
	id = c.open(settings)
	c.put(id, body)
	c.ok(http.StatusOK, "PATCH", "ingest/"+id, `{"state":"UploadComplete"}`)
	return id, c.ended("ingest/" + id)
}

// ended waits for the end of a job.
func (c *client) ended(path string) map[string]any {
	c.t.Helper()
	poll := time.NewTicker(20 * time.Millisecond) // as clients do
	defer poll.Stop()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-poll.C {
		info := c.ok(http.StatusOK, "GET", path, "")
		switch info["state"] {
		case "JobComplete", "Failed", "Aborted":
			return info
		}
	}
	c.t.Fatalf("%s does not end", path)
	return nil
}

// file returns a result file as rows; each is checked to have quotes around every value.
func (c *client) file(path string) [][]string {
	c.t.Helper()
	a := c.do("GET", path, "")
	if a.Status != http.StatusOK || a.Header.Get("Content-Type") != "text/csv" {
		c.t.Fatalf("%s: %d %s %s", path, a.Status, a.Header.Get("Content-Type"), a.Body)
	}
	rows, err := csv.NewReader(strings.NewReader(a.Body)).ReadAll()
	if err != nil {
		c.t.Fatalf("%s: %v in %s", path, err, a.Body)
	}
	return rows
}

const insertAccounts = `{"object":"Account","operation":"insert","contentType":"CSV","lineEnding":"LF"}`

func TestAJobInsertsRows(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		c := of(t, s)
		id := c.open(`{"object":"account","operation":"insert","externalIdFieldName":""}`)
		info := c.ok(http.StatusOK, "GET", "ingest/"+id, "")
		if want := "services/data/v66.0/jobs/ingest/" + id + "/batches"; info["contentUrl"] != want || info["state"] != "Open" || info["apiVersion"] != 66.0 {
			t.Errorf("%v", info)
		}
		c.put(id, "Name,Industry,NumberOfEmployees\n\"Lamps, \"\"Inc\"\"\",Energy,12\n,Energy,\nTwo;Lines,\"Energy\",\n")
		c.refused("INVALIDJOB", "PUT", "ingest/"+id+"/batches", "Name\nB\n", "Content-Type", "text/csv")
		c.refused("INVALIDJOBSTATE", "GET", "ingest/"+id+"/successfulResults", "")
		c.ok(http.StatusOK, "PATCH", "ingest/"+id, `{"id":"`+id+`","state":"UploadComplete"}`)
		c.refused("INVALIDJOBSTATE", "PUT", "ingest/"+id+"/batches", "Name\nB\n", "Content-Type", "text/csv")
		info = c.ended("ingest/" + id)
		if info["state"] != "JobComplete" || info["numberRecordsProcessed"] != 3.0 || info["numberRecordsFailed"] != 1.0 || info["errorMessage"] != nil {
			t.Errorf("%v", info)
		}
		good := c.file("ingest/" + id + "/successfulResults")
		if len(good) != 3 || !strings.HasPrefix(good[1][0], "001") || good[1][2] != `Lamps, "Inc"` {
			t.Errorf("%q", good)
		}
		if diff := cmp.Diff([]string{"sf__Id", "sf__Created", "Name", "Industry", "NumberOfEmployees"}, good[0]); diff != "" {
			t.Error(diff)
		}
		want := "\"sf__Id\",\"sf__Error\",\"Name\",\"Industry\",\"NumberOfEmployees\"\n" +
			"\"\",\"REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --\",\"\",\"Energy\",\"\"\n"
		if a := c.do("GET", "ingest/"+id+"/FAILEDRESULTS/", ""); a.Body != want {
			t.Errorf("%s", a.Body)
		}
		if a := c.do("GET", "ingest/"+id+"/unprocessedRecords", ""); a.Body != "\"Name\",\"Industry\",\"NumberOfEmployees\"\n" {
			t.Errorf("%s", a.Body)
		}
		if got := s.Query(t, "SELECT NumberOfEmployees FROM Account WHERE Name = 'Lamps, \"Inc\"'"); len(got) != 1 || got[0]["NumberOfEmployees"] != 12.0 {
			t.Errorf("%v", got)
		}
		c.ok(http.StatusNoContent, "DELETE", "ingest/"+id, "")
		c.refused("NOT_FOUND", "GET", "ingest/"+id, "")
	})
}

func TestJobsUpdateUpsertAndDelete(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		c := of(t, s)
		acct := s.Create(t, "Account", map[string]any{"Name": "Harbor", "Phone": "555 0100", "Industry": "Energy"})
		_, info := c.load(`{"object":"Account","operation":"update","columnDelimiter":"PIPE","lineEnding":"CRLF"}`,
			"Id|Phone|Industry\r\n"+acct+"|#N/A|\r\n001000000000000AAA|1|2\r\nno id|1|2\r\n")
		if info["numberRecordsProcessed"] != 3.0 || info["numberRecordsFailed"] != 2.0 {
			t.Errorf("%v", info)
		}
		if got := s.Query(t, "SELECT Phone, Industry FROM Account WHERE Id = '"+acct+"'"); got[0]["Phone"] != nil || got[0]["Industry"] != "Energy" {
			t.Errorf("#N/A is null and an empty cell is no change, but: %v", got)
		}
		// Email is no external id, but one by which records are found.
		upsert := `{"object":"Contact","operation":"upsert","externalIdFieldName":"email"}`
		id, _ := c.load(upsert, "Email,LastName,AccountId\na@example.org,Ann,"+acct+"\nb@example.org,Bob,\n,Nobody,\n")
		rows := c.file("ingest/" + id + "/successfulResults")
		if len(rows) != 3 || rows[1][1] != "true" {
			t.Errorf("%q", rows)
		}
		id, _ = c.load(upsert, "LastName,Email,ReportsTo.Email\nAnna,a@example.org,b@example.org\n")
		if rows = c.file("ingest/" + id + "/successfulResults"); len(rows) != 2 || rows[1][1] != "false" {
			t.Errorf("%q, %q", rows, c.file("ingest/"+id+"/failedResults"))
		}
		if got := s.Query(t, "SELECT LastName FROM Contact WHERE Email = 'a@example.org' AND ReportsTo.LastName = 'Bob'"); len(got) != 1 || got[0]["LastName"] != "Anna" {
			t.Errorf("%v", got)
		}
		id, _ = c.load(`{"object":"Case","operation":"insert","columnDelimiter":"TAB"}`, "Subject\tOwner:User.Username\nLamp\t"+servertest.User+"\n")
		if got := s.Query(t, "SELECT OwnerId FROM Case WHERE Subject = 'Lamp'"); len(got) != 1 || got[0]["OwnerId"] != s.UserID {
			t.Errorf("%v %q", got, c.file("ingest/"+id+"/failedResults"))
		}
		_, info = c.load(`{"object":"Account","operation":"delete"}`, "Id\n"+acct+"\n"+acct+"\n")
		if info["numberRecordsProcessed"] != 2.0 || info["numberRecordsFailed"] != 1.0 {
			t.Errorf("%v", info)
		}
		if got := s.Query(t, "SELECT Id FROM Account WHERE Id = '"+acct+"'"); len(got) != 0 {
			t.Errorf("%v", got)
		}
	})
}

func TestJobsOfBadDataFailWithTheReason(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		c := of(t, s)
		for _, k := range []struct{ rule, body, why string }{
			{"an unknown column", "Name,Colour\nA,red\n", "InvalidBatch : Field name not found : Colour"},
			{"an unknown relationship", "Name,Parent.Colour\nA,red\n", "InvalidBatch : Field name not found : Parent.Colour"},
			{"a column twice", "Name,name\nA,B\n", "InvalidBatch : Duplicate column name found in the header: name"},
			{"an open quote", "Name\n\"A\nB\n", "EOF reached before closing an opened quote in row 1"},
			{"a quote within", "Name\n\"A\"B\n", "unescaped quote in row 1"},
			{"another encoding", "Name\n\xe9\xe9\n", "not UTF-8"},
			{"UTF-16", "N\x00a\x00m\x00e\x00\n\x00A\x00\n\x00", "InvalidBatch"},
			{"too many columns", strings.Repeat("Name,", 9999) + "Name\n", "exceeds the limit of 5000"},
			{"a record that is too long", "Name\n" + strings.Repeat("x", 1<<20) + "x\n", "longer than 1048576 bytes"},
		} {
			_, info := c.load(insertAccounts, k.body)
			if why, _ := info["errorMessage"].(string); info["state"] != "Failed" || !strings.Contains(why, k.why) {
				t.Errorf("%s: %v", k.rule, info)
			}
		}
		for _, k := range []struct{ rule, body string }{{"no body", ""}, {"a header alone", "Name"}, {"a header and a line end", "Name\r\n"}} {
			id, info := c.load(insertAccounts, k.body)
			if info["state"] != "JobComplete" || info["numberRecordsProcessed"] != 0.0 {
				t.Errorf("%s: %v", k.rule, info)
			}
			if rows := c.file("ingest/" + id + "/successfulResults"); len(rows) != 1 || rows[0][0] != "sf__Id" {
				t.Errorf("%s: %q", k.rule, rows)
			}
		}
		id, info := c.load(insertAccounts, "\ufeffName,Phone\r\n\"A\r\nB\",1\r\n\r\nC\r\nD,2,3\r\nE,5")
		if info["numberRecordsProcessed"] != 4.0 || info["numberRecordsFailed"] != 2.0 {
			t.Errorf("%v", info)
		}
		if rows := c.file("ingest/" + id + "/successfulResults"); len(rows) != 3 || rows[1][2] != "A\nB" && rows[1][2] != "A\r\nB" || rows[2][3] != "5" {
			t.Errorf("%q", rows)
		}
	})
}

func TestJobsAreRefusedAtOnce(t *testing.T) {
	s := servertest.Each
	s(t, func(t *testing.T, s *servertest.Server) {
		c := of(t, s)
		for _, k := range []struct{ code, body string }{
			{"INVALIDENTITY", `{"object":"Nothing","operation":"insert"}`},
			{"INVALIDJOB", `{"operation":"insert"}`},
			{"INVALIDJOB", `{"object":"Account","operation":"paint"}`},
			{"INVALIDJOB", `{"object":"Account","operation":"upsert"}`},
			{"INVALIDJOB", `{"object":"Account","operation":"upsert","externalIdFieldName":"Description"}`},
			{"INVALIDJOB", `{"object":"Account","operation":"insert","columnDelimiter":"DOT"}`},
			{"INVALIDJOB", `{"object":"Account","operation":"insert","lineEnding":"CR"}`},
			{"INVALIDJOB", `{"object":"Account","operation":"insert","contentType":"JSON"}`},
			{"JSON_PARSER_ERROR", `{"object":`},
			{"JSON_PARSER_ERROR", `{"object":5}`},
			{"REQUEST_BODY_TOO_LARGE", `{"object":"` + strings.Repeat("x", 2<<20) + `"}`},
		} {
			c.refused(k.code, "POST", "ingest", k.body)
		}
		for _, k := range []struct{ code, soql string }{
			{"MALFORMED_QUERY", "SELECT"},
			{"INVALID_FIELD", "SELECT Colour FROM Account"},
			{"INVALID_TYPE", "SELECT Id FROM Nothing"},
			{"API_ERROR", "SELECT COUNT() FROM Account"},
			{"API_ERROR", "SELECT Name, COUNT(Id) FROM Account GROUP BY Name"},
			{"API_ERROR", "SELECT Id, (SELECT Id FROM Contacts) FROM Account"},
			{"API_ERROR", "SELECT BillingAddress FROM Account"},
			{"API_ERROR", "SELECT TYPEOF What WHEN Account THEN Phone END FROM Event"},
			{"INVALIDJOB", ""},
		} {
			c.refused(k.code, "POST", "query", fmt.Sprintf(`{"operation":"query","query":%q}`, k.soql))
		}
		c.refused("NOT_FOUND", "GET", "ingest/750000000000000AAA", "")
		c.refused("NOT_FOUND", "GET", "other", "")
		c.refused("METHOD_NOT_ALLOWED", "PUT", "ingest", "{}")
		id := c.open(insertAccounts)
		c.refused("NOT_FOUND", "GET", "query/"+id, "")
		c.refused("INVALIDJOBSTATE", "PATCH", "ingest/"+id, `{"state":"Paused"}`)
		c.refused("CLIENT_INPUT_ERROR", "PUT", "ingest/"+id+"/batches", "no gzip", "Content-Type", "text/csv", "Content-Encoding", "gzip")
		c.refused("UNSUPPORTED_MEDIA_TYPE", "PUT", "ingest/"+id+"/batches", "{}", "Content-Type", "application/pdf")
		c.ok(http.StatusOK, "PATCH", "ingest/"+id, `{"state":"Aborted"}`)
		c.refused("INVALIDJOBSTATE", "PATCH", "ingest/"+id, `{"state":"UploadComplete"}`)
		if a := c.do("GET", "ingest/"+id+"/unprocessedrecords", ""); a.Status != http.StatusOK || a.Body != "" {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		c.token = s.UserToken
		c.refused("NOT_FOUND", "GET", "ingest/"+id, "")
		c.token = ""
		c.refused("INVALID_SESSION_ID", "GET", "ingest/"+id, "")
	})
}

func TestAJobOfOneRequest(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		c := of(t, s)
		body := "--B\r\nContent-Type: application/json\r\nContent-Disposition: form-data; name=\"job\"\r\n\r\n" + insertAccounts +
			"\r\n--B\r\nContent-Type: text/csv\r\nContent-Disposition: form-data; name=\"content\"; filename=\"content\"\r\n\r\nName\nOne\nTwo\n\r\n--B--\r\n"
		info := c.ok(http.StatusOK, "POST", "ingest", body, "Content-Type", "multipart/form-data; boundary=B")
		if info["state"] != "UploadComplete" {
			t.Errorf("%v", info)
		}
		info = c.ended("ingest/" + info["id"].(string))
		if info["state"] != "JobComplete" || info["numberRecordsProcessed"] != 2.0 || info["numberRecordsFailed"] != 0.0 {
			t.Errorf("%v", info)
		}
	})
}

func TestAJobExportsRows(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		c := of(t, s)
		var b strings.Builder
		b.WriteString("Name,AnnualRevenue,Description,NumberOfEmployees\n")
		for i := range 4500 {
			fmt.Fprintf(&b, "Company %04d,%d,\"says \"\"%d\"\"\nand more\",%d\n", i, i, i, i)
		}
		if _, info := c.load(insertAccounts, b.String()); info["numberRecordsProcessed"] != 4500.0 || info["numberRecordsFailed"] != 0.0 {
			t.Fatalf("%v", info)
		}
		export := func(soql string, more string) string {
			info := c.ok(http.StatusOK, "POST", "query", fmt.Sprintf(`{"operation":"query","query":%q%s}`, soql, more))
			if info["state"] != "UploadComplete" || info["jobType"] != "V2Query" || info["contentUrl"] != nil || info["numberRecordsProcessed"] != nil {
				t.Errorf("%v", info)
			}
			path := "query/" + info["id"].(string)
			if info = c.ended(path); info["state"] != "JobComplete" {
				t.Fatalf("%v", info)
			}
			return path
		}
		path := export("SELECT Id, Name, AnnualRevenue, Description, Owner.Username, Parent.Name, IsDeleted, NumberOfEmployees FROM Account WHERE Name LIKE 'Company %'", "")
		seen := map[string]bool{}
		for at, n := "", 0; at != "null"; n++ {
			a := c.do("GET", path+"/results?maxRecords=1999&locator="+at, "")
			at = a.Header.Get("Sforce-Locator")
			rows, err := csv.NewReader(strings.NewReader(a.Body)).ReadAll()
			if err != nil || fmt.Sprint(len(rows)-1) != a.Header.Get("Sforce-NumberOfRecords") || n > 3 {
				t.Fatalf("%d rows, %v, %v", len(rows), a.Header, err)
			}
			if diff := cmp.Diff(strings.Split("Id,Name,AnnualRevenue,Description,Owner.Username,Parent.Name,IsDeleted,NumberOfEmployees", ","), rows[0]); diff != "" {
				t.Error(diff)
			}
			for _, r := range rows[1:] {
				i := strings.TrimLeft(strings.TrimPrefix(r[1], "Company "), "0")
				if i == "" {
					i = "0"
				}
				if diff := cmp.Diff([]string{i + ".0", "says \"" + i + "\"\nand more", servertest.Admin, "", "false", i}, r[2:]); diff != "" {
					t.Fatal(diff)
				}
				seen[r[0]] = true
			}
		}
		if len(seen) != 4500 {
			t.Errorf("%d different rows", len(seen))
		}
		pages := c.ok(http.StatusOK, "GET", path+"/resultPages", "")
		if list, _ := pages["resultPages"].([]any); len(list) != 1 || pages["done"] != true {
			t.Errorf("%v", pages)
		}
		path = export("SELECT Name FROM Account WHERE Name LIKE 'Company %' ORDER BY Name DESC LIMIT 2100", `,"columnDelimiter":"SEMICOLON","lineEnding":"CRLF"`)
		a := c.do("GET", path+"/results", "")
		if lines := strings.Split(a.Body, "\r\n"); len(lines) != 2102 || lines[0] != `"Name"` || lines[1] != `"Company 4499"` || lines[2100] != `"Company 2400"` {
			t.Errorf("%d lines: %q…", len(lines), lines[:3])
		}
		path = export("SELECT Id FROM Account WHERE Name = 'nobody'", "")
		if a := c.do("GET", path+"/results", ""); a.Body != "\"Id\"\n" || a.Header.Get("Sforce-NumberOfRecords") != "0" || a.Header.Get("Sforce-Locator") != "null" {
			t.Errorf("%s %v", a.Body, a.Header)
		}
		c.refused("INVALID_QUERY_LOCATOR", "GET", path+"/results?locator=nonsense", "")
		c.ok(http.StatusNoContent, "DELETE", path, "")
	})
}

func TestJobsAreListed(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		c := of(t, s)
		a, b := c.open(insertAccounts), c.open(insertAccounts)
		list := c.ok(http.StatusOK, "GET", "ingest?isPkChunkingEnabled=false&jobType=V2Ingest", "")
		records, _ := list["records"].([]any)
		if len(records) != 2 || records[0].(map[string]any)["id"] != b || list["done"] != true || list["nextRecordsUrl"] != nil {
			t.Errorf("%v", list)
		}
		list = c.ok(http.StatusOK, "GET", "ingest?queryLocator="+b, "")
		if records, _ = list["records"].([]any); len(records) != 1 || records[0].(map[string]any)["id"] != a {
			t.Errorf("%v", list)
		}
		if list = c.ok(http.StatusOK, "GET", "query", ""); len(list["records"].([]any)) != 0 {
			t.Errorf("%v", list)
		}
		c.token = s.UserToken
		if list = c.ok(http.StatusOK, "GET", "ingest", ""); len(list["records"].([]any)) != 0 {
			t.Errorf("others' jobs are listed: %v", list)
		}
	})
}

func TestAJobRunsWithTheRightsOfItsMaker(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		admin, user := of(t, s), of(t, s)
		user.token = s.UserToken
		id, info := user.load(insertAccounts, "Name\nMine\n")
		if info["createdById"] != s.UserID || info["numberRecordsFailed"] != 0.0 {
			t.Errorf("%v", info)
		}
		if got := s.Query(t, "SELECT CreatedById FROM Account WHERE Name = 'Mine'"); len(got) != 1 || got[0]["CreatedById"] != s.UserID {
			t.Errorf("%v", got)
		}
		admin.ok(http.StatusOK, "GET", "ingest/"+id, "") // administrators see everybody's
		user.refused("FEATURENOTENABLED", "POST", "ingest", `{"object":"Account","operation":"hardDelete"}`)
		// Whoever is no longer active loads nothing.
		id = user.open(insertAccounts)
		user.put(id, "Name\nNever\n")
		if a := s.Do(t, servertest.Request{Method: "PATCH", Path: servertest.API + "/sobjects/User/" + s.UserID, Token: s.Token, Body: `{"IsActive":false}`}); a.Status != http.StatusNoContent {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		admin.ok(http.StatusOK, "PATCH", "ingest/"+id, `{"state":"UploadComplete"}`)
		if info := admin.ended("ingest/" + id); info["state"] != "Failed" || !strings.Contains(fmt.Sprint(info["errorMessage"]), "no longer active") {
			t.Errorf("%v", info)
		}
		if got := s.Query(t, "SELECT Id FROM Account WHERE Name = 'Never'"); len(got) != 0 {
			t.Errorf("%v", got)
		}
	})
}
