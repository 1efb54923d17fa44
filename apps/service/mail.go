package service

import (
	"context"
	"crypto/rand"
	"strings"

	"stoa/internal/app"
	"stoa/internal/mail"
	"stoa/internal/org"
	"stoa/internal/record"
)

// purposeIntake is what mail is read and kept for.
const purposeIntake = "service.intake"

// A mailroom takes the mail of the desk and sends it.
type mailroom struct{ post app.Post }

func mailOf(p app.Post) app.Mail {
	r := &mailroom{post: p}
	return app.Mail{
		Jobs:    []org.JobKind{{Name: JobSend, Attempts: sendAttempts, Run: r.send}, {Name: jobConfirm, Run: confirm}, {Name: jobLink, Run: r.link}},
		Known:   r.known,
		Deliver: r.deliver,
	}
}

// inboxes are the addresses that the desk takes mail for and writes from.
type inboxes struct {
	sender mail.Address         // of the organisation
	queues map[string]record.ID // by folded address
	of     map[record.ID]mail.Address
}

// loadInboxes reads the sender's address of the settings and those of the queues.
func loadInboxes(ctx context.Context, r reader) (inboxes, error) {
	in := inboxes{queues: map[string]record.ID{}, of: map[record.ID]mail.Address{}}
	set, err := loadSetting(ctx, r)
	if err != nil {
		return in, err
	}
	in.sender = mail.Address{Addr: set.from, Name: set.sender}
	res, err := query(ctx, r, "SELECT Id, Name, Email FROM Group WHERE Type = 'Queue' AND Email != null ORDER BY Id")
	if err != nil {
		return in, err
	}
	for i := range res.Len() {
		id, addr := res.Get(i, "Id").ID(), text(res.Get(i, "Email"))
		if _, taken := in.queues[mail.FoldAddress(addr)]; !taken {
			in.queues[mail.FoldAddress(addr)] = id
		}
		in.of[id] = mail.Address{Addr: addr, Name: text(res.Get(i, "Name"))}
	}
	return in, nil
}

// knows reports whether mail to an address is ours, with a token behind a plus or without.
func (in inboxes) knows(addr string) bool {
	addr = mail.FoldAddress(addr)
	_, queue := in.queues[addr]
	return queue || in.sender.Addr != "" && addr == mail.FoldAddress(in.sender.Addr)
}

// queueOf returns the queue of the first recipient that is a queue's address, "" for none.
func (in inboxes) queueOf(recipients []string) record.ID {
	for _, to := range recipients {
		if id, ok := in.queues[mail.FoldAddress(to)]; ok {
			return id
		}
	}
	return ""
}

// from returns the address under which the owner of a case writes.
func (in inboxes) from(owner record.ID) mail.Address {
	if queue, ok := in.of[owner]; ok {
		return queue
	}
	return in.sender
}

func (r *mailroom) known(ctx context.Context, o *org.Org, addr string) (bool, error) {
	s, err := o.System(ctx, org.Mail, purposeIntake)
	if err != nil {
		return false, err
	}
	in, err := loadInboxes(ctx, s)
	return err == nil && in.knows(addr), err
}

// kindThread is the kind of the secret that signs the tokens of threads: one an org.
const kindThread = "mail-thread"

// keyring returns the org's key for threads, which the first call makes.
func keyring(ctx context.Context, o *org.Org) (mail.Keyring, error) {
	for {
		s, ok, err := o.Secret(ctx, kindThread, "key")
		if err != nil {
			return nil, err
		}
		if ok {
			return mail.Keyring{s.Body}, nil
		}
		if _, err := o.AddSecret(ctx, org.Secret{Kind: kindThread, Key: "key", Body: []byte(rand.Text() + rand.Text())}); err != nil {
			return nil, err
		}
	}
}

// short returns the first n characters of s: of what is compared later, without an ellipsis.
func short(s string, n int) string {
	if len(s) <= n {
		return s
	}
	r := []rune(s)
	return string(r[:min(len(r), n)])
}

// maxAddresses is the length of a field for addresses. Source: the description of EmailMessage.
const maxAddresses = 4000

// joined writes addresses for a field that holds several, as many as fit.
func joined(list []mail.Address) string {
	var b strings.Builder
	for _, a := range list {
		if b.Len()+len(a.Addr)+2 > maxAddresses {
			break
		}
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		b.WriteString(a.Addr)
	}
	return b.String()
}

// people reads such a field.
func people(field record.Value) []mail.Address {
	var out []mail.Address
	for _, a := range SplitAddresses(text(field)) {
		out = append(out, mail.Address{Addr: a})
	}
	return out
}

// emailOr returns an address where it is one of at most n characters, "" where
// not: a field of type email takes nothing else, and the message keeps what was written.
func emailOr(addr string, n int) string {
	if len(addr) > n || mail.CheckAddress(addr) != nil {
		return ""
	}
	return addr
}

// put inserts a record and returns its id; amend changes one.
func put(ctx context.Context, tx *org.Tx, d record.Draft) (record.ID, error) {
	ids, err := org.Must(tx.Insert(ctx, []record.Draft{d}, org.WriteOptions{AllOrNone: true, AllowTruncate: true}))
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

func amend(ctx context.Context, tx *org.Tx, d record.Draft) error {
	_, err := org.Must(tx.Update(ctx, []record.Draft{d}, org.WriteOptions{AllOrNone: true, AllowTruncate: true}))
	return err
}
