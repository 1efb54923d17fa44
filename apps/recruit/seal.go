package recruit

import (
	"context"
	"slices"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// The scale of a score: four steps, so that nobody hides in the middle.
const (
	lowest  = 1
	highest = 4
)

// A tally is what the reviews of one application say together.
type tally struct {
	invited, given int
	sum            float64 // of the ratings given
}

// sealed reports whether what was given stays hidden: somebody who was asked has not answered yet.
func (t tally) sealed() bool { return t.given < t.invited }

// average is the mean rating, null while sealed: of one review it would be that review.
func (t tally) average() record.Value {
	if t.sealed() || t.given == 0 {
		return record.Value{}
	}
	return record.OfDecimal(int64(t.sum/float64(t.given)*100+0.5), 2)
}

// tallies counts the reviews of applications.
func tallies(ctx context.Context, tx *org.Tx, applications []record.ID) (map[record.ID]tally, error) {
	res, err := app.Query(ctx, tx.System(), "SELECT Job_Application__c, Submitted__c, Rating__c FROM Review__c WHERE Job_Application__c IN ?", applications)
	if err != nil {
		return nil, err
	}
	all := map[record.ID]tally{}
	for i := range res.Len() {
		id := res.Get(i, "Job_Application__c").ID()
		t := all[id]
		t.invited++
		if res.Get(i, "Submitted__c").Bool() {
			t.given++
			t.sum += number(res.Get(i, "Rating__c"))
		}
		all[id] = t
	}
	return all, nil
}

// beforeReview lets only a reviewer say what he thinks, once, and nobody break a seal.
func beforeReview(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	for _, r := range b.Rows {
		given := r.Value("Submitted__c").Bool()
		switch {
		case b.Imported():
		case !b.Insert && r.Changes("Job_Application__c") || !b.Insert && r.Changes("Reviewer__c"):
			r.Fail(fault.New(fault.CannotSave, "A review belongs to the one who was asked for it.").On("Reviewer__c"))
		case !b.Insert && r.Was("Submitted__c").Bool() && speaks(r):
			r.Fail(fault.New(fault.CannotSave, "This review was given and does not change any more."))
		case (speaks(r) || given && b.Insert) && r.Value("Reviewer__c").ID() != tx.Actor().User:
			r.Fail(fault.New(fault.CannotSave, "Only the reviewer can write this review.").On("Reviewer__c"))
		case given && r.Value("Rating__c").IsNull():
			r.Fail(fault.New(fault.RequiredFieldMissing, "A review that is given needs a rating.").On("Rating__c"))
		}
		if v := r.Value("Rating__c"); !v.IsNull() && (number(v) < lowest || number(v) > highest) {
			r.Fail(fault.New(fault.NumberOutsideValidRange, "A rating is from %d to %d.", lowest, highest).On("Rating__c"))
		}
		if given && r.Changes("Submitted__c") && r.Value("Submitted_On__c").IsNull() {
			r.Put("Submitted_On__c", record.OfInstant(tx.Now()))
		}
		if r.Changes("Sealed__c") || b.Insert { // the hook after it knows all of them
			r.Put("Sealed__c", record.OfBool(b.Insert || r.Was("Sealed__c").Bool()))
		}
	}
	return nil
}

// speaks reports whether what a review says changes.
func speaks(r *org.Row) bool {
	for _, field := range []string{"Rating__c", "Recommendation__c", "Assessment__c", "Submitted__c"} {
		if r.Changes(field) && !(field == "Submitted__c" && r.Was(field).IsNull() && !r.Value(field).Bool()) {
			return true
		}
	}
	return false
}

// afterReview seals and unseals, and keeps what an application says of its reviews.
func afterReview(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	var on []record.ID
	for _, r := range b.Rows {
		on = append(on, r.Value("Job_Application__c").ID())
	}
	return reseal(ctx, tx, on)
}

// reseal brings seals, averages and counts of applications up to date. Writes are the app's own: no client can make them.
func reseal(ctx context.Context, tx *org.Tx, applications []record.ID) error {
	if len(applications) == 0 {
		return nil
	}
	tx = tx.System()
	if err := lock(ctx, tx, applications); err != nil {
		return err
	}
	of, err := tallies(ctx, tx, applications)
	if err != nil {
		return err
	}
	reviews, err := app.Query(ctx, tx, "SELECT Id, Job_Application__c, Sealed__c FROM Review__c WHERE Job_Application__c IN ?", applications)
	if err != nil {
		return err
	}
	sealed := map[record.ID]bool{}
	var drafts []record.Draft
	var ids []record.ID
	for i := range reviews.Len() {
		id := reviews.Get(i, "Id").ID()
		ids = append(ids, id)
		sealed[id] = of[reviews.Get(i, "Job_Application__c").ID()].sealed()
		if sealed[id] != reviews.Get(i, "Sealed__c").Bool() {
			drafts = append(drafts, app.Changes("Review__c", id, "Sealed__c", sealed[id]))
		}
	}
	scores, err := app.Query(ctx, tx, "SELECT Id, Review__c, Sealed__c FROM Review_Score__c WHERE Review__c IN ?", ids)
	if err != nil {
		return err
	}
	for i := range scores.Len() {
		if s := sealed[scores.Get(i, "Review__c").ID()]; s != scores.Get(i, "Sealed__c").Bool() {
			drafts = append(drafts, app.Changes("Review_Score__c", scores.Get(i, "Id").ID(), "Sealed__c", s))
		}
	}
	for id, t := range of {
		drafts = append(drafts, app.Changes("Job_Application__c", id, "Average_Rating__c", t.average(), "Number_of_Reviews__c", t.given))
	}
	// As a seed: the hooks that keep clients from breaking seals do not run.
	_, err = org.Must(tx.Update(ctx, drafts, org.WriteOptions{AllOrNone: true, Seed: true}))
	return err
}

// lock makes others who give a review of the same applications wait: whoever comes last must see what the others gave.
func lock(ctx context.Context, tx *org.Tx, applications []record.ID) error {
	sorted := slices.Compact(slices.Sorted(slices.Values(applications)))
	var drafts []record.Draft
	for _, id := range sorted {
		drafts = append(drafts, app.Changes("Job_Application__c", id, "Average_Rating__c", nil))
	}
	_, err := org.Must(tx.Update(ctx, drafts, org.WriteOptions{AllOrNone: true, Seed: true}))
	return err
}

// beforeScore lets only the reviewer score, on the scale, and keeps the seal of the review.
func beforeScore(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	var on []record.ID
	for _, r := range b.Rows {
		on = append(on, r.Value("Review__c").ID())
	}
	res, err := app.Query(ctx, tx, "SELECT Id, Reviewer__c, Submitted__c, Sealed__c FROM Review__c WHERE Id IN ?", on)
	if err != nil {
		return err
	}
	type review struct {
		by            record.ID
		given, sealed bool
	}
	of := map[record.ID]review{}
	for i := range res.Len() {
		of[res.Get(i, "Id").ID()] = review{res.Get(i, "Reviewer__c").ID(), res.Get(i, "Submitted__c").Bool(), res.Get(i, "Sealed__c").Bool()}
	}
	for _, r := range b.Rows {
		is := of[r.Value("Review__c").ID()]
		r.Put("Sealed__c", record.OfBool(is.sealed))
		if v := r.Value("Score__c"); !v.IsNull() && (v.Int() < lowest || v.Int() > highest) {
			r.Fail(fault.New(fault.NumberOutsideValidRange, "A score is from %d to %d.", lowest, highest).On("Score__c"))
		}
		switch changed := b.Insert || r.Changes("Score__c") || r.Changes("Note__c") || r.Changes("Review__c") || r.Changes("Attribute__c"); {
		case b.Imported() || !changed:
		case is.by != tx.Actor().User:
			r.Fail(fault.New(fault.CannotSave, "Only the reviewer can score."))
		case is.given:
			r.Fail(fault.New(fault.CannotSave, "This review was given and does not change any more."))
		}
	}
	return nil
}

// keepRatings lets nobody give an application another average than that of its reviews.
func keepRatings(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	var on []record.ID
	for _, r := range b.Rows {
		if r.Changes("Average_Rating__c") || r.Changes("Number_of_Reviews__c") {
			on = append(on, r.ID)
		}
	}
	if len(on) == 0 || b.Imported() {
		return nil
	}
	of := map[record.ID]tally{}
	if !b.Insert {
		var err error
		if of, err = tallies(ctx, tx, on); err != nil {
			return err
		}
	}
	for _, r := range b.Rows {
		if r.Changes("Average_Rating__c") || r.Changes("Number_of_Reviews__c") {
			r.Put("Average_Rating__c", of[r.ID].average())
			r.Put("Number_of_Reviews__c", record.OfInt(int64(of[r.ID].given)))
		}
	}
	return nil
}

// number returns a decimal as people reckon with it, 0 for null.
func number(v record.Value) float64 {
	if v.IsNull() {
		return 0
	}
	return v.Float()
}
