package bulk_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"stoa/internal/server/servertest"
)

const async = "/services/async/66.0/"

// An old is a caller of version 1 in a test, which speaks XML or JSON.
type old struct {
	t    *testing.T
	s    *servertest.Server
	kind string // content type
}

func (c *old) do(method, path, body, kind string, header ...string) servertest.Answer {
	c.t.Helper()
	return c.s.Do(c.t, servertest.Request{Method: method, Path: async + path, Body: body, Header: append([]string{"X-SFDC-Session", c.s.Token, "Content-Type", kind}, header...)})
}

var element = regexp.MustCompile(`<(\w+)>([^<]*)</`)

// ok is do for what must succeed, with the members of the answer's object.
func (c *old) ok(status int, method, path, body, kind string, header ...string) map[string]string {
	c.t.Helper()
	a := c.do(method, path, body, kind, header...)
	if a.Status != status {
		c.t.Fatalf("%s %s: %d %s", method, path, a.Status, a.Body)
	}
	m := map[string]string{}
	if strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
		var v map[string]any
		if err := json.Unmarshal([]byte(a.Body), &v); err != nil {
			c.t.Fatalf("%s: %v", a.Body, err)
		}
		for k, x := range v {
			m[k] = fmt.Sprint(x)
		}
		return m
	}
	for _, e := range element.FindAllStringSubmatch(a.Body, -1) {
		m[e[1]] = e[2]
	}
	return m
}

// job makes a job in the caller's language.
func (c *old) job(header []string, members ...string) string {
	c.t.Helper()
	var b strings.Builder
	if c.kind == "application/json" {
		m := map[string]string{}
		for i := 0; i < len(members); i += 2 {
			m[members[i]] = members[i+1]
		}
		if err := json.NewEncoder(&b).Encode(m); err != nil {
			c.t.Fatal(err)
		}
	} else {
		b.WriteString(`<?xml version="1.0"?><jobInfo xmlns="http://www.force.com/2009/06/asyncapi/dataload">`)
		for i := 0; i < len(members); i += 2 {
			fmt.Fprintf(&b, "<%s>%s</%[1]s>", members[i], members[i+1])
		}
		b.WriteString("</jobInfo>")
	}
	m := c.ok(http.StatusCreated, "POST", "job", b.String(), c.kind, header...)
	if m["state"] != "Open" || !strings.HasPrefix(m["id"], "750") || m["apiVersion"] != "66.0" && m["apiVersion"] != "66" {
		c.t.Fatalf("%v", m)
	}
	return m["id"]
}

// batch sends a batch and waits for its end.
func (c *old) batch(job, body, kind string) map[string]string {
	c.t.Helper()
	m := c.ok(http.StatusCreated, "POST", "job/"+job+"/batch", body, kind)
	if !strings.HasPrefix(m["id"], "751") || m["jobId"] != job {
		c.t.Fatalf("%v", m)
	}
	return c.ended(job, m["id"])
}

func (c *old) ended(job, batch string) map[string]string {
	c.t.Helper()
	poll := time.NewTicker(20 * time.Millisecond) // as clients do
	defer poll.Stop()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-poll.C {
		switch m := c.ok(http.StatusOK, "GET", "job/"+job+"/batch/"+batch, "", ""); m["state"] {
		case "Completed", "Failed", "NotProcessed":
			return m
		}
	}
	c.t.Fatal("the batch does not end")
	return nil
}

func (c *old) get(path string) string {
	c.t.Helper()
	a := c.do("GET", path, "", "")
	if a.Status != http.StatusOK {
		c.t.Fatalf("%s: %d %s", path, a.Status, a.Body)
	}
	return a.Body
}

func TestBatchesOfEveryFormat(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		c := &old{t, s, "application/xml; charset=UTF-8"}
		id := c.job(nil, "operation", "insert", "object", "Account", "contentType", "CSV")
		b := c.batch(id, "Name,Phone\nOne,1\n,2\n", "text/csv")
		if b["state"] != "Completed" || b["numberRecordsProcessed"] != "2" || b["numberRecordsFailed"] != "1" {
			t.Errorf("%v", b)
		}
		want := regexp.MustCompile(`^"Id","Success","Created","Error"\n"001\w{15}","true","true",""\n"","false","false","REQUIRED_FIELD_MISSING:Required fields are missing: \[Name\]:Name --"\n$`)
		if got := c.get("job/" + id + "/batch/" + b["id"] + "/result"); !want.MatchString(got) {
			t.Errorf("%s", got)
		}
		if got := c.get("job/" + id + "/batch/" + b["id"] + "/request"); got != "Name,Phone\nOne,1\n,2\n" {
			t.Errorf("%s", got)
		}
		if m := c.ok(http.StatusOK, "POST", "job/"+id, `<jobInfo xmlns="http://www.force.com/2009/06/asyncapi/dataload"><state>Closed</state></jobInfo>`, c.kind); m["state"] != "Closed" ||
			m["numberBatchesTotal"] != "1" || m["numberBatchesCompleted"] != "1" || m["numberRecordsFailed"] != "1" {
			t.Errorf("%v", m)
		}

		acct := s.Query(t, "SELECT Id FROM Account WHERE Name = 'One'")[0]["Id"].(string)
		id = c.job(nil, "operation", "update", "object", "Account", "contentType", "XML")
		b = c.batch(id, `<?xml version="1.0" encoding="UTF-8"?><sObjects xmlns="http://www.force.com/2009/06/asyncapi/dataload" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`+
			`<sObject><Id>`+acct+`</Id><Name>One &amp; only</Name><Phone xsi:nil="true"/><Parent><sObject><type>Account</type><Id>`+acct+`</Id></sObject></Parent></sObject>`+
			`<sObject><Id>`+acct+`</Id><Name/><Website>w</Website><AnnualRevenue>much</AnnualRevenue></sObject></sObjects>`, "application/xml")
		got := c.get("job/" + id + "/batch/" + b["id"] + "/result")
		if !strings.Contains(got, "<results xmlns=") || strings.Count(got, "<result>") != 2 || !strings.Contains(got, "<statusCode>") {
			t.Errorf("%s", got)
		}

		c.kind = "application/json"
		id = c.job(nil, "operation", "upsert", "object", "Contact", "contentType", "JSON", "externalIdFieldName", "Email", "concurrencyMode", "Serial")
		b = c.batch(id, `[{"LastName":"Ann","Email":"ann@example.org","Account":{"attributes":{"type":"Account"},"Id":"`+acct+`"},"HasOptedOutOfEmail":true},{"LastName":"Bob","Email":"no address"}]`, "application/json")
		if b["state"] != "Completed" || b["numberRecordsFailed"] != "1" {
			t.Errorf("%v", b)
		}
		var res []struct {
			Success, Created bool
			ID               *string
			Errors           []struct {
				StatusCode string
				Fields     []string
			}
		}
		if err := json.Unmarshal([]byte(c.get("job/"+id+"/batch/"+b["id"]+"/result")), &res); err != nil || len(res) != 2 || !res[0].Created || res[0].ID == nil || res[1].ID != nil ||
			len(res[1].Errors) != 1 || res[1].Errors[0].StatusCode != "INVALID_EMAIL_ADDRESS" || len(res[1].Errors[0].Fields) != 1 {
			t.Errorf("%+v, %v", res, err)
		}
		if got := s.Query(t, "SELECT AccountId FROM Contact WHERE Email = 'ann@example.org' AND HasOptedOutOfEmail = true"); len(got) != 1 || got[0]["AccountId"] != acct {
			t.Errorf("%v", got)
		}

		// A manifest and the files that it names.
		var z bytes.Buffer
		w := zip.NewWriter(&z)
		for name, text := range map[string]string{"request.txt": "Name,ParentId,ContentType,Body\nlamp.txt," + acct + ",text/plain,#files/lamp.txt\n", "files/lamp.txt": "A lamp."} {
			f, err := w.Create(name)
			if err == nil {
				_, err = f.Write([]byte(text))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		id = c.job(nil, "operation", "insert", "object", "Attachment", "contentType", "ZIP_CSV")
		b = c.batch(id, z.String(), "zip/csv")
		if got := c.get("job/" + id + "/batch/" + b["id"] + "/result"); !strings.Contains(got, `"true","true"`) {
			t.Errorf("%v %s", b, got)
		}
		if got := s.Query(t, "SELECT BodyLength FROM Attachment WHERE Name = 'lamp.txt'"); len(got) != 1 || got[0]["BodyLength"] != 7.0 {
			t.Errorf("%v", got)
		}
	})
}

func TestBatchesExport(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		of(t, s).load(insertAccounts, "Name,Phone,Site\n"+strings.Repeat("Export,\"5\",\"<b>\"\n", 450))
		c := &old{t, s, "application/xml"}
		rows := func(format, soql string, header ...string) (all []string) {
			id := c.job(header, "operation", "query", "object", "Account", "contentType", format)
			b := c.batch(id, soql, "text/csv")
			var batches []string
			if b["state"] == "NotProcessed" {
				for _, m := range regexp.MustCompile(`751\w{15}`).FindAllString(c.get("job/"+id+"/batch"), -1) {
					if m != b["id"] {
						batches = append(batches, m)
					}
				}
			} else {
				batches = []string{b["id"]}
			}
			for _, one := range batches {
				if m := c.ended(id, one); m["state"] != "Completed" {
					t.Fatalf("%v", m)
				}
				list := c.get("job/" + id + "/batch/" + one + "/result")
				result := regexp.MustCompile(`752\w{15}`).FindString(list)
				all = append(all, c.get("job/"+id+"/batch/"+one+"/result/"+result))
			}
			return all
		}
		soql := "SELECT Id, Phone, Site, Owner.Username FROM Account WHERE Name = 'Export'"
		if got := rows("CSV", soql); strings.Count(got[0], "\n") != 451 || !strings.HasPrefix(got[0], "\"Id\",\"Phone\",\"Site\",\"Owner.Username\"\n\"001") {
			t.Errorf("%.200s", got[0])
		}
		var list []struct {
			Attributes struct{ Type string }
			Site       string
			Owner      struct{ Username string }
		}
		if got := rows("JSON", soql); json.Unmarshal([]byte(got[0]), &list) != nil || len(list) != 450 || list[0].Site != "<b>" || list[9].Owner.Username != servertest.Admin || list[0].Attributes.Type != "Account" {
			t.Errorf("%.200s", got[0])
		}
		if got := rows("XML", soql); strings.Count(got[0], "<records ") != 450 || !strings.Contains(got[0], "<Site>&lt;b&gt;</Site>") {
			t.Errorf("%.300s", got[0])
		}
		if got := rows("CSV", "SELECT Id FROM Account WHERE Name = 'nobody'"); got[0] != "Records not found for this query" {
			t.Errorf("%s", got[0])
		}
		cut := rows("CSV", soql, "Sforce-Enable-PKChunking", "chunkSize=100; parent=Account")
		seen := map[string]bool{}
		for _, one := range cut {
			for _, id := range regexp.MustCompile(`001\w{15}`).FindAllString(one, -1) {
				seen[id] = true
			}
		}
		if len(cut) < 5 || len(seen) != 450 {
			t.Errorf("%d batches, %d different rows", len(cut), len(seen))
		}
	})
}

func TestVersion1Refuses(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		c := &old{t, s, "application/xml"}
		refused := func(code string, a servertest.Answer) {
			t.Helper()
			if a.Status != http.StatusBadRequest || !strings.Contains(a.Body, code) {
				t.Errorf("%d %s, want %s", a.Status, a.Body, code)
			}
		}
		a := s.Do(t, servertest.Request{Method: "POST", Path: async + "job", Body: "<jobInfo/>", Header: []string{"X-SFDC-Session", "nobody", "Content-Type", "application/xml"}})
		refused("<exceptionCode>InvalidSessionId</exceptionCode><exceptionMessage>Invalid session id</exceptionMessage>", a)
		a = s.Do(t, servertest.Request{Method: "POST", Path: async + "job", Body: "{}", Header: []string{"X-SFDC-Session", "nobody"}})
		refused(`{"exceptionCode":"InvalidSessionId","exceptionMessage":"Invalid session id"}`, a)
		if a.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%v", a.Header)
		}
		post := func(path, body string, header ...string) servertest.Answer {
			return c.do("POST", path, body, "application/json", header...)
		}
		refused("InvalidEntity", post("job", `{"operation":"insert","object":"Nothing","contentType":"CSV"}`))
		refused("InvalidJob", post("job", `{"operation":"paint","object":"Account","contentType":"CSV"}`))
		refused("InvalidJob", post("job", `{"operation":"insert","object":"Account","contentType":"PDF"}`))
		refused("InvalidJob", post("job", `{`))
		refused("InvalidJob", c.do("POST", "job", "<jobInfo><a><b><c/></b></a></jobInfo>", "application/xml"))
		refused("InvalidJob", c.do("POST", "job", `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><jobInfo><object>&b;</object></jobInfo>`, "application/xml"))
		refused("InvalidVersion", s.Do(t, servertest.Request{Method: "GET", Path: "/services/async/9.0/job", Token: s.Token}))
		refused("InvalidJob", c.do("GET", "job/750000000000000AAA", "", "application/json"))
		refused("InvalidUrl", c.do("GET", "paint", "", "application/json"))
		id := c.job(nil, "operation", "insert", "object", "Account", "contentType", "CSV")
		refused("InvalidBatch", c.do("GET", "job/"+id+"/batch/751000000000000AAA", "", ""))
		refused("InvalidBatch", c.do("POST", "job/"+id+"/batch", "", "text/csv"))
		refused("ExceededQuota", c.do("POST", "job/"+id+"/batch", strings.Repeat("x", 11<<20), "text/csv"))
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, _ = z.Write(bytes.Repeat([]byte("Name\n"), 4<<20))
		_ = z.Close()
		refused("ExceededQuota", c.do("POST", "job/"+id+"/batch", packed.String(), "text/csv", "Content-Encoding", "gzip"))
		refused("ClientInputError", c.do("POST", "job/"+id+"/batch", packed.String()[:100], "text/csv", "Content-Encoding", "gzip"))
		c.ok(http.StatusOK, "POST", "job/"+id, "<jobInfo><state>Aborted</state></jobInfo>", "application/xml")
		refused("InvalidJobState", c.do("POST", "job/"+id+"/batch", "Name\nA\n", "text/csv"))
		refused("InvalidJobState", c.do("POST", "job/"+id, "<jobInfo><state>Closed</state></jobInfo>", "application/xml"))

		failed := func(format, body, why string) {
			t.Helper()
			id := c.job(nil, "operation", "insert", "object", "Account", "contentType", format)
			if b := c.batch(id, body, "application/octet-stream"); b["state"] != "Failed" || !strings.Contains(b["stateMessage"], why) {
				t.Errorf("%.60q: %v, want %s", body, b, why)
			}
		}
		failed("CSV", "Name,Colour\nA,red\n", "Field name not found : Colour")
		failed("CSV", "Name\n\"A\n", "closing an opened quote")
		failed("CSV", "Name\n"+strings.Repeat("A\n", 10_001), "limit of 10000")
		failed("JSON", `[{"Name":`, "Unable to parse")
		failed("JSON", strings.Repeat("[", 100_000), "Unable to parse")
		failed("JSON", `[`+strings.Repeat(`{"a":`, 5000)+"1"+strings.Repeat("}", 5000)+"]", "Unable to parse")
		failed("XML", `<!DOCTYPE x [<!ENTITY a "aaaa">]><sObjects><sObject><Name>&a;</Name></sObject></sObjects>`, "Unable to parse")
		failed("XML", strings.Repeat("<a>", 100_000), "nested too deep")
		failed("ZIP_CSV", "no zip", "no ZIP")
		bomb := new(bytes.Buffer)
		w := zip.NewWriter(bomb)
		f, _ := w.Create("request.txt")
		for range 40 {
			_, _ = f.Write(make([]byte, 1<<20))
		}
		_ = w.Close()
		failed("ZIP_CSV", bomb.String(), "unpacks to more than 20971520 bytes")
	})
}
