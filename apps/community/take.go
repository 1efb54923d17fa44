package community

import (
	"context"

	"stoa/internal/app"
	"stoa/internal/i18n"
	"stoa/internal/org"
	"stoa/internal/record"
)

// jobTake publishes a question and its answer that the desk has offered; its body is the id of the Publication__c.
const jobTake = "community.take"

// The words by which the service app offers: the object is all that the two apps share.
const (
	offerObject    = "Publication__c"
	offerKind      = "publication" // of the capability that an offer carries
	offerAgreed    = "Agreed"
	offerPublished = "Published"
	offerRefused   = "Refused" // the desk has not offered it: its capability is missing or wrong
)

// takeOffers is the hook of offers: one whose citizen has agreed is published soon.
func takeOffers(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	for _, r := range b.Rows {
		if r.Text("State__c") != offerAgreed || !b.Insert && !r.Changes("State__c") {
			continue
		}
		if err := tx.Enqueue(ctx, org.Job{Kind: jobTake, Key: string(r.ID), Body: []byte(r.ID)}); err != nil {
			return err
		}
	}
	return nil
}

// take is the job. It may run twice: what is published is not published again.
func take(ctx context.Context, s *org.Session, body []byte) error {
	id := record.ID(body)
	res, err := app.Query(ctx, s, "SELECT Key__c, OwnerId, Owner.Name FROM Publication__c WHERE Id = ? AND State__c = ?", id, offerAgreed)
	if err != nil || res.Len() == 0 {
		return err
	}
	opens, err := app.Opens(ctx, s.Org(), offerKind, id, app.Text(res.Get(0, "Key__c")))
	if err != nil {
		return err
	}
	if !opens {
		_, err := org.Must(s.Update(ctx, []record.Draft{app.Changes(offerObject, id, "State__c", offerRefused)}, org.WriteOptions{}))
		return err
	}
	// The post is of whoever offered it: the one of the staff who answers for it.
	mine, err := s.Org().Service(ctx, org.Actor{User: res.Get(0, "OwnerId").ID(), Name: app.Text(res.Get(0, "Owner", "Name")), UserType: "Standard"}, org.Jobs, why)
	if err != nil {
		return err
	}
	return mine.Do(ctx, func(ctx context.Context, tx *org.Tx) error { return takeOffer(ctx, tx, id) })
}

// takeOffer publishes the question, with the line that says whose it was, and below it the answer as the one that helped.
func takeOffer(ctx context.Context, tx *org.Tx, id record.ID) error {
	sys := tx.System()
	if err := sys.Lock(ctx, id); err != nil {
		return err
	}
	res, err := app.Query(ctx, sys, "SELECT Title__c, Question__c, Answer__c, Topic__c, Language__c FROM Publication__c WHERE Id = ? AND State__c = ?", id, offerAgreed)
	if err != nil || res.Len() == 0 {
		return err
	}
	get := func(name string) string { return app.Text(res.Get(0, name)) }
	topic, err := topicFor(ctx, sys, record.ID(get("Topic__c")))
	if err != nil {
		return err
	}
	lang := get("Language__c")
	question, err := publish(ctx, tx, Draft{Topic: topic, Title: get("Title__c"), Body: get("Question__c") + "\n\n_" + i18n.For(lang).T("publish.note") + "_", Language: lang})
	if err != nil {
		return err
	}
	answer, err := publish(ctx, tx, Draft{On: question.ID, Body: get("Answer__c"), Language: lang})
	if err != nil {
		return err
	}
	if _, err := org.Must(sys.Update(ctx, []record.Draft{app.Changes("FeedItem", question.ID, "BestCommentId", answer.ID)}, org.WriteOptions{Seed: true})); err != nil {
		return err
	}
	_, err = org.Must(sys.Update(ctx, []record.Draft{app.Changes(offerObject, id, "State__c", offerPublished, "Post__c", string(question.ID))}, org.WriteOptions{}))
	return err
}

// topicFor returns the topic of an offer, the first of all where that is gone, and makes one where there is none.
func topicFor(ctx context.Context, sys *org.Tx, wanted record.ID) (record.ID, error) {
	res, err := app.Query(ctx, sys, "SELECT Id FROM Topic ORDER BY Name LIMIT 1000")
	if err != nil {
		return "", err
	}
	for i := range res.Len() {
		if res.Get(i, "Id").ID() == wanted {
			return wanted, nil
		}
	}
	if res.Len() > 0 {
		return res.Get(0, "Id").ID(), nil
	}
	ids, err := org.Must(sys.Insert(ctx, []record.Draft{app.Draft("Topic", "Name", "Questions")}, org.WriteOptions{}))
	if err != nil {
		return "", err
	}
	return ids[0], nil
}
