// Package reference makes the references that people read out on the phone and
// copy from letters, such as HV-4KQ7-92. It knows no records; its one invariant
// is that who mistakes any two characters, or swaps them, has no valid reference.
package reference

import (
	"crypto/rand"
	"strings"
)

// Alphabet has the letters and digits that nobody takes for others: no 0 and O, no 1 and I. Their places are the elements of GF(32).
const Alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

const (
	maxPrefix        = 6
	minBody, maxBody = 4, 8
)

// New returns the reference with a prefix and a body of characters of the alphabet.
func New(prefix, body string) string { return prefix + "-" + body + "-" + checks(body) }

// Random returns a body of n characters.
func Random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it does not fail
	for i := range b {
		b[i] = Alphabet[b[i]%32]
	}
	return string(b)
}

// Numbered returns the body of four characters that stands for a number below 32⁴: another one for each, in no order that shows.
func Numbered(n int) string {
	const all = 32 * 32 * 32 * 32
	v := (uint64(n)*644_245_093 + 271_828) % all // an odd factor: every number has another product
	b := make([]byte, minBody)
	for i := range b {
		b[i] = Alphabet[v%32]
		v /= 32
	}
	return string(b)
}

// Parse returns a reference as it is written from what somebody typed: in any
// letter case, with or without dashes and blanks. ok is false where a character must be wrong.
func Parse(typed string) (reference string, ok bool) {
	prefix, rest, dashed := strings.Cut(strings.ToUpper(strings.TrimSpace(typed)), "-")
	prefix, rest = joined.Replace(prefix), joined.Replace(rest)
	if !dashed {
		n := max(len(prefix)-minBody-2, 0)
		prefix, rest = prefix[:n], prefix[n:]
	}
	if prefix == "" || len(prefix) > maxPrefix || len(rest) < minBody+2 || len(rest) > maxBody+2 || strings.Trim(rest, Alphabet) != "" {
		return "", false
	}
	body := rest[:len(rest)-2]
	if checks(body) != rest[len(body):] {
		return "", false
	}
	return New(prefix, body), true
}

var joined = strings.NewReplacer("-", "", " ", "")

// checks returns the two characters that follow a body. They are those of a code over GF(32) with distance 3.
func checks(body string) string {
	var sum, weighted, weight byte = 0, 0, 1
	for i := range len(body) {
		a := byte(strings.IndexByte(Alphabet, body[i]))
		weight = product(weight, 2)
		sum ^= a
		weighted ^= product(weight, a)
	}
	return string([]byte{Alphabet[sum], Alphabet[weighted]})
}

// product multiplies in GF(32), whose modulus is x⁵ + x² + 1.
func product(a, b byte) (p byte) {
	for ; b > 0; b >>= 1 {
		if b&1 == 1 {
			p ^= a
		}
		if a <<= 1; a&32 != 0 {
			a ^= 0b100101
		}
	}
	return p
}
