package rest_test

import (
	"strings"
	"testing"

	"stoa/internal/server/servertest"
)

// form writes a multipart body. A part is its headers and its content, with an empty line between.
func form(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("--edge\r\n" + strings.Replace(p, "\n\n", "\r\n\r\n", 1) + "\r\n")
	}
	return b.String() + "--edge--\r\n"
}

const (
	entity = "Content-Disposition: form-data; name=\"entity_content\"\r\nContent-Type: application/json\n\n"
	data   = "Content-Disposition: form-data; name=\"VersionData\"; filename=\"pläne.CSV\"\r\nContent-Type: text/troff\n\n"
)

func TestFilesComeAndGoAsTheyAre(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		send := func(method, path, body string) servertest.Answer {
			return s.Do(t, servertest.Request{Method: method, Path: servertest.API + path, Token: s.Token, Body: body, Header: []string{"Content-Type", `multipart/form-data; boundary="edge"`}})
		}
		read := func(path string, header ...string) servertest.Answer {
			return s.Do(t, servertest.Request{Method: "GET", Path: path, Token: s.Token, Header: header})
		}
		bytes := "a;b\r\n\x00\xff--edg\r\n"
		if a := send("POST", "/sobjects/ContentVersion", form(entity+`{"Title":"Plans"}`, data+bytes)); a.Status != 201 {
			t.Fatalf("create: %d %s", a.Status, a.Body)
		}
		row := s.Query(t, "SELECT PathOnClient, VersionData, ContentSize FROM ContentVersion WHERE Title = 'Plans'")[0]
		path := row["VersionData"].(string)
		if row["PathOnClient"] != "pläne.CSV" || !strings.HasPrefix(path, servertest.API+"/sobjects/ContentVersion/068") || !strings.HasSuffix(path, "/VersionData") {
			t.Errorf("the row is %v", row)
		}
		whole := read(path)
		if whole.Status != 200 || whole.Body != bytes || whole.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(whole.Header.Get("Content-Disposition"), "attachment; filename") {
			t.Errorf("read: %d %q %v", whole.Status, whole.Body, whole.Header)
		}
		if a := read(path, "Range", "bytes=0-2"); a.Status != 206 || a.Body != "a;b" {
			t.Errorf("range: %d %q", a.Status, a.Body)
		}
		if a := read(path, "Range", "bytes=900-"); a.Status != 416 {
			t.Errorf("range beyond the end: %d %q", a.Status, a.Body)
		}
		if a := read(path, "If-None-Match", whole.Header.Get("Etag")); a.Status != 304 || a.Body != "" {
			t.Errorf("unchanged: %d %q", a.Status, a.Body)
		}

		before := len(s.Query(t, "SELECT Id FROM ContentVersion"))
		for name, body := range map[string]string{
			"no end":            strings.TrimSuffix(form(entity+"{}", data+"x"), "--edge--\r\n"),
			"nothing":           "",
			"no JSON":           form(data + "x"),
			"JSON twice":        form(entity+"{}", entity+"{}", data+"x"),
			"file twice":        form(entity+"{}", data+"x", data+"y"),
			"a strange part":    form(entity+"{}", "Content-Disposition: form-data; name=\"Nothing\"\n\nx"),
			"both ways":         form(entity+`{"VersionData":"eA=="}`, data+"x"),
			"broken JSON":       form(entity+"{", data+"x"),
			"no name of a file": form(entity+"{}", "Content-Disposition: form-data; name=\"VersionData\"\n\nx"),
		} {
			if a := send("POST", "/sobjects/ContentVersion", body); a.Status != 400 || !strings.HasPrefix(a.Body, `[{"message":`) {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		}
		if after := len(s.Query(t, "SELECT Id FROM ContentVersion")); after != before {
			t.Errorf("refused bodies left %d files", after-before)
		}

		account := s.Create(t, "Account", map[string]any{"Name": "Files"})
		body := strings.Replace(data, "VersionData", "Body", 1)
		if a := send("POST", "/sobjects/Attachment", form(entity+`{"ParentId":"`+account+`","ContentType":"text/html"}`, body+"<b>")); a.Status != 201 {
			t.Fatalf("create: %d %s", a.Status, a.Body)
		}
		row = s.Query(t, "SELECT Id, Name, Body FROM Attachment WHERE ParentId = '"+account+"'")[0]
		if a := send("PATCH", "/sobjects/Attachment/"+row["Id"].(string), form(entity+`{"Description":"new"}`, body+"<i>")); a.Status != 204 {
			t.Errorf("update: %d %s", a.Status, a.Body)
		}
		if a := read(row["Body"].(string)); row["Name"] != "pläne.CSV" || a.Body != "<i>" || a.Header.Get("Content-Type") != "application/octet-stream" {
			t.Errorf("read: %v %q %v", row, a.Body, a.Header)
		}
	})
}
