package server_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"strings"
	"testing"

	"stoa/internal/server/servertest"
)

// bomb returns a document of a few kilobytes whose text unpacks to 256 MB.
func bomb(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	block := bytes.Repeat([]byte{' '}, 1<<20)
	for range 256 {
		if _, err := w.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPapersOfApplicantsAreShownAndNeverRun looks at what a browser is told of the files of strangers.
func TestPapersOfApplicantsAreShownAndNeverRun(t *testing.T) {
	servertest.Each(t, papersAreShown)
}

func papersAreShown(t *testing.T, s *servertest.Server) {
	position := s.Create(t, "Position__c", map[string]any{"Name": "Hatter"})
	candidate := s.Create(t, "Candidate__c", map[string]any{"Last_Name__c": "Fenn"})
	application := s.Create(t, "Job_Application__c", map[string]any{"Position__c": position, "Candidate__c": candidate})
	var drawn bytes.Buffer
	if err := png.Encode(&drawn, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	people := signedIn(t, s)
	for _, c := range []struct {
		name, data string
		view       string // how it is shown, "" where it is not
	}{
		{"cv.pdf", "%PDF-1.7 <script>", "application/pdf"},
		{"false.pdf", "<script>alert(1)</script>", ""},
		{"me.png", drawn.String() + "<script>", "image/jpeg"},
		{"false.png", "\x89PNG<script>", ""},
		{"page.html", "<script>alert(1)</script>", ""},
		{"cv.txt", "<script>alert(1)</script>", ""},
		{"drawn.svg", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, ""},
		{"both.gif", "GIF89a=1;alert(1)//<script>alert(1)</script>", ""},
		{"bomb.docx", bomb(t), ""},
		{"ann\u202efdp.exe.html", "<script>alert(1)</script>", ""},
		{"a\r\nSet-Cookie: b\x00\x1b[2J.pdf.html", "<script>alert(1)</script>", ""},
	} {
		id := s.Create(t, "ContentVersion", map[string]any{"Title": c.name, "PathOnClient": c.name, "VersionData": base64.StdEncoding.EncodeToString([]byte(c.data)), "FirstPublishLocationId": application})
		got := people("/console/recruit/a/" + application + "/view/" + id)
		switch {
		case c.view == "" && !strings.HasPrefix(got, "HTTP/1.1 404"):
			t.Errorf("%s is shown: %.300s", c.name, got)
		case c.view != "" && (!strings.HasPrefix(got, "HTTP/1.1 200") || !strings.Contains(got, "Content-Type: "+c.view) || !strings.Contains(got, "default-src 'none'") || !strings.Contains(got, "X-Content-Type-Options: nosniff")):
			t.Errorf("%s: %.400s", c.name, got)
		}
		if c.view == "image/jpeg" && strings.Contains(got, "<script>") {
			t.Errorf("%s is shown as it came", c.name)
		}
		got = people("/console/recruit/a/" + application + "/file/" + id)
		if !strings.Contains(got, "Content-Type: application/octet-stream") || !strings.Contains(got, "Content-Disposition: attachment") || !strings.Contains(got, "Content-Security-Policy: sandbox") {
			t.Errorf("%s is given out as %.300s", c.name, got)
		}
		head, _, _ := strings.Cut(got, "\r\n\r\n")
		if strings.Contains(head, "\nSet-Cookie: b") || strings.ContainsAny(head, "\u202e\x00\x1b") {
			t.Errorf("the name of %q is given out as it came: %q", c.name, head)
		}
	}
	got := people("/console/recruit/a/" + application)
	if strings.Contains(got, "<script>alert") || !strings.Contains(got, "&lt;script&gt;alert(1)&lt;/script&gt;") {
		t.Error("the words of a file are not shown as words")
	}
}
