package server_test

import (
	"bufio"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"stoa/internal/server"
	"stoa/internal/server/servertest"
)

// An agent is a browser of somebody who is signed in to the console.
type agent struct {
	t    *testing.T
	http *http.Client
	base string
}

func atDesk(t *testing.T, s *servertest.Server, username string) *agent {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	a := &agent{t, &http.Client{Jar: jar}, s.URL}
	if status, body := a.post("/login", "username", username, "password", servertest.Password); status != http.StatusOK {
		t.Fatalf("sign-in: %d %s", status, body)
	}
	return a
}

func (a *agent) do(r *http.Request) (int, string) {
	a.t.Helper()
	answer, err := a.http.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return answer.StatusCode, string(b)
}

func (a *agent) get(path string) (int, string) {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, a.base+path, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	return a.do(r)
}

// post posts name-value pairs and follows where they lead.
func (a *agent) post(path string, pairs ...string) (int, string) {
	a.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return a.do(r)
}

// listens opens the stream of a case and returns what it sends, a line each.
func (a *agent) listens(id string) <-chan string {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, a.base+"/console/desk/live?case="+id, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	answer, err := a.http.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { answer.Body.Close() })
	lines := make(chan string, 100)
	in := bufio.NewScanner(answer.Body)
	for in.Scan() && in.Text() != "event: ready" { // what is announced from here on is heard
	}
	go func() {
		defer close(lines)
		for in.Scan() {
			lines <- in.Text()
		}
	}()
	return lines
}

// heard waits for a line that has all the words.
func heard(t *testing.T, lines <-chan string, words ...string) {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		select {
		case line, ok := <-lines:
			all := ok
			for _, w := range words {
				all = all && strings.Contains(line, w)
			}
			if all {
				return
			}
			if !ok {
				t.Fatalf("the stream ends before %q", words)
			}
		case <-late:
			t.Fatalf("%q is not heard", words)
		}
	}
}

var versionField = regexp.MustCompile(`name="version" value="(\d+)"`)

func TestDesk(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		id := s.Create(t, "Case", map[string]any{"Subject": "The lamp is dark", "SuppliedName": "Ada Grey", "SuppliedEmail": "ada@post.example", "Description": "Since Monday <b>night</b>."})
		at := "/console/desk/mine/" + id
		one, two := atDesk(t, s, servertest.Admin), atDesk(t, s, servertest.User)

		status, body := one.get(at)
		if status != http.StatusOK || !strings.Contains(body, "Since Monday &lt;b&gt;night&lt;/b&gt;.") || !strings.Contains(body, `value="ada@post.example"`) {
			t.Fatalf("the case is answered with %d\n%s", status, body)
		}
		read := versionField.FindStringSubmatch(body)[1]

		t.Run("who looks and who writes is told to others", func(t *testing.T) {
			lines := one.listens(id)
			two.post("/console/desk/presence", "case", id, "says", "looking")
			heard(t, lines, `"says":"looking"`, `"name":"`)
			two.post(at+"/draft", "kind", "Reply", "body", "Half a thought", "version", read)
			heard(t, lines, `"says":"typing"`)
			two.post(at+"/note", "body", "Seen it.")
			heard(t, lines, `"says":"message"`)
		})
		t.Run("what is half written is there for the team", func(t *testing.T) {
			if _, body := one.get(at); !strings.Contains(body, "Half a thought") {
				t.Error("the colleague's draft is not shown")
			}
		})
		t.Run("a reply to a thread that went on is held, with what is new", func(t *testing.T) {
			status, body := one.post(at+"/reply", "body", "We look into it.", "to", "ada@post.example", "version", read)
			if status != http.StatusConflict || !strings.Contains(body, "Seen it.") || !strings.Contains(body, "We look into it.") {
				t.Fatalf("answered with %d\n%s", status, body)
			}
			now := versionField.FindStringSubmatch(body)[1]
			if a, _ := strconv.Atoi(read); now == strconv.Itoa(a) {
				t.Error("the form would be held again")
			}
			read = now
		})
		t.Run("an address that nobody meant is held, left out, or sent to", func(t *testing.T) {
			const strange = "somebody@else.example"
			status, body := one.post(at+"/reply", "body", "We look into it.", "to", "ada@post.example", "cc", strange, "version", read)
			if status != http.StatusUnprocessableEntity || !strings.Contains(body, strange) {
				t.Fatalf("answered with %d\n%s", status, body)
			}
			if status, body := one.post(at+"/reply", "body", "We look into it.", "to", "ada@post.example", "cc", strange, "strange", strange, "version", read, "then", "Waiting"); status != http.StatusOK || !strings.Contains(body, "Reply sent") {
				t.Fatalf("answered with %d\n%s", status, body)
			}
			if got := s.Query(t, "SELECT ToAddress, CcAddress FROM EmailMessage WHERE ParentId = '"+id+"'"); len(got) != 1 || got[0]["CcAddress"] != nil {
				t.Errorf("sent to %v", got)
			}
			if got := s.Query(t, "SELECT Status FROM Case WHERE Id = '"+id+"'"); got[0]["Status"] != "Waiting" {
				t.Errorf("the case is %v", got)
			}
		})
		t.Run("what does not exist or may not be is a page, not a failure", func(t *testing.T) {
			for path, want := range map[string]int{
				"/console/desk/mine/500000000000000AAA": http.StatusNotFound, "/console/desk/nowhere": http.StatusNotFound, "/console/desk/mine/x": http.StatusNotFound,
				"/console/desk/live": http.StatusNotFound, "/console/desk/live?case=500000000000000AAA": http.StatusNotFound, "/console/desk/merge": http.StatusNotFound,
				"/console/desk/mail/x/html": http.StatusNotFound, "/console/desk/file/068000000000000AAA": http.StatusNotFound, at + "/macro?macro=x": http.StatusNotFound,
				"/console/service/articles/x": http.StatusNotFound, "/console/service": http.StatusOK, "/console/service/queues": http.StatusOK, "/console/service/macros": http.StatusOK,
				"/console/service/articles": http.StatusOK, "/console/desk/case/" + id: http.StatusOK, "/console/desk/merge?id=" + id: http.StatusOK, at + "?tab=timeline": http.StatusOK,
			} {
				if status, _ := one.get(path); status != want {
					t.Errorf("%s: %d, want %d", path, status, want)
				}
			}
			if status, body := one.post(at+"/set", "field", "OwnerId", "value", id); status != http.StatusOK || !strings.Contains(body, "That did not work") {
				t.Errorf("an owner that is none: %d", status)
			}
		})
		t.Run("the HTML of a mail is shown in a document that can do nothing", func(t *testing.T) {
			mail := s.Create(t, "EmailMessage", map[string]any{"ParentId": id, "Incoming": true, "Status": "0", "TextBody": "Hello", "HtmlBody": `<p onclick="x()">Hello<script>alert(1)</script><img src="https://elsewhere.example/a.png"></p>`})
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/console/desk/mail/"+mail+"/html", nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := one.http.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			b, _ := io.ReadAll(answer.Body)
			if p := answer.Header.Get("Content-Security-Policy"); !strings.HasPrefix(p, "sandbox") || !strings.Contains(p, "default-src 'none'") {
				t.Errorf("policy %q", p)
			}
			if body := string(b); !strings.Contains(body, "Hello") || strings.Contains(body, "script") || strings.Contains(body, "onclick") || strings.Contains(body, "elsewhere") {
				t.Errorf("%s", body)
			}
		})
	})
}

func TestAStreamEndsWithItsSession(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		id := s.Create(t, "Case", map[string]any{"Subject": "Heard until one signs out"})
		one, other := atDesk(t, s, servertest.Admin), atDesk(t, s, servertest.Admin)
		lines := one.listens(id)
		if status, body := other.post("/console/desk/presence", "case", id, "says", "typing"); status != http.StatusNoContent {
			t.Fatalf("presence: %d %s", status, body)
		}
		heard(t, lines, "typing")
		if status, body := one.post("/logout"); status != http.StatusOK {
			t.Fatalf("sign-out: %d %s", status, body)
		}
		if status, body := other.post("/console/desk/presence", "case", id, "says", "left"); status != http.StatusNoContent {
			t.Fatalf("presence: %d %s", status, body)
		}
		late := time.After(10 * time.Second)
		for {
			select {
			case line, open := <-lines:
				if !open {
					return
				}
				if strings.Contains(line, "left") {
					t.Fatalf("who was signed out heard %s", line)
				}
			case <-late:
				t.Fatal("the stream goes on after its session")
			}
		}
	})
}

func TestStreamsEndWhenTheServerStops(t *testing.T) {
	whole := t // outlives the server
	var lines <-chan string
	var begun time.Time
	t.Run("running", func(t *testing.T) {
		s := servertest.Start(t, server.Settings{})
		id := s.Create(t, "Case", map[string]any{"Subject": "Open to the end"})
		one := atDesk(t, s, servertest.Admin)
		one.t = whole
		lines = one.listens(id)
		begun = time.Now()
	})
	for range lines {
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("an open stream held the server up for %s", took)
	}
}
