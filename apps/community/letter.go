package community

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"stoa/internal/app"
	"stoa/internal/i18n"
	"stoa/internal/mail"
	"stoa/internal/mail/send"
	"stoa/internal/org"
	"stoa/internal/record"
)

// The jobs that write to people.
const (
	jobLetter = "community.letter" // sends one letter
	jobTell   = "community.tell"   // writes one to each who follows a question or a topic
)

// A letter is a mail of the site to one person. It stands in its job alone:
// what it says, such as a link that signs somebody in, nobody else may read later.
type letter struct {
	To          string    `json:"to"`
	Subject     string    `json:"subject"`
	Text        string    `json:"text"`
	Language    string    `json:"language"`
	At          time.Time `json:"at"`
	Unsubscribe string    `json:"unsubscribe,omitempty"` // address that ends such letters
}

// mailOf returns what the app does with mail that leaves by p; it takes none.
func mailOf(p app.Post) app.Mail {
	r := postroom{p}
	return app.Mail{
		Jobs:    []org.JobKind{{Name: jobLetter, Attempts: 20, Run: r.send}},
		Known:   func(context.Context, *org.Org, string) (bool, error) { return false, nil },
		Deliver: nil,
	}
}

type postroom struct{ post app.Post }

// send is the job. A letter that cannot be sent for good is dropped: the person asks again.
func (r postroom) send(ctx context.Context, s *org.Session, body []byte) error {
	var l letter
	if err := json.Unmarshal(body, &l); err != nil {
		return fmt.Errorf("letter: %w", err)
	}
	from, err := sender(ctx, s)
	if err != nil || from.Addr == "" {
		return err // an organisation without an address writes to nobody
	}
	d := mail.Draft{
		ID: mail.NewID(r.post.Domain), Date: l.At, From: from, To: []mail.Address{{Addr: l.To}}, Subject: l.Subject, Text: l.Text,
		Automatic: "auto-generated", Language: l.Language, Unsubscribe: l.Unsubscribe,
	}
	raw, err := d.Compose()
	if err != nil {
		return err
	}
	if r.post.Signer != nil && mail.Domain(from.Addr) == r.post.Signer.Domain() {
		if raw, err = r.post.Signer.Sign(raw); err != nil {
			return err
		}
	}
	if err := r.post.Transport.Send(ctx, d.Envelope(), raw); err != nil && !send.Permanent(err) {
		return err
	}
	return nil
}

// sender returns who writes, as the settings of the service say.
func sender(ctx context.Context, s app.Reader) (mail.Address, error) {
	res, err := app.Query(ctx, s, "SELECT Sender_Name__c, Sender_Address__c FROM Service_Setting__c WHERE Name = 'Default' ORDER BY CreatedDate, Id LIMIT 1")
	if err != nil || res.Len() == 0 {
		return mail.Address{}, err
	}
	return mail.Address{Name: app.Text(res.Get(0, "Sender_Name__c")), Addr: app.Text(res.Get(0, "Sender_Address__c"))}, nil
}

// siteAddress returns the scheme and host of the site for letters: as the settings say, else where the org is at home. What a
// visit says of it is not believed: whoever asks for a sign-in link for somebody else would choose where it leads.
func siteAddress(ctx context.Context, s app.Reader) (string, error) {
	res, err := app.Query(ctx, s, "SELECT Site_Address__c FROM Service_Setting__c WHERE Name = 'Default' ORDER BY CreatedDate, Id LIMIT 1")
	if err != nil || res.Len() == 0 {
		return s.Home(), err
	}
	return cmp.Or(strings.TrimSuffix(app.Text(res.Get(0, "Site_Address__c")), "/"), s.Home()), nil
}

// write puts a letter on its way.
func write(ctx context.Context, tx *org.Tx, l letter) error {
	l.At = tx.Now()
	body, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("letter: %w", err)
	}
	return tx.Enqueue(ctx, org.Job{Kind: jobLetter, Body: body})
}

// langOf returns the language of the site that a user reads.
func langOf(key string) string {
	if strings.HasPrefix(key, "es") {
		return "es"
	}
	return "en"
}

// in returns an address of the site in a language.
func in(site, lang, path string) string {
	if lang != "en" {
		path = "/" + lang + path
	}
	return site + path
}

// A telling is the body of jobTell: a new answer to a question, or a new question on a topic.
type telling struct {
	Question record.ID `json:"question"`
	Answer   record.ID `json:"answer,omitempty"`
}

func tellQuestion(ctx context.Context, tx *org.Tx, question, answer record.ID) error {
	return tell(ctx, tx, telling{question, answer})
}

func tellTopic(ctx context.Context, tx *org.Tx, question record.ID) error {
	return tell(ctx, tx, telling{Question: question})
}

func tell(ctx context.Context, tx *org.Tx, t telling) error {
	body, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("tell: %w", err)
	}
	return tx.Enqueue(ctx, org.Job{Kind: jobTell, Key: string(t.Question) + string(t.Answer), Body: body})
}

// tellFollowers is the job. Nobody is told of what they wrote themselves.
func tellFollowers(ctx context.Context, s *org.Session, body []byte) error {
	var t telling
	if err := json.Unmarshal(body, &t); err != nil {
		return fmt.Errorf("tell: %w", err)
	}
	secret, err := unsubscribeKey(ctx, s.Org())
	if err != nil {
		return err
	}
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		site, err := siteAddress(ctx, tx)
		if err != nil {
			return err
		}
		q, err := seePost(ctx, tx, t.Question)
		if err != nil {
			return nil // it is gone: there is nothing to tell
		}
		about, key, on := q, "portal.mail.topic", q.Topic.ID
		soql := "SELECT Id, Subscriber.Id, Subscriber.Email, Subscriber.LanguageLocaleKey, Subscriber.IsActive FROM EntitySubscription WHERE ParentId = ?"
		path := []string{"Subscriber"}
		if t.Answer != "" {
			if about, err = seePost(ctx, tx, t.Answer); err != nil {
				return nil
			}
			soql = "SELECT Id, Person__r.Id, Person__r.Email, Person__r.LanguageLocaleKey, Person__r.IsActive FROM Follow__c WHERE Question__c = ?"
			path, key, on = []string{"Person__r"}, "portal.mail.answer", q.ID
		}
		if !about.Public() || !q.Public() {
			return nil
		}
		res, err := app.Query(ctx, tx, soql, on)
		if err != nil {
			return err
		}
		for i := range res.Len() {
			at := func(field string) record.Value { return res.Get(i, append(path[:1:1], field)...) }
			if reference(at("Id")) == about.By.ID || !truth(at("IsActive")) {
				continue
			}
			lang := langOf(app.Text(at("LanguageLocaleKey")))
			words, end := i18n.For(lang), in(site, lang, "/unsubscribe/"+unsubscribeToken(secret, res.Get(i, "Id").ID()))
			if err := write(ctx, tx, letter{
				To: app.Text(at("Email")), Language: lang, Unsubscribe: end, Subject: words.T(key+".subject", "title", plain(q.Title, 100)),
				Text: words.T(key+".text", "title", q.Title, "text", plain(about.Body, 600), "link", in(site, lang, q.Path()), "end", end),
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

// tellAuthor writes to the author of a post what was decided, in their language.
func tellAuthor(ctx context.Context, tx *org.Tx, author record.ID, p Post, state string, d Decision) error {
	site, err := siteAddress(ctx, tx)
	if err != nil {
		return err
	}
	res, err := app.Query(ctx, tx, "SELECT Email, LanguageLocaleKey, UserType FROM User WHERE Id = ? AND IsActive = true", author)
	if err != nil || res.Len() == 0 || app.Text(res.Get(0, "UserType")) == org.GuestType {
		return err
	}
	lang := langOf(app.Text(res.Get(0, "LanguageLocaleKey")))
	words, rule := i18n.For(lang), ""
	if d.Rule != "" && !d.Publish {
		rule = words.T("portal.rule." + d.Rule)
	}
	key := "portal.mail." + strings.ToLower(state)
	return write(ctx, tx, letter{
		To: app.Text(res.Get(0, "Email")), Language: lang, Subject: words.T(key + ".subject"),
		Text: words.T(key+".text", "text", plain(p.Title+" "+p.Body, 300), "rule", rule, "words", d.Words, "link", in(site, lang, p.Path()), "my", in(site, lang, "/my")),
	})
}

const (
	kindUnsubscribe = "community-unsubscribe" // one key an org
	macBytes        = 16
)

// unsubscribeToken returns what ends a follow without a sign-in: its id and 128 bits that nobody guesses without the key.
func unsubscribeToken(key []byte, follow record.ID) string {
	return string(follow) + base64.RawURLEncoding.EncodeToString(unsubscribeMAC(key, follow))
}

// unsubscribed returns the follow that a token ends; ok is false for one that ends none.
func unsubscribed(ctx context.Context, o *org.Org, token string) (follow record.ID, ok bool, err error) {
	if len(token) < 19 {
		return "", false, nil
	}
	given, err := base64.RawURLEncoding.DecodeString(token[18:])
	if err != nil {
		return "", false, nil
	}
	key, err := unsubscribeKey(ctx, o)
	if err != nil {
		return "", false, err
	}
	follow = record.ID(token[:18])
	return follow, hmac.Equal(unsubscribeMAC(key, follow), given), nil
}

func unsubscribeMAC(key []byte, follow record.ID) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(follow))
	return h.Sum(nil)[:macBytes]
}

// unsubscribeKey returns the org's key. It may write, so a unit of work must have it before it begins.
func unsubscribeKey(ctx context.Context, o *org.Org) ([]byte, error) {
	key, ok, err := o.Secret(ctx, kindUnsubscribe, "key")
	if err == nil && !ok {
		if _, err = o.AddSecret(ctx, org.Secret{Kind: kindUnsubscribe, Key: "key", Body: []byte(rand.Text() + rand.Text())}); err == nil {
			key, ok, err = o.Secret(ctx, kindUnsubscribe, "key")
		}
	}
	if err != nil || !ok {
		return nil, fmt.Errorf("unsubscribe key: %w", err)
	}
	return key.Body, nil
}
