package bulk

import (
	"encoding/binary"
	"strings"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// An outcome is what became of one row, as it is kept: a byte for how, the id or
// nothing, and of a failed row the text that the client reads.
type outcome struct {
	how  byte
	id   string // 18 characters or ""
	text string
}

const (
	rowFailed  byte = 'f'
	rowUpdated byte = 'u' // or deleted
	rowCreated byte = 'c'
)

// appendOutcome appends an outcome in its kept form.
func appendOutcome(dst []byte, r *org.SaveResult) []byte {
	how := rowUpdated
	switch {
	case !r.OK():
		how = rowFailed
	case r.Created:
		how = rowCreated
	}
	dst = append(dst, how, byte(len(r.ID.Short())))
	dst = append(dst, r.ID.Short()...)
	if how == rowFailed {
		text := keptErrors(r.Errors)
		dst = binary.AppendUvarint(dst, uint64(len(text)))
		dst = append(dst, text...)
	}
	return dst
}

// nextOutcome reads an outcome and returns what follows; ok is false where there is none.
func nextOutcome(body []byte) (o outcome, rest []byte, ok bool) {
	if len(body) < 2 || len(body) < 2+int(body[1]) {
		return o, nil, false
	}
	o.how = body[0]
	if n := int(body[1]); n == 15 {
		var id [18]byte
		o.id = string(record.AppendID(id[:0], body[2:17]))
		body = body[17:]
	} else {
		body = body[2+n:]
	}
	if o.how == rowFailed {
		n, size := binary.Uvarint(body)
		if size <= 0 || uint64(len(body)-size) < n {
			return o, nil, false
		}
		o.text, body = string(body[size:size+int(n)]), body[size+int(n):]
	}
	return o, body, true
}

// What separates errors, and the parts of one, in the kept form. No message has them: they are control characters.
const (
	errorEnd = "\x1e"
	partEnd  = "\x1f"
)

func keptErrors(all []*fault.Error) string {
	texts := make([]string, len(all))
	for i, e := range all {
		message := strings.NewReplacer(errorEnd, " ", partEnd, " ").Replace(e.Message)
		texts[i] = string(e.Code) + partEnd + message + partEnd + strings.Join(e.Fields, ",")
	}
	return strings.Join(texts, errorEnd)
}

// A rowError is one reason why a row was refused.
type rowError struct {
	Message string   `json:"message"`
	Fields  []string `json:"fields"`
	Code    string   `json:"statusCode"`
}

// errors returns why the row was refused.
func (o *outcome) errors() []rowError {
	if o.how != rowFailed {
		return []rowError{}
	}
	var all []rowError
	for text := range strings.SplitSeq(o.text, errorEnd) {
		code, rest, _ := strings.Cut(text, partEnd)
		message, fields, _ := strings.Cut(rest, partEnd)
		e := rowError{Message: message, Code: code, Fields: []string{}}
		if fields != "" {
			e.Fields = strings.Split(fields, ",")
		}
		all = append(all, e)
	}
	return all
}

// reason writes errors as CSV results have them: CODE:message:fields --, and so on.
func (o *outcome) reason() string {
	var b strings.Builder
	for i, e := range o.errors() {
		if i > 0 {
			b.WriteByte(';')
		}
		b.WriteString(e.Code + ":" + e.Message + ":" + strings.Join(e.Fields, ",") + " --")
	}
	return b.String()
}
