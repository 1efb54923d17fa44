package mail

import (
	"regexp"
	"strings"
)

// A Kind says what wrote a message.
type Kind string

// The kinds of messages. A message is the first that fits.
const (
	KindLoop      Kind = "loop"       // our own message, come back
	KindBounce    Kind = "bounce"     // a mail server, about a message of ours
	KindAutoReply Kind = "auto-reply" // a program in a person's absence
	KindAutomatic Kind = "automatic"  // a program of its own accord
	KindList      Kind = "list"       // a mailing list
	KindPersonal  Kind = "personal"   // a person, as far as one can see
)

// Own is what Classify must know of us.
type Own struct {
	Domain    string              // of the message ids that we make
	Addresses func(a string) bool // whether an address is one that we receive or send under; nil: none is
	Recent    int                 // messages from this sender in the last hour
}

// Bounds beyond which an answer would feed a loop, whatever the fields say.
const (
	maxHops       = 25 // Received fields; RFC 5321 6.3 asks for at least 100 before a message is refused
	maxHourly     = 20 // messages an hour that one sender gets answers to
	maxAutoReplys = 4  // times that a subject says it is an automatic reply
)

// A Class is what Classify finds.
type Class struct {
	Kind      Kind
	Why       string // the field or rule that decided, in English
	MayReply  bool   // whether a program of ours may answer
	WhyNot    string // why MayReply is false
	ListID    string
	Addressed bool // the message was sent to us by name and not only as a blind copy
}

// Classify tells whether a message was written by a person, and whether a
// program may answer it. Source: RFC 3834, section 2, and what programs of the
// field do that follow no standard.
func Classify(m *Message, own Own) Class {
	c := Class{ListID: m.Header.Get("List-Id")}
	c.Kind, c.Why = kindOf(m, own)
	for _, list := range [][]Address{m.To, m.Cc} {
		for _, a := range list {
			c.Addressed = c.Addressed || own.Addresses != nil && own.Addresses(a.Addr)
		}
	}
	c.WhyNot = whyNot(m, own, c)
	c.MayReply = c.WhyNot == ""
	return c
}

func kindOf(m *Message, own Own) (Kind, string) {
	author, _ := m.Author()
	// A person may write to one of our addresses from another of ours, so the
	// sender alone proves nothing: the message id, or a program's mark, does.
	if IsOwnID(m.ID, own.Domain) {
		return KindLoop, "the Message-ID is ours"
	}
	auto := strings.ToLower(m.Header.Get("Auto-Submitted"))
	if own.Addresses != nil && own.Addresses(author.Addr) && auto != "" && auto != "no" {
		return KindLoop, "sent by a program under our own address"
	}
	if len(m.Header["Received"]) > maxHops {
		return KindLoop, "too many hops"
	}
	if m.Report != nil && len(m.Report.Recipients) > 0 {
		return KindBounce, "it reports on a delivery"
	}
	if rp, ok := m.Header["Return-Path"]; ok && strings.Trim(rp[0], "<> ") == "" && m.fromDaemon() {
		return KindBounce, "a mail server sent it without a return path"
	}
	if why := autoReply(m, auto); why != "" {
		return KindAutoReply, why
	}
	if why := automatic(m, auto); why != "" {
		return KindAutomatic, why
	}
	for _, f := range []string{"List-Id", "List-Post", "List-Help", "Mailing-List", "X-Mailinglist", "X-Mailman-Version"} {
		if m.Header.Get(f) != "" {
			return KindList, f
		}
	}
	if p := precedence(m); p == "list" || p == "bulk" || p == "junk" {
		return KindList, "Precedence: " + p
	}
	return KindPersonal, ""
}

func precedence(m *Message) string {
	return strings.ToLower(strings.TrimSpace(m.Header.Get("Precedence")))
}

// absence are the words with which programs begin the subject of an answer in
// somebody's absence; a person's subject has them further on, or not at all.
var absence = regexp.MustCompile(`(?i)^\s*(re:\s*)?(` +
	`auto(matic|mated)?[- ]?(reply|response|answer)|autoreply|auto:|out[- ]of[- ](the[- ])?office|\[?ooo\]?:|away from (the )?office|vacation (reply|response)|` +
	`respuesta autom[áa]tica|fuera de (la )?oficina|automatische antwort|abwesenheitsnotiz|abwesend|abwesenheit:|` +
	`r[ée]ponse automatique|absence( du bureau)?\s*:|absent\(?e?\)? du bureau|resposta autom[áa]tica|ausente do escrit[óo]rio|risposta automatica|fuori (sede|ufficio)|` +
	`automatisch antwoord|afwezig|odpowiedź automatyczna|autosvar|automaattinen vastaus|автоответ|自动答复|自動回覆|自動応答|자동 회신|trả lời tự động|awtomatikong tugon` +
	`)`)

func autoReply(m *Message, auto string) string {
	switch {
	case strings.HasPrefix(auto, "auto-replied"), strings.HasPrefix(auto, "auto-notified"):
		return "Auto-Submitted: " + auto
	case m.Header.Get("X-Autoreply") != "" && !strings.EqualFold(m.Header.Get("X-Autoreply"), "no"):
		return "X-Autoreply"
	case m.Header.Get("X-Autorespond") != "", m.Header.Get("X-Autoresponder") != "", m.Header.Get("X-Auto-Reply-From") != "":
		return "X-Autorespond"
	case m.Header.Get("X-Mail-Autoreply") != "", m.Header.Get("X-Vacation") != "":
		return "X-Mail-Autoreply"
	case precedence(m) == "auto_reply":
		return "Precedence: auto_reply"
	case strings.EqualFold(m.Header.Get("X-Ms-Exchange-Generated-Message-Source"), "Mailbox Rules Agent"),
		m.Header.Get("X-Ms-Exchange-Inbox-Rules-Loop") != "":
		return "X-MS-Exchange-Inbox-Rules-Loop"
	case absence.MatchString(m.Subject):
		return "the subject"
	default:
		return ""
	}
}

// robots are local parts that no person answers from.
var robots = regexp.MustCompile(`(?i)^(no[-_.]?reply|do[-_.]?not[-_.]?reply|noreply[-_+.].*|mailer-daemon|postmaster|bounces?([-_+].*)?|notifications?|nobody|root|cron|daemon|www-data)@`)

func automatic(m *Message, auto string) string {
	author, _ := m.Author()
	switch {
	case auto != "" && auto != "no":
		return "Auto-Submitted: " + auto
	case m.Header.Get("Feedback-Id") != "" && m.Header.Get("List-Unsubscribe") != "":
		return "Feedback-ID"
	case strings.Trim(m.Header.Get("Return-Path"), " ") == "<>":
		return "an empty return path"
	case robots.MatchString(author.Addr):
		return "the sender's address"
	default:
		return ""
	}
}

func whyNot(m *Message, own Own, c Class) string {
	to, ok := m.AnswerTo()
	subject := strings.ToLower(m.Subject)
	switch {
	case c.Kind != KindPersonal:
		return string(c.Kind) + ": " + c.Why
	case !ok || !strings.Contains(to.Addr, "@"):
		return "there is nobody to answer"
	case own.Addresses != nil && own.Addresses(to.Addr):
		return "the answer would come to ourselves"
	case robots.MatchString(to.Addr):
		return "nobody reads answers at that address"
	case suppressed(m.Header.Get("X-Auto-Response-Suppress")):
		return "X-Auto-Response-Suppress"
	case own.Recent >= maxHourly:
		return "too many messages from this sender within an hour"
	case strings.Count(subject, "auto")+strings.Count(subject, "re: re: re: ") > maxAutoReplys:
		return "the subject looks like a loop"
	default:
		return ""
	}
}

// suppressed reads X-Auto-Response-Suppress. Source: [MS-OXCMAIL] 2.1.3.2.20:
// AutoReply and OOF forbid answers by programs; DR, RN and NRN are about receipts.
func suppressed(v string) bool {
	for w := range strings.FieldsFuncSeq(strings.ToLower(v), func(r rune) bool { return r == ',' || r == ' ' || r == ';' }) {
		if w == "all" || w == "oof" || w == "autoreply" {
			return true
		}
	}
	return false
}
