package mail

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime/quotedprintable"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// transferDecode undoes the Content-Transfer-Encoding of a part. It keeps what
// can be read of broken input; ok is false when something could not be.
func transferDecode(encoding string, b []byte) (out []byte, ok bool) {
	encoding, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(encoding)), ";")
	switch strings.TrimSpace(encoding) {
	case "", "7bit", "8bit", "binary", "7-bit", "8-bit":
		return b, true
	case "base64":
		return decodeBase64(b)
	case "quoted-printable":
		out, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(b)))
		if err != nil {
			return looseQuotedPrintable(b), false
		}
		return out, true
	case "x-uuencode", "uuencode", "x-uue":
		return decodeUU(b)
	default:
		return b, false
	}
}

// decodeBase64 leaves out the rest of a line from the first character on that
// is not of the alphabet, and starts anew after padding, since some programs
// concatenate encoded texts.
func decodeBase64(b []byte) (out []byte, ok bool) {
	ok = true
	out = make([]byte, 0, len(b)*3/4)
	run := make([]byte, 0, len(b))
	flush := func() {
		run = bytes.TrimRight(run, "=")
		if len(run)%4 == 1 { // a lone character holds six bits: no byte
			run, ok = run[:len(run)-1], false
		}
		dec, err := base64.RawStdEncoding.AppendDecode(out, run)
		if err == nil {
			out = dec
		} else {
			ok = false
		}
		run = run[:0]
	}
	skip := false
	for _, c := range b {
		switch {
		case c == '\n':
			skip = false
		case skip:
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/':
			if n := len(run); n > 0 && run[n-1] == '=' {
				flush()
			}
			run = append(run, c)
		case c == '=':
			run = append(run, c)
		case c == '\r', c == ' ', c == '\t':
		default:
			ok, skip = false, true
			flush()
		}
	}
	flush()
	return out, ok
}

// looseQuotedPrintable decodes what is well formed and leaves the rest as it stands.
func looseQuotedPrintable(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '=' {
			out = append(out, b[i])
			continue
		}
		rest := b[i+1:]
		if len(rest) >= 2 {
			hi, lo := unhex(rest[0]), unhex(rest[1])
			if hi >= 0 && lo >= 0 {
				out = append(out, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		line, _, found := bytes.Cut(rest, []byte("\n"))
		if found && len(bytes.TrimSpace(line)) == 0 { // a soft line end
			i += len(line) + 1
			continue
		}
		out = append(out, '=')
	}
	return out
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	default:
		return -1
	}
}

// decodeUU undoes uuencode: a "begin" line, lines that start with their
// length, an "end" line.
func decodeUU(b []byte) (out []byte, ok bool) {
	started := false
	for line := range bytes.Lines(b) {
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case !started:
			started = bytes.HasPrefix(line, []byte("begin "))
			continue
		case bytes.Equal(line, []byte("end")):
			return out, true
		case len(line) == 0:
			continue
		}
		n := int(line[0]-' ') & 63
		line = line[1:]
		for ; n > 0 && len(line) > 0; line = line[min(4, len(line)):] {
			var q [4]byte
			for i := range min(4, len(line)) {
				q[i] = (line[i] - ' ') & 63
			}
			three := []byte{q[0]<<2 | q[1]>>4, q[1]<<4 | q[2]>>2, q[2]<<6 | q[3]}
			out = append(out, three[:min(3, n)]...)
			n -= 3
		}
	}
	if !started {
		return b, false
	}
	return out, false
}

// toUTF8 converts text from the character set that is declared for it, or
// from the one that it evidently has. ok is false when they differ.
func toUTF8(charset string, b []byte) (s string, ok bool) {
	charset = strings.ToLower(strings.Trim(charset, " \"'"))
	charset = strings.TrimPrefix(charset, "charset=")
	if n := bytes.IndexByte(b, 0x1b); n >= 0 && bytes.Contains(b, []byte("\x1b$")) && charset != "iso-2022-jp" && charset != "iso-2022-kr" {
		if s, ok := decodeCharset("iso-2022-jp", b); ok {
			return s, false
		}
	}
	ascii := isASCII(b)
	switch charset {
	case "", "us-ascii", "ascii", "ansi_x3.4-1968", "utf-8", "utf8", "unicode-1-1-utf-8":
		if utf8.Valid(b) {
			return string(b), charset != "us-ascii" || ascii
		}
		if charset == "" {
			charset = metaCharset(b)
			if charset != "" {
				if s, ok := decodeCharset(charset, b); ok {
					return s, true
				}
			}
		}
		if mostlyUTF8(b) {
			return strings.ToValidUTF8(string(b), "\uFFFD"), false
		}
		return windows1252(string(b)), false
	}
	if utf16Like(charset) {
		return mustDecode(charset, b)
	}
	// Text that is UTF-8 throughout with at least one longer sequence is
	// hardly ever anything else, whatever it says; the encodings of East Asia
	// alone can be both.
	if !ascii && utf8.Valid(b) && !multibyte(charset) {
		return string(b), false
	}
	return mustDecode(charset, b)
}

func mustDecode(charset string, b []byte) (string, bool) {
	if s, ok := decodeCharset(charset, b); ok {
		return s, true
	}
	if utf8.Valid(b) {
		return string(b), false
	}
	return windows1252(string(b)), false
}

func decodeCharset(charset string, b []byte) (string, bool) {
	switch charset { // names that mail uses and the web does not
	case "cp1252", "ansi":
		charset = "windows-1252"
	case "cp850", "ibm850", "850":
		return decodeMap(charmap.CodePage850, b)
	case "cp437", "ibm437", "437":
		return decodeMap(charmap.CodePage437, b)
	case "iso-8859-1-windows-1252", "iso8859_1", "8859-1", "latin-1":
		charset = "iso-8859-1"
	case "ks_c_5601-1987", "cp949", "ms949":
		charset = "euc-kr"
	case "cp932", "ms932":
		charset = "shift_jis"
	case "cp936":
		charset = "gbk"
	}
	e, err := htmlindex.Get(charset)
	if err != nil {
		return "", false
	}
	out, err := e.NewDecoder().Bytes(b)
	return string(out), err == nil
}

func decodeMap(m *charmap.Charmap, b []byte) (string, bool) {
	out, err := m.NewDecoder().Bytes(b)
	return string(out), err == nil
}

// windows1252 reads bytes that are in no declared encoding: what mail of the
// West without a charset most often is, and a mapping for every byte.
func windows1252(s string) string {
	out, err := charmap.Windows1252.NewDecoder().String(s)
	if err != nil {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	return out
}

// mostlyUTF8 reports whether b is UTF-8 with a few broken places, and not text
// of another encoding: more characters of several bytes than stray bytes.
func mostlyUTF8(b []byte) bool {
	whole, stray := 0, 0
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			stray++
		case n > 1:
			whole++
		}
		b = b[n:]
	}
	return whole > stray
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func utf16Like(c string) bool { return strings.HasPrefix(c, "utf-16") }

func multibyte(c string) bool {
	for _, p := range []string{"gb", "big5", "euc", "shift", "iso-2022", "ks_c", "cp9", "hz", "ms9"} {
		if strings.HasPrefix(c, p) {
			return true
		}
	}
	return false
}

// metaCharset returns the charset that the first kilobyte of an HTML text names.
func metaCharset(b []byte) string {
	head := bytes.ToLower(b[:min(len(b), 1024)])
	_, rest, found := bytes.Cut(head, []byte("charset="))
	if !found || !bytes.Contains(head, []byte("<meta")) {
		return ""
	}
	rest = bytes.TrimLeft(rest, `"' `)
	end := bytes.IndexAny(rest, `"'> ;/`)
	if end < 0 {
		return ""
	}
	return string(rest[:end])
}

// printable drops the control characters of a text but line ends and tabs,
// and makes every line end a line feed. A store of text may not hold NUL.
func printable(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r' || r == '\f' || r == '\v':
			return '\n'
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r) || r == '\uFEFF':
			return -1
		default:
			return r
		}
	}, s)
}
