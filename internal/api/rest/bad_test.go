package rest_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"stoa/internal/server/servertest"
)

// bad is a request that no client should send. The answer has its status and code, and nothing is written.
type bad struct {
	name, method, path, body string
	status                   int
	code                     string
	header                   []string
}

const (
	nobodysAccount = "/sobjects/Account/001000000000001AAA"
	nobodysContact = "003000000000001AAA"
)

func badBodies() []bad {
	post := func(name, body, code string) bad {
		return bad{name: name, method: "POST", path: "/sobjects/Account", body: body, status: 400, code: code}
	}
	contact := func(name, body, code string) bad {
		b := post(name, body, code)
		b.path = "/sobjects/Contact"
		return b
	}
	return []bad{
		post("no body", "", "JSON_PARSER_ERROR"),
		post("spaces", " \t\r\n ", "JSON_PARSER_ERROR"),
		post("cut off", `{"Name":`, "JSON_PARSER_ERROR"),
		post("cut off in a text", `{"Name":"x`, "JSON_PARSER_ERROR"),
		post("cut off in an escape", `{"Name":"\u00`, "JSON_PARSER_ERROR"),
		post("two values", `{"Name":"x"} {}`, "JSON_PARSER_ERROR"),
		post("a comma too many", `{"Name":"x",}`, "JSON_PARSER_ERROR"),
		post("single quotes", `{'Name':'x'}`, "JSON_PARSER_ERROR"),
		post("a list", `[{"Name":"x"}]`, "JSON_PARSER_ERROR"),
		post("a text", `"x"`, "JSON_PARSER_ERROR"),
		post("null", `null`, "JSON_PARSER_ERROR"),
		post("not UTF-8 in a value", "{\"Name\":\"\xff\xfe\"}", "JSON_PARSER_ERROR"),
		post("not UTF-8 in a name", "{\"Na\xffme\":\"x\"}", "JSON_PARSER_ERROR"),
		post("a NUL byte", "{\"Name\":\"a\x00b\"}", "JSON_PARSER_ERROR"),
		post("only a NUL", `{"Name":"\u0000"}`, "REQUIRED_FIELD_MISSING"),
		post("too deep", strings.Repeat(`{"Parent":`, 100)+"1"+strings.Repeat("}", 100), "JSON_PARSER_ERROR"),
		post("too deep a list", strings.Repeat("[", 100_000), "JSON_PARSER_ERROR"),
		post("NaN", `{"Name":"x","AnnualRevenue":NaN}`, "JSON_PARSER_ERROR"),
		post("NaN as text", `{"Name":"x","AnnualRevenue":"NaN"}`, "JSON_PARSER_ERROR"),
		post("infinity as text", `{"Name":"x","AnnualRevenue":"-Infinity"}`, "JSON_PARSER_ERROR"),
		post("a hexadecimal number", `{"Name":"x","AnnualRevenue":0x10}`, "JSON_PARSER_ERROR"),
		post("a number with a leading zero", `{"Name":"x","AnnualRevenue":010}`, "JSON_PARSER_ERROR"),
		post("a number beyond all bounds", `{"Name":"x","AnnualRevenue":1e400}`, "NUMBER_OUTSIDE_VALID_RANGE"),
		post("a number of too many digits", `{"Name":"x","AnnualRevenue":`+strings.Repeat("9", 400)+`}`, "NUMBER_OUTSIDE_VALID_RANGE"),
		post("a number beyond the field", `{"Name":"x","AnnualRevenue":1e18}`, "NUMBER_OUTSIDE_VALID_RANGE"),
		post("a whole number beyond 32 bits", `{"Name":"x","NumberOfEmployees":2147483648}`, "NUMBER_OUTSIDE_VALID_RANGE"),
		post("a latitude beyond the pole", `{"Name":"x","BillingLatitude":90.5}`, "NUMBER_OUTSIDE_VALID_RANGE"),
		post("a word for a number", `{"Name":"x","NumberOfEmployees":"many"}`, "JSON_PARSER_ERROR"),
		post("a boolean for a number", `{"Name":"x","NumberOfEmployees":true}`, "JSON_PARSER_ERROR"),
		post("a list for a text", `{"Name":["x"]}`, "JSON_PARSER_ERROR"),
		post("an object for a text", `{"Name":"x","Phone":{"a":1}}`, "JSON_PARSER_ERROR"),
		post("an empty object for a text", `{"Name":"x","Phone":{}}`, "JSON_PARSER_ERROR"),
		post("children", `{"Name":"x","Contacts":{"records":[]}}`, "JSON_PARSER_ERROR"),
		post("an unknown field", `{"Name":"x","Nothing__c":1}`, "INVALID_FIELD"),
		post("a field named like SQL", `{"Name":"x","Name\"; DROP TABLE Account; --":1}`, "INVALID_FIELD"),
		post("nothing that is required", `{}`, "REQUIRED_FIELD_MISSING"),
		post("spaces where a text is required", `{"Name":"   "}`, "REQUIRED_FIELD_MISSING"),
		post("the last of repeated names counts", `{"Name":"x","Name":null}`, "REQUIRED_FIELD_MISSING"),
		post("too long a text", `{"Name":"`+strings.Repeat("x", 256)+`"}`, "STRING_TOO_LONG"),
		post("a field of the system's", `{"Name":"x","CreatedDate":"2020-01-01T00:00:00Z"}`, "INVALID_FIELD_FOR_INSERT_UPDATE"),
		post("a compound field", `{"Name":"x","BillingAddress":{"city":"Oslo"}}`, "INVALID_FIELD_FOR_INSERT_UPDATE"),
		post("an id", `{"Id":"001000000000001AAA","Name":"x"}`, "INVALID_FIELD"),
		post("an id in other letters", `{"iD":null,"Name":"x"}`, "INVALID_FIELD"),
		post("a malformed reference", `{"Name":"x","ParentId":"nonsense"}`, "MALFORMED_ID"),
		post("a reference to another object", `{"Name":"x","ParentId":"`+nobodysContact+`"}`, "MALFORMED_ID"),
		post("a reference to nobody", `{"Name":"x","ParentId":"001000000000001AAA"}`, "INVALID_CROSS_REFERENCE_KEY"),
		post("an owner who is nobody", `{"Name":"x","OwnerId":"005000000000001AAA"}`, "INVALID_CROSS_REFERENCE_KEY"),
		post("a number for a reference", `{"Name":"x","OwnerId":12}`, "JSON_PARSER_ERROR"),
		post("a parent by an unknown field", `{"Name":"x","Parent":{"Nothing__c":"x"}}`, "INVALID_FIELD"),
		post("a parent by a field that is no key", `{"Name":"x","Parent":{"Name":"x"}}`, "INVALID_FIELD"),
		post("a parent by no field", `{"Name":"x","Owner":{}}`, "INVALID_FIELD"),
		post("a parent by two fields", `{"Name":"x","Owner":{"Username":"a","Email":"b"}}`, "INVALID_FIELD"),
		post("a parent who is nobody", `{"Name":"x","Owner":{"Username":"nobody@stoa.example"}}`, "INVALID_FIELD"),
		post("a parent's parent", `{"Name":"x","Owner":{"Manager":{"Username":"a"}}}`, "INVALID_FIELD"),
		contact("an address that is none", `{"LastName":"x","Email":"nonsense"}`, "INVALID_EMAIL_ADDRESS"),
		contact("an address with a line break", `{"LastName":"x","Email":"a@b.cd\r\nBcc: c@d.ef"}`, "INVALID_EMAIL_ADDRESS"),
		contact("a day that is none", `{"LastName":"x","Birthdate":"2020-02-30"}`, "JSON_PARSER_ERROR"),
		contact("a year of five digits", `{"LastName":"x","Birthdate":"10000-01-01"}`, "JSON_PARSER_ERROR"),
		contact("a number for a date", `{"LastName":"x","Birthdate":12}`, "JSON_PARSER_ERROR"),
		contact("a word for a boolean", `{"LastName":"x","HasOptedOutOfEmail":"maybe"}`, "JSON_PARSER_ERROR"),
		{name: "too large", method: "POST", path: "/sobjects/Account", body: `{"Name":"` + strings.Repeat("x", 50<<20) + `"}`, status: 413, code: "REQUEST_BODY_TOO_LARGE"},
		{name: "XML that lacks a field", method: "POST", path: "/sobjects/Account", body: "<Account/>", status: 400, code: "REQUIRED_FIELD_MISSING", header: []string{"Content-Type", "application/xml"}},
		{name: "XML without its end", method: "POST", path: "/sobjects/Account", body: "<Account><Name>x", status: 400, code: "XML_PARSER_ERROR", header: []string{"Content-Type", "application/xml"}},
		{name: "XML with entities of its own", method: "POST", path: "/sobjects/Account", body: `<!DOCTYPE a [<!ENTITY x "y">]><Account><Name>&x;</Name></Account>`, status: 400, code: "XML_PARSER_ERROR", header: []string{"Content-Type", "application/xml"}},
		{name: "CSV", method: "POST", path: "/sobjects/Account", body: "Name\nx", status: 415, code: "UNSUPPORTED_MEDIA_TYPE", header: []string{"Content-Type", "text/csv"}},
		{name: "a form", method: "POST", path: "/sobjects/Account", body: "Name=x", status: 415, code: "UNSUPPORTED_MEDIA_TYPE", header: []string{"Content-Type", "application/x-www-form-urlencoded"}},
		{name: "cut gzip", method: "POST", path: "/sobjects/Account", body: "\x1f\x8b\x08\x00\x00\x00", status: 400, code: "JSON_PARSER_ERROR", header: []string{"Content-Type", "application/json", "Content-Encoding", "gzip"}},
	}
}

func badPaths() []bad {
	return []bad{
		{name: "a version before the oldest", method: "GET", path: "/services/data/v19.0/limits", status: 404, code: "NOT_FOUND"},
		{name: "a version after the newest", method: "GET", path: "/services/data/v67.0/limits", status: 404, code: "NOT_FOUND"},
		{name: "a version with a sign", method: "GET", path: "/services/data/v+66.0/limits", status: 404, code: "NOT_FOUND"},
		{name: "a version with a zero before it", method: "GET", path: "/services/data/v066.0/limits", status: 404, code: "NOT_FOUND"},
		{name: "a version without its letter", method: "GET", path: "/services/data/66.0/limits", status: 404, code: "NOT_FOUND"},
		{name: "a path that climbs", method: "GET", path: "/sobjects/../../../etc/passwd", status: 404, code: "NOT_FOUND"},
		{name: "an escaped path that climbs", method: "GET", path: "/sobjects/..%2F..%2Fetc%2Fpasswd", status: 404, code: "NOT_FOUND"},
		{name: "a path that is no UTF-8", method: "GET", path: "/sobjects/Account/%ff%fe", status: 404, code: "NOT_FOUND"},
		{name: "a key that is no UTF-8", method: "PATCH", path: "/sobjects/Contact/Email/%ff%fe", body: `{"LastName":"x"}`, status: 404, code: "NOT_FOUND"},
		{name: "a path with a NUL", method: "GET", path: "/sobjects/Account%00/describe", status: 404, code: "NOT_FOUND"},
		{name: "a key with a NUL", method: "GET", path: "/sobjects/Contact/Email/%00", status: 404, code: "NOT_FOUND"},
		{name: "a key that would end the quotes", method: "GET", path: "/sobjects/Contact/Email/'%20OR%20Name%20!=%20'", status: 404, code: "NOT_FOUND"},
		{name: "an id of another object", method: "PATCH", path: "/sobjects/Account/" + nobodysContact, body: `{"Name":"x"}`, status: 404, code: "NOT_FOUND"},
		{name: "an id that is none", method: "DELETE", path: "/sobjects/Account/nonsense", status: 404, code: "NOT_FOUND"},
		{name: "an id with other letters behind it", method: "GET", path: nobodysAccount + "AAA", status: 404, code: "NOT_FOUND"},
		{name: "an update of nobody", method: "PATCH", path: nobodysAccount, body: `{"Name":"x"}`, status: 400, code: "INVALID_CROSS_REFERENCE_KEY"},
		{name: "a delete of nobody", method: "DELETE", path: nobodysAccount, status: 404, code: "INVALID_CROSS_REFERENCE_KEY"},
		{name: "an upsert by a field that is no key", method: "PATCH", path: "/sobjects/Contact/Phone/1", body: `{"LastName":"x"}`, status: 404, code: "NOT_FOUND"},
		{name: "an upsert without the key's value", method: "PATCH", path: "/sobjects/Contact/Email/%20", body: `{"LastName":"x"}`, status: 400, code: "MISSING_ARGUMENT"},
		{name: "an upsert with a wrong value", method: "PATCH", path: "/sobjects/Contact/Email/nonsense", body: `{"LastName":"x"}`, status: 400, code: "INVALID_EMAIL_ADDRESS"},
		{name: "an object that nobody writes", method: "POST", path: "/sobjects/AccountHistory", body: `{"Field":"x"}`, status: 400, code: "INSUFFICIENT_ACCESS_OR_READONLY"},
		{name: "children over an injection", method: "GET", path: nobodysAccount + "/Contacts?fields=Id+FROM+User+--", status: 400, code: "MALFORMED_QUERY"},
		{name: "an unknown method", method: "FOO", path: "/limits", status: 405, code: "METHOD_NOT_ALLOWED"},
		{name: "TRACE", method: "TRACE", path: "/limits", status: 405, code: "METHOD_NOT_ALLOWED"},
		{name: "PUT of a row", method: "PUT", path: nobodysAccount, body: `{"Name":"x"}`, status: 405, code: "METHOD_NOT_ALLOWED"},
		{name: "a method in the query that is none", method: "POST", path: nobodysAccount + "?_HttpMethod=NONSENSE", body: `{"Name":"x"}`, status: 405, code: "METHOD_NOT_ALLOWED"},
		{name: "a query with a PATCH", method: "PATCH", path: "/query?q=SELECT+Id+FROM+Account", status: 405, code: "METHOD_NOT_ALLOWED"},
		{name: "a limit that is no number", method: "GET", path: "/recent?limit=x", status: 400, code: "INVALID_ARGUMENT"},
		{name: "changes of no time", method: "GET", path: "/sobjects/Account/updated?start=&end=", status: 400, code: "MISSING_ARGUMENT"},
		{name: "changes of a time that is none", method: "GET", path: "/sobjects/Account/updated?start=1&end=%00", status: 400, code: "INVALID_REPLICATION_DATE"},
		{name: "a password that is no text", method: "POST", path: "/sobjects/User/005000000000001AAA/password", body: `{"NewPassword":7}`, status: 400, code: "MISSING_ARGUMENT"},
		{name: "a password of no id", method: "GET", path: "/sobjects/User/nonsense/password", status: 404, code: "NOT_FOUND"},
	}
}

func badQueries() []bad {
	query := func(name, soql, code string) bad {
		return bad{name: name, method: "GET", path: "/query?q=" + escape(soql), status: 400, code: code}
	}
	search := func(name, sosl string) bad {
		return bad{name: name, method: "GET", path: "/search?q=" + escape(sosl), status: 400, code: "MALFORMED_SEARCH"}
	}
	return []bad{
		{name: "an escape that is none", method: "GET", path: "/query?q=%zz", status: 400, code: "MALFORMED_QUERY"},
		query("not UTF-8", "SELECT Id FROM Account WHERE Name = '\xff'", "MALFORMED_QUERY"),
		query("a NUL", "SELECT Id FROM Account WHERE Name = 'a\x00b'", "MALFORMED_QUERY"),
		query("a second statement", "SELECT Id FROM Account; DROP TABLE Account", "MALFORMED_QUERY"),
		query("an open text", "SELECT Id FROM Account WHERE Name = 'x", "MALFORMED_QUERY"),
		query("too many brackets", "SELECT Id FROM Account WHERE "+strings.Repeat("(", 5000)+"Name='x'"+strings.Repeat(")", 5000), "QUERY_TOO_COMPLICATED"),
		{name: "too long", method: "GET", path: "/query?q=SELECT+Id+FROM+Account+WHERE+Name='" + strings.Repeat("x", 100_000) + "'", status: 400, code: "MALFORMED_QUERY"},
		query("too long a text", "SELECT Id FROM Account WHERE Name = '"+strings.Repeat("x", 4001)+"'", "MALFORMED_QUERY"),
		query("a negative limit", "SELECT Id FROM Account LIMIT -1", "MALFORMED_QUERY"),
		query("too great an offset", "SELECT Id FROM Account OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"),
		query("an id that is none", "SELECT Id FROM Account WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR"),
		query("a number for an id", "SELECT Id FROM Account WHERE Id = 5", "INVALID_FIELD"),
		query("a number for a time", "SELECT Id FROM Account WHERE CreatedDate = 5", "INVALID_FIELD"),
		query("a time that is none", "SELECT Id FROM Account WHERE CreatedDate > 2020-99-99T00:00:00Z", "MALFORMED_QUERY"),
		query("a field twice", "SELECT Id, id FROM Account", "INVALID_FIELD"),
		query("an unknown field", "SELECT Nothing FROM Account", "INVALID_FIELD"),
		query("an unknown object", "SELECT Id FROM Nothing", "INVALID_TYPE"),
		query("a locator in place of a query", "01g000000000001AAA-2000", "MALFORMED_QUERY"),
		{name: "a locator of nobody", method: "GET", path: "/query/01g000000000001AAA-2000", status: 400, code: "INVALID_QUERY_LOCATOR"},
		{name: "a locator with a NUL", method: "GET", path: "/queryAll/01g000000000001AAA-%00", status: 400, code: "INVALID_QUERY_LOCATOR"},
		{name: "an explanation of nonsense", method: "GET", path: "/query?explain=nonsense", status: 400, code: "MALFORMED_QUERY"},
		{name: "columns of nonsense", method: "GET", path: "/query?columns=true&q=nonsense", status: 400, code: "MALFORMED_QUERY"},
		search("a search for a NUL", "FIND {\x00\x00} RETURNING Account"),
		search("a search that is no UTF-8", "FIND {\xff\xfe} RETURNING Account"),
		search("a search for one letter", "FIND {a} RETURNING Account"),
		search("a search without its end", "FIND {harbor RETURNING Account"),
		search("a search with too many brackets", "FIND {"+strings.Repeat("(", 5000)+"} RETURNING Account"),
		{name: "a search of an object with an injection", method: "GET", path: "/parameterizedSearch?q=harbor&sobject=" + escape("Account(Id) LIMIT 5"), status: 400, code: "MALFORMED_SEARCH"},
		{name: "a search in fields with an injection", method: "POST", path: "/parameterizedSearch", body: `{"q":"harbor","in":"ALL FIELDS RETURNING User(Id)"}`, status: 400, code: "MALFORMED_SEARCH"},
		{name: "a search for an object", method: "POST", path: "/parameterizedSearch", body: `{"q":{"a":1}}`, status: 400, code: "MALFORMED_SEARCH"},
		{name: "suggestions for nothing", method: "GET", path: "/search/suggestions?sobject=Account", status: 400, code: "MISSING_ARGUMENT"},
		{name: "too many suggestions", method: "GET", path: "/search/suggestions?q=har&sobject=Account&limit=201", status: 400, code: "INVALID_ARGUMENT"},
		{name: "a layout of nothing", method: "GET", path: "/search/layout?q=Nothing", status: 400, code: "INVALID_TYPE"},
		{name: "a collection that is none", method: "POST", path: "/composite/sobjects", body: `{"records":7}`, status: 400, code: "MISSING_ARGUMENT"},
		{name: "a collection of too many", method: "POST", path: "/composite/sobjects", body: `{"records":[` + strings.Repeat(`{"attributes":{"type":"Account"},"Name":"x"},`, 200) + `{}]}`, status: 400, code: "EXCEEDED_ID_LIMIT"},
		{name: "a deletion of nothing", method: "DELETE", path: "/composite/sobjects", status: 400, code: "MISSING_ARGUMENT"},
		{name: "records of no ids", method: "GET", path: "/composite/sobjects/Account?ids=&fields=Id", status: 400, code: "MISSING_ARGUMENT"},
		{name: "records of ids that are none", method: "GET", path: "/composite/sobjects/Account?ids=zzz&fields=Id", status: 400, code: "MALFORMED_ID"},
		{name: "records with an injection", method: "GET", path: "/composite/sobjects/Account?ids=001000000000001AAA&fields=" + escape("Id FROM User WHERE (SELECT"), status: 400, code: "MALFORMED_QUERY"},
		{name: "a batch of nothing", method: "POST", path: "/composite/batch", body: `{"batchRequests":[]}`, status: 400, code: "MISSING_ARGUMENT"},
	}
}

// escape is url.QueryEscape, for texts that need not be UTF-8.
func escape(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		b.Write([]byte{'%', hex[s[i]>>4], hex[s[i]&15]})
	}
	return b.String()
}

var codeForm = regexp.MustCompile(`^[A-Z_]+$`)

// TestBadRequestsAreRefusedInTheirOwnWords holds that nonsense is the client's fault, said so, and written nowhere.
func TestBadRequestsAreRefusedInTheirOwnWords(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		before := counts(t, s)
		for _, group := range [][]bad{badBodies(), badPaths(), badQueries()} {
			for _, c := range group {
				t.Run(c.name, func(t *testing.T) {
					path := c.path
					if !strings.HasPrefix(path, "/services") {
						path = servertest.API + path
					}
					a := s.Do(t, servertest.Request{Method: c.method, Path: path, Token: s.Token, Body: c.body, Header: c.header})
					var errs []struct{ Message, ErrorCode string }
					if err := json.Unmarshal([]byte(a.Body), &errs); err != nil || len(errs) != 1 {
						t.Fatalf("%d, no list of one error: %.300s", a.Status, a.Body)
					}
					if a.Status != c.status || errs[0].ErrorCode != c.code || errs[0].Message == "" || !codeForm.MatchString(errs[0].ErrorCode) {
						t.Errorf("%d %.300s, want %d %s", a.Status, a.Body, c.status, c.code)
					}
					if got := a.Header.Get("Content-Type"); got != "application/json;charset=UTF-8" {
						t.Errorf("Content-Type: %s", got)
					}
					if a.Header.Get("X-Request-Id") == "" {
						t.Error("no X-Request-Id")
					}
				})
			}
		}
		if after := counts(t, s); after != before {
			t.Errorf("accounts, contacts: %v, were %v", after, before)
		}
	})
}

func counts(t *testing.T, s *servertest.Server) (n [2]int) {
	t.Helper()
	for i, object := range []string{"Account", "Contact"} {
		n[i] = len(s.Query(t, "SELECT Id FROM "+object))
	}
	return n
}

// TestTokensThatAreNoneOpenNothing shows tokens that were forged, cut, ended or put where they do not count.
func TestTokensThatAreNoneOpenNothing(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		ended := s.SignIn(t, servertest.Admin, servertest.Password)
		if a := s.Do(t, servertest.Request{Method: "POST", Path: "/services/oauth2/revoke?token=" + escape(ended)}); a.Status != http.StatusOK {
			t.Fatalf("revoke: %d %s", a.Status, a.Body)
		}
		org, secret, _ := strings.Cut(s.Token, "!")
		for name, header := range map[string][]string{
			"none":                        nil,
			"an empty one":                {"Authorization", "Bearer "},
			"nonsense":                    {"Authorization", "Bearer nonsense"},
			"another scheme":              {"Authorization", "Basic " + s.Token},
			"one that ended":              {"Authorization", "Bearer " + ended},
			"one that lacks a character":  {"Authorization", "Bearer " + s.Token[:len(s.Token)-1]},
			"one with a character more":   {"Authorization", "Bearer " + s.Token + "A"},
			"one in small letters":        {"Authorization", "Bearer " + strings.ToLower(s.Token)},
			"one of another org":          {"Authorization", "Bearer " + org[:14] + "9!" + secret},
			"a forged one":                {"Authorization", "Bearer " + org + "!AQ" + strings.Repeat("A", len(secret)-2)},
			"one that is very long":       {"Authorization", "Bearer " + org + "!" + strings.Repeat("A", 60_000)},
			"a JWT":                       {"Authorization", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."},
			"an access token in a cookie": {"Cookie", "sid=" + s.Token},
		} {
			a := s.Do(t, servertest.Request{Method: "POST", Path: servertest.API + "/sobjects/Account", Body: `{"Name":"x"}`, Header: header})
			if want := `[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]`; a.Status != http.StatusUnauthorized || a.Body != want {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		}
		if a := s.Do(t, servertest.Request{Method: "GET", Path: servertest.API + "/limits?oauth_token=" + escape(s.Token)}); a.Status != http.StatusUnauthorized {
			t.Errorf("a token in the query: %d %s", a.Status, a.Body)
		}
	})
}

// TestHeadersCannotBeForged puts line breaks and junk where an answer's headers take something of the request.
func TestHeadersCannotBeForged(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		for _, path := range []string{
			"/sobjects/Account/x%0d%0aSet-Cookie:%20a=b", "/query?q=%0d%0aSet-Cookie:%20a=b", "/sobjects/Contact/Email/a%0d%0aX-Evil:%20b@c.de",
		} {
			a := s.Do(t, servertest.Request{Method: "GET", Path: servertest.API + path, Token: s.Token})
			if a.Header.Get("Set-Cookie") != "" || a.Header.Get("X-Evil") != "" || a.Status/100 != 4 {
				t.Errorf("%s: %d %v", path, a.Status, a.Header)
			}
		}
		a := s.Do(t, servertest.Request{Method: "GET", Path: servertest.API + "/limits", Token: s.Token, Header: []string{"X-Request-Id", "<script>", "Origin", "https://evil.example"}})
		if id := a.Header.Get("X-Request-Id"); a.Status != http.StatusOK || strings.Contains(id, "<") || id == "" || a.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%d %v", a.Status, a.Header)
		}
	})
}
