package app

import (
	"testing"
	"time"

	"stoa/internal/record"
)

func TestArgumentsStayValuesWhateverTheyHold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		args []any
		want string
	}{
		{"SELECT Id FROM Case WHERE Subject = ?", []any{`x' OR Id != '`}, `SELECT Id FROM Case WHERE Subject = 'x\' OR Id != \''`},
		{"SELECT Id FROM Case WHERE Subject = ?", []any{`\`}, `SELECT Id FROM Case WHERE Subject = '\\'`},
		{"WHERE A = ? AND B = ?", []any{"what?", 3}, `WHERE A = 'what?' AND B = 3`},
		{"WHERE Id IN ?", []any{[]record.ID{}}, `WHERE Id IN ('')`},
		{"WHERE Name IN ?", []any{[]string{"a", "b\n"}}, `WHERE Name IN ('a','b\n')`},
		{"WHERE T > ? AND X = ?", []any{time.Date(2026, 11, 23, 10, 0, 0, 0, time.FixedZone("", 3600)), true}, "WHERE T > 2026-11-23T09:00:00Z AND X = true"},
	} {
		if got := Bind(c.text, c.args...); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}
