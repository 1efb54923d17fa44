package service

import (
	"context"
	"fmt"
	"slices"

	"stoa/internal/org"
	"stoa/internal/reference"
)

// ParseReference returns the reference of a case as it is written from what somebody typed; ok is false where a character must be wrong.
func ParseReference(typed string) (ref string, ok bool) { return reference.Parse(typed) }

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
			drawn[i] = reference.New(prefix, reference.Random(length))
		}
		slices.Sort(drawn)
		drawn = slices.Compact(drawn)
		taken, err := tx.Taken(ctx, "Case", "Reference__c", drawn)
		if err != nil {
			return nil, err
		}
		drawn = slices.DeleteFunc(drawn, func(s string) bool { return slices.Contains(taken, s) })
		all = append(all, drawn...)
		slices.Sort(all)
		all = slices.Compact(all)
	}
	return all, nil
}
