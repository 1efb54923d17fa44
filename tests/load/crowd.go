package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"stoa/apps"
	"stoa/internal/demo"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/server"
)

// How large the service desk is that is measured: a city four times the demo's, which has talked more.
const (
	crowdSize     = 4 // 100,000 cases, 160,000 contacts
	crowdMessages = 1_000_000
)

// seedCrowd makes the data folder of a large service desk. The same day gives the same desk.
func seedCrowd(ctx context.Context, dir string, size demo.Size, messages int) error {
	told := time.Now()
	tell := func(what string, n int) {
		if time.Since(told) > 10*time.Second {
			told = time.Now()
			fmt.Fprintf(os.Stderr, "load: %s: %d\n", what, n)
		}
	}
	srv, err := server.New(ctx, server.Settings{
		Listen: "127.0.0.1:0", DataDir: dir, Relaxed: true, OrgName: "City of Harborview", AdminUsername: admin, AdminPassword: password,
		Apps: apps.All(), DemoApp: true, ClientID: clientID, ClientSecret: clientSecret,
		Seed: func(ctx context.Context, s *org.Session) error {
			now := time.Now()
			if err := demo.Load(ctx, s, now, size, func(done, _ int, what string) { tell(what, done) }); err != nil {
				return err
			}
			return talkOn(ctx, s, now, messages, func(done int) { tell("more messages", done) })
		},
	})
	if err != nil {
		return err
	}
	return srv.Close(ctx)
}

// talkOn adds messages to the cases there are until there are so many: to most a few, to some dozens.
func talkOn(ctx context.Context, s *org.Session, now time.Time, messages int, tell func(int)) error {
	rng := rand.New(rand.NewPCG(1851, 8))
	there, err := s.Query(ctx, "SELECT COUNT() FROM EmailMessage", org.QueryOptions{})
	if err != nil {
		return err
	}
	cases, err := s.Query(ctx, "SELECT COUNT() FROM Case", org.QueryOptions{})
	if err != nil {
		return err
	}
	w := newWriter(rng)
	want, left := messages-there.Total, cases.Total
	var drafts []record.Draft
	for after, made := "000000000000000AAA", 0; made < want; {
		page, err := s.Query(ctx, "SELECT Id, Subject, Reference__c, CreatedDate, ClosedDate, SuppliedEmail FROM Case WHERE Id > '"+after+"' ORDER BY Id LIMIT 2000", org.QueryOptions{BatchSize: 2000})
		if err != nil {
			return err
		}
		if page.Len() == 0 {
			return fmt.Errorf("%d of %d messages were made", made, want)
		}
		for i := range page.Len() {
			n := int(rng.ExpFloat64()*float64(want-made)/float64(left) + 0.5)
			if left--; left == 0 || n > want-made {
				n = want - made
			}
			made += n
			drafts = append(drafts, letters(w, page, i, n, now)...)
			for len(drafts) >= 200 || made == want && len(drafts) > 0 {
				k := min(200, len(drafts))
				if _, err := org.Must(s.Insert(ctx, drafts[:k], org.WriteOptions{AllOrNone: true, Seed: true, KeepIDs: true})); err != nil {
					return err
				}
				drafts = drafts[k:]
			}
		}
		after = string(page.Get(page.Len()-1, "Id").ID())
		tell(made)
	}
	return nil
}

// letters makes n messages of a case, from the day that it was made to the day that it was closed.
func letters(w *writer, page *record.Result, i, n int, now time.Time) []record.Draft {
	begun, ended := page.Get(i, "CreatedDate").Instant(), now
	if c := page.Get(i, "ClosedDate"); !c.IsNull() {
		ended = c.Instant()
	}
	between := ended.Sub(begun)
	ref := page.Get(i, "Reference__c").String()
	out := make([]record.Draft, n)
	for k := range out {
		at := record.OfInstant(begun.Add(between * time.Duration(k+1) / time.Duration(n+1)))
		from, to, incoming, status := page.Get(i, "SuppliedEmail"), record.OfText("help@harborview.example"), k%2 == 1, "1"
		if !incoming {
			from, to, status = to, from, "3"
		}
		d := record.Draft{Object: "EmailMessage"}
		d.Set("ParentId", page.Get(i, "Id")).Set("Subject", record.OfText("Re: "+page.Get(i, "Subject").String()+" ["+ref+"]")).
			Set("TextBody", record.OfText(w.letter())).Set("FromAddress", from).Set("ToAddress", to).Set("Incoming", record.OfBool(incoming)).
			Set("IsExternallyVisible", record.OfBool(true)).Set("Status", record.OfText(status)).Set("MessageDate", at).
			Set("CreatedDate", at).Set("LastModifiedDate", at).Set("MessageIdentifier", record.OfText(fmt.Sprintf("<%s.more.%d@harborview.example>", strings.ToLower(ref), k)))
		out[k] = d
	}
	return out
}

// said begins the words that letters are made of: the most frequent come first, as in any language a few are in every letter.
var said = strings.Fields(`the a to of for we you our your and is are was not please thank in on at by it this that be have has from with as will can or
	if there so when but my he she they me been who which again still yet only street water meter bill lamp crossing bin permit letter payment office
	Thursday Monday morning evening week photo form number account neighbour children school road bridge canal flat lift damp yesterday tomorrow
	already sent received missing broken repaired heating allowance inspector visit answer question`)

// vocabulary is how many words there are in all; beyond those of said they are made up.
const vocabulary = 20_000

// A writer writes letters in words as frequent as words are: the n-th as often as 1/n.
type writer struct {
	rng   *rand.Rand
	words *rand.Zipf
}

func newWriter(rng *rand.Rand) *writer { return &writer{rng, rand.NewZipf(rng, 1.07, 3, vocabulary-1)} }

func (w *writer) word() string {
	n := int(w.words.Uint64())
	if n < len(said) {
		return said[n]
	}
	const begin, middle = "bdfghklmnprstvw", "aeiou"
	var b strings.Builder
	for ; n > 0; n /= len(begin) * len(middle) {
		b.WriteByte(begin[n%len(begin)])
		b.WriteByte(middle[n/len(begin)%len(middle)])
	}
	return b.String() + "n"
}

// letter writes about forty words, and a number that nobody else has.
func (w *writer) letter() string {
	var b strings.Builder
	for range 4 {
		for i := range 6 + w.rng.IntN(8) {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(w.word())
		}
		b.WriteString(". ")
	}
	fmt.Fprintf(&b, "File %06d.", w.rng.IntN(1_000_000))
	return b.String()
}
