package service

import (
	"context"
	"net/mail"
	"strings"
	"time"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// An Intake is what somebody asks of the desk, through whichever door.
type Intake struct {
	Name, Email, Phone string
	Subject, Body      string // one of them at least
	Language           string // BCP 47 or the platform's name: es, en-US, en_US; "" for the org's
	Origin             string // Email, Web, Phone, Chat or Community; "" for Web
	Service            string // slug; "" for none
	Files              []File
	Confirm            bool   // the citizen is sent a confirmation by mail
	Once               string // names the request: a second one with the same name by the same user makes no second case
}

// A File goes with a message.
type File struct {
	Name string
	Body []byte
}

// Made is what the citizen is told of a new case.
type Made struct {
	Case      record.ID
	Reference string
	TrackKey  string    // of the case's public page
	ReplyDue  time.Time // zero where nothing is promised
}

// NewCase makes a case in one unit of work. s decides in whose name; see org.Org.Service for citizens.
func NewCase(ctx context.Context, s *org.Session, in Intake) (Made, error) {
	var made Made
	s.Once(in.Once)
	err := s.Do(ctx, func(ctx context.Context, tx *org.Tx) (err error) {
		if made.Case, err = intake(ctx, tx, in); err != nil || !in.Confirm {
			return err
		}
		return confirmTo(ctx, tx, made.Case, strings.TrimSpace(in.Email))
	})
	if err != nil {
		return Made{}, err
	}
	if res, again := s.Repeated(); again && len(res) > 0 {
		made.Case = res[0].ID
	}
	sys, err := s.Org().System(ctx, org.System, "operation")
	if err != nil {
		return Made{}, err
	}
	res, err := query(ctx, sys, "SELECT Reference__c, Reply_Due__c FROM Case WHERE Id = ?", made.Case)
	if err != nil {
		return Made{}, err
	}
	if res.Len() > 0 {
		made.Reference, made.ReplyDue = text(res.Get(0, "Reference__c")), instant(res.Get(0, "Reply_Due__c"))
	}
	made.TrackKey, err = TrackKey(ctx, s.Org(), made.Case)
	return made, err
}

// intake makes a case in the caller's unit of work. The case is the first record that it writes.
func intake(ctx context.Context, tx *org.Tx, in Intake) (record.ID, error) {
	in.Email, in.Subject = strings.TrimSpace(in.Email), strings.TrimSpace(in.Subject)
	if in.Subject == "" && strings.TrimSpace(in.Body) == "" {
		return "", fault.New(fault.RequiredFieldMissing, "Say what it is about.").On("Description")
	}
	if in.Email != "" && !validAddress(in.Email) {
		return "", fault.New(fault.InvalidEmail, "%s is not an e-mail address.", in.Email).On("SuppliedEmail")
	}
	if in.Subject == "" {
		in.Subject = cut(snippet(in.Body), 80)
	}
	if in.Origin == "" {
		in.Origin = "Web"
	}
	d := draft("Case", "Subject", cut(in.Subject, 255), "Description", cut(in.Body, 32_000), "SuppliedName", cut(in.Name, 80), "SuppliedEmail", in.Email,
		"SuppliedPhone", cut(in.Phone, 40), "Origin", in.Origin, "Language", language(in.Language))
	sys := tx.System()
	if in.Email != "" {
		contact, err := contactOf(ctx, sys, in.Email, in.Name)
		if err != nil {
			return "", err
		}
		if contact != "" {
			d.Set("ContactId", record.OfID(contact))
		}
	}
	if in.Service != "" {
		res, err := query(ctx, sys, "SELECT Id FROM Service__c WHERE Slug__c = ?", in.Service)
		if err != nil {
			return "", err
		}
		if res.Len() == 0 {
			return "", fault.New(fault.InvalidCrossReferenceKey, "There is no service %s.", in.Service).On("Service__c")
		}
		d.Set("Service__c", record.OfID(res.Get(0, "Id").ID()))
	}
	ids, err := org.Must(tx.Insert(ctx, []record.Draft{d}, org.WriteOptions{}))
	if err != nil {
		return "", err
	}
	return ids[0], attach(ctx, tx, ids[0], in.Files)
}

// attach puts files on a case or a message.
func attach(ctx context.Context, tx *org.Tx, to record.ID, files []File) error {
	drafts := make([]record.Draft, 0, len(files))
	for _, f := range files {
		drafts = append(drafts, draft("ContentVersion", "Title", cut(f.Name, 255), "PathOnClient", cut(f.Name, 255), "VersionData", f.Body, "FirstPublishLocationId", to))
	}
	_, err := org.Must(tx.Insert(ctx, drafts, org.WriteOptions{AllOrNone: true}))
	return err
}

// contactOf returns the contact whom an address belongs to. Of several, such as
// a family that shares one, the one of the given name, or else the one who was there first.
func contactOf(ctx context.Context, tx *org.Tx, address, name string) (record.ID, error) {
	res, err := query(ctx, tx, "SELECT Id, Name FROM Contact WHERE Email = ? ORDER BY CreatedDate, Id LIMIT 50", address)
	if err != nil || res.Len() == 0 {
		return "", err
	}
	for i := range res.Len() {
		if record.Fold(text(res.Get(i, "Name"))) == record.Fold(strings.TrimSpace(name)) {
			return res.Get(i, "Id").ID(), nil
		}
	}
	return res.Get(0, "Id").ID(), nil
}

// languages are those that the platform has, by the part of their tag before the region.
var languages = map[string]string{"en": "en_US", "es": "es", "fr": "fr", "de": "de"}

// language returns the platform's name of a language, "" for one that it does not have.
func language(tag string) string {
	main, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(tag), "-", "_"), "_")
	return languages[main]
}

func validAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && a.Address == s && len(s) <= 80
}

// FromCitizen adds what a citizen writes to their case, or to the one that it was merged into, and returns the message.
func FromCitizen(ctx context.Context, s *org.Session, on record.ID, body string, files []File) (message record.ID, err error) {
	if strings.TrimSpace(body) == "" && len(files) == 0 {
		return "", fault.New(fault.RequiredFieldMissing, "Write something.").On("TextBody")
	}
	err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		res, err := query(ctx, tx.System(), "SELECT Subject, SuppliedName, SuppliedEmail, Contact.Name, Contact.Email FROM Case WHERE Id = ?", on)
		if err != nil {
			return err
		}
		if res.Len() == 0 {
			return fault.New(fault.NotFound, "There is no such case.")
		}
		name, address := text(res.Get(0, "SuppliedName")), text(res.Get(0, "SuppliedEmail"))
		if name == "" {
			name = text(res.Get(0, "Contact", "Name"))
		}
		if address == "" {
			address = text(res.Get(0, "Contact", "Email"))
		}
		ids, err := org.Must(tx.Insert(ctx, []record.Draft{draft("EmailMessage", "ParentId", on, "Subject", res.Get(0, "Subject"), "TextBody", cut(body, 131_072),
			"FromName", name, "FromAddress", address, "Incoming", true, "IsExternallyVisible", true, "Status", mailNew, "MessageDate", tx.Now())}, org.WriteOptions{}))
		if err != nil {
			return err
		}
		message = ids[0]
		return attach(ctx, tx, message, files)
	})
	return message, err
}
