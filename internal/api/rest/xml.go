package rest

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"stoa/internal/org"
	"stoa/internal/record"
)

const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>`

// appendQueryXML appends a query result as XML. Null values are left out.
func (e *encoder) appendQueryXML(dst []byte) []byte {
	dst = append(dst, xmlHead+"<QueryResult>"...)
	dst = e.appendSetXML(dst, 0, e.result.Len(), e.result.Total, e.result.Next)
	return append(dst, "</QueryResult>"...)
}

func (e *encoder) appendSetXML(dst []byte, from, to, total int, next string) []byte {
	dst = appendElement(dst, "done", strconv.AppendBool(nil, next == ""))
	if next != "" {
		dst = appendElement(dst, "nextRecordsUrl", []byte(e.base+"/query/"+next))
	}
	for row := from; row < to; row++ {
		dst = e.appendRecordXML(dst, "records", e.shape, row)
	}
	return appendElement(dst, "totalSize", strconv.AppendInt(nil, int64(total), 10))
}

// appendSavedXML appends the result of a write that went well.
func appendSavedXML(dst []byte, r org.SaveResult) []byte {
	dst = appendElement(append(dst, xmlHead+"<Result>"...), "id", []byte(r.ID))
	return append(dst, "<success>true</success></Result>"...)
}

// appendVersionsXML appends the list of versions, the oldest first.
func appendVersionsXML(dst []byte) []byte {
	dst = append(dst, xmlHead+"<Versions>"...)
	for v := oldestVersion; v <= newestVersion; v++ {
		dst = fmt.Appendf(dst, "<Version><label>%s</label><url>%s/v%d.0</url><version>%d.0</version></Version>", label(v), Prefix, v, v)
	}
	return append(dst, "</Versions>"...)
}

// appendRowXML appends one record as a document whose root is named after its object.
func (e *encoder) appendRowXML(dst []byte, row int) []byte {
	return e.appendRecordXML(append(dst, xmlHead...), e.shape.of.Object, e.shape, row)
}

func (e *encoder) appendRecordXML(dst []byte, name string, s *shape, row int) []byte {
	p := e.result.Page
	object := s.of.Object
	if s.of.TypeCol >= 0 {
		_, _, _, text := p.Raw(row, s.of.TypeCol)
		object = string(text)
	}
	dst = append(append(append(append(append(dst, '<'), name...), ` type="`...), object...), '"')
	if s.of.IDCol >= 0 {
		_, _, _, id := p.Raw(row, s.of.IDCol)
		dst = append(append(append(dst, ` url="`...), e.base...), "/sobjects/"...)
		dst = append(append(append(append(dst, object...), '/'), id...), '"')
	}
	dst = append(dst, '>')
	for i := range s.items {
		dst = e.appendItemXML(dst, s, &s.items[i], row)
	}
	return append(append(append(dst, "</"...), name...), '>')
}

func (e *encoder) appendItemXML(dst []byte, s *shape, it *item, row int) []byte {
	p := e.result.Page
	switch it.role {
	case record.Cell:
		return appendCellXML(dst, p, it, row)
	case record.Parent:
		if parent := e.parentOf(it, row); parent != nil {
			return e.appendRecordXML(dst, it.name, parent, row)
		}
	case record.Child:
		if span := &e.result.Children[it.child].Spans[row]; span.From < span.To {
			dst = append(append(append(dst, '<'), it.name...), ` type="QueryResult">`...)
			dst = e.children[it.child].appendSetXML(dst, span.From, span.To, span.Total, span.Next)
			return append(append(append(dst, "</"...), it.name...), '>')
		}
	case record.Compound:
		at := len(dst)
		dst = append(append(append(dst, '<'), it.name...), '>')
		empty := len(dst)
		for i := range it.parts {
			dst = appendCellXML(dst, p, &it.parts[i], row)
		}
		if len(dst) == empty {
			return dst[:at]
		}
		return append(append(append(dst, "</"...), it.name...), '>')
	}
	return dst
}

func appendCellXML(dst []byte, p *record.Page, it *item, row int) []byte {
	k, n, scale, text := p.Raw(row, it.col)
	switch k {
	case record.Null:
		return dst
	case record.Number:
		return appendElement(dst, it.name, appendNumber(nil, n, scale, it.form))
	case record.Text, record.Ref, record.Bytes:
		return appendElement(dst, it.name, text)
	case record.Bool, record.Date, record.DateTime, record.Time:
		return appendElement(dst, it.name, p.Value(row, it.col).Append(nil))
	default:
		return dst
	}
}

// appendElement appends <name>text</name> with text escaped. Characters that XML 1.0 cannot hold become U+FFFD.
func appendElement(dst []byte, name string, text []byte) []byte {
	dst = append(append(append(dst, '<'), name...), '>')
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		switch {
		case r == '&':
			dst = append(dst, "&amp;"...)
		case r == '<':
			dst = append(dst, "&lt;"...)
		case r == '>':
			dst = append(dst, "&gt;"...)
		case r == '\r':
			dst = append(dst, "&#13;"...)
		case r < ' ' && r != '\n' && r != '\t' || r == 0xFFFE || r == 0xFFFF:
			dst = append(dst, "\ufffd"...)
		default:
			dst = utf8.AppendRune(dst, r)
		}
		i += n
	}
	return append(append(append(dst, "</"...), name...), '>')
}
