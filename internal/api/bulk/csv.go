package bulk

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// What a CSV may have. Source: the API's own limits, but for the record's size, which is Stoa's.
const (
	maxColumns = 5000
	maxRecord  = 1 << 20 // bytes
	batchRows  = 200     // rows that are written in one transaction
	partBytes  = 1 << 19 // a part ends at whichever comes first
)

// delimiters are the values of columnDelimiter.
var delimiters = map[string]byte{"BACKQUOTE": '`', "CARET": '^', "COMMA": ',', "PIPE": '|', "SEMICOLON": ';', "TAB": '\t'}

// lineEndings are the values of lineEnding.
var lineEndings = map[string]string{"LF": "\n", "CRLF": "\r\n"}

// A badCSV is why a text is no CSV, in the words of the API.
type badCSV string

func (e badCSV) Error() string { return string(e) }

func malformed(format string, args ...any) error {
	return badCSV("InvalidBatch : Failed to parse CSV. " + fmt.Sprintf(format, args...))
}

// A splitter cuts a CSV that comes in pieces into its header and parts of whole
// records. It holds one part at a time, however long the CSV is.
type splitter struct {
	comma byte
	emit  func(body []byte, rows int) error

	header []byte // of the first record, without its line end
	seen   bool   // header is there
	rows   int    // records before this part
	buf    []byte // the current part, and what has been read of the next record
	from   int    // where the current record begins
	at     int    // how far buf has been looked at
	part   int    // records in buf
	state  csvState
	bom    bool // the beginning has been looked at
}

type csvState uint8

const (
	fieldStart csvState = iota
	unquoted
	quoted
	quoteInQuoted // a quote that ends the value, or the first of two
)

// write takes the next piece.
func (s *splitter) write(p []byte) error {
	s.buf = append(s.buf, p...)
	if !s.bom {
		if len(s.buf) < 3 {
			return nil
		}
		s.skipBOM()
	}
	return s.scan()
}

func (s *splitter) skipBOM() {
	s.bom = true
	s.buf = bytes.TrimPrefix(s.buf, []byte("\ufeff"))
}

func (s *splitter) scan() error {
	for s.at < len(s.buf) {
		switch s.state {
		case quoted:
			i := bytes.IndexByte(s.buf[s.at:], '"')
			if i < 0 {
				s.at = len(s.buf)
				continue
			}
			s.at += i + 1
			s.state = quoteInQuoted
		case unquoted, fieldStart:
			c := s.buf[s.at]
			if c == '"' && s.state == fieldStart {
				s.at++
				s.state = quoted
				continue
			}
			s.state = unquoted
			for s.at < len(s.buf) {
				if c = s.buf[s.at]; c == s.comma || c == '\n' {
					break
				}
				s.at++
			}
			if s.at == len(s.buf) {
				continue
			}
			s.at++
			s.state = fieldStart
			if c == '\n' {
				if err := s.record(); err != nil {
					return err
				}
			}
		case quoteInQuoted:
			switch c := s.buf[s.at]; {
			case c == '"':
				s.state = quoted
			case c == s.comma:
				s.state = fieldStart
			case c == '\n':
				s.state = fieldStart
				s.at++
				if err := s.record(); err != nil {
					return err
				}
				continue
			case c == '\r' && s.at+1 == len(s.buf):
				return s.long() // what follows decides
			case c == '\r' && s.buf[s.at+1] == '\n':
			default:
				return malformed("Found unescaped quote in row %d. A value with quote should be within a quote", s.row())
			}
			s.at++
		}
	}
	return s.long()
}

// long refuses a record that does not end.
func (s *splitter) long() error {
	if len(s.buf)-s.from <= maxRecord {
		return nil
	}
	if s.state == quoted {
		return malformed("EOF reached before closing an opened quote in row %d", s.row())
	}
	return badCSV(fmt.Sprintf("InvalidBatch : The record in row %d is longer than %d bytes", s.row(), maxRecord))
}

// row is the number of the current record, the header not counted.
func (s *splitter) row() int { return s.rows + s.part + 1 }

// record takes the record that ends before at.
func (s *splitter) record() error {
	if s.at-s.from > maxRecord {
		return s.long()
	}
	line := bytes.TrimRight(s.buf[s.from:s.at], "\r\n")
	switch {
	case len(line) == 0: // an empty line is no record
		s.buf = append(s.buf[:s.from], s.buf[s.at:]...)
		s.at = s.from
		return nil
	case !s.seen:
		if !utf8.Valid(line) {
			return badCSV("InvalidBatch : The header is not UTF-8")
		}
		s.header, s.seen = bytes.Clone(line), true
		s.buf = append(s.buf[:0], s.buf[s.at:]...)
		s.at, s.from = 0, 0
		if n := len(parseRecord(string(s.header), s.comma, nil)); n > maxColumns {
			return badCSV(fmt.Sprintf("InvalidBatch : The number of columns, %d, exceeds the limit of %d", n, maxColumns))
		}
		return nil
	}
	s.part++
	s.from = s.at
	if s.part == batchRows || s.from >= partBytes {
		return s.flush()
	}
	return nil
}

// flush hands over the current part.
func (s *splitter) flush() error {
	if s.part == 0 {
		return nil
	}
	body := bytes.Clone(s.buf[:s.from])
	if !utf8.Valid(body) {
		return badCSV(fmt.Sprintf("InvalidBatch : The data is not UTF-8 in rows %d to %d", s.rows+1, s.rows+s.part))
	}
	n := s.part
	s.rows += n
	s.buf = append(s.buf[:0], s.buf[s.from:]...)
	s.at -= s.from
	s.from, s.part = 0, 0
	return s.emit(body, n)
}

// close takes the last record, which needs no line end.
func (s *splitter) close() error {
	if !s.bom {
		s.skipBOM()
		if err := s.scan(); err != nil {
			return err
		}
	}
	if s.state == quoted {
		return malformed("EOF reached before closing an opened quote in row %d", s.row())
	}
	if len(s.buf) > s.from {
		if err := s.write([]byte("\n")); err != nil {
			return err
		}
	}
	return s.flush()
}

// parseRecord appends the values of the record that begins text to fields. text has passed a splitter.
func parseRecord(text string, comma byte, fields []string) []string {
	fields, _ = nextRecord(text, comma, fields)
	return fields
}

// nextRecord appends the values of the record that begins text to fields and returns what follows it.
func nextRecord(text string, comma byte, fields []string) (_ []string, rest string) {
	for {
		if len(text) > 0 && text[0] == '"' {
			var v string
			v, text = unquote(text[1:])
			fields = append(fields, v)
		} else {
			i := 0
			for i < len(text) && text[i] != comma && text[i] != '\n' {
				i++
			}
			v := text[:i]
			text = text[i:]
			if (text == "" || text[0] == '\n') && strings.HasSuffix(v, "\r") {
				v = v[:len(v)-1]
			}
			fields = append(fields, v)
		}
		switch {
		case text == "":
			return fields, ""
		case text[0] == comma:
			text = text[1:]
		case text[0] == '\r':
			return fields, strings.TrimPrefix(text[1:], "\n")
		default:
			return fields, text[1:]
		}
	}
}

// unquote returns the value whose opening quote has been read, and what follows the closing one.
func unquote(text string) (value, rest string) {
	i := strings.IndexByte(text, '"')
	if i < 0 {
		return text, ""
	}
	if i+1 == len(text) || text[i+1] != '"' {
		return text[:i], text[i+1:]
	}
	var b strings.Builder
	for {
		b.WriteString(text[:i+1])
		text = text[i+2:]
		if i = strings.IndexByte(text, '"'); i < 0 {
			b.WriteString(text)
			return b.String(), ""
		}
		if i+1 == len(text) || text[i+1] != '"' {
			b.WriteString(text[:i])
			return b.String(), text[i+1:]
		}
	}
}

// appendQuoted appends a value in quotes. Every value of a result is: some
// clients look for all delimiters at once, and one that stands free would mislead them.
func appendQuoted[T string | []byte](dst []byte, value T) []byte {
	dst = append(dst, '"')
	for i := range len(value) {
		if value[i] == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, value[i])
	}
	return append(dst, '"')
}
