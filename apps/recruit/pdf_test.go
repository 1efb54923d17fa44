package recruit

import (
	"bytes"
	"testing"
)

func TestALetterBecomesAPDFWhateverItsLetters(t *testing.T) {
	t.Parallel()
	for name, markdown := range map[string]string{
		"a letter":        "Dear Łukasz Ñandú,\n\n# Welcome\n\n- one\n- **two**\n  1. deep\n\n> quoted\n\n---\n\n`code` [us](https://city.example)",
		"other writing":   "Γειά σου, Мария. 你好",
		"nothing":         "",
		"hostile":         "<script>alert(1)</script> ) Tj ET\n\n(\\\\",
		"more than pages": string(bytes.Repeat([]byte("A paragraph that goes on.\n\n"), 300)),
	} {
		b, err := letterPDF("City of Harborview", "Bus Driver", "en", markdown)
		if err != nil || !bytes.HasPrefix(b, []byte("%PDF-1.")) || !bytes.Contains(b[len(b)-32:], []byte("%%EOF")) {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
	}
}
