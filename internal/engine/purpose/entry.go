package purpose

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// An Entry is a line of the use register: a header that anybody may see and a
// body that few may. The header commits to the body by its salted hash.
type Entry struct {
	ID     string    // 32 hexadecimal digits, grows with time
	At     time.Time // of the transaction, whole seconds
	Header string
	Body   []byte // 32 bytes of salt, then JSON
}

// Receipt returns what a response carries in Stoa-Use: the entry's id and the hash of its header.
func (e Entry) Receipt() string {
	h := sha256.Sum256([]byte(e.Header))
	return e.ID + "." + base64.RawURLEncoding.EncodeToString(h[:])
}

const saltSize = 32

// Seal makes an entry of what was noted since the last one; ok is false where
// nothing was. An entry names no user, no record and no minute in its header.
func (u *Use) Seal(at time.Time) (e Entry, ok bool) {
	u.mu.Lock()
	touched := u.touched
	u.touched = nil
	u.mu.Unlock()
	if len(touched) == 0 {
		return Entry{}, false
	}
	// One call for the salt and the random part of the id.
	body := make([]byte, saltSize+16, saltSize+bodySize(touched))
	rand.Read(body)
	id := body[saltSize:]
	ms := uint64(at.UnixMilli())
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	e = Entry{ID: hex.EncodeToString(id), At: at}
	body = append(body[:saltSize], `{"id":"`...)
	body = append(body, e.ID...)
	body = append(body, `","at":"`...)
	body = append(record.AppendDateTime(body, at.Unix()), `Z","actor":`...)
	body = record.AppendJSON(body, []byte(u.Actor))
	body = append(body, `,"app":`...)
	body = record.AppendJSON(body, []byte(u.App))
	body = append(body, `,"touched":[`...)
	for i := range touched {
		if i > 0 {
			body = append(body, ',')
		}
		body = touched[i].appendJSON(body)
	}
	e.Body = append(body, ']', '}')
	e.Header = u.header(touched, at, e.Body)
	return e, true
}

// bodySize is about how long the body of an entry becomes.
func bodySize(touched []touch) int {
	n := 256
	for i := range touched {
		n += 96 + len(touched[i].ids)*4/3
		for _, f := range touched[i].fields {
			n += len(f.Name) + len(`"",`)
		}
	}
	return n
}

func (t *touch) appendJSON(dst []byte) []byte {
	dst = append(append(dst, `{"op":"`...), t.op...)
	dst = append(append(dst, `","object":"`...), t.object.Name...)
	dst = append(dst, `","n":`...)
	dst = strconv.AppendInt(dst, int64(t.n), 10)
	if len(t.fields) > 0 {
		dst = append(dst, `,"fields":[`...)
		for i, f := range t.fields {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(append(append(dst, '"'), f.Name...), '"')
		}
		dst = append(dst, ']')
	}
	dst = append(dst, `,"ids":"`...)
	dst = base64.RawStdEncoding.AppendEncode(dst, t.ids)
	return append(dst, `"}`...)
}

// header writes the public line. Its fields come from closed alphabets, so nothing needs escaping:
// format|hour|kind|op|class|purpose|agreement|policy epoch|basis|n-bucket|decision|channel|body=hash.
func (u *Use) header(touched []touch, at time.Time, body []byte) string {
	main := &touched[0]
	for i := range touched {
		if rank(touched[i].op) > rank(main.op) || touched[i].op == main.op && touched[i].n > main.n {
			main = &touched[i]
		}
	}
	class := "record"
	if main.object.Person {
		class = "person"
	}
	b := append(make([]byte, 0, 256), headFormat...)
	b = record.AppendDateTime(b, at.Unix())
	b = b[:len(b)-len(":00:00")] // the hour: no minute is public
	for _, s := range [...]string{"access", string(main.op), class, closed(u.Purpose), "-", "0", "-", bucket(main.n), "allow", closed(u.Channel), "body="} {
		b = append(append(b, '|'), s...)
	}
	return string(commit(b, body))
}

const headFormat = "stoa/use/v1|"

// commit appends the hash that a header gives of its body.
func commit(dst, body []byte) []byte {
	h := sha256.New()
	h.Write([]byte("stoa-body-v1"))
	h.Write(body)
	var sum [sha256.Size]byte
	return hex.AppendEncode(dst, h.Sum(sum[:0]))
}

// rank orders operations by how much they change, so that an entry is named after the gravest.
func rank(op Op) int {
	switch op {
	case OpDelete:
		return 5
	case OpUpdate:
		return 4
	case OpCreate:
		return 3
	case OpSearch, OpList:
		return 2
	case OpRead:
		return 1
	default:
		return 0
	}
}

// bucket hides how many rows exactly.
func bucket(n int) string {
	switch {
	case n <= 1:
		return "1"
	case n < 10:
		return "2-9"
	case n < 50:
		return "10-49"
	case n < 100:
		return "50-99"
	case n < 250:
		return "100-249"
	case n < 1000:
		return "250-999"
	case n < 10000:
		return "1k-9k"
	default:
		return "10k+"
	}
}

// closed maps a code to the alphabet of headers: what is not a letter, digit, dot or hyphen becomes a hyphen.
func closed(code string) string {
	if code == "" {
		return "-"
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-':
			return r
		default:
			return '-'
		}
	}, code)
}

// ValidPurpose reports a purpose code's form: dotted path of lower-case words.
func ValidPurpose(code string) error {
	if code == "" || len(code) > 100 || closed(code) != code || strings.ToLower(code) != code || strings.Contains("."+code+".", "..") {
		return fault.New(fault.PurposeRequired, "The purpose %q is not a dotted path of lower-case words, such as casework.benefits.", code)
	}
	return nil
}

// Write puts the entry of what was noted into the register, in the caller's transaction.
func (u *Use) Write(ctx context.Context, tx store.Tx) (receipt string, err error) {
	e, ok := u.Seal(tx.Now())
	if !ok {
		return "", nil
	}
	return e.Receipt(), insert(ctx, tx, e)
}

func insert(ctx context.Context, tx store.Tx, e Entry) error {
	q := store.NewSQL(tx.Dialect()).Raw("INSERT INTO ").Table(store.UseEntryTable).Raw(" (at, header, body) VALUES (").
		Arg(store.DateTime, record.OfInstant(e.At)).Raw(", ").Str(e.Header).Raw(", ").Blob(e.Body).Raw(")")
	if _, err := tx.Exec(ctx, q); err != nil {
		return fmt.Errorf("write use entry: %w", err)
	}
	return nil
}

// gap is the entry of something that was lost: never silence.
func gap(at time.Time, what string) Entry {
	body := make([]byte, saltSize, 256)
	rand.Read(body[:saltSize])
	body = append(body, `{"gap":`...)
	body = append(record.AppendJSON(body, []byte(what)), '}')
	head := headFormat + at.UTC().Format("2006-01-02T15") + "|gap|-|-|-|-|0|-|-|-|system|body="
	return Entry{At: at, Body: body, Header: string(commit([]byte(head), body))}
}
