// Package soap is the SOAP door: partner and enterprise envelopes in, calls of
// an org.Session, envelopes out. It decides nothing about data and knows no
// SQL; its one invariant is that every answer is an envelope in the one form
// that all clients read: fixed prefixes, a Body without attributes, status 500 for a fault.
package soap

import (
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"stoa/internal/auth"
	"stoa/internal/fault"
	"stoa/internal/org"
)

// Options are what the door needs from the rest of the server.
type Options struct {
	Gate *auth.Gate
	// Count counts a request and returns how many of the day's there were, and how many there may be, as LimitInfoHeader tells them; nil for no header.
	Count func() (used, limit int64)
	Log   *slog.Logger
}

const (
	oldestVersion = 20
	newestVersion = 66
	xmlType       = "text/xml;charset=UTF-8"
)

// A dialect is one of the two APIs: what differs are namespaces and how a record says its type.
type dialect struct {
	name    string // as LoginHistory says it
	letter  string // in the path
	main    string // namespace of operations
	object  string // of records
	fault   string
	partner bool
}

func dialectOf(letter string) dialect {
	if letter == "c" {
		return dialect{"SOAP Enterprise", "c", "urn:enterprise.soap.sforce.com", "urn:sobject.enterprise.soap.sforce.com", "urn:fault.enterprise.soap.sforce.com", false}
	}
	return dialect{"SOAP Partner", "u", "urn:partner.soap.sforce.com", "urn:sobject.partner.soap.sforce.com", "urn:fault.partner.soap.sforce.com", true}
}

type handler struct {
	gate  *auth.Gate
	count func() (used, limit int64)
	log   *slog.Logger
}

// Routes adds the endpoints to mux.
func Routes(mux *http.ServeMux, opt Options) {
	h := &handler{gate: opt.Gate, count: opt.Count, log: cmp.Or(opt.Log, slog.New(slog.DiscardHandler))}
	for _, letter := range []string{"u", "c"} {
		d := dialectOf(letter)
		serve := func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, d) }
		mux.HandleFunc("/services/Soap/"+letter, serve)
		mux.HandleFunc("/services/Soap/"+letter+"/", serve)
	}
	mux.HandleFunc("/services/Soap/", func(w http.ResponseWriter, r *http.Request) {
		c := &call{h: h, r: r, dialect: dialectOf("u"), out: &writer{}}
		c.fault(&clientFault{"there is no SOAP API at " + r.URL.Path})
		c.send(w, http.StatusInternalServerError)
	})
}

// A call is one request on its way through the door.
type call struct {
	h       *handler
	r       *http.Request
	dialect dialect
	version string // 66.0
	header  *node  // nil where there is none
	op      *node
	out     *writer
	token   string
	session *org.Session
	signed  *auth.Session
}

// clientFault is what is wrong with an envelope before any operation sees it.
type clientFault struct{ text string }

func (f *clientFault) Error() string { return f.text }

func (h *handler) serve(w http.ResponseWriter, r *http.Request, d dialect) {
	c := &call{h: h, r: r, dialect: d, version: versionOf(r.URL.Path), out: &writer{}}
	err := c.run()
	if err != nil {
		c.out.reset()
		c.fault(err)
	}
	status := http.StatusOK
	switch {
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		status = http.StatusMethodNotAllowed
	case err != nil:
		status = http.StatusInternalServerError
	}
	c.send(w, status)
}

// gzipFrom is the size from which an answer is compressed; a smaller one fits one packet anyway.
const gzipFrom = 1400

// send sends the envelope, compressed where the client takes it.
func (c *call) send(w http.ResponseWriter, status int) {
	h := w.Header()
	h.Set("Content-Type", xmlType)
	h.Set("Cache-Control", "no-store")
	if len(c.out.b) >= gzipFrom && takesGzip(c.r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		w.WriteHeader(status)
		z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed) // the level exists
		_, _ = z.Write(c.out.b)                        // a client that went away is nobody's error
		_ = z.Close()
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(c.out.b)))
	w.WriteHeader(status)
	_, _ = w.Write(c.out.b)
}

func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		name, weight, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			return strings.Trim(strings.TrimPrefix(strings.TrimSpace(weight), "q="), "0.") != "" || strings.TrimSpace(weight) == ""
		}
	}
	return false
}

// versionOf returns the API version that a path names, the newest where it names none that there is.
func versionOf(path string) string {
	part := strings.Split(strings.Trim(path, "/"), "/")
	if len(part) > 3 {
		n, err := strconv.Atoi(strings.TrimSuffix(part[3], ".0"))
		if err == nil && n >= oldestVersion && n <= newestVersion {
			return strconv.Itoa(n) + ".0"
		}
	}
	return strconv.Itoa(newestVersion) + ".0"
}

// operations are those of both APIs, by the element in the Body.
func (c *call) operation(name string) (run func() error, open bool) {
	switch strings.ToLower(name) {
	case "login":
		return c.login, true
	case "logout":
		return c.logout, false
	case "getuserinfo":
		return c.getUserInfo, false
	case "getservertimestamp":
		return c.getServerTimestamp, false
	case "setpassword":
		return c.setPassword, false
	case "resetpassword":
		return c.resetPassword, false
	case "changeownpassword":
		return c.changeOwnPassword, false
	case "invalidatesessions":
		return c.invalidateSessions, false
	case "describeglobal":
		return c.describeGlobal, false
	case "describesobject":
		return c.describeSObject, false
	case "describesobjects":
		return c.describeSObjects, false
	case "describelayout":
		return c.describeLayout, false
	case "describetabs":
		return c.describeTabs, false
	case "describedatacategorygroups":
		return c.describeDataCategoryGroups, false
	case "describedatacategorygroupstructures":
		return c.describeDataCategoryGroupStructures, false
	case "getupdated":
		return c.getUpdated, false
	case "getdeleted":
		return c.getDeleted, false
	case "query":
		return func() error { return c.query(false) }, false
	case "queryall":
		return func() error { return c.query(true) }, false
	case "querymore":
		return c.queryMore, false
	case "search":
		return c.search, false
	case "retrieve":
		return c.retrieve, false
	case "create":
		return c.create, false
	case "update":
		return c.update, false
	case "upsert":
		return c.upsert, false
	case "delete":
		return c.remove, false
	case "undelete":
		return c.undelete, false
	case "emptyrecyclebin":
		return c.emptyRecycleBin, false
	case "merge":
		return c.merge, false
	}
	return nil, false
}

func (c *call) run() error {
	if c.r.Method != http.MethodPost {
		return &clientFault{"HTTP method not allowed, send POST"}
	}
	body, header, err := readEnvelope(c.r)
	if err != nil {
		return err
	}
	c.header = header
	if len(body.kids) == 0 {
		return &clientFault{"the Body of the envelope is empty"}
	}
	c.op = body.kids[0]
	run, open := c.operation(c.op.name)
	if run == nil {
		return &clientFault{"No operation available for request {" + c.op.space + "}" + c.op.name + ", please check the WSDL for the service."}
	}
	if !open {
		if err := c.enter(); err != nil {
			return err
		}
	}
	name := c.op.name + "Response"
	c.out.envelope(c.dialect.main, c.dialect.object)
	if !open && c.h.count != nil {
		c.out.limits(c.h.count())
	}
	c.out.open("soapenv:Body").open(name)
	if err := run(); err != nil {
		return err
	}
	c.out.close(name)
	c.out.end()
	return nil
}

// enter finds out who is asking, from SessionHeader or else from the headers that programs use elsewhere.
func (c *call) enter() error {
	c.token = strings.TrimSpace(c.header.at("SessionHeader", "sessionId").text())
	if c.token == "" {
		c.token = auth.HeaderToken(c.r.Header)
	}
	s, a, err := c.h.gate.Session(c.r.Context(), c.token)
	if err != nil {
		return err
	}
	c.signed = s
	op := strings.ToLower(c.op.name)
	renewing := op == "setpassword" || op == "changeownpassword" || op == "logout"
	c.session, err = c.h.gate.Enter(c.r.Context(), s, a, auth.Credentials{Channel: org.SOAP, Purpose: c.purpose(), Renewing: renewing, Identity: op == "logout"})
	return err
}

// purpose returns what the request declares: a header of the envelope or of HTTP, or the client's name in CallOptions.
func (c *call) purpose() string {
	if p := strings.TrimSpace(c.header.at("StoaPurpose").text()); p != "" {
		return p
	}
	if p := auth.DeclaredPurpose(c.r.Header); p != "" {
		return p
	}
	p, _ := auth.PurposeOf(c.header.at("CallOptions", "client").text())
	return p
}

// fault writes err as the envelope that clients read.
func (c *call) fault(err error) {
	w := c.out
	if bad, ok := errors.AsType[*clientFault](err); ok {
		w.envelope("", c.dialect.fault)
		w.open("soapenv:Body").open("soapenv:Fault").text("faultcode", "soapenv:Client").text("faultstring", bad.text).close("soapenv:Fault")
		w.end()
		return
	}
	f := fault.From(err)
	if f.Code == fault.UnknownException && !errors.Is(err, context.Canceled) {
		c.h.log.ErrorContext(c.r.Context(), "soap request failed", slog.Any("error", errors.Join(err, f.Unwrap())))
	}
	name := detailOf(f.Code)
	w.envelope("", c.dialect.fault)
	w.open("soapenv:Body").open("soapenv:Fault").text("faultcode", "sf:"+string(f.Code)).text("faultstring", string(f.Code)+": "+f.Message)
	w.open("detail").raw(`<sf:` + name + ` xsi:type="sf:` + name + `">`)
	w.text("sf:exceptionCode", string(f.Code)).text("sf:exceptionMessage", f.Message)
	if row, column, ok := positionOf(name, f.Message); ok {
		w.number("sf:row", row).number("sf:column", column)
	}
	w.close("sf:" + name).close("detail").close("soapenv:Fault")
	w.end()
}

// detailOf returns the element that the detail of a fault is in.
func detailOf(code fault.Code) string {
	switch code {
	case fault.InvalidLogin:
		return "LoginFault"
	case fault.InvalidType:
		return "InvalidSObjectFault"
	case fault.InvalidField:
		return "InvalidFieldFault"
	case fault.MalformedQuery:
		return "MalformedQueryFault"
	case fault.MalformedSearch:
		return "MalformedSearchFault"
	case fault.MalformedID, fault.InvalidIDField:
		return "InvalidIdFault"
	case fault.InvalidQueryLocator:
		return "InvalidQueryLocatorFault"
	default:
		return "UnexpectedErrorFault"
	}
}

// positionOf returns row and column of a fault about a query; both are -1 where the text names none.
func positionOf(detail, text string) (row, column int64, ok bool) {
	switch detail {
	case "InvalidSObjectFault", "InvalidFieldFault", "MalformedQueryFault", "MalformedSearchFault":
	default:
		return 0, 0, false
	}
	_, at, found := strings.Cut(text, "ERROR at Row:")
	if !found {
		return -1, -1, true
	}
	r, rest, _ := strings.Cut(at, ":Column:")
	end := strings.IndexFunc(rest, func(c rune) bool { return c < '0' || c > '9' })
	if end < 0 {
		end = len(rest)
	}
	row, err := strconv.ParseInt(r, 10, 32)
	column, err2 := strconv.ParseInt(rest[:end], 10, 32)
	if err != nil || err2 != nil {
		return -1, -1, true
	}
	return row, column, true
}
