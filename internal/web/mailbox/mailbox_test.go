package mailbox

import (
	"strings"
	"testing"

	"stoa/internal/mail"
)

func TestAnAnswerQuotesWhatItAnswers(t *testing.T) {
	t.Parallel()
	m := mail.Parse([]byte("From: City <help@city.example>\r\nDate: Fri, 27 Nov 2026 09:15:00 +0000\r\n\r\nDear Ana,\r\n\r\nit is mended.\r\n"))
	whole := "Thank you.\n\n" + quoted(m)
	if got := mail.NewText(whole); got != "Thank you." {
		t.Errorf("what we quote is not folded again: %q", got)
	}
	if !strings.Contains(whole, "\n> it is mended.\n") {
		t.Errorf("quoted as %q", whole)
	}
}

func TestAddressesAreSafeInPaths(t *testing.T) {
	t.Parallel()
	if got := path("a/b?c@x.example", "1.eml"); got != "/mailbox/a%2Fb%3Fc@x.example/1.eml" {
		t.Errorf("path %q", got)
	}
}
