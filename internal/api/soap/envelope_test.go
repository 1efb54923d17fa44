package soap

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"stoa/internal/auth"
	"stoa/internal/auth/authtest"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

const ann record.ID = "005010000000001AAA"

// door returns the endpoints over an org in memory, where Ann may sign in.
func door(t *testing.T) (*http.ServeMux, *auth.Gate) {
	t.Helper()
	o := authtest.New(authtest.User{Actor: org.Actor{User: ann, Name: "Ann Lee", Username: "ann@harborview.example"}})
	g := auth.New(o, auth.Options{Now: o.Now, FailureTime: time.Nanosecond})
	if err := g.SetPassword(t.Context(), ann, "correct horse 7", auth.PasswordOptions{}); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	Routes(mux, Options{Gate: g})
	return mux, g
}

// post sends a body and returns status and answer.
func post(t *testing.T, h http.Handler, path, body string, header ...string) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "POST", "http://stoa.test:8080"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "text/xml")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if ct := w.Header().Get("Content-Type"); ct != "text/xml;charset=UTF-8" {
		t.Errorf("content type %s", ct)
	}
	wellFormed(t, w.Body.String())
	return w.Code, w.Body.String()
}

func wellFormed(t *testing.T, s string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(s))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Errorf("not well-formed: %v in %s", err, s)
			return
		}
	}
}

// envelope returns a request with a Body.
func envelope(body string) string {
	return `<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="` + soapNamespace + `" xmlns:urn="urn:partner.soap.sforce.com"><soapenv:Body>` + body + `</soapenv:Body></soapenv:Envelope>`
}

// TestFaultIsReadByTextSearch holds faults to what clients look for without an XML reader.
func TestFaultIsReadByTextSearch(t *testing.T) {
	t.Parallel()
	h, _ := door(t)
	status, got := post(t, h, "/services/Soap/u/66.0", envelope(`<urn:login><urn:username>ann@harborview.example</urn:username><urn:password>x</urn:password></urn:login>`))
	want := `<soapenv:Body><soapenv:Fault><faultcode>sf:INVALID_LOGIN</faultcode><faultstring>INVALID_LOGIN: Invalid username, password, security token; or user locked out.</faultstring>` +
		`<detail><sf:LoginFault xsi:type="sf:LoginFault"><sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode><sf:exceptionMessage>Invalid username, password, security token; or user locked out.</sf:exceptionMessage></sf:LoginFault></detail></soapenv:Fault></soapenv:Body>`
	if status != 500 || !strings.Contains(got, want) || !strings.Contains(got, `xmlns:sf="urn:fault.partner.soap.sforce.com"`) {
		t.Errorf("%d %s", status, got)
	}
	status, got = post(t, h, "/services/Soap/u/66.0/00D0100000000Ab", envelope(`<urn:query><urn:queryString>SELECT Id FROM Account</urn:queryString></urn:query>`))
	if status != 500 || !regexp.MustCompile(`<faultcode>[a-zA-Z]+:INVALID_SESSION_ID</faultcode>`).MatchString(got) {
		t.Errorf("%d %s", status, got)
	}
}

func TestEnvelopesThatClientsWrite(t *testing.T) {
	t.Parallel()
	h, _ := door(t)
	login := `<username>ann@harborview.example</username><password>wrong</password>`
	for name, body := range map[string]string{
		"env":                 `<env:Envelope xmlns:env="` + soapNamespace + `"><env:Body><n1:login xmlns:n1="urn:partner.soap.sforce.com"><n1:username>a</n1:username><n1:password>b</n1:password></n1:login></env:Body></env:Envelope>`,
		"no prefix":           `<Envelope xmlns="` + soapNamespace + `"><Body><login xmlns="urn:partner.soap.sforce.com">` + login + `</login></Body></Envelope>`,
		"namespace on Body":   `<soap:Envelope xmlns:soap="` + soapNamespace + `"><soap:Header xmlns="x"/><soap:Body xmlns="urn:partner.soap.sforce.com"><login>` + login + `</login></soap:Body></soap:Envelope>`,
		"CDATA":               envelope(`<urn:login><urn:username><![CDATA[ann@harborview.example]]></urn:username><urn:password><![CDATA[<&>]]></urn:password></urn:login>`),
		"by place":            envelope(`<login><a>ann</a><b>x</b></login>`),
		"letter case":         envelope(`<urn:LOGIN><urn:UserName>ann</urn:UserName><urn:Password>x</urn:Password></urn:LOGIN>`),
		"byte order mark off": "\n" + strings.TrimPrefix(envelope(`<urn:login>`+login+`</urn:login>`), `<?xml version="1.0"?>`),
	} {
		if status, got := post(t, h, "/services/Soap/u/20.0/", body); status != 500 || !strings.Contains(got, "<faultcode>sf:INVALID_LOGIN</faultcode>") {
			t.Errorf("%s: %d %s", name, status, got)
		}
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write([]byte(envelope(`<urn:login>` + login + `</urn:login>`)))
	_ = w.Close()
	if _, got := post(t, h, "/services/Soap/u/66.0", z.String(), "Content-Encoding", "gzip"); !strings.Contains(got, "sf:INVALID_LOGIN") {
		t.Errorf("gzip: %s", got)
	}
}

func TestWhatIsNoRequest(t *testing.T) {
	t.Parallel()
	h, _ := door(t)
	for name, c := range map[string]struct{ body, want string }{
		"nothing":           {"", "XML parse error"},
		"cut off":           {"<a><b>", "XML parse error"},
		"no envelope":       {"<a/>", "no SOAP 1.1 envelope"},
		"SOAP 1.2":          {`<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body/></e:Envelope>`, "no SOAP 1.1 envelope"},
		"no body":           {`<e:Envelope xmlns:e="` + soapNamespace + `"/>`, "has no Body"},
		"empty body":        {envelope(""), "is empty"},
		"unknown operation": {envelope(`<urn:fly/>`), "No operation available for request {urn:partner.soap.sforce.com}fly"},
		"document type":     {`<!DOCTYPE a [<!ENTITY x "y">]>` + envelope(`<urn:login/>`), "document type is not allowed"},
		"entity":            {envelope(`<urn:login>&x;</urn:login>`), "XML parse error"},
		"depth":             {envelope(strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100)), "too many elements"},
	} {
		if status, got := post(t, h, "/services/Soap/c/66.0", c.body); status != 500 || !strings.Contains(got, "<faultcode>soapenv:Client</faultcode>") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %d %s", name, status, got)
		}
	}
	for _, path := range []string{"/services/Soap/m/66.0", "/services/Soap/x"} {
		if status, got := post(t, h, path, envelope("<a/>")); status != 500 || !strings.Contains(got, "there is no SOAP API") {
			t.Errorf("%s: %d %s", path, status, got)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/services/Soap/u/66.0", nil))
	if w.Code != 405 || w.Header().Get("Allow") != "POST" || strings.Contains(w.Header().Get("Content-Type"), "html") {
		t.Errorf("GET: %d %v", w.Code, w.Header())
	}
}

func TestFaultsSayWhereAQueryIsWrong(t *testing.T) {
	t.Parallel()
	c := &call{dialect: dialectOf("u"), out: &writer{}}
	c.fault(fault.New(fault.InvalidField, "\nSELECT Foo FROM Account\n       ^\nERROR at Row:1:Column:8\nNo such column 'Foo' on entity 'Account'."))
	got := string(c.out.b)
	wellFormed(t, got)
	if !strings.Contains(got, "<sf:row>1</sf:row><sf:column>8</sf:column></sf:InvalidFieldFault>") {
		t.Errorf("%s", got)
	}
}

func TestVersionOf(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/services/Soap/u/43.0": "43.0", "/services/Soap/u/43": "43.0", "/services/Soap/u/43.0/00D0100000000Ab": "43.0",
		"/services/Soap/u/": "66.0", "/services/Soap/u/99.0": "66.0", "/services/Soap/u/x/y": "66.0",
	} {
		if got := versionOf(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// FuzzParse holds that what is read is written as XML that reads the same.
func FuzzParse(f *testing.F) {
	f.Add(envelope(`<urn:login><urn:username>a&amp;b</urn:username><x xsi:nil="true" xmlns:xsi="` + schemaInstance + `"/></urn:login>`))
	f.Fuzz(func(t *testing.T, s string) {
		n, err := parse(strings.NewReader(s))
		if err != nil {
			return
		}
		w := &writer{}
		w.text("a", n.text())
		again, err := parse(bytes.NewReader(w.b))
		if err != nil {
			t.Fatalf("%q was written as %q: %v", n.text(), w.b, err)
		}
		if again.text() != n.text() {
			t.Fatalf("%q came back as %q", n.text(), again.text())
		}
	})
}
