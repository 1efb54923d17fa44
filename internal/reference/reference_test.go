package reference

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestAReferenceWithTwoWrongCharactersIsNone(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		body := Random(4 + rng.IntN(5))
		ref := "HV-" + body + "-" + checks(body)
		if got, ok := Parse(ref); !ok || got != ref {
			t.Fatalf("%s is read as %q", ref, got)
		}
		plain := []byte(body + checks(body))
		i, j := rng.IntN(len(plain)), rng.IntN(len(plain))
		wrong := append([]byte{}, plain...)
		wrong[i], wrong[j] = Alphabet[rng.IntN(32)], Alphabet[rng.IntN(32)]
		if string(wrong) == string(plain) {
			continue
		}
		if got, ok := Parse("HV-" + string(wrong)); ok {
			t.Fatalf("%s for %s is taken for %s", wrong, plain, got)
		}
		swapped := append([]byte{}, plain...)
		swapped[i], swapped[j] = plain[j], plain[i]
		if string(swapped) == string(plain) {
			continue
		}
		if _, ok := Parse("HV-" + string(swapped)); ok {
			t.Fatalf("%s is as good as %s", swapped, plain)
		}
	}
}

func TestAReferenceIsReadAsPeopleTypeIt(t *testing.T) {
	want := "HV-4KQ7-" + checks("4KQ7")
	plain := strings.ReplaceAll(want, "-", "")
	for _, typed := range []string{want, strings.ToLower(want), plain, " " + plain + " ", strings.ReplaceAll(want, "-", " "), "hv-" + plain[2:]} {
		if got, ok := Parse(typed); !ok || got != want {
			t.Errorf("%q is read as %q", typed, got)
		}
	}
	for _, typed := range []string{"", "HV", "HV-", "4KQ7", "HV-0KQ7-92", want + "22222", "-" + plain} {
		if got, ok := Parse(typed); ok {
			t.Errorf("%q is read as %q", typed, got)
		}
	}
}

func TestNumberedBodiesAreAllDifferent(t *testing.T) {
	seen := map[string]bool{}
	for n := range 100_000 {
		b := Numbered(n)
		if seen[b] {
			t.Fatalf("%d has the body of another number", n)
		}
		seen[b] = true
		if ref := New("HV", b); n%1000 == 0 {
			if got, ok := Parse(ref); !ok || got != ref {
				t.Errorf("%s is read as %q", ref, got)
			}
		}
	}
}
