package soap

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"unicode/utf8"

	"stoa/internal/record"
)

// A writer writes an envelope: nothing between elements, prefixes as clients expect them to the letter.
type writer struct{ b []byte }

func (w *writer) reset() { w.b = w.b[:0] }

// envelope begins one, before its Header and Body, whose unprefixed elements are in namespace main, "" for none, and whose sf: is sf.
func (w *writer) envelope(main, sf string) {
	w.raw(`<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="` + soapNamespace + `"`)
	if main != "" {
		w.raw(` xmlns="` + main + `"`)
	}
	w.raw(` xmlns:sf="` + sf + `" xmlns:xsi="` + schemaInstance + `">`)
}

// limits writes the Header that tells how many of the day's requests there were.
func (w *writer) limits(used, limit int64) {
	w.open("soapenv:Header").open("LimitInfoHeader").open("limitInfo")
	w.number("current", used).number("limit", limit).text("type", "API REQUESTS")
	w.close("limitInfo").close("LimitInfoHeader").close("soapenv:Header")
}

// end ends the Body and what envelope began.
func (w *writer) end() { w.raw("</soapenv:Body></soapenv:Envelope>") }

func (w *writer) raw(s string) *writer  { w.b = append(w.b, s...); return w }
func (w *writer) open(s string) *writer { w.b = append(append(append(w.b, '<'), s...), '>'); return w }
func (w *writer) close(s string) *writer {
	w.b = append(append(append(w.b, "</"...), s...), '>')
	return w
}

// text writes an element with text, also where that is empty.
func (w *writer) text(name, s string) *writer {
	w.open(name)
	w.b = appendEscaped(w.b, []byte(s))
	return w.close(name)
}

// some writes an element with text, or a nil one for "".
func (w *writer) some(name, s string) *writer {
	if s == "" {
		return w.null(name)
	}
	return w.text(name, s)
}

// optional writes an element with text, or nothing for "".
func (w *writer) optional(name, s string) *writer {
	if s == "" {
		return w
	}
	return w.text(name, s)
}

func (w *writer) null(name string) *writer {
	w.b = append(append(append(w.b, '<'), name...), ` xsi:nil="true"/>`...)
	return w
}

func (w *writer) flag(name string, b bool) *writer {
	w.open(name)
	w.b = strconv.AppendBool(w.b, b)
	return w.close(name)
}

func (w *writer) number(name string, n int64) *writer {
	w.open(name)
	w.b = strconv.AppendInt(w.b, n, 10)
	return w.close(name)
}

// cell writes an element with the value in a cell of a page, for a field of the given describe type.
func (w *writer) cell(name string, p *record.Page, row, col int, describeType string) {
	k, n, scale, text := p.Raw(row, col)
	switch k {
	case record.Null:
		w.null(name)
	case record.Text:
		w.open(name)
		w.b = appendEscaped(w.b, text)
		w.close(name)
	case record.Bytes:
		w.open(name)
		w.b = base64.StdEncoding.AppendEncode(w.b, text)
		w.close(name)
	case record.Number:
		w.open(name)
		at := len(w.b)
		w.b = record.AppendDecimal(w.b, n, scale)
		switch describeType {
		case "double", "currency", "percent":
			if !bytes.ContainsRune(w.b[at:], '.') {
				w.raw(".0") // as an xsd:double is written
			}
		}
		w.close(name)
	case record.Bool, record.Date, record.DateTime, record.Time, record.Ref:
		w.open(name)
		w.b = p.Value(row, col).Append(w.b)
		w.close(name)
	}
}

// appendEscaped appends character data. Control characters that XML has no way to write become U+FFFD.
func appendEscaped(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '&':
			dst = append(dst, "&amp;"...)
		case c == '<':
			dst = append(dst, "&lt;"...)
		case c == '>':
			dst = append(dst, "&gt;"...)
		case c == '"':
			dst = append(dst, "&quot;"...)
		case c == '\r':
			dst = append(dst, "&#xD;"...)
		case c < ' ' && c != '\t' && c != '\n':
			dst = append(dst, "\uFFFD"...)
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRune(s[i:])
			if r == utf8.RuneError && n == 1 || r == 0xFFFE || r == 0xFFFF {
				dst = append(dst, "\uFFFD"...)
			} else {
				dst = append(dst, s[i:i+n]...)
			}
			i += n
			continue
		default:
			dst = append(dst, c)
		}
		i++
	}
	return dst
}
