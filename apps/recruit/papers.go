package recruit

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"image"
	"image/jpeg"
	_ "image/png" // so that pictures of either kind are read
	"io"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"stoa/internal/app"
	"stoa/internal/fault"
)

// What is read of a stranger's file at most: a bomb of a document ends there.
const (
	maxXML    = 8 << 20    // of a document's part, unpacked
	maxShown  = 40_000     // characters of its text
	maxPixels = 25_000_000 // of a picture
)

// A preview says how the console shows a file.
type preview int

const (
	asDownload preview = iota
	asText
	asPDF
	asPicture
)

// previewOf returns how a file can be shown, by its ending. What is behind it is looked at again when it is shown.
func previewOf(name string) preview {
	switch strings.ToLower(path.Ext(name)) {
	case ".pdf":
		return asPDF
	case ".txt", ".rtf", ".docx", ".odt":
		return asText
	case ".png", ".jpg", ".jpeg":
		return asPicture
	default:
		return asDownload
	}
}

// textOf returns the words of a document, without anything that makes them more than words; ok is false where it is
// not what its name says.
func textOf(name string, data []byte) (text string, ok bool) {
	switch strings.ToLower(path.Ext(name)) {
	case ".txt":
		text, ok = plainText(data), true
	case ".rtf":
		text, ok = rtfText(data)
	case ".docx":
		text, ok = zippedText(data, "word/document.xml", wordPart)
	case ".odt":
		text, ok = zippedText(data, "content.xml", openPart)
	}
	return app.Cut(strings.TrimSpace(tidy(text)), maxShown), ok
}

// plainText reads UTF-8, and what is none as the Windows of old wrote it.
func plainText(data []byte) string {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if utf8.Valid(data) {
		return string(data)
	}
	b, err := charmap.Windows1252.NewDecoder().Bytes(data)
	if err != nil {
		return ""
	}
	return string(b)
}

// tidy takes control characters out, and more than two ends of lines after another.
func tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r >= ' ' && r != 0x7f && !(r >= 0x202a && r <= 0x202e) && !(r >= 0x2066 && r <= 0x2069) {
			return r
		}
		return -1
	}, strings.ReplaceAll(s, "\r\n", "\n"))
	for strings.Contains(s, "\n\n\n") {
		s = strings.ReplaceAll(s, "\n\n\n", "\n\n")
	}
	return s
}

// An element says what one of a document writes: a break of line, a tab, or that its text counts.
type element func(local string, end bool) (writes string, text bool)

func wordPart(local string, end bool) (string, bool) {
	switch {
	case local == "p" && end, local == "br" && !end, local == "cr" && !end:
		return "\n", false
	case local == "tab" && !end, local == "tc" && end:
		return "\t", false
	}
	return "", local == "t"
}

func openPart(local string, end bool) (string, bool) {
	switch {
	case (local == "p" || local == "h") && end, local == "line-break" && !end:
		return "\n", false
	case local == "tab" && !end:
		return "\t", false
	case local == "s" && !end:
		return " ", false
	}
	return "", local == "p" || local == "h" || local == "span" || local == "a"
}

// zippedText reads the text of one part of a document that is an archive.
func zippedText(data []byte, name string, what element) (string, bool) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return "", false
	}
	f, err := z.Open(name)
	if err != nil {
		return "", false
	}
	defer f.Close()
	var b strings.Builder
	var open []bool // whether text counts, by depth
	d := xml.NewDecoder(io.LimitReader(f, maxXML))
	d.Strict = false
	for b.Len() < 4*maxShown {
		t, err := d.RawToken()
		if err != nil {
			break // its end, or the place where it is broken or too long: what was read is shown
		}
		switch t := t.(type) {
		case xml.StartElement:
			writes, counts := what(t.Name.Local, false)
			b.WriteString(writes)
			open = append(open, counts)
		case xml.EndElement:
			writes, _ := what(t.Name.Local, true)
			b.WriteString(writes)
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		case xml.CharData:
			if len(open) > 0 && open[len(open)-1] {
				b.Write(t)
			}
		}
	}
	return b.String(), true
}

// rtfHidden reports whether a control word begins text of RTF that nobody reads.
func rtfHidden(word string) bool {
	switch word {
	case "fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "header", "footer", "generator", "listtable", "listoverridetable", "themedata", "xmlnstbl", "rsidtbl",
		"latentstyles", "datastore":
		return true
	}
	return false
}

// rtfText reads the words of RTF: groups, control words, and characters by code page and by number.
func rtfText(data []byte) (string, bool) {
	if !bytes.HasPrefix(data, []byte("{\\rtf")) {
		return "", false
	}
	var b strings.Builder
	hidden := []bool{false} // by depth of groups
	skip := 0               // characters that stand for one that was written by number
	put := func(s string) {
		if skip > 0 {
			skip--
		} else if !hidden[len(hidden)-1] {
			b.WriteString(s)
		}
	}
	for i := 0; i < len(data) && b.Len() < 4*maxShown; i++ {
		switch c := data[i]; c {
		case '{':
			hidden = append(hidden, hidden[len(hidden)-1])
		case '}':
			if len(hidden) > 1 {
				hidden = hidden[:len(hidden)-1]
			}
		case '\r', '\n':
		case '\\':
			word, arg, n := rtfWord(data[i+1:])
			i += n
			switch {
			case word == "*" || rtfHidden(word):
				hidden[len(hidden)-1] = true
			case word == "'":
				put(string(charmap.Windows1252.DecodeByte(byte(arg))))
			case word == "u":
				skip = 0
				put(string(rune(arg & 0xffff)))
				skip = 1
			case word == "par" || word == "line" || word == "row":
				skip = 0
				put("\n")
			case word == "tab" || word == "cell":
				put("\t")
			case word == "~":
				put(" ")
			case len(word) == 1 && strings.Contains(`\{}`, word):
				put(word)
			}
		default:
			put(string(charmap.Windows1252.DecodeByte(c)))
		}
	}
	return b.String(), true
}

// rtfWord reads a control word after its backslash, and returns how many bytes it has.
func rtfWord(b []byte) (word string, arg, n int) {
	if len(b) == 0 {
		return "", 0, 0
	}
	letter := func(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
	if !letter(b[0]) {
		if b[0] == '\'' && len(b) >= 3 {
			v, _ := strconv.ParseUint(string(b[1:3]), 16, 8)
			return "'", int(v), 3
		}
		return string(b[:1]), 0, 1
	}
	for n < len(b) && n < 32 && letter(b[n]) {
		n++
	}
	word = string(b[:n])
	from := n
	for n < len(b) && n-from < 7 && (b[n] >= '0' && b[n] <= '9' || n == from && b[n] == '-') {
		n++
	}
	arg, _ = strconv.Atoi(string(b[from:n]))
	if n < len(b) && b[n] == ' ' {
		n++
	}
	return word, arg, n
}

// picture draws a picture anew, so that nothing but its pixels is left of the file.
func picture(data []byte) ([]byte, error) {
	bad := fault.New(fault.UnsupportedMediaType, "The file is not a picture that can be shown.")
	conf, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || conf.Width <= 0 || conf.Height <= 0 || conf.Width > maxPixels/conf.Height {
		return nil, bad
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, bad
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 85}); err != nil {
		return nil, bad
	}
	return b.Bytes(), nil
}
