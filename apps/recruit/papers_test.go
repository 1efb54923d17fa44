package recruit

import (
	"archive/zip"
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// zipped makes an archive of one part.
func zipped(t *testing.T, name, body string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err == nil {
		_, err = w.Write([]byte(body))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTheWordsOfADocumentAreShown(t *testing.T) {
	t.Parallel()
	const word = `<w:document xmlns:w="x"><w:body><w:p><w:r><w:t>Ada &amp; Co</w:t></w:r></w:p><w:p><w:r><w:t>six</w:t><w:tab/><w:t>years</w:t></w:r><w:instrText>HYPERLINK</w:instrText></w:p></w:body></w:document>`
	const open = `<office:document-content><office:meta>no</office:meta><text:h>Work</text:h><text:p>on <text:span>the</text:span><text:s/>quay</text:p></office:document-content>`
	for _, c := range []struct {
		name string
		data []byte
		want string
		ok   bool
	}{
		{"a.txt", []byte("\xef\xbb\xbfHello\r\n\x00\x1bthere\n\n\n\n<script>"), "Hello\nthere\n\n<script>", true},
		{"a.txt", []byte("Caf\xe9"), "Café", true},
		{"a.TXT", []byte("a\u202egpj.exe"), "agpj.exe", true},
		{"a.docx", zipped(t, "word/document.xml", word), "Ada & Co\nsix\tyears", true},
		{"a.docx", zipped(t, "other.xml", word), "", false},
		{"a.docx", []byte("PK\x03\x04 not one"), "", false},
		{"a.odt", zipped(t, "content.xml", open), "Work\non the quay", true},
		{"a.rtf", []byte(`{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\*\generator x;}Caf\'e9 \u8364? 5\par{\b bold}\line\{x\}}`), "Café € 5\nbold\n{x}", true},
		{"a.rtf", []byte("no"), "", false},
		{"a.rtf", []byte(`{\rtf1\u`), "\x00", true},
		{"a.exe", []byte("MZ"), "", false},
	} {
		got, ok := textOf(c.name, c.data)
		if diff := cmp.Diff(strings.Trim(c.want, "\x00"), got); diff != "" || ok != c.ok {
			t.Errorf("%s: %v %s", c.name, ok, diff)
		}
	}
}

func TestABombOfADocumentEndsEarly(t *testing.T) {
	t.Parallel()
	text, ok := textOf("a.docx", zipped(t, "word/document.xml", "<p>"+strings.Repeat("<r><t>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</t></r>", 2_000_000)))
	if !ok || len([]rune(text)) > maxShown {
		t.Errorf("%v, %d characters", ok, len(text))
	}
}

func TestOnlyThePixelsOfAPictureAreShown(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	got, err := picture(append(b.Bytes(), "<script>"...))
	if err != nil || bytes.Contains(got, []byte("<script>")) {
		t.Errorf("%q %v", got, err)
	}
	if _, err := picture([]byte("\x89PNG\r\n\x1a\n")); err == nil {
		t.Error("half a picture was shown")
	}
}
