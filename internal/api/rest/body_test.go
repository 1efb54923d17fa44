package rest_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"

	"stoa/internal/server"
	"stoa/internal/server/servertest"
)

func TestBodiesMayBeCompressedButNotWithoutEnd(t *testing.T) {
	s := servertest.Start(t, server.Settings{})
	post := func(body string, header ...string) servertest.Answer {
		return s.Do(t, servertest.Request{
			Method: "POST", Path: servertest.API + "/sobjects/Account", Token: s.Token, Body: body,
			Header: append([]string{"Content-Type", "application/json"}, header...),
		})
	}
	zipped := func(text string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if a := post(zipped(`{"Name":"Packed"}`), "Content-Encoding", "gzip"); a.Status != http.StatusCreated {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := post("not gzip", "Content-Encoding", "gzip"); a.Status != http.StatusBadRequest || !strings.Contains(a.Body, "JSON_PARSER_ERROR") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := post("{}", "Content-Encoding", "br"); a.Status != http.StatusUnsupportedMediaType {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	// 60 MB of spaces pack into 60 kB: the limit holds for what comes out.
	if a := post(zipped(strings.Repeat(" ", 60<<20)), "Content-Encoding", "gzip"); a.Status != http.StatusRequestEntityTooLarge || !strings.Contains(a.Body, "REQUEST_BODY_TOO_LARGE") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := post(strings.Repeat("[", 100)); a.Status != http.StatusBadRequest || !strings.Contains(a.Body, "deeper than 64") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}
