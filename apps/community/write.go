package community

import (
	"context"
	"strings"
	"time"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// A Draft is a question or an answer that somebody wants to publish.
type Draft struct {
	On       record.ID `json:"on,omitempty"` // question that it answers, "" for a question
	Topic    record.ID `json:"topic,omitempty"`
	Title    string    `json:"title,omitempty"`
	Body     string    `json:"body,omitempty"`
	Language string    `json:"language,omitempty"`
	Network  string    `json:"network,omitempty"`
	Once     string    `json:"once,omitempty"`
}

// Bounds of posts. Source: the lengths of FeedItem and FeedComment.
const (
	maxTitle = 200
	maxBody  = 9000
)

// A Kept is what became of a draft.
type Kept struct {
	ID   record.ID
	Held string // why it waits for a moderator, "" where it is public
}

// Publish keeps a post in the name of the session's actor: public at once, or held for a moderator. s is one of org.Org.Service.
func Publish(ctx context.Context, s *org.Session, d Draft) (k Kept, err error) {
	s.Once(d.Once)
	err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) (err error) {
		k, err = publish(ctx, tx, d)
		return err
	})
	if res, again := s.Repeated(); err == nil && again && len(res) > 0 {
		k.ID = res[0].ID
	}
	return k, err
}

func publish(ctx context.Context, tx *org.Tx, d Draft) (k Kept, err error) {
	sys := tx.System()
	if k.Held, err = holds(ctx, sys, d); err != nil {
		return k, err
	}
	status := published
	if k.Held != "" {
		status = pending
	}
	staff := !tx.Actor().External()
	draft, err := draftOf(ctx, sys, d, status, staff)
	if err != nil {
		return k, err
	}
	ids, err := org.Must(tx.Insert(ctx, []record.Draft{draft}, org.WriteOptions{}))
	if err != nil {
		return k, err
	}
	k.ID = ids[0]
	question := d.On
	if d.On == "" {
		question = k.ID
		if _, err = org.Must(sys.Insert(ctx, []record.Draft{app.Draft("TopicAssignment", "TopicId", d.Topic, "EntityId", k.ID)}, org.WriteOptions{})); err != nil {
			return k, err
		}
	}
	if err := follow(ctx, sys, question, tx.Actor().User, true); err != nil {
		return k, err
	}
	if k.Held != "" {
		return k, hold(ctx, sys, holding{post: k.ID, question: question, author: tx.Actor().User, why: k.Held, network: d.Network})
	}
	if d.On == "" {
		return k, tellTopic(ctx, sys, k.ID)
	}
	return k, answered(ctx, sys, question, k.ID)
}

func draftOf(ctx context.Context, tx *org.Tx, d Draft, status string, staff bool) (record.Draft, error) {
	if strings.TrimSpace(d.Body) == "" && (d.On != "" || d.Title == "") {
		return record.Draft{}, fault.New(fault.RequiredFieldMissing, "Write something.").On("Body")
	}
	if d.On == "" {
		if !valid(d.Topic, "0TO") {
			return record.Draft{}, fault.New(fault.RequiredFieldMissing, "Choose a topic.").On("ParentId")
		}
		return app.Draft("FeedItem", "ParentId", d.Topic, "Type", questionType, "Title", app.Cut(d.Title, 255), "Body", app.Cut(d.Body, maxBody), "Status", status, "Visibility", "AllUsers",
			"Slug__c", slugOf(d.Title), "Language__c", d.Language, "Network__c", d.Network, "Score__c", 0, "Answers__c", 0, "Active_At__c", tx.Now(), "IsClosed", false, "IsRichText", false), nil
	}
	res, err := app.Query(ctx, tx, "SELECT Id FROM FeedItem WHERE Id = ? AND Type = 'QuestionPost' AND Status = 'Published' AND Visibility = 'AllUsers'", d.On)
	if err != nil {
		return record.Draft{}, err
	}
	if res.Len() == 0 {
		return record.Draft{}, page.NotFound()
	}
	return app.Draft("FeedComment", "FeedItemId", d.On, "CommentBody", app.Cut(d.Body, maxBody), "CommentType", "TextComment", "Status", status, "IsVerified", staff,
		"Language__c", d.Language, "Network__c", d.Network, "Score__c", 0, "IsRichText", false, "HasEntityLinks", false), nil
}

// answered counts the public answers of a question and tells those who follow it of a new one.
func answered(ctx context.Context, tx *org.Tx, question, answer record.ID) error {
	if err := count(ctx, tx, question); err != nil {
		return err
	}
	return tellQuestion(ctx, tx, question, answer)
}

// count keeps what a question says of its answers.
func count(ctx context.Context, tx *org.Tx, question record.ID) error {
	if err := tx.Lock(ctx, question); err != nil {
		return err
	}
	res, err := app.Query(ctx, tx, "SELECT IsVerified, CreatedDate FROM FeedComment WHERE FeedItemId = ? AND Status = 'Published' ORDER BY CreatedDate DESC, Id DESC", question)
	if err != nil {
		return err
	}
	staff := false
	for i := range res.Len() {
		staff = staff || truth(res.Get(i, "IsVerified"))
	}
	d := app.Changes("FeedItem", question, "Answers__c", res.Len(), "Staff_Answered__c", staff)
	if res.Len() > 0 {
		d.Set("Active_At__c", res.Get(0, "CreatedDate"))
	}
	_, err = org.Must(tx.Update(ctx, []record.Draft{d}, org.WriteOptions{}))
	return err
}

// seePost returns a post that a session sees.
func seePost(ctx context.Context, s app.Reader, id record.ID) (p Post, err error) {
	var res *record.Result
	switch {
	case valid(id, questionPrefix):
		if res, err = app.Query(ctx, s, "SELECT "+questionFields+" FROM FeedItem WHERE Id = ? AND Type = 'QuestionPost'", id); err == nil && res.Len() > 0 {
			return questionOf(res, 0), nil
		}
	case valid(id, answerPrefix):
		if res, err = app.Query(ctx, s, "SELECT "+answerFields+" FROM FeedComment WHERE Id = ?", id); err == nil && res.Len() > 0 {
			return answerOf(res, 0), nil
		}
	}
	if err == nil {
		err = page.NotFound()
	}
	return p, err
}

// Vote says that a post helped, or takes that back. One vote a person; nobody votes for their own.
func Vote(ctx context.Context, s *org.Session, p Post, up bool) error {
	me := s.Actor().User
	if p.By.ID == me {
		return fault.New(fault.InsufficientAccess, "It is your own.")
	}
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		sys := tx.System()
		if err := sys.Lock(ctx, p.ID); err != nil {
			return err
		}
		res, err := app.Query(ctx, sys, "SELECT Id FROM Vote WHERE ParentId = ? AND CreatedById = ?", p.ID, me)
		if err != nil {
			return err
		}
		switch {
		case up && res.Len() == 0:
			_, err = org.Must(tx.Insert(ctx, []record.Draft{app.Draft("Vote", "ParentId", p.ID, "Type", "Up")}, org.WriteOptions{}))
		case !up && res.Len() > 0:
			_, err = org.Must(sys.Delete(ctx, []record.ID{res.Get(0, "Id").ID()}, org.WriteOptions{}))
		}
		if err != nil {
			return err
		}
		n, err := app.Query(ctx, sys, "SELECT COUNT(Id) n FROM Vote WHERE ParentId = ? AND Type = 'Up'", p.ID)
		if err != nil {
			return err
		}
		return set(ctx, sys, p.ID, "Score__c", whole(n.Get(0, "n")))
	})
}

// objectOf names the object of a post.
func objectOf(id record.ID) string {
	if id.Prefix() == answerPrefix {
		return "FeedComment"
	}
	return "FeedItem"
}

// set changes fields of a post.
func set(ctx context.Context, tx *org.Tx, id record.ID, pairs ...any) error {
	_, err := org.Must(tx.Update(ctx, []record.Draft{app.Changes(objectOf(id), id, pairs...)}, org.WriteOptions{}))
	return err
}

// Accept marks an answer as the one that helped the asker, or unmarks it. The asker and the staff may.
func Accept(ctx context.Context, s *org.Session, question *Thread, answer record.ID) error {
	if question.By.ID != s.Actor().User && s.Actor().External() {
		return fault.New(fault.InsufficientAccess, "Only who asked can say which answer helped.")
	}
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		best := record.OfID(answer)
		if question.Best == answer {
			best = record.Value{}
		}
		// No client may write the field: the standard has it set by an action of its own.
		_, err := org.Must(tx.System().Update(ctx, []record.Draft{app.Changes("FeedItem", question.ID, "BestCommentId", best)}, org.WriteOptions{Seed: true}))
		return err
	})
}

// Edit changes a post of one's own, or of anybody as staff, and keeps how it read before.
func Edit(ctx context.Context, s *org.Session, p Post, title, body string) (held string, err error) {
	if p.By.ID != s.Actor().User && s.Actor().External() {
		return "", page.NotFound()
	}
	if strings.TrimSpace(body) == "" && (p.ID != p.Question || title == "") {
		return "", fault.New(fault.RequiredFieldMissing, "Write something.").On("Body")
	}
	err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		sys := tx.System()
		rev := []any{"Body__c", p.Body, "Title__c", p.Title}
		field, changes := "Question__c", []any{"Title", app.Cut(title, 255), "Body", app.Cut(body, maxBody), "Slug__c", slugOf(title)}
		if p.ID != p.Question {
			field, changes = "Answer__c", []any{"CommentBody", app.Cut(body, maxBody)}
		}
		if _, err := org.Must(tx.Insert(ctx, []record.Draft{app.Draft("Post_Revision__c", append(rev, field, p.ID)...)}, org.WriteOptions{})); err != nil {
			return err
		}
		held, err = holds(ctx, sys, Draft{On: p.Question, Title: title, Body: body})
		if err != nil {
			return err
		}
		changes = append(changes, "LastEditDate", tx.Now(), "LastEditById", tx.Actor().User)
		if held != "" || p.Status == hidden {
			held = strings.TrimSpace(held + " ")
			if held == "" {
				held = whyFirst
			}
			changes = append(changes, "Status", pending)
			if err := hold(ctx, sys, holding{post: p.ID, question: p.Question, author: p.By.ID, why: held}); err != nil {
				return err
			}
		}
		if err := set(ctx, sys, p.ID, changes...); err != nil {
			return err
		}
		if held != "" && p.ID != p.Question {
			return count(ctx, sys, p.Question)
		}
		return nil
	})
	return held, err
}

// follow has somebody told of answers to a question, or not any more.
func follow(ctx context.Context, tx *org.Tx, question, person record.ID, on bool) error {
	key := string(question) + "-" + string(person)
	if on {
		_, err := org.Must(tx.Upsert(ctx, "Key__c", []record.Draft{app.Draft("Follow__c", "Question__c", question, "Person__c", person, "Key__c", key)}, org.WriteOptions{}))
		return err
	}
	res, err := app.Query(ctx, tx, "SELECT Id FROM Follow__c WHERE Key__c = ?", key)
	if err != nil || res.Len() == 0 {
		return err
	}
	_, err = org.Must(tx.Delete(ctx, []record.ID{res.Get(0, "Id").ID()}, org.WriteOptions{}))
	return err
}

// subscribe has somebody told of new questions on a topic, or not any more.
func subscribe(ctx context.Context, tx *org.Tx, topic, person record.ID, on bool) error {
	res, err := app.Query(ctx, tx, "SELECT Id FROM EntitySubscription WHERE ParentId = ? AND SubscriberId = ?", topic, person)
	switch {
	case err != nil:
		return err
	case on && res.Len() == 0:
		_, err = org.Must(tx.Insert(ctx, []record.Draft{app.Draft("EntitySubscription", "ParentId", topic, "SubscriberId", person)}, org.WriteOptions{}))
	case !on && res.Len() > 0:
		_, err = org.Must(tx.Delete(ctx, []record.ID{res.Get(0, "Id").ID()}, org.WriteOptions{}))
	}
	return err
}

// hour is how far back limits look.
const hour = time.Hour
