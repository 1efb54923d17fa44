package service

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"stoa/internal/mail"
	"stoa/internal/org"
	"stoa/internal/record"
)

// jobConfirm tells whoever began a case that it is there.
const jobConfirm = "service.confirm"

// receivedTemplate is the developer name of what it says, in English; Case_Received_es is the same in Spanish.
const receivedTemplate = "Case_Received"

// A confirmation is the body of the job.
type confirmation struct {
	Case    record.ID `json:"case"`
	Message record.ID `json:"message"` // that it answers, "" for a form
	To      string    `json:"to"`
}

// answer has the sender of a new case told that it is there, unless a program must not.
func (a *arrival) answer(ctx context.Context) error {
	to, _ := a.m.AnswerTo()
	switch {
	case a.outcome != outcomeNew && a.outcome != outcomeFollowUp:
		a.notAnswer = "it belongs to a case that there was"
	case !a.class.MayReply:
		a.notAnswer = a.class.WhyNot
	case !a.credible: // the answer would go to somebody who did not write
		a.notAnswer = "it does not prove that it comes from its sender"
	case mail.CheckAddress(to.Addr) != nil:
		a.notAnswer = "the sender's address cannot be written to"
	default:
		a.answered = true
		body, err := json.Marshal(confirmation{a.on, a.message, to.Addr})
		if err != nil {
			return fmt.Errorf("confirm %s: %w", a.on, err)
		}
		return a.tx.Enqueue(ctx, org.Job{Kind: jobConfirm, Key: string(a.message), Body: body})
	}
	return nil
}

// confirmTo has somebody who wrote by a form told that their case is there.
func confirmTo(ctx context.Context, tx *org.Tx, on record.ID, to string) error {
	if mail.CheckAddress(to) != nil {
		return nil
	}
	body, err := json.Marshal(confirmation{Case: on, To: to})
	if err != nil {
		return fmt.Errorf("confirm %s: %w", on, err)
	}
	return tx.Enqueue(ctx, org.Job{Kind: jobConfirm, Key: string(on), Body: body})
}

// confirm is the job. Where it ran before, the message that it wrote is there.
func confirm(ctx context.Context, s *org.Session, body []byte) error {
	var c confirmation
	if err := json.Unmarshal(body, &c); err != nil {
		return fmt.Errorf("confirmation: %w", err)
	}
	letter, ok, err := Write(ctx, s, receivedTemplate, c.Case)
	if err != nil || !ok {
		return err
	}
	answered := bind("ReplyToEmailMessageId = ?", c.Message)
	if c.Message == "" {
		answered = "ReplyToEmailMessageId = null"
	}
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		if err := tx.Lock(ctx, c.Case); err != nil {
			return err
		}
		res, err := query(ctx, tx, "SELECT Id FROM EmailMessage WHERE ParentId = ? AND "+answered+" AND Automatic__c = true", c.Case)
		if err != nil || res.Len() > 0 {
			return err
		}
		in, err := loadInboxes(ctx, tx)
		if err != nil {
			return err
		}
		on, err := standingOf(ctx, tx, c.Case)
		if err != nil {
			return err
		}
		from := in.from(on.owner)
		if from.Addr == "" {
			return nil // an organisation without an address writes to nobody
		}
		said, err := withoutSite(ctx, tx, letter.Text)
		if err != nil {
			return err
		}
		id, err := put(ctx, tx, draft("EmailMessage", "ParentId", on.id, "Incoming", false, "IsExternallyVisible", true, "Status", mailSent, "Automatic__c", true,
			"FromAddress", from.Addr, "FromName", from.Name, "ToAddress", c.To, "Subject", cut(letter.Subject, 3000), "TextBody", said,
			"EmailTemplateId", letter.Template, "ReplyToEmailMessageId", c.Message, "MessageDate", tx.Now()))
		if err != nil {
			return err
		}
		return Dispatch(ctx, tx, id, time.Time{})
	})
}

// withoutSite leaves out the paragraphs that lead to the public page, where an organisation has none.
func withoutSite(ctx context.Context, tx *org.Tx, said string) (string, error) {
	set, err := loadSetting(ctx, tx)
	if err != nil || set.site != "" {
		return said, err
	}
	paragraphs := strings.Split(said, "\n\n")
	return strings.Join(slices.DeleteFunc(paragraphs, func(p string) bool { return strings.Contains(p, "\n/track/") }), "\n\n"), nil
}

// frequent are words that are common in one language and rare in the others.
var frequent = map[string][]string{
	"en": {"the", "is", "and", "my", "please", "with", "have", "not", "for", "you"},
	"es": {"el", "los", "las", "por", "con", "una", "mi", "está", "gracias", "hola", "usted", "del"},
	"de": {"der", "die", "das", "und", "ist", "nicht", "bitte", "ich", "mein", "mit", "seit"},
	"fr": {"le", "les", "des", "est", "je", "vous", "pas", "pour", "bonjour", "une", "merci"},
}

// spokenIn tells in which of the platform's languages a message is: as it says
// itself, or by its frequent words. English where neither tells.
func spokenIn(m *mail.Message) string {
	said, _, _ := strings.Cut(strings.ToLower(m.Header.Get("Content-Language")), "-")
	if _, ok := frequent[said]; ok {
		return said
	}
	count := map[string]int{}
	words := strings.ToLower(m.Subject + " " + short(mail.NewText(m.Text), 2000))
	for w := range strings.FieldsFuncSeq(words, func(r rune) bool { return strings.ContainsRune(" \n\t.,;:!?¡¿()\"'’", r) }) {
		for lang, list := range frequent {
			if slices.Contains(list, w) {
				count[lang]++
			}
		}
	}
	best := "en"
	for _, lang := range []string{"es", "de", "fr"} {
		if count[lang] > count[best] {
			best = lang
		}
	}
	return best
}
