package service

import (
	"cmp"
	"context"
	"strings"
	"time"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/i18n"
	"stoa/internal/org"
	"stoa/internal/record"
)

// KindPublication is the kind of the capability that a publication carries: whoever takes it to the public looks
// whether it opens the row. So only what the desk has offered, with its citizen's consent, is ever taken.
const KindPublication = "publication"

// The states of Publication__c.
const (
	PublicationPrepared  = "Prepared"
	PublicationWaiting   = "Waiting"   // for the citizen's yes
	PublicationAgreed    = "Agreed"    // it is to be published
	PublicationDeclined  = "Declined"  // the citizen said no
	PublicationWithdrawn = "Withdrawn" // by the staff, before the citizen said anything
	PublicationDone      = "Published"
)

// Who was told of the consent, as Publication__c.Consent__c keeps it.
const (
	consentCitizen = "Citizen"
	consentStaff   = "Staff"
)

// A Publication is a question of a case and its answer, exactly as the public will read them.
type Publication struct {
	ID               record.ID
	Case             record.ID
	Title            string
	Question, Answer string // Markdown
	Topic            record.ID
	State            string
	How              string // how a colleague was told of the consent; "" where the citizen is asked
	Post             record.ID
	At               time.Time // when it was prepared
}

// Bounds of a publication. Source: the lengths of FeedItem and FeedComment.
const (
	MaxPublicTitle = 200
	MaxPublicText  = 9000
)

func (p Publication) check() error {
	switch {
	case strings.TrimSpace(p.Title) == "":
		return fault.New(fault.RequiredFieldMissing, "Write the question in a line.").On("Title__c")
	case strings.TrimSpace(p.Answer) == "":
		return fault.New(fault.RequiredFieldMissing, "Write the answer.").On("Answer__c")
	case len([]rune(p.Title)) > MaxPublicTitle || len([]rune(p.Question)) > MaxPublicText || len([]rune(p.Answer)) > MaxPublicText:
		return fault.New(fault.StringTooLong, "The title may have %d characters, question and answer %d each.", MaxPublicTitle, MaxPublicText)
	}
	return nil
}

// Offer offers a question and its answer to the public. Where How says how the citizen agreed it is published soon;
// where not, the citizen is asked by a message on the case, and it is published when they say yes on their own page.
func Offer(ctx context.Context, s *org.Session, p Publication) (id record.ID, done Done, err error) {
	if err := p.check(); err != nil {
		return "", Done{}, err
	}
	if id, err = prepare(ctx, s, p); err != nil {
		return "", Done{}, err
	}
	// The capability and the link follow from secrets that have transactions of their own.
	key, err := app.Capability(ctx, s.Org(), KindPublication, id)
	if err != nil {
		return "", Done{}, err
	}
	track, err := TrackKey(ctx, s.Org(), p.Case)
	if err != nil {
		return "", Done{}, err
	}
	err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		if p.How != "" {
			return agree(ctx, tx, id, p.Case, consentStaff, p.How, key)
		}
		done, err = ask(ctx, tx, id, p.Case, key, track)
		return err
	})
	return id, done, err
}

// prepare keeps what is to be published of a solved case.
func prepare(ctx context.Context, s *org.Session, p Publication) (id record.ID, err error) {
	err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		if err := mayChange(ctx, tx, p.Case); err != nil {
			return err
		}
		res, err := query(ctx, tx, "SELECT IsClosed, Language FROM Case WHERE Id = ?", p.Case)
		if err != nil {
			return err
		}
		if !res.Get(0, "IsClosed").Bool() {
			return fault.New(fault.InvalidOperation, "Solve the case first: only a question that is answered is published.")
		}
		open, err := query(ctx, tx.System(), "SELECT Id FROM Publication__c WHERE Case__c = ? AND State__c IN ? LIMIT 1", p.Case, []string{PublicationWaiting, PublicationAgreed})
		if err != nil {
			return err
		}
		if open.Len() > 0 {
			return fault.New(fault.InvalidOperation, "A question of this case is on its way to the public already.")
		}
		d := draft("Publication__c", "Case__c", p.Case, "Title__c", p.Title, "Question__c", p.Question, "Answer__c", p.Answer, "Topic__c", string(p.Topic),
			"Language__c", cmp.Or(spoken(text(res.Get(0, "Language"))), "en"), "State__c", PublicationPrepared, "OwnerId", tx.Actor().User)
		id, err = put(ctx, tx.System(), d)
		return err
	})
	return id, err
}

// spoken is the language of the platform's name of it: en of en_US.
func spoken(lang string) string {
	main, _, _ := strings.Cut(lang, "_")
	return main
}

// ask asks the citizen, in their language and in a message that can be taken back like any other.
func ask(ctx context.Context, tx *org.Tx, id, on record.ID, key, track string) (done Done, err error) {
	sys := tx.System()
	res, err := query(ctx, sys, "SELECT Title__c, Language__c FROM Publication__c WHERE Id = ?", id)
	if err != nil {
		return Done{}, err
	}
	set, err := loadSetting(ctx, sys)
	if err != nil {
		return Done{}, err
	}
	if set.site == "" {
		return Done{}, fault.New(fault.InvalidOperation, "The citizen cannot be asked: the service settings do not say where the public site is.")
	}
	lang := text(res.Get(0, "Language__c"))
	path := "/track/" + track + "/public"
	if lang == "es" {
		path = "/es" + path
	}
	body := i18n.For(lang).T("publish.mail", "title", text(res.Get(0, "Title__c")), "link", set.site+path)
	version, err := query(ctx, sys, "SELECT Thread_Version__c FROM Case WHERE Id = ?", on)
	if err != nil {
		return Done{}, err
	}
	done, err = undoable(ctx, tx, "send", []record.ID{on}, sendHold, func(st *step) error {
		_, err := reply(ctx, tx, ReplyIn{Case: on, Body: body, Version: int(version.Get(0, "Thread_Version__c").Int())}, st)
		st.Draft, st.Asked = nil, id
		return err
	})
	if err != nil {
		return Done{}, err
	}
	if err := amend(ctx, sys, changes("Publication__c", id, "State__c", PublicationWaiting, "Key__c", key)); err != nil {
		return Done{}, err
	}
	return done, tell(ctx, tx, line{on, eventPublicAsked, false, []any{"publication", string(id)}})
}

// agree notes the consent. Whoever publishes hears of the row that changed.
func agree(ctx context.Context, tx *org.Tx, id, on record.ID, who, how, key string) error {
	d := changes("Publication__c", id, "State__c", PublicationAgreed, "Consent__c", who, "Consent_How__c", cut(how, 255), "Consent_At__c", tx.Now())
	if key != "" {
		d.Set("Key__c", record.OfText(key))
	}
	if err := amend(ctx, tx.System(), d); err != nil {
		return err
	}
	tx.Announce(TopicCase(on), SaysMessage)
	kind := eventPublicAgreed
	if who == consentStaff {
		kind = eventPublicTold
	}
	return tell(ctx, tx, line{on, kind, false, []any{"publication", string(id), "how", how}})
}

// Consent is the citizen's answer to one that waits for it. s acts for whoever holds the link of the case.
func Consent(ctx context.Context, s *org.Session, on, id record.ID, yes bool) error {
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		sys := tx.System()
		if err := tx.Lock(ctx, id); err != nil {
			return err
		}
		res, err := query(ctx, sys, "SELECT Id FROM Publication__c WHERE Id = ? AND Case__c = ? AND State__c = ?", id, on, PublicationWaiting)
		if err != nil {
			return err
		}
		if res.Len() == 0 {
			return fault.New(fault.NotFound, "Nothing waits for your answer here.")
		}
		if yes {
			return agree(ctx, tx, id, on, consentCitizen, "", "")
		}
		if err := amend(ctx, sys, changes("Publication__c", id, "State__c", PublicationDeclined)); err != nil {
			return err
		}
		tx.Announce(TopicCase(on), SaysMessage)
		return tell(ctx, tx, line{on, eventPublicDeclined, false, []any{"publication", string(id)}})
	})
}

// Withdraw takes back what the citizen has not said anything to yet.
func Withdraw(ctx context.Context, s *org.Session, on, id record.ID) error {
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		if err := mayChange(ctx, tx, on); err != nil {
			return err
		}
		return withdraw(ctx, tx, id)
	})
}

func withdraw(ctx context.Context, tx *org.Tx, id record.ID) error {
	sys := tx.System()
	if err := tx.Lock(ctx, id); err != nil {
		return err
	}
	res, err := query(ctx, sys, "SELECT Case__c FROM Publication__c WHERE Id = ? AND State__c = ?", id, PublicationWaiting)
	if err != nil {
		return err
	}
	if res.Len() == 0 {
		return fault.New(fault.InvalidOperation, "The citizen has answered already.")
	}
	if err := amend(ctx, sys, changes("Publication__c", id, "State__c", PublicationWithdrawn)); err != nil {
		return err
	}
	return tell(ctx, tx, line{res.Get(0, "Case__c").ID(), eventPublicWithdrawn, false, nil})
}

// Publications returns what of a case is public or on its way there, the newest first. r reads in the name of the
// platform, for somebody who may read the case.
func Publications(ctx context.Context, r reader, on record.ID) ([]Publication, error) {
	res, err := query(ctx, r, "SELECT Id, Title__c, Question__c, Answer__c, Topic__c, State__c, Consent_How__c, Post__c, CreatedDate FROM Publication__c WHERE Case__c = ? AND State__c != ? ORDER BY CreatedDate DESC, Id DESC LIMIT 20", on, PublicationPrepared)
	if err != nil {
		return nil, err
	}
	all := make([]Publication, res.Len())
	for i := range all {
		get := func(name string) string { return text(res.Get(i, name)) }
		all[i] = Publication{ID: res.Get(i, "Id").ID(), Case: on, Title: get("Title__c"), Question: get("Question__c"), Answer: get("Answer__c"), Topic: record.ID(get("Topic__c")), State: get("State__c"),
			How: get("Consent_How__c"), Post: record.ID(get("Post__c")), At: instant(res.Get(i, "CreatedDate"))}
	}
	return all, nil
}

// PublicationsOf is Publications for somebody of the staff who sees the case.
func PublicationsOf(ctx context.Context, s *org.Session, on record.ID) ([]Publication, error) {
	if err := sees(ctx, s, on); err != nil {
		return nil, err
	}
	sys, err := s.Org().System(ctx, org.Console, s.Purpose())
	if err != nil {
		return nil, err
	}
	return Publications(ctx, sys, on)
}

// DraftArticle makes a draft of an article of a question and its answer. It is published as every article is, by those
// who publish articles.
func DraftArticle(ctx context.Context, s *org.Session, p Publication) (id record.ID, err error) {
	if err := p.check(); err != nil {
		return "", err
	}
	err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		if err := mayChange(ctx, tx, p.Case); err != nil {
			return err
		}
		res, err := query(ctx, tx, "SELECT Language, Service__r.Slug__c FROM Case WHERE Id = ?", p.Case)
		if err != nil {
			return err
		}
		d := draft(articleObject, "Title", p.Title, "Summary", cut(p.Question, 1000), "Answer__c", p.Answer, "Language", cmp.Or(text(res.Get(0, "Language")), "en_US"), "IsVisibleInPkb", true, "IsVisibleInApp", true)
		if slug := text(res.Get(0, "Service__r", "Slug__c")); slug != "" {
			d.Set("Category__c", record.OfText(slug))
		}
		made, err := org.Must(tx.Insert(ctx, []record.Draft{d}, org.WriteOptions{}))
		if err != nil {
			return err
		}
		id = made[0]
		return tell(ctx, tx, line{p.Case, eventArticleDrafted, false, []any{"article", string(id), "title", p.Title}})
	})
	return id, err
}

// afterPublication says on the case that its question is public now, whoever published it.
func afterPublication(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	for _, r := range b.Rows {
		on := r.Value("Case__c").ID()
		if on == "" || !r.Changes("State__c") || r.Text("State__c") != PublicationDone {
			continue
		}
		tx.Announce(TopicCase(on), SaysMessage)
		if err := tell(ctx, tx, line{on, eventPublished, true, []any{"title", r.Text("Title__c"), "post", r.Text("Post__c")}}); err != nil {
			return err
		}
	}
	return nil
}
