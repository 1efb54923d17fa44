package service

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"stoa/internal/org"
)

// referenceAlphabet has the letters and digits that nobody takes for others: no 0 and O, no 1 and I. Their places are the elements of GF(32).
const referenceAlphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

// checked returns the two characters that follow body in a reference. They are
// those of a code over GF(32) with distance 3: whoever mistakes any two
// characters, or swaps them, has no valid reference.
func checked(body string) string {
	var sum, weighted, weight byte = 0, 0, 1
	for i := range len(body) {
		a := byte(strings.IndexByte(referenceAlphabet, body[i]))
		weight = product(weight, 2)
		sum ^= a
		weighted ^= product(weight, a)
	}
	return string([]byte{referenceAlphabet[sum], referenceAlphabet[weighted]})
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

// ParseReference returns a reference as it is written, HV-4KQ7-92, from what
// somebody typed: in any letter case, with or without dashes and blanks. ok is false where a character must be wrong.
func ParseReference(typed string) (reference string, ok bool) {
	prefix, rest, dashed := strings.Cut(strings.ToUpper(strings.TrimSpace(typed)), "-")
	keep := func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}
	prefix, rest = strings.Map(keep, prefix), strings.Map(keep, rest)
	if !dashed {
		n := max(len(prefix)-6, 0)
		prefix, rest = prefix[:n], prefix[n:]
	}
	if prefix == "" || len(prefix) > 6 || len(rest) < 6 || len(rest) > 10 {
		return "", false
	}
	if strings.Trim(rest, referenceAlphabet) != "" {
		return "", false
	}
	body := rest[:len(rest)-2]
	if checked(body) != rest[len(body):] {
		return "", false
	}
	return prefix + "-" + body + "-" + rest[len(body):], true
}

// references returns n references that no case has.
func references(ctx context.Context, tx *org.Tx, prefix string, n int) ([]string, error) {
	var all []string
	for round := 0; len(all) < n; round++ {
		length := 4 + max(0, round-2) // a body is longer where the short ones are nearly used up
		if length > 8 {
			return nil, fmt.Errorf("there are no free references with the prefix %s", prefix)
		}
		drawn := make([]string, n-len(all))
		for i := range drawn {
			body := randomBody(length)
			drawn[i] = prefix + "-" + body + "-" + checked(body)
		}
		slices.Sort(drawn)
		drawn = slices.Compact(drawn)
		res, err := query(ctx, tx, "SELECT Reference__c FROM Case WHERE Reference__c IN ?", drawn)
		if err != nil {
			return nil, err
		}
		for i := range res.Len() {
			taken := text(res.Get(i, "Reference__c"))
			drawn = slices.DeleteFunc(drawn, func(s string) bool { return s == taken })
		}
		all = append(all, drawn...)
		slices.Sort(all)
		all = slices.Compact(all)
	}
	return all, nil
}

func randomBody(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it does not fail
	for i := range b {
		b[i] = referenceAlphabet[b[i]%32]
	}
	return string(b)
}
