package purpose

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// An entry is a line of the use register: a header that anybody may see and a
// body that few may. The header commits to the body by its salted hash.
type entry struct {
	at   time.Time // of the transaction, whole seconds
	id   [2 * idSize]byte
	buf  []byte    // header, then body: 32 bytes of salt and JSON
	head int       // bytes of the header
	sets []*Fields // that the body names
}

const (
	saltSize = 32
	idSize   = 16 // bytes, the first six of which are the time in milliseconds: ids grow
)

func (e *entry) header() []byte { return e.buf[:e.head] }
func (e *entry) body() []byte   { return e.buf[e.head:] }

// receipt returns what a response carries in Stoa-Use: the entry's id and the hash of its header.
func (e *entry) receipt() string {
	h := sha256.Sum256(e.header())
	b := append(make([]byte, 0, 2*idSize+1+43), e.id[:]...)
	return string(base64.RawURLEncoding.AppendEncode(append(b, '.'), h[:]))
}

// random is what an entry needs of it: the salt, and ten bytes of the id.
type random [saltSize + idSize]byte

// seal makes e, whose memory is used again, of what was noted since the last one; ok is false where nothing was.
// An entry names no user, no record and no minute in its header.
func (u *Use) seal(e *entry, at time.Time, r *random) (ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.touched) == 0 {
		return false
	}
	e.at, e.sets = at, e.sets[:0]
	id := r[saltSize:]
	ms := uint64(at.UnixMilli())
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	hex.Encode(e.id[:], id)
	b := u.appendHeader(e.buf[:0], at)
	e.head = len(b)
	b = append(b, r[:saltSize]...)
	b = append(append(b, `{"id":"`...), e.id[:]...)
	b = append(b, `","at":"`...)
	b = append(record.AppendDateTime(b, at.Unix()), `Z","actor":`...)
	b = record.AppendJSON(b, []byte(u.Actor))
	b = append(b, `,"app":`...)
	b = record.AppendJSON(b, []byte(u.App))
	b = append(b, `,"touched":[`...)
	for i := range u.touched {
		if i > 0 {
			b = append(b, ',')
		}
		b = u.touched[i].appendJSON(b, e)
	}
	e.buf = append(b, ']', '}')
	commit(e.buf, e.head)
	u.touched = nil
	return true
}

func (t *touch) appendJSON(dst []byte, e *entry) []byte {
	dst = append(append(dst, `{"op":"`...), t.op...)
	dst = append(append(dst, `","object":"`...), t.object.Name...)
	dst = append(dst, `","n":`...)
	dst = strconv.AppendInt(dst, int64(t.n), 10)
	if t.set != nil && t.set.name != "" {
		dst = append(append(append(dst, `,"set":"`...), t.set.name...), '"')
		if !slices.Contains(e.sets, t.set) {
			e.sets = append(e.sets, t.set)
		}
	} else if fields := t.list(); len(fields) > 0 {
		dst = appendFields(append(dst, ','), fields)
	}
	dst = append(dst, `,"ids":"`...)
	dst = base64.RawStdEncoding.AppendEncode(dst, t.ids)
	return append(dst, `"}`...)
}

// appendHeader appends the public line, with room for the hash of the body. Its fields come from closed alphabets, so
// nothing needs escaping: format|hour|kind|op|class|purpose|agreement|policy epoch|basis|n-bucket|decision|channel|body=hash.
func (u *Use) appendHeader(dst []byte, at time.Time) []byte {
	main := &u.touched[0]
	for i := range u.touched {
		if t := &u.touched[i]; rank(t.op) > rank(main.op) || t.op == main.op && t.n > main.n {
			main = t
		}
	}
	class := "record"
	if main.object.Person {
		class = "person"
	}
	b := appendHour(append(dst, headFormat...), at)
	b = append(append(append(b, "|access|"...), main.op...), '|')
	b = appendClosed(append(append(b, class...), '|'), u.Purpose)
	b = append(append(append(b, "|-|0|-|"...), bucket(main.n)...), "|allow|"...)
	b = append(appendClosed(b, u.Channel), "|body="...)
	return append(b, noHash...)
}

// appendHour appends the hour: no minute is public.
func appendHour(dst []byte, at time.Time) []byte {
	dst = record.AppendDateTime(dst, at.Unix())
	return dst[:len(dst)-len(":00:00")]
}

const (
	headFormat = "stoa/use/v1|"
	bodyFormat = "stoa-body-v1" // hashed before a body
	noHash     = "0000000000000000000000000000000000000000000000000000000000000000"
)

// commit puts the hash of the body, which is all from head on, at the end of the header.
func commit(entry []byte, head int) {
	copy(entry[head-len(bodyFormat):], bodyFormat) // where the hash will stand
	h := sha256.Sum256(entry[head-len(bodyFormat):])
	hex.Encode(entry[head-len(noHash):head], h[:])
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

// appendClosed appends a code in the alphabet of headers: what is not a letter, digit, dot or hyphen becomes a hyphen.
func appendClosed(dst []byte, code string) []byte {
	if code == "" {
		return append(dst, '-')
	}
	for _, r := range code {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.':
			dst = append(dst, byte(r))
		default:
			dst = append(dst, '-')
		}
	}
	return dst
}

// ValidPurpose reports a purpose code's form: dotted path of lower-case words.
func ValidPurpose(code string) error {
	if code == "" || len(code) > maxPurpose || !path(code) {
		return fault.New(fault.PurposeRequired, "The purpose %q is not a dotted path of lower-case words, such as casework.benefits.", code)
	}
	return nil
}

const maxPurpose = 100 // characters

// path reports whether a code is words of lower-case letters, digits and hyphens with points between.
func path(code string) bool {
	last := byte('.')
	for i := range len(code) {
		c := code[i]
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '.' && last != '.':
		default:
			return false
		}
		last = c
	}
	return last != '.'
}

// Write puts the entry of what was noted into the register, in the caller's transaction.
func (u *Use) Write(ctx context.Context, tx store.Tx) (receipt string, err error) {
	var e entry
	var r random
	rand.Read(r[:])
	if !u.seal(&e, tx.Now(), &r) {
		return "", nil
	}
	return e.receipt(), e.page().insert(ctx, tx)
}

// page returns a page of the register with e alone.
func (e *entry) page() *page {
	p := &page{at: e.at}
	for _, f := range e.sets {
		p.name(f.name, f.text)
	}
	p.add(e.header(), e.body())
	return p
}

// gap is the entry of something that was lost: never silence.
func gap(at time.Time, what string) *entry {
	e := &entry{at: at.UTC().Truncate(time.Second)}
	b := appendHour(append(e.buf, headFormat...), e.at)
	b = append(append(b, "|gap|-|-|-|-|0|-|-|-|system|body="...), noHash...)
	e.head = len(b)
	var r random
	rand.Read(r[:])
	b = append(append(b, r[:saltSize]...), `{"gap":`...)
	e.buf = append(record.AppendJSON(b, []byte(what)), '}')
	commit(e.buf, e.head)
	return e
}
