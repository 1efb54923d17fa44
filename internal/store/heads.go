package store

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"stoa/internal/record"
)

// An id of 15 characters is kept as one number: its first 7 characters (key
// prefix, pod and the counter's first digit) are looked up in a dictionary of
// the org, which takes 15 bits, and the other 8 are a number of base 62, which
// takes 48. So ids of any origin fit, and those of one head sort as their text does.
const (
	headLen  = 7
	tailBits = 48
	tailMask = 1<<tailBits - 1
	maxHeads = 1 << 15
	// pairs are the numbers that two characters can write.
	pairs = 62 * 62
)

// ErrHeads says that the org has seen ids of more than 32,768 different heads.
var ErrHeads = errors.New("too many different id prefixes")

// A Head is the first 7 characters of ids.
type Head [headLen]byte

// Heads is the dictionary of one org: heads by number and numbers by head. The
// number of a head never changes. It is safe for concurrent use; readers take no lock.
type Heads struct {
	mu   sync.Mutex // held while a table is replaced
	list atomic.Pointer[headTable]
}

type headTable struct {
	heads  []Head // by number
	upper  []uint8
	number map[Head]int
	sorted []int // numbers in the order of the text
}

// NewHeads returns an empty dictionary.
func NewHeads() *Heads {
	h := &Heads{}
	h.list.Store(&headTable{number: map[Head]int{}})
	return h
}

// Len returns how many heads there are; their numbers are 0 to Len-1.
func (h *Heads) Len() int { return len(h.list.Load().heads) }

// Head returns the head with a number below Len.
func (h *Heads) Head(number int) Head { return h.list.Load().heads[number] }

// Number returns the number of id's head; ok is false where the org has never seen it.
func (h *Heads) Number(id record.ID) (n int, ok bool) {
	if len(id) < headLen {
		return 0, false
	}
	n, ok = h.list.Load().number[Head([]byte(id[:headLen]))]
	return n, ok
}

// Append adds heads in the order of their numbers, which go on from Len. Heads that are there already are skipped.
func (h *Heads) Append(heads ...Head) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	old := h.list.Load()
	t := &headTable{heads: slices.Clone(old.heads), upper: slices.Clone(old.upper), number: make(map[Head]int, len(old.number)+len(heads))}
	for head, n := range old.number {
		t.number[head] = n
	}
	for _, head := range heads {
		if _, ok := t.number[head]; ok {
			continue
		}
		if len(t.heads) == maxHeads {
			return ErrHeads
		}
		t.number[head] = len(t.heads)
		t.heads = append(t.heads, head)
		var upper uint8
		for i, c := range head {
			if isUpper(c) {
				upper |= 1 << i
			}
		}
		t.upper = append(t.upper, upper)
	}
	t.sorted = make([]int, len(t.heads))
	for i := range t.sorted {
		t.sorted[i] = i
	}
	slices.SortFunc(t.sorted, func(a, b int) int { return slices.Compare(t.heads[a][:], t.heads[b][:]) })
	h.list.Store(t)
	return nil
}

// Encode returns the number that id is kept as; ok is false where its head is not in the dictionary.
func (h *Heads) Encode(id record.ID) (n int64, ok bool) {
	if len(id) < 15 {
		return 0, false
	}
	head, ok := h.list.Load().number[Head([]byte(id[:headLen]))]
	if !ok {
		return 0, false
	}
	return int64(head)<<tailBits | tailOf(string(id)), true
}

// Decode writes the 18 characters of the id kept as n into dst; ok is false for a number that stands for no id.
func (h *Heads) Decode(dst *[18]byte, n int64) (ok bool) { return h.list.Load().decode(dst, n) }

// A Decoder renders many ids by one state of the dictionary.
type Decoder struct{ t *headTable }

// Decoder returns a Decoder of the dictionary as it is now.
func (h *Heads) Decoder() Decoder { return Decoder{h.list.Load()} }

// Decode is Heads.Decode.
func (d Decoder) Decode(dst *[18]byte, n int64) (ok bool) { return d.t.decode(dst, n) }

func (t *headTable) decode(dst *[18]byte, n int64) bool {
	number := int(n >> tailBits)
	if uint(number) >= uint(len(t.heads)) {
		return false
	}
	tail := n & tailMask
	d, c, b := tail%pairs, tail/pairs%pairs, tail/(pairs*pairs)%pairs
	a := tail / (pairs * pairs * pairs)
	if a >= pairs {
		return false
	}
	p := &pairTable
	copy(dst[:headLen], t.heads[number][:])
	dst[7], dst[8] = p[a].c[0], p[a].c[1]
	dst[9], dst[10] = p[b].c[0], p[b].c[1]
	dst[11], dst[12] = p[c].c[0], p[c].c[1]
	dst[13], dst[14] = p[d].c[0], p[d].c[1]
	// The last three characters tell which of the 15 are capital letters, five at a time.
	upper := uint(t.upper[number]) | uint(p[a].upper)<<7 | uint(p[b].upper)<<9 | uint(p[c].upper)<<11 | uint(p[d].upper)<<13
	const checks = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	dst[15], dst[16], dst[17] = checks[upper&31], checks[upper>>5&31], checks[upper>>10&31]
	return true
}

// A pair is a number below 3844 written with two characters of record.Alphabet.
type pair struct {
	c     [2]byte
	upper uint8 // bit i: c[i] is a capital letter
}

// pairTable and digit are constants of a kind that Go cannot declare as such.
var (
	pairTable = makePairs()
	digit     = makeDigits()
)

func makePairs() (t [pairs]pair) {
	for n := range t {
		p := pair{c: [2]byte{record.Alphabet[n/62], record.Alphabet[n%62]}}
		for i, c := range p.c {
			if isUpper(c) {
				p.upper |= 1 << i
			}
		}
		t[n] = p
	}
	return t
}

func makeDigits() (t [256]uint8) {
	for i := range len(record.Alphabet) {
		t[record.Alphabet[i]] = uint8(i)
	}
	return t
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

// tailOf returns the number that characters 8 to 15 of an id write.
func tailOf(id string) int64 {
	var n int64
	for i := headLen; i < 15; i++ {
		n = n*62 + int64(digit[id[i]])
	}
	return n
}

// A span is a run of kept ids, both ends included.
type span struct{ from, to int64 }

// spans returns, merged where they touch, the ids with a key prefix ("" for any) whose text lies before (or after) that of id.
func (t *headTable) spans(prefix string, greater, orEqual bool, id string) []span {
	var out []span
	bound := Head([]byte(id[:headLen]))
	tail := tailOf(id)
	for _, n := range t.sorted {
		head := t.heads[n]
		if string(head[:len(prefix)]) != prefix {
			continue
		}
		s := span{int64(n) << tailBits, int64(n)<<tailBits | tailMask}
		switch order := slices.Compare(head[:], bound[:]); {
		case order == 0 && greater:
			s.from |= tail
			if !orEqual {
				s.from++
			}
		case order == 0:
			s.to = int64(n)<<tailBits | tail
			if !orEqual {
				s.to--
			}
		case (order > 0) != greater:
			continue
		}
		if s.from <= s.to {
			out = append(out, s)
		}
	}
	return merge(out)
}

func merge(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return int(min(1, max(-1, a.from-b.from))) })
	out := spans[:0]
	for _, s := range spans {
		if n := len(out); n > 0 && out[n-1].to+1 == s.from {
			out[n-1].to = s.to
			continue
		}
		out = append(out, s)
	}
	return out
}

// IDCompare implements Dialect for both engines.
func (h *Heads) IDCompare(s *SQL, prefix string, greater, orEqual bool, id record.ID, write func()) {
	if len(id) < 15 {
		s.Raw("(1=0)")
		return
	}
	writeSpans(s, h.list.Load().spans(prefix, greater, orEqual, string(id)), write)
}

// IDHasPrefix implements Dialect for both engines.
func (h *Heads) IDHasPrefix(s *SQL, prefix string, write func()) {
	t := h.list.Load()
	var all []span
	for _, n := range t.sorted {
		if head := t.heads[n]; string(head[:min(len(prefix), headLen)]) == prefix {
			all = append(all, span{int64(n) << tailBits, int64(n)<<tailBits | tailMask})
		}
	}
	writeSpans(s, merge(all), write)
}

func writeSpans(s *SQL, spans []span, write func()) {
	if len(spans) == 0 {
		s.Raw("(1=0)")
		return
	}
	s.Raw("(")
	for i, sp := range spans {
		if i > 0 {
			s.Raw(" OR ")
		}
		write()
		s.Raw(" BETWEEN ").Int(sp.from).Raw(" AND ").Int(sp.to)
	}
	s.Raw(")")
}

// IDOrder implements Dialect for both engines.
func (h *Heads) IDOrder(s *SQL, prefix string, write func()) {
	t := h.list.Load()
	var of []int // numbers of the object's heads in the order of their text
	for _, n := range t.sorted {
		if head := t.heads[n]; string(head[:min(len(prefix), headLen)]) == prefix {
			of = append(of, n)
		}
	}
	if slices.IsSorted(of) {
		write()
		return
	}
	s.Raw("CASE ")
	write()
	s.Raw(" / 281474976710656")
	for rank, n := range of {
		s.Raw(" WHEN ").small(n).Raw(" THEN ").small(rank)
	}
	s.Raw(" END * 281474976710656 + ")
	write()
	s.Raw(" % 281474976710656")
}
