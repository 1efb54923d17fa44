package store

import (
	"stoa/internal/record"
)

// New ids are prefix (3) + pod (2) + '0' + a counter of 9 characters of base 62.
const (
	podLen       = 2
	counterLen   = 9
	maxCounter   = 62 * 62 * 62 * 62 * 62 * 62 * 62 * 62 * 62
	counterFirst = 3 + podLen + 1 // where the counter starts
	// DefaultPod marks the ids that an org made itself, where its operator chose nothing else.
	DefaultPod = "Sa"
)

// MakeIDs returns n ids of an org with a pod, from a counter on.
func MakeIDs(prefix, pod string, counter int64, n int) []record.ID {
	buf := make([]byte, 0, 18*n)
	var id [15]byte
	copy(id[:], prefix)
	copy(id[3:], pod)
	id[5] = '0'
	for i := range n {
		c := counter + int64(i)
		for at := 14; at >= counterFirst; at-- {
			id[at] = record.Alphabet[c%62]
			c /= 62
		}
		buf = record.AppendID(buf, id[:])
	}
	all := string(buf)
	ids := make([]record.ID, n)
	for i := range ids {
		ids[i] = record.ID(all[18*i : 18*i+18])
	}
	return ids
}

// CounterOf returns the counter in an id that an org with a pod made, or could
// have made, itself; ok is false for ids of another origin.
func CounterOf(id record.ID, pod string) (counter int64, ok bool) {
	if len(id) < 15 || string(id[3:5]) != pod || id[5] != '0' {
		return 0, false
	}
	for i := counterFirst; i < 15; i++ {
		counter = counter*62 + int64(digit[id[i]])
	}
	return counter, true
}

// ValidPod reports whether pod can stand in ids.
func ValidPod(pod string) bool { return len(pod) == podLen && record.IsID("001"+pod+"0000000001") }

// ValidPrefix reports whether prefix can begin an id.
func ValidPrefix(prefix string) bool { return len(prefix) == 3 && record.IsID(prefix+"Sa0000000001") }
