package mail

import (
	"slices"
	"strings"

	"stoa/internal/record"
)

// A Rule names how a message came to its thread.
type Rule string

// The rules in the order in which they are tried.
const (
	RuleAddress     Rule = "token-address" // the token in the address that it was sent to
	RuleSubject     Rule = "token-subject"
	RuleBody        Rule = "token-body"
	RuleReferences  Rule = "references"   // In-Reply-To or References name a message of the thread
	RuleThreadIndex Rule = "thread-index" // Outlook's mark of a conversation
	RuleBounce      Rule = "bounce"       // it reports on a message of the thread
	RuleNone        Rule = "none"         // a new thread
)

// Clues are what a message says about where it belongs. Look them up to find
// the candidates.
type Clues struct {
	ByAddress   []record.ID // threads of the good tokens in addresses
	BySubject   []record.ID
	ByBody      []record.ID
	Forged      int      // tokens that we did not make
	MessageIDs  []string // of the messages it answers, nearest first
	ThreadIndex string   // the first 22 bytes, in base64
	Original    string   // of a bounce: the message that it is about
}

// Threads returns every thread that a token names, each once.
func (c Clues) Threads() []record.ID {
	var out []record.ID
	for _, ids := range [][]record.ID{c.ByAddress, c.BySubject, c.ByBody} {
		for _, id := range ids {
			if !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	return out
}

// maxTokens bounds how many tokens of one message are verified.
const maxTokens = 20

// Clues gathers them. recipients are the addresses of the envelope, which are
// true where To and Cc are only said.
func (k Keyring) Clues(m *Message, recipients []string) Clues {
	c := Clues{ThreadIndex: m.ThreadIndex}
	left := maxTokens
	verify := func(to *[]record.ID, token string) {
		if left--; left < 0 {
			return
		}
		id, err := k.Thread(token)
		switch {
		case err != nil:
			c.Forged++
		case !slices.Contains(*to, id):
			*to = append(*to, id)
		}
	}
	addresses := slices.Clone(recipients)
	for _, a := range slices.Concat(m.To, m.Cc) {
		addresses = append(addresses, a.Addr)
	}
	seen := map[string]bool{}
	for _, a := range addresses {
		if t := strings.ToLower(plusToken(a)); len(t) == tokenSize && !seen[t] {
			seen[t] = true
			verify(&c.ByAddress, t)
		}
	}
	for _, t := range textToken.FindAllStringSubmatch(m.Subject, maxTokens) {
		verify(&c.BySubject, t[1])
	}
	for _, body := range []string{m.Text, m.HTML} {
		for _, t := range textToken.FindAllStringSubmatch(body, maxTokens) {
			if t := strings.ToLower(t[1]); !seen[t] {
				seen[t] = true
				verify(&c.ByBody, t)
			}
		}
	}
	c.MessageIDs = slices.Clone(m.InReplyTo)
	for _, id := range slices.Backward(m.References) {
		if !slices.Contains(c.MessageIDs, id) {
			c.MessageIDs = append(c.MessageIDs, id)
		}
	}
	if m.Report != nil {
		c.Original = m.Report.OriginalID
	}
	return c
}

// A Candidate is a thread that a clue may lead to.
type Candidate struct {
	Thread        record.ID
	MessageIDs    []string // of its messages, as far as Clues name them
	ThreadIndexes []string // of its messages, as Message.ThreadIndex
	Participants  []string // addresses of everybody that the thread was written to or from
}

func (c Candidate) knows(addr string) bool {
	addr = FoldAddress(addr)
	return addr != "" && slices.ContainsFunc(c.Participants, func(p string) bool { return FoldAddress(p) == addr })
}

// A Decision is where a message belongs, and why. It is kept with the message,
// so that everybody can ask.
type Decision struct {
	Thread   record.ID // "" for a new thread
	Rule     Rule
	Why      string    // in English, for the ledger
	Stranger bool      // the sender was not on the thread before
	Refused  record.ID // a thread that a clue named and that the sender may not join; "" for none
}

// Decide chooses the thread of m among candidates.
//
// A token in the address that a message was sent to is proof enough: whoever
// has it got our message, and cannot have guessed it. All other clues travel
// with what is quoted and forwarded, so they count only for those who are on
// the thread already; anybody else starts a new one, with the old one named in
// Refused. From can be forged, which is why no rule rests on it alone, and why
// nobody is known by it whose mail is found to be forged: credible says whether
// the author may be the one that From names.
func Decide(m *Message, c Clues, candidates []Candidate, credible bool) Decision {
	author, _ := m.Author()
	known := func(x Candidate) bool { return credible && x.knows(author.Addr) }
	d := Decision{Rule: RuleNone, Why: "nothing says that it belongs to a thread"}
	refuse := func(t record.ID, what string) {
		if d.Refused == "" {
			d.Refused = t
			d.Why = what + " names a thread on which " + author.Addr + " is not known"
			if !credible {
				d.Why = what + " names a thread, but it does not prove that it comes from " + author.Addr
			}
		}
	}
	if found, ok := byThread(candidates, c.ByAddress); ok {
		return Decision{Thread: found.Thread, Rule: RuleAddress, Stranger: !known(found), Why: "it was sent to the thread's own address"}
	}
	if c.Original != "" {
		for _, x := range candidates {
			if slices.Contains(x.MessageIDs, c.Original) {
				return Decision{Thread: x.Thread, Rule: RuleBounce, Stranger: true, Why: "it reports on a message of the thread"}
			}
		}
	}
	for _, r := range []struct {
		rule Rule
		ids  []record.ID
		what string
	}{{RuleSubject, c.BySubject, "the token in the subject"}, {RuleBody, c.ByBody, "the token in the text"}} {
		for _, id := range r.ids {
			if found, ok := byThread(candidates, []record.ID{id}); ok && known(found) {
				return Decision{Thread: found.Thread, Rule: r.rule, Why: r.what + " is genuine and the sender is on the thread"}
			} else if ok {
				refuse(found.Thread, r.what)
			}
		}
	}
	for _, id := range c.MessageIDs {
		for _, x := range candidates {
			if !slices.Contains(x.MessageIDs, id) {
				continue
			}
			if known(x) {
				return Decision{Thread: x.Thread, Rule: RuleReferences, Why: "it answers a message of the thread"}
			}
			refuse(x.Thread, "In-Reply-To or References")
		}
	}
	for _, x := range candidates {
		if c.ThreadIndex == "" || !slices.Contains(x.ThreadIndexes, c.ThreadIndex) {
			continue
		}
		if known(x) {
			return Decision{Thread: x.Thread, Rule: RuleThreadIndex, Why: "Thread-Index is that of the thread"}
		}
		refuse(x.Thread, "Thread-Index")
	}
	if c.Forged > 0 && d.Refused == "" {
		d.Why = "its token is not one of ours"
	}
	return d
}

func byThread(candidates []Candidate, ids []record.ID) (Candidate, bool) {
	for _, id := range ids {
		for _, x := range candidates {
			if x.Thread == id {
				return x, true
			}
		}
	}
	return Candidate{}, false
}
