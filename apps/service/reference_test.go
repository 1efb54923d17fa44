package service

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestAReferenceWithTwoWrongCharactersIsNone(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		body := randomBody(4 + rng.IntN(5))
		ref := "HV-" + body + "-" + checked(body)
		if got, ok := ParseReference(ref); !ok || got != ref {
			t.Fatalf("%s is read as %q", ref, got)
		}
		plain := []byte(body + checked(body))
		i, j := rng.IntN(len(plain)), rng.IntN(len(plain))
		wrong := append([]byte{}, plain...)
		wrong[i], wrong[j] = referenceAlphabet[rng.IntN(32)], referenceAlphabet[rng.IntN(32)]
		if string(wrong) == string(plain) {
			continue
		}
		if got, ok := ParseReference("HV-" + string(wrong)); ok {
			t.Fatalf("%s for %s is taken for %s", wrong, plain, got)
		}
		swapped := append([]byte{}, plain...)
		swapped[i], swapped[j] = plain[j], plain[i]
		if string(swapped) == string(plain) {
			continue
		}
		if _, ok := ParseReference("HV-" + string(swapped)); ok {
			t.Fatalf("%s is as good as %s", swapped, plain)
		}
	}
}

func TestAReferenceIsReadAsPeopleTypeIt(t *testing.T) {
	want := "HV-4KQ7-" + checked("4KQ7")
	plain := strings.ReplaceAll(want, "-", "")
	for _, typed := range []string{want, strings.ToLower(want), plain, " " + plain + " ", strings.ReplaceAll(want, "-", " "), "hv-" + plain[2:]} {
		if got, ok := ParseReference(typed); !ok || got != want {
			t.Errorf("%q is read as %q", typed, got)
		}
	}
	for _, typed := range []string{"", "HV", "HV-", "4KQ7", "HV-0KQ7-92", want + "22222", "-" + plain} {
		if got, ok := ParseReference(typed); ok {
			t.Errorf("%q is read as %q", typed, got)
		}
	}
}
