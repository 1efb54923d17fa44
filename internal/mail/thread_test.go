package mail

import (
	"strings"
	"testing"

	"stoa/internal/record"
)

const (
	lamp  record.ID = "500000000000001AAA"
	pipe  record.ID = "500000000000002AAA"
	mixed record.ID = "5003000000D8cuIAAR" // both letter cases: the token keeps them
)

func keys() Keyring { return Keyring{[]byte("a key of thirty-two bytes, secret")} }

func message(t *testing.T, header, body string) *Message {
	t.Helper()
	return Parse([]byte(strings.ReplaceAll("To: help@harborview.example\nDate: Fri, 27 Nov 2026 09:15:00 +0100\n"+header+"\n\n"+body, "\n", "\r\n")))
}

func TestTokenLeadsBackToItsThread(t *testing.T) {
	t.Parallel()
	k := keys()
	for _, id := range []record.ID{lamp, pipe, mixed} {
		token := k.Token(id)
		if got, err := k.Thread(token); err != nil || got != id {
			t.Errorf("Thread(Token(%s)) = %s, %v", id, got, err)
		}
		if got, err := k.Thread(strings.ToUpper(token)); err != nil || got != id {
			t.Errorf("upper case: %s, %v", got, err)
		}
		if k.Token(id) == token {
			t.Error("two tokens of a thread are alike")
		}
	}
	if a := PlusAddress("help@harborview.example", k.Token(lamp)); CheckAddress(a) != nil {
		t.Errorf("%s is no address", a)
	}
}

// TestTokenOfAnotherIsRefused changes every character of a token in turn.
func TestTokenOfAnotherIsRefused(t *testing.T) {
	t.Parallel()
	k := keys()
	token := k.Token(mixed)
	for i := range token {
		for _, c := range "a2z7" {
			forged := token[:i] + string(c) + token[i+1:]
			if id, err := k.Thread(forged); forged != token && err == nil {
				t.Fatalf("%s was taken for a token of %s", forged, id)
			}
		}
	}
	if _, err := (Keyring{[]byte("another key")}).Thread(token); err == nil {
		t.Error("a token of another organisation was taken")
	}
	if _, err := k.Thread(token[:39]); err == nil {
		t.Error("a short token was taken")
	}
}

func TestOldKeyStillVerifies(t *testing.T) {
	t.Parallel()
	old := keys()
	token := old.Token(lamp)
	if id, err := (Keyring{[]byte("the new key"), old[0]}).Thread(token); err != nil || id != lamp {
		t.Errorf("after a change of keys: %s, %v", id, err)
	}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	k := keys()
	token := k.Token(lamp)
	forged := token[:39] + "a"
	if forged == token {
		forged = token[:39] + "b"
	}
	candidates := []Candidate{
		{Thread: lamp, Participants: []string{"Ana@Citizen.example", "help@harborview.example"}, MessageIDs: []string{"sent@harborview.example"},
			ThreadIndexes: []string{"AQHZ7x7b1x0m3k2Kq0m8W4d9z1mQbA=="}},
		{Thread: pipe, Participants: []string{"bob@other.example"}, MessageIDs: []string{"pipe@harborview.example"}},
	}
	const index = "Thread-Index: AQHZ7x7b1x0m3k2Kq0m8W4d9z1mQbLABCDEFGH==\n"
	for name, c := range map[string]struct {
		header, body string
		to           []string
		forged       bool
		want         Decision
	}{
		"an answer to the thread's own address belongs to it": {
			header: "From: ana@citizen.example", to: []string{PlusAddress("help@harborview.example", token)},
			want: Decision{Thread: lamp, Rule: RuleAddress},
		},
		"a stranger who got our message may answer it, and is marked": {
			header: "From: cousin@home.example", to: []string{PlusAddress("help@harborview.example", strings.ToUpper(token))},
			want: Decision{Thread: lamp, Rule: RuleAddress, Stranger: true},
		},
		"a guessed token leads nowhere": {
			header: "From: ana@citizen.example", to: []string{PlusAddress("help@harborview.example", forged)},
			want: Decision{Rule: RuleNone},
		},
		"a quoted token counts for somebody on the thread": {
			header: "From: ana+lists@citizen.example", body: "Thanks\n> " + TextToken(token),
			want: Decision{Thread: lamp, Rule: RuleBody},
		},
		"a forwarded token lets no stranger in": {
			header: "From: stranger@evil.example\nSubject: Fwd", body: "See\n> " + TextToken(token),
			want: Decision{Rule: RuleNone, Refused: lamp},
		},
		"a token in the subject counts for somebody on the thread": {
			header: "From: ana@citizen.example\nSubject: Re: lamp " + TextToken(token),
			want:   Decision{Thread: lamp, Rule: RuleSubject},
		},
		"References count for somebody on the thread": {
			header: "From: ana@citizen.example\nReferences: <x@y.example> <sent@harborview.example>",
			want:   Decision{Thread: lamp, Rule: RuleReferences},
		},
		"References of a stranger start a new thread that names the old one": {
			header: "From: stranger@evil.example\nIn-Reply-To: <sent@harborview.example>",
			want:   Decision{Rule: RuleNone, Refused: lamp},
		},
		"the nearest message decides where References name two threads": {
			header: "From: bob@other.example\nIn-Reply-To: <pipe@harborview.example>\nReferences: <sent@harborview.example>",
			want:   Decision{Thread: pipe, Rule: RuleReferences},
		},
		"Outlook's mark counts where all else was lost": {
			header: "From: ana@citizen.example\n" + index,
			want:   Decision{Thread: lamp, Rule: RuleThreadIndex},
		},
		"Outlook's mark lets no stranger in": {
			header: "From: stranger@evil.example\n" + index,
			want:   Decision{Rule: RuleNone, Refused: lamp},
		},
		"a forged author is not known by a token that is quoted": {
			header: "From: ana@citizen.example\nSubject: Re: lamp " + TextToken(token), body: TextToken(token), forged: true,
			want: Decision{Rule: RuleNone, Refused: lamp},
		},
		"nor by References and Outlook's mark": {
			header: "From: ana@citizen.example\nReferences: <sent@harborview.example>\n" + index, forged: true,
			want: Decision{Rule: RuleNone, Refused: lamp},
		},
		"a forged author who has the thread's own address is a stranger there": {
			header: "From: ana@citizen.example", to: []string{PlusAddress("help@harborview.example", token)}, forged: true,
			want: Decision{Thread: lamp, Rule: RuleAddress, Stranger: true},
		},
		"nothing leads to a new thread": {
			header: "From: ana@citizen.example", want: Decision{Rule: RuleNone},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := message(t, strings.TrimSuffix(c.header, "\n"), c.body)
			got := Decide(m, k.Clues(m, c.to), candidates, !c.forged)
			if got.Why == "" {
				t.Error("no reason is given")
			}
			got.Why = ""
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestBounceFindsTheMessageItIsAbout(t *testing.T) {
	t.Parallel()
	m := Parse(read(t, "testdata/eml/bounce.eml"))
	d := Decide(m, keys().Clues(m, []string{"help@harborview.example"}),
		[]Candidate{{Thread: pipe, MessageIDs: []string{"stoa.zyxwvutsrqponmlkjihgfedcba@harborview.example"}}}, true)
	if d.Thread != pipe || d.Rule != RuleBounce {
		t.Errorf("got %+v", d)
	}
}

func TestAutomaticAnswersStopAtARate(t *testing.T) {
	t.Parallel()
	m := message(t, "From: ana@citizen.example\nSubject: lamp", "Broken")
	o := own()
	if c := Classify(m, o); !c.MayReply || !c.Addressed {
		t.Errorf("the first message of a person: %+v", c)
	}
	o.Recent = maxHourly
	if c := Classify(m, o); c.MayReply {
		t.Error("a flood is answered")
	}
	m = message(t, "From: ana@citizen.example\nReply-To: help@harborview.example\nSubject: lamp", "Broken")
	if c := Classify(m, own()); c.MayReply {
		t.Error("we would answer ourselves")
	}
}
