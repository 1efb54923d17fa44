package service

import (
	"strings"
	"testing"
)

func TestRedactionFindsWhoSomebodyIs(t *testing.T) {
	t.Parallel()
	known := Known{Names: []string{"Ada Grey", "Mara Lindqvist"}, Places: []string{"12 Harbour Quay"}, Files: []string{"lamp-photo.jpg"}}
	for text, want := range map[string]string{
		"Dear Mara,\nmy lamp is dark.":                           "Dear █████,\nmy lamp is dark.",
		"Thank you\nAda Grey":                                    "Thank you\n█████",
		"ada grey wrote from ada.grey+x@post.example today":      "█████ wrote from █████ today",
		"Call +1 (617) 555-0134 or 555 0134 99.":                 "Call █████ or █████.",
		"I live at 171 Dovecote Street, 02134.":                  "I live at █████, █████.",
		"at 12 harbour quay":                                     "at █████",
		"Vivo en Calle Mayor 12 y me llamo Pedro Ruiz":           "Vivo en █████ y me llamo █████",
		"See HV-GAHZ-QA, 00001251 and lamp-photo.jpg":            "See █████, █████ and █████",
		"https://city.example/track/hvgahzqaabc123 has it":       "█████ has it",
		"On 2026-11-28 at 10:30 the 3 lamps went out for 45 min": "On 2026-11-28 at 10:30 the 3 lamps went out for 45 min",
		"Dear neighbours, the grey lamp is grey.":                "Dear neighbours, the grey lamp is grey.",
		"Adas and Greyson are others":                            "Adas and Greyson are others",
		"Best regards,\n\nJean-Luc O'Neil":                       "Best regards,\n\n█████",
		"":                                                       "",
	} {
		if got := Redact(text, Finds(text, known), nil); got != want {
			t.Errorf("%q is %q, not %q", text, got, want)
		}
	}
	text := "Ada asks, ada@post.example"
	finds := Finds(text, known)
	if got := Redact(text, finds, map[string]bool{finds[0].Key(): true}); got != "Ada asks, █████" {
		t.Errorf("with the name kept it is %q", got)
	}
}

// FuzzFinds holds that finds are in order, apart and of the text, and that what is blacked out is not found again.
func FuzzFinds(f *testing.F) {
	f.Add("Dear Ada, call 555 0134 99 at 12 Harbour Quay. ada@x.example")
	f.Fuzz(func(t *testing.T, s string) {
		at := 0
		finds := Finds(s, Known{Names: []string{"Ada Grey"}})
		for _, x := range finds {
			if x.From < at || x.To <= x.From || x.Text != s[x.From:x.To] {
				t.Fatalf("%q is found at %d to %d after %d", x.Text, x.From, x.To, at)
			}
			at = x.To
		}
		if out := Redact(s, finds, nil); strings.Contains(out, "ada@") && strings.Contains(s, "ada@x.example") {
			t.Fatalf("%q keeps an address", out)
		}
	})
}
