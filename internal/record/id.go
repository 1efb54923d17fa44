package record

import (
	"errors"
)

// An ID is the identity of a record: 18 characters in canonical form, or ""
// for none. The first three characters, the key prefix, tell the object. Make
// one only with ParseID or MakeID, so that equal ids are equal strings.
type ID string

// ErrID says that a text has not the form of a record id.
var ErrID = errors.New("malformed record id")

// Alphabet lists the 62 characters of an id in byte order, so that ids sort as numbers do.
const Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

const checks = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

// NoID is the placeholder that the API writes where a lookup is empty.
const NoID ID = "000000000000000AAA"

// MasterRecordType is the id of the record type that every object has.
const MasterRecordType ID = "012000000000000AAA"

// AppendID appends the 18-character form of a 15-character id. id15 must be 15 characters of Alphabet.
func AppendID(dst, id15 []byte) []byte {
	dst = append(dst, id15[:15]...)
	for b := 0; b < 15; b += 5 {
		n := 0
		for i := range 5 {
			if c := id15[b+i]; c >= 'A' && c <= 'Z' {
				n |= 1 << i
			}
		}
		dst = append(dst, checks[n])
	}
	return dst
}

// ParseID reads an id of 15 or 18 characters. An 18-character id whose letter
// case was lost on the way is mended from its last three characters.
func ParseID(s string) (ID, error) {
	if len(s) != 15 && len(s) != 18 {
		return "", ErrID
	}
	var b [18]byte
	copy(b[:], s)
	for i := range 15 {
		if !isAlphanumeric(b[i]) {
			return "", ErrID
		}
	}
	if len(s) == 18 {
		for g := range 3 {
			n := checkValue(s[15+g])
			if n < 0 {
				return "", ErrID
			}
			for i := range 5 {
				c := &b[g*5+i]
				upper := n&(1<<i) != 0
				switch {
				case upper && *c >= 'a' && *c <= 'z':
					*c -= 'a' - 'A'
				case !upper && *c >= 'A' && *c <= 'Z':
					*c += 'a' - 'A'
				case upper && (*c < 'A' || *c > 'Z'):
					return "", ErrID
				}
			}
		}
	}
	var out [18]byte
	return ID(AppendID(out[:0], b[:15])), nil
}

// IsID reports whether s has the form of a record id.
func IsID(s string) bool {
	_, err := ParseID(s)
	return err == nil
}

// Prefix returns the key prefix, which tells the object, or "" for no id.
func (id ID) Prefix() string {
	if len(id) < 3 {
		return ""
	}
	return string(id[:3])
}

// Short returns the case-sensitive form of 15 characters.
func (id ID) Short() string {
	if len(id) < 15 {
		return ""
	}
	return string(id[:15])
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

func checkValue(c byte) int {
	switch {
	case c >= 'A' && c <= 'Z':
		return int(c - 'A')
	case c >= 'a' && c <= 'z':
		return int(c - 'a')
	case c >= '0' && c <= '5':
		return int(c-'0') + 26
	default:
		return -1
	}
}
