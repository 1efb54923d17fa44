package console_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"stoa/internal/server/servertest"
	"stoa/internal/web/kit"
)

// A browser keeps cookies and follows no redirect, so that a test sees them.
type browser struct {
	t      *testing.T
	base   string
	client *http.Client
}

func open(t *testing.T, s *servertest.Server) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t, s.URL, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if status, to, _ := b.post("/login", "username", servertest.Admin, "password", servertest.Password); status != 303 || to != "/console/home" {
		t.Fatalf("sign in: %d to %q", status, to)
	}
	return b
}

func (b *browser) do(r *http.Request) (status int, to, body string) {
	b.t.Helper()
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") && res.Header.Get("Content-Security-Policy") != kit.Policy {
		b.t.Errorf("%s: policy %q", r.URL, res.Header.Get("Content-Security-Policy"))
	}
	return res.StatusCode, res.Header.Get("Location"), string(text)
}

func (b *browser) get(path string) (int, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), "GET", b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	status, _, body := b.do(r)
	return status, body
}

func (b *browser) post(path string, pairs ...string) (status int, to, body string) {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequestWithContext(b.t.Context(), "POST", b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

func TestARecordIsMadeFoundChangedAndDeleted(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		b := open(t, s)
		status, _, body := b.post("/console/Contact/new", "FirstName", "Ada")
		if status != 422 || !strings.Contains(body, "Enter Last Name.") || !strings.Contains(body, `value="Ada"`) {
			t.Fatalf("without a last name: %d", status)
		}
		status, contact, _ := b.post("/console/Contact/new", "FirstName", "Ada", "LastName", "O'Brightwater")
		if status != 303 || !strings.HasPrefix(contact, "/console/r/003") {
			t.Fatalf("contact: %d to %q", status, contact)
		}
		status, record, _ := b.post("/console/Case/new", "Subject", "Heating <b>refused</b>", "Status", "New", "ContactId~name", "Ada O'Brightwater", "ContactId", "")
		if status != 303 || !strings.HasPrefix(record, "/console/r/500") {
			t.Fatalf("case: %d to %q", status, record)
		}
		_, body = b.get(record)
		for _, want := range []string{"Heating &lt;b&gt;refused&lt;/b&gt;", contact, "created this record"} {
			if !strings.Contains(body, want) {
				t.Errorf("record page lacks %q", want)
			}
		}
		_, body = b.get("/console/Case/list?view=AllCases&q=" + url.QueryEscape("o'bright"))
		if strings.Count(body, "<tr id=") != 1 || !strings.Contains(body, "1 case") {
			t.Error("the list does not find the case by its contact")
		}
		if status, _, _ = b.post(record+"/set", "Status", "Working"); status != 303 {
			t.Errorf("set: %d", status)
		}
		if status, to, _ := b.post(record + "/delete"); status != 303 || to != "/console/Case/list" {
			t.Errorf("delete: %d to %q", status, to)
		}
		if status, body = b.get(record); status != 404 || !strings.Contains(body, "/console/restore") {
			t.Errorf("deleted record: %d", status)
		}
		id := strings.TrimPrefix(record, "/console/r/")
		if status, to, _ := b.post("/console/restore", "id", id); status != 303 || to != record {
			t.Errorf("restore: %d to %q", status, to)
		}
	})
}

// What is typed into "Filter this list" counts for all that is done with the list.
func TestAllOfAFilteredListAreThoseThatMatch(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		b := open(t, s)
		for _, name := range []string{"Okafor Works", "Household Okafor", "Brightwater"} {
			if status, _, _ := b.post("/console/Account/new", "Name", name); status != 303 {
				t.Fatal(name, status)
			}
		}
		list := "/console/Account/list?view=AllAccounts&q=" + url.QueryEscape("okaf")
		if _, body := b.get(list); strings.Count(body, "<tr id=") != 2 {
			t.Error("the list has not the two that match")
		}
		if _, body := b.get("/console/Account/bulk?all=1&back=" + url.QueryEscape(list)); !strings.Contains(body, "Change 2 accounts") {
			t.Error("others than the two that match would be changed")
		}
		if _, body := b.get("/console/Account/export.csv?view=AllAccounts&q=okaf"); strings.Count(body, "Okafor") != 2 || strings.Contains(body, "Brightwater") {
			t.Error("others than the two that match are exported")
		}
	})
}

func TestAnOpenedRecordIsRecentlyViewed(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		b := open(t, s)
		_, record, _ := b.post("/console/Account/new", "Name", "Household Okafor")
		if _, body := b.get("/console/home"); strings.Contains(body, "Household Okafor") {
			t.Error("home has a record that nobody opened")
		}
		b.get(record)
		if _, body := b.get("/console/home"); !strings.Contains(body, "Household Okafor") || !strings.Contains(body, record) {
			t.Error("home does not have the opened record")
		}
	})
}

func TestTwoPeopleChangeOneRecord(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		b := open(t, s)
		_, record, _ := b.post("/console/Case/new", "Subject", "First", "Status", "New", "Priority", "Low")
		// Somebody else changes subject and priority while the form is open.
		if status, _, _ := b.post(record+"/edit", "Subject", "Theirs", "Subject~was", "First", "Priority", "High", "Priority~was", "Low"); status != 303 {
			t.Fatalf("their change: %d", status)
		}
		mine := []string{"Subject", "Mine", "Subject~was", "First", "Priority", "Low", "Priority~was", "Low", "Origin", "Web", "Origin~was", ""}
		status, _, body := b.post(record+"/edit", mine...)
		if status != 409 || !strings.Contains(body, `name="Subject~keep"`) || strings.Contains(body, `name="Priority~keep"`) {
			t.Fatalf("clash: %d", status)
		}
		if status, _, _ = b.post(record+"/edit", append(mine, "Subject~keep", "theirs")...); status != 303 {
			t.Fatalf("after the choice: %d", status)
		}
		rows := s.Query(t, "SELECT Subject, Priority, Origin FROM Case WHERE Id = '"+strings.TrimPrefix(record, "/console/r/")+"'")
		if len(rows) != 1 || rows[0]["Subject"] != "Theirs" || rows[0]["Priority"] != "High" || rows[0]["Origin"] != "Web" {
			t.Errorf("merged: %v", rows)
		}
	})
}

func TestAListPagesByKeyWithoutLosingOrRepeatingARow(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		b := open(t, s)
		for range 120 {
			s.Create(t, "Account", map[string]any{"Name": "Same name"})
		}
		row := regexp.MustCompile(`<tr id="row-([0-9A-Za-z]{18})"`)
		more := regexp.MustCompile(`class="btn btn-sm" href="([^"]*after=[^"]*)"`)
		seen := map[string]bool{}
		next := "/console/Account/list?view=AllAccounts&f=Name:eq:Same+name"
		for pages := 0; next != "" && pages < 5; pages++ {
			status, body := b.get(next)
			if status != 200 {
				t.Fatalf("%s: %d", next, status)
			}
			for _, m := range row.FindAllStringSubmatch(body, -1) {
				if seen[m[1]] {
					t.Errorf("%s came twice", m[1])
				}
				seen[m[1]] = true
			}
			next = ""
			if m := more.FindStringSubmatch(body); m != nil {
				next = strings.ReplaceAll(m[1], "&amp;", "&")
			}
		}
		if len(seen) != 120 {
			t.Errorf("%d rows, want 120", len(seen))
		}
	})
}

func TestNobodyIsServedWithoutSigningIn(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		b := &browser{t, s.URL, &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
		for _, path := range []string{"/console/home", "/console/Case/list", "/console/Case/export.csv", "/console/search?q=heat", "/console/r/500000000000000AAA", "/console/Case/lookup?field=ContactId"} {
			if status, body := b.get(path); status != 303 || body != "" && !strings.Contains(body, "/login") {
				t.Errorf("%s: %d", path, status)
			}
		}
		if status, to, _ := b.post("/console/Case/new", "Subject", "x"); status != 303 || to != "/login" {
			t.Errorf("post: %d to %q", status, to)
		}
		if status, _, body := b.post("/login", "username", servertest.Admin, "password", "wrong"); status != 422 || !strings.Contains(body, "do not match") {
			t.Errorf("wrong password: %d", status)
		}
	})
}

func TestAViewIsSavedPinnedRenamedCopiedAndDeleted(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		b := open(t, s)
		title := regexp.MustCompile(`<h1>([^<]*)</h1>`)
		heading := func(path string) string {
			t.Helper()
			status, body := b.get(path)
			if m := title.FindStringSubmatch(body); status == 200 && m != nil {
				return m[1]
			}
			t.Fatalf("%s: %d without a heading", path, status)
			return ""
		}
		if h := heading("/console/Case/list"); h != "All Open Cases" {
			t.Errorf("cases open with %q", h)
		}
		if status, _, _ := b.post("/console/Case/new", "Subject", "No heating", "Status", "New", "Priority", "High"); status != 303 {
			t.Fatalf("case: %d", status)
		}
		status, saved, _ := b.post("/console/Case/views", "view", "AllCases", "f", "Priority:eq:High", "cols", "CaseNumber,Subject,Priority", "sort", "-CaseNumber", "w", "Subject:300", "title", "Hot ones", "do", "new")
		if status != 303 || !strings.Contains(saved, "view=00B") {
			t.Fatalf("save: %d to %q", status, saved)
		}
		if h := heading(saved); h != "Hot ones" {
			t.Errorf("the saved view is called %q", h)
		}
		_, body := b.get(saved)
		for _, want := range []string{"Priority is High", `data-column="Subject" width="300"`, `aria-sort="descending"`, "Hot_ones"} {
			if !strings.Contains(body, want) {
				t.Errorf("the saved view lacks %s", want)
			}
		}
		if status, _, _ := b.post("/console/Case/views/pin", "view", "Hot_ones"); status != 303 {
			t.Errorf("pin: %d", status)
		}
		if h := heading("/console/Case/list"); h != "Hot ones" {
			t.Errorf("after pinning, cases open with %q", h)
		}
		if status, to, _ := b.post("/console/Case/views", "view", "Hot_ones", "title", "Urgent ones", "do", "replace"); status != 303 || to != saved {
			t.Errorf("rename: %d to %q", status, to)
		}
		if h := heading("/console/Case/list?view=hot_ones"); h != "Urgent ones" {
			t.Errorf("renamed to %q", h)
		}
		if status, to, _ := b.post("/console/Case/views", "view", "Hot_ones", "title", "Urgent ones", "do", "new"); status != 303 || to == saved {
			t.Errorf("copy: %d to %q", status, to)
		}
		if h := heading("/console/Case/list?view=Urgent_ones"); h != "Urgent ones" {
			t.Errorf("the copy is called %q", h)
		}
		if status, _, _ := b.post("/console/Case/views/delete", "view", "Hot_ones"); status != 303 {
			t.Errorf("delete: %d", status)
		}
		if h := heading("/console/Case/list"); h != "All Open Cases" {
			t.Errorf("with the pinned view gone, cases open with %q", h)
		}
		if status, _, _ := b.post("/console/Case/views/delete", "view", "NoSuchView"); status != 404 {
			t.Errorf("delete of none: %d", status)
		}
	})
}

func TestAdministratorsSeeBulkJobs(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		a := s.Do(t, servertest.Request{Method: "POST", Path: servertest.API + "/jobs/ingest", Token: s.Token, Body: `{"object":"Account","operation":"upsert","externalIdFieldName":"Id"}`})
		b := open(t, s)
		if _, page := b.get("/console/setup/jobs"); a.Status != http.StatusOK || !strings.Contains(page, "Insert or update Accounts") || !strings.Contains(page, "Waits for data") {
			t.Errorf("%d %s\n%s", a.Status, a.Body, page)
		}
		if _, page := b.get("/console/apps"); !strings.Contains(page, `href="/console/setup/jobs"`) {
			t.Error("nothing leads to the bulk jobs")
		}
	})
}
