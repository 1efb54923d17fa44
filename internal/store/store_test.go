package store

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/record"
)

// FuzzHeads holds that an id comes back from its number as it was, and that
// within one head numbers sort as texts do.
func FuzzHeads(f *testing.F) {
	f.Add("001000000000001", "001000000000002")
	f.Add("a00zzzzzzzzzzzz", "a00B0000004CqXz")
	f.Add("005ZZZZZZZZZZZZ", "005AAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, a, b string) {
		h := NewHeads()
		var ids []record.ID
		for _, s := range []string{a, b} {
			id, err := record.ParseID(s)
			if err != nil {
				return
			}
			if err := h.Append(Head([]byte(id[:7]))); err != nil {
				t.Fatal(err)
			}
			n, ok := h.Encode(id)
			if !ok || n < 0 {
				t.Fatalf("%s is kept as %d, %v", id, n, ok)
			}
			var back [18]byte
			if !h.Decode(&back, n) || string(back[:]) != string(id) {
				t.Fatalf("%s came back as %s", id, back)
			}
			ids = append(ids, id)
		}
		if ids[0][:7] == ids[1][:7] {
			x, _ := h.Encode(ids[0])
			y, _ := h.Encode(ids[1])
			if (x < y) != (ids[0].Short() < ids[1].Short()) {
				t.Fatalf("%s and %s are kept as %d and %d", ids[0], ids[1], x, y)
			}
		}
	})
}

func TestDecodeOfWhatIsNoID(t *testing.T) {
	h := NewHeads()
	if err := h.Append(Head([]byte("0010000"))); err != nil {
		t.Fatal(err)
	}
	var id [18]byte
	for _, n := range []int64{-1, math.MinInt64, math.MaxInt64, 1 << tailBits, tailMask} {
		if h.Decode(&id, n) {
			t.Errorf("%d stands for %s", n, id)
		}
	}
	if _, ok := h.Encode("002000000000001AAA"); ok {
		t.Error("an unknown head was encoded")
	}
	if _, ok := h.Encode(""); ok {
		t.Error("no id was encoded")
	}
}

func TestHeadsEnd(t *testing.T) {
	h := NewHeads()
	heads := make([]Head, maxHeads)
	for i := range heads {
		heads[i] = Head([]byte("001" + string(record.Alphabet[i/3844]) + string(record.Alphabet[i/62%62]) + string(record.Alphabet[i%62]) + "0"))
	}
	if err := h.Append(heads...); err != nil {
		t.Fatal(err)
	}
	if err := h.Append(heads[7], Head([]byte("zzzzzzz"))); !errors.Is(err, ErrHeads) {
		t.Errorf("one more: %v", err)
	}
	if n, ok := h.Encode(record.ID(string(heads[maxHeads-1][:]) + "zzzzzzzz")); !ok || n < 0 {
		t.Errorf("the last head: %d, %v", n, ok)
	}
}

func TestMakeIDs(t *testing.T) {
	ids := MakeIDs("500", "Sa", 60, 3)
	want := []record.ID{"500Sa000000000yIAA", "500Sa000000000zIAA", "500Sa0000000010IAA"}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	for i, id := range MakeIDs("a00", "x9", maxCounter-2, 2) {
		if parsed, err := record.ParseID(id.Short()); err != nil || parsed != id {
			t.Errorf("%s is no id: %v", id, err)
		}
		if n, ok := CounterOf(id, "x9"); !ok || n != maxCounter-2+int64(i) {
			t.Errorf("counter of %s is %d", id, n)
		}
	}
	for _, foreign := range []record.ID{"", "500Sb000000000zIAA", "500Sa100000000zIAA"} {
		if _, ok := CounterOf(foreign, "Sa"); ok {
			t.Errorf("%q counts as ours", foreign)
		}
	}
	if ValidPod("S") || ValidPod("S-") || !ValidPod("S1") || ValidPrefix("50") || ValidPrefix("5 0") || !ValidPrefix("a0Z") {
		t.Error("form of pods and prefixes")
	}
}

func TestScaled(t *testing.T) {
	for _, c := range []struct {
		n     int64
		has   uint8
		scale uint8
		want  int64
		exact bool
		ok    bool
	}{
		{125, 1, 2, 1250, true, true}, {125, 1, 0, 13, false, true}, {-125, 1, 0, -13, false, true}, {124, 1, 0, 12, false, true},
		{120, 1, 0, 12, true, true}, {5, 3, 2, 1, false, true}, {4, 3, 2, 0, false, true}, {math.MaxInt64, 0, 1, 0, false, false},
		{0, 0, 18, 0, true, true}, {-9, 18, 0, 0, false, true},
	} {
		got, exact, ok := Scaled(record.OfDecimal(c.n, c.has), c.scale)
		if ok != c.ok || ok && (got != c.want || exact != c.exact) {
			t.Errorf("%de-%d at scale %d: %d, %v, %v", c.n, c.has, c.scale, got, exact, ok)
		}
	}
}

// TestScaledFloat holds that a fraction compares with whole numbers as it should.
func TestScaledFloat(t *testing.T) {
	for _, c := range []struct {
		n        int64
		has      uint8
		below    float64 // whole numbers of hundredths
		notBelow float64
	}{{1005, 3, 100, 101}, {-1005, 3, -101, -100}, {1, 18, 0, 1}, {-1, 18, -1, 0}, {999999999999999999, 18, 99, 100}} {
		f := ScaledFloat(record.OfDecimal(c.n, c.has), 2)
		if f <= c.below || f >= c.notBelow {
			t.Errorf("%de-%d is %v hundredths", c.n, c.has, f)
		}
	}
}

func TestOfFloat(t *testing.T) {
	for _, c := range []struct {
		f     float64
		scale uint8
		want  string
	}{
		{0, 0, "0"}, {2.0 / 3, 0, "0.666666666666667"}, {200.0 / 3, 2, "0.666666666666667"}, {-12.5, 0, "-12.5"}, {1e17, 0, "100000000000000000"},
		{0.1 + 0.2, 0, "0.3"}, {1e-30, 0, "0"}, {877.46331, 0, "877.46331"}, {123456789012345678, 2, "1234567890123460"},
	} {
		n, places, ok := OfFloat(c.f, c.scale)
		if got := record.OfDecimal(n, places).String(); !ok || got != c.want {
			t.Errorf("%v/10^%d is %s, want %s", c.f, c.scale, got, c.want)
		}
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), 1e300} {
		if _, _, ok := OfFloat(f, 0); ok {
			t.Errorf("%v has become a decimal", f)
		}
	}
}

func TestTokens(t *testing.T) {
	for text, want := range map[string][]string{
		"":                           nil,
		" .,;- ":                     nil,
		"The Quick, brown-fox's":     {"the", "quick", "brown", "fox", "s"},
		"Café ÉTÉ Ünïcödé":           {"cafe", "ete", "unicode"},
		"ann.smith@example.org":      {"ann", "smith", "example", "org"},
		"+1 (555) 010-0":             {"1", "555", "010", "0"},
		"道路 ok":                      {"道", "路", "ok"},
		"ﬁne ①":                      {"fine", "1"},
		"pre*fix? *":                 {"pre", "fix"},
		"Страна ΣΊΣΥΦΟΣ":             {"страна", "σισυφοσ"},
		strings.Repeat("x", 100):     {strings.Repeat("x", 64)},
		"हिन्दी":                     {"हिन्दी"},
		"a\u200bb":                   {"a", "b"},
		"snake_case":                 {"snake", "case"},
		"ZERO\u0000WIDTH \U0001F600": {"zero", "width"},
	} {
		if diff := cmp.Diff(want, Tokens(text, false)); diff != "" {
			t.Errorf("tokens of %q (-want +got):\n%s", text, diff)
		}
	}
	if diff := cmp.Diff([]string{"pre*fix?", "*"}, Tokens("pre*fix? *", true)); diff != "" {
		t.Errorf("with wildcards (-want +got):\n%s", diff)
	}
	if n := len(Tokens(strings.Repeat("word ", 1<<20), false)); n*5 > maxDocBytes+5 || n*5 < maxDocBytes-5 {
		t.Errorf("%d words of a long text", n)
	}
}

func TestWild(t *testing.T) {
	for token, want := range map[string][2]bool{
		"plain": {false, false}, "pre*": {true, true}, "pre**": {true, true}, "in*ner": {true, false}, "on?": {true, false}, "*": {true, true}, "*x": {true, false},
	} {
		wild, prefix := Wild(token)
		if got := [2]bool{wild, prefix}; got != want {
			t.Errorf("%q: %v, want %v", token, got, want)
		}
	}
}

func TestIndexName(t *testing.T) {
	long := Index{Columns: []IndexColumn{{Name: strings.Repeat("VeryLong", 9) + "__c"}}}
	seen := map[string]bool{}
	for _, table := range []string{"Case", "Account"} {
		for _, i := range []Index{
			long, {Columns: long.Columns, Unique: true}, {Columns: long.Columns, Live: true},
			{Columns: []IndexColumn{{Name: "A"}}}, {Columns: []IndexColumn{{Name: "A", Folded: true}}}, {Columns: []IndexColumn{{Name: "A", Desc: true}}},
			{Columns: []IndexColumn{{Name: "A"}, {Name: "B"}}}, {Columns: []IndexColumn{{Name: "B"}, {Name: "A"}}},
		} {
			name := IndexName(table, i)
			if seen[name] || len(name) > 63 || name != IndexName(table, i) {
				t.Errorf("name %s of %+v on %s", name, i, table)
			}
			seen[name] = true
		}
	}
}

func TestMerge(t *testing.T) {
	got := merge([]span{{30, 40}, {0, 9}, {10, 19}, {41, 41}})
	if !slices.Equal(got, []span{{0, 19}, {30, 41}}) {
		t.Errorf("merged to %v", got)
	}
}

func TestValidZone(t *testing.T) {
	for _, zone := range []string{"UTC", "America/New_York", "Etc/GMT+5"} {
		if err := ValidZone(zone); err != nil {
			t.Error(err)
		}
	}
	for _, zone := range []string{"Mars/Base", "a'b", "../etc/passwd", `x" OR 1=1`} {
		if ValidZone(zone) == nil {
			t.Errorf("%q is a zone", zone)
		}
	}
}
