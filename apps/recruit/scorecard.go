package recruit

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// recommendations are what a reviewer says in the end: a side, with or without doubt.
var recommendations = [...]string{"Strong no", "No", "Yes", "Strong yes"}

// A card is the scorecard of one application as who visits may see it.
type card struct {
	Attributes     []attribute
	Mine           *review // what who visits was asked for, nil for nothing
	Shown          []review
	Waiting        []review // asked for and not given: only by whom
	Invited, Given int
	Closed         bool     // others' reviews are hidden until one's own is given
	Spread         []string // attributes over which reviewers are two steps or more apart
}

// An attribute is what is scored, and what each step means.
type attribute struct {
	ID      record.ID
	Name    string
	Weight  int
	Anchors [highest]string
}

// A review is what one reviewer says.
type review struct {
	ID             record.ID
	By             kit.Person
	Given          bool
	Rating         float64
	Recommendation string
	Assessment     string
	Scores         map[record.ID]score
	Blind          bool // its words may name a candidate whom a blind review hides
}

type score struct {
	ID   record.ID
	N    int
	Note string
	// Blind: as of a review.
	Blind bool
}

// veil takes the words out that may name a candidate who is hidden.
func (r *review) veil() {
	if r.Blind {
		r.Assessment = ""
	}
	for id, s := range r.Scores {
		if s.Blind {
			s.Note = ""
			r.Scores[id] = s
		}
	}
}

// readCard reads the scorecard. A seal hides reviews from every door; this page opens them to whoever has given his own.
func readCard(v *page.Visit, c *candidate) (*card, error) {
	s, err := own(v)
	if err != nil {
		return nil, err
	}
	k := &card{}
	if k.Attributes, err = attributesOf(v.Ctx(), v.S, c.Position); err != nil {
		return nil, err
	}
	all, err := reviewsOf(v.Ctx(), s, c.ID)
	if err != nil {
		return nil, err
	}
	me, names := v.S.Actor().User, v.S.Custom(seeIdentity)
	for i := range all {
		if !names && (all[i].Given || all[i].By.ID != me) { // a draft of one's own stays
			all[i].veil()
		}
		k.Invited++
		if all[i].Given {
			k.Given++
		}
		if all[i].By.ID == me && k.Mine == nil {
			k.Mine = &all[i]
		}
	}
	switch {
	case k.Mine != nil:
		k.Closed = !k.Mine.Given
	case !names:
		k.Closed = k.Given < k.Invited
	}
	for _, r := range all {
		switch {
		case !r.Given:
			k.Waiting = append(k.Waiting, review{ID: r.ID, By: r.By})
		case !k.Closed:
			k.Shown = append(k.Shown, r)
		}
	}
	k.spread()
	return k, nil
}

func attributesOf(ctx context.Context, r app.Reader, position record.ID) (all []attribute, err error) {
	res, err := app.Query(ctx, r, "SELECT Id, Name, Weight__c, Anchor_1__c, Anchor_2__c, Anchor_3__c, Anchor_4__c FROM Scorecard_Attribute__c WHERE Position__c = ? ORDER BY Order__c NULLS LAST, Id LIMIT 30", position)
	if err != nil {
		return nil, err
	}
	for i := range res.Len() {
		a := attribute{ID: res.Get(i, "Id").ID(), Name: app.Text(res.Get(i, "Name")), Weight: max(1, int(number(res.Get(i, "Weight__c"))))}
		for n := range a.Anchors {
			a.Anchors[n] = app.Text(res.Get(i, "Anchor_"+strconv.Itoa(n+1)+"__c"))
		}
		all = append(all, a)
	}
	return all, nil
}

func reviewsOf(ctx context.Context, r app.Reader, application record.ID) (all []review, err error) {
	res, err := app.Query(ctx, r, "SELECT Id, Reviewer__c, Reviewer__r.Name, Submitted__c, Rating__c, Recommendation__c, Assessment__c, Blind__c FROM Review__c WHERE Job_Application__c = ? ORDER BY CreatedDate, Id LIMIT 100", application)
	if err != nil {
		return nil, err
	}
	var ids []record.ID
	for i := range res.Len() {
		ids = append(ids, res.Get(i, "Id").ID())
		all = append(all, review{ID: ids[i], By: kit.Person{ID: record.ID(app.Text(res.Get(i, "Reviewer__c"))), Name: app.Text(res.Get(i, "Reviewer__r", "Name"))}, Given: res.Get(i, "Submitted__c").Bool(),
			Rating: number(res.Get(i, "Rating__c")), Recommendation: app.Text(res.Get(i, "Recommendation__c")), Assessment: app.Text(res.Get(i, "Assessment__c")), Scores: map[record.ID]score{}, Blind: res.Get(i, "Blind__c").Bool()})
	}
	scores, err := app.Query(ctx, r, "SELECT Id, Review__c, Attribute__c, Score__c, Note__c, Blind__c FROM Review_Score__c WHERE Review__c IN ?", ids)
	if err != nil {
		return nil, err
	}
	for i := range scores.Len() {
		at := slices.Index(ids, scores.Get(i, "Review__c").ID())
		all[at].Scores[record.ID(app.Text(scores.Get(i, "Attribute__c")))] = score{scores.Get(i, "Id").ID(), int(number(scores.Get(i, "Score__c"))), app.Text(scores.Get(i, "Note__c")), scores.Get(i, "Blind__c").Bool()}
	}
	return all, nil
}

// spread names the attributes over which those who scored are far apart: there they should talk.
func (k *card) spread() {
	for _, a := range k.Attributes {
		low, high := highest+1, 0
		for _, r := range k.Shown {
			if n := r.Scores[a.ID].N; n > 0 {
				low, high = min(low, n), max(high, n)
			}
		}
		if high-low >= 2 {
			k.Spread = append(k.Spread, a.Name)
		}
	}
}

// mean is the weighted mean of scores, 0 where one is missing.
func mean(attributes []attribute, scores map[record.ID]score) float64 {
	sum, weight := 0, 0
	for _, a := range attributes {
		n := scores[a.ID].N
		if n == 0 {
			return 0
		}
		sum, weight = sum+n*a.Weight, weight+a.Weight
	}
	if weight == 0 {
		return 0
	}
	return float64(sum) / float64(weight)
}

// invite asks a colleague for a review, or takes that back while he has given none.
func invite(v *page.Visit) error {
	c, err := readCandidate(v)
	if err != nil {
		return err
	}
	if !c.CanEdit {
		return page.NotFound()
	}
	back := c.path() + "#scorecard"
	if gone := v.Posted("remove"); gone != "" {
		for _, r := range c.Card.Waiting {
			if string(r.ID) == gone {
				if err := uninvite(v, c.ID, r.ID); err != nil {
					return err
				}
				v.Flash(v.T("recruit.uninvited", "who", r.By.Name))
			}
		}
		return v.Redirect(back)
	}
	i := slices.IndexFunc(c.Staff, func(p kit.Person) bool { return string(p.ID) == v.Posted("reviewer") })
	if i < 0 {
		c.Problems = []kit.Problem{{Field: "reviewer", Text: v.T("recruit.invite.whom")}}
		return c.show(v, http.StatusUnprocessableEntity)
	}
	who := c.Staff[i]
	err = v.S.Do(v.Ctx(), func(ctx context.Context, tx *org.Tx) error {
		there, err := app.Query(ctx, tx, "SELECT Id FROM Review__c WHERE Job_Application__c = ? AND Reviewer__c = ?", c.ID, who.ID)
		if err != nil || there.Len() > 0 {
			return err
		}
		_, err = org.Must(tx.Insert(ctx, []record.Draft{app.Draft("Review__c", "Job_Application__c", c.ID, "Reviewer__c", who.ID)}, org.WriteOptions{AllOrNone: true}))
		return err
	})
	if err != nil {
		return err
	}
	v.Flash(v.T("recruit.invited", "who", who.Name))
	return v.Redirect(back)
}

func uninvite(v *page.Visit, application, id record.ID) error {
	return v.S.Do(v.Ctx(), func(ctx context.Context, tx *org.Tx) error {
		if _, err := org.Must(tx.Delete(ctx, []record.ID{id}, org.WriteOptions{AllOrNone: true})); err != nil {
			return err
		}
		return reseal(ctx, tx, []record.ID{application})
	})
}

// giveReview keeps what a reviewer scores, and gives it where he says so.
func giveReview(v *page.Visit) error {
	c, err := readCandidate(v)
	if err != nil {
		return err
	}
	mine := c.Card.Mine
	if mine == nil || mine.Given {
		v.Flash(v.T("recruit.review.done"))
		return v.Redirect(c.path() + "#scorecard")
	}
	for _, a := range c.Card.Attributes {
		s := mine.Scores[a.ID]
		if n, err := strconv.Atoi(v.Posted("score-" + string(a.ID))); err == nil && n >= lowest && n <= highest {
			s.N = n
		}
		s.Note = v.Text("note-"+string(a.ID), 255)
		mine.Scores[a.ID] = s
		if s.N == 0 && v.Posted("give") != "" {
			c.Problems = append(c.Problems, kit.Problem{Field: "score-" + string(a.ID) + "-1", Text: v.T("recruit.review.score", "what", a.Name)})
		}
	}
	if r := v.Posted("recommendation"); slices.Contains(recommendations[:], r) {
		mine.Recommendation = r
	}
	mine.Assessment = v.Text("assessment", 8000)
	mine.Rating = mean(c.Card.Attributes, mine.Scores)
	if len(c.Card.Attributes) == 0 { // no scorecard: one overall score
		if n, err := strconv.Atoi(v.Posted("overall")); err == nil && n >= lowest && n <= highest {
			mine.Rating = float64(n)
		}
	}
	if v.Posted("give") != "" {
		if mine.Recommendation == "" {
			c.Problems = append(c.Problems, kit.Problem{Field: "recommendation-0", Text: v.T("recruit.review.recommend")})
		}
		if mine.Rating == 0 && len(c.Card.Attributes) == 0 {
			c.Problems = append(c.Problems, kit.Problem{Field: "overall-1", Text: v.T("recruit.review.overall.needed")})
		}
		if len(c.Problems) > 0 {
			return c.show(v, http.StatusUnprocessableEntity)
		}
	}
	s, err := own(v)
	if err != nil {
		return err
	}
	if err := mine.keep(v.Ctx(), s, v.Posted("give") != ""); err != nil {
		if text, ok := mistake(err); ok {
			c.Problems = append(c.Problems, kit.Problem{Text: text})
			return c.show(v, http.StatusUnprocessableEntity)
		}
		return err
	}
	if v.Posted("give") != "" {
		v.Flash(v.T("recruit.review.given"))
	} else {
		v.Flash(v.T("recruit.review.kept"))
	}
	return v.Redirect(c.path() + "#scorecard")
}

// keep writes a review with its scores in one unit; a draft has no rating yet.
func (r *review) keep(ctx context.Context, s *org.Session, give bool) error {
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		is, err := app.Query(ctx, tx, "SELECT Submitted__c, Reviewer__c FROM Review__c WHERE Id = ?", r.ID)
		if err != nil {
			return err
		}
		if is.Len() == 0 || is.Get(0, "Submitted__c").Bool() || is.Get(0, "Reviewer__c").ID() != tx.Actor().User {
			return fault.New(fault.CannotSave, "This review was given and does not change any more.")
		}
		var fresh, known []record.Draft
		for a, s := range r.Scores {
			if s.N == 0 && s.Note == "" {
				continue
			}
			n := record.Value{}
			if s.N > 0 {
				n = record.OfInt(int64(s.N))
			}
			if s.ID != "" {
				known = append(known, app.Changes("Review_Score__c", s.ID, "Score__c", n, "Note__c", s.Note))
			} else {
				fresh = append(fresh, app.Draft("Review_Score__c", "Review__c", r.ID, "Attribute__c", a, "Score__c", n, "Note__c", s.Note))
			}
		}
		if _, err := org.Must(tx.Insert(ctx, fresh, org.WriteOptions{AllOrNone: true})); err != nil {
			return err
		}
		if _, err := org.Must(tx.Update(ctx, known, org.WriteOptions{AllOrNone: true})); err != nil {
			return err
		}
		rating := record.Value{}
		if r.Rating > 0 {
			rating = record.OfDecimal(int64(r.Rating*100+0.5), 2)
		}
		d := app.Changes("Review__c", r.ID, "Rating__c", rating, "Recommendation__c", r.Recommendation, "Assessment__c", r.Assessment)
		if give {
			d.Set("Submitted__c", record.OfBool(true))
		}
		_, err = org.Must(tx.Update(ctx, []record.Draft{d}, org.WriteOptions{AllOrNone: true}))
		return err
	})
}
