package servertest

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// A Case is one request of a script and the answer that it expects.
//
//	# What the case shows.
//	POST sobjects/Account
//	Sforce-Auto-Assign: FALSE
//	{"Name":"Acme"}
//
//	201
//	Location: *$account
//	{"id":"$account","success":true,"errors":[]}
//	---
//
// A path that does not begin with a slash is below API. A * in the answer
// stands for any text. A $name stands, where it first occurs, for any text
// without quotes, slashes and spaces, and from then on for that text, also in
// requests. $user is the standard user's token and $userId the id, $start and
// $end are an hour ago and an hour from now. Requests bear the
// administrator's unless they say Authorization. Lines of a body are put
// together without their indentation.
type Case struct {
	Line         int
	Method, Path string
	header       []string
	body         string
	status       string
	wantHeader   []string
	want         string
}

// Script reads a script.
func Script(t testing.TB, file string) []Case {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []Case
	line := 1
	for part := range strings.SplitSeq(string(b), "\n---\n") {
		if strings.TrimSpace(part) != "" {
			c, err := parseCase(part)
			if err != nil {
				t.Fatalf("%s:%d: %v", file, line, err)
			}
			c.Line = line
			cases = append(cases, c)
		}
		line += strings.Count(part, "\n") + 2
	}
	return cases
}

var isHeader = regexp.MustCompile(`^[A-Z][A-Za-z-]*: `)

func parseCase(text string) (Case, error) {
	var c Case
	lines := slices.DeleteFunc(strings.Split(strings.Trim(text, "\n"), "\n"), func(l string) bool { return strings.HasPrefix(l, "#") })
	gap := slices.Index(lines, "")
	if gap < 1 || gap+1 == len(lines) {
		return c, fmt.Errorf("a case is a request, a blank line and an answer")
	}
	var ok bool
	if c.Method, c.Path, ok = strings.Cut(lines[0], " "); !ok {
		return c, fmt.Errorf("a request begins with a method and a path: %q", lines[0])
	}
	c.header, c.body = headerAndBody(lines[1:gap])
	answer := lines[gap+1:]
	c.status = answer[0]
	c.wantHeader, c.want = headerAndBody(answer[1:])
	return c, nil
}

func headerAndBody(lines []string) (header []string, body string) {
	for len(lines) > 0 && isHeader.MatchString(lines[0]) {
		name, value, _ := strings.Cut(lines[0], ": ")
		header = append(header, name, value)
		lines = lines[1:]
	}
	for _, l := range lines {
		body += strings.TrimLeft(l, " \t")
	}
	return header, body
}

// Play runs the cases of a script one after the other.
func (s *Server) Play(t *testing.T, file string) {
	vars := map[string]string{
		"user": s.UserToken, "userId": s.UserID,
		"start": time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), "end": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
	}
	for _, c := range Script(t, file) {
		r := Request{Method: c.Method, Path: fill(c.Path, vars), Token: s.Token, Body: fill(c.body, vars)}
		for i := 0; i < len(c.header); i += 2 {
			if c.header[i] == "Authorization" {
				r.Token = ""
				if c.header[i+1] == "none" {
					continue
				}
			}
			r.Header = append(r.Header, c.header[i], fill(c.header[i+1], vars))
		}
		if !strings.HasPrefix(r.Path, "/") {
			r.Path = API + "/" + r.Path
		}
		path, query, ok := strings.Cut(r.Path, "?")
		r.Path = strings.ReplaceAll(path, " ", "%20")
		if ok {
			r.Path += "?" + escapeQuery(query)
		}
		a := s.Do(t, r)
		where := fmt.Sprintf("%s:%d: %s %s", file, c.Line, c.Method, c.Path)
		if fmt.Sprint(a.Status) != c.status {
			t.Errorf("%s\n got %d %s\nwant %s %s", where, a.Status, a.Body, c.status, c.want)
			continue
		}
		for i := 0; i < len(c.wantHeader); i += 2 {
			if got := a.Header.Get(c.wantHeader[i]); !fits(c.wantHeader[i+1], got, vars) {
				t.Errorf("%s\n got %s: %s\nwant %s", where, c.wantHeader[i], got, c.wantHeader[i+1])
			}
		}
		if !fits(c.want, a.Body, vars) {
			t.Errorf("%s\n got %s\nwant %s", where, a.Body, fill(c.want, vars))
		}
	}
}

// escapeQuery escapes what a script may write plainly for the reader: spaces, quotes and what is not ASCII.
func escapeQuery(q string) string {
	var b strings.Builder
	for i := range len(q) {
		if c := q[i]; c <= ' ' || c == '"' || c == '<' || c == '>' || c == '#' || c >= 0x7f {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

var name = regexp.MustCompile(`\$[a-z][A-Za-z0-9]*`)

// fill puts the values of names in.
func fill(text string, vars map[string]string) string {
	return name.ReplaceAllStringFunc(text, func(n string) string {
		if v, ok := vars[n[1:]]; ok {
			return v
		}
		return n
	})
}

// fits reports whether got is what a pattern says, and gives new names their values.
func fits(pattern, got string, vars map[string]string) bool {
	expr := regexp.QuoteMeta(fill(pattern, vars))
	expr = strings.ReplaceAll(expr, `\*`, `(?s:.*?)`)
	var fresh []string
	expr = regexp.MustCompile(`\\\$[a-z][A-Za-z0-9]*`).ReplaceAllStringFunc(expr, func(n string) string {
		fresh = append(fresh, n[2:])
		return `([^"/ ]+)`
	})
	m := regexp.MustCompile(`^` + expr + `$`).FindStringSubmatch(got)
	if m == nil {
		return false
	}
	for i, n := range fresh {
		vars[n] = m[i+1]
	}
	return true
}
