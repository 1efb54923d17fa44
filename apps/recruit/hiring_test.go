package recruit

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// An office is an org with people who recruit.
type office struct {
	t *testing.T
	o *org.Org
	s *org.Session
}

// TestHiring runs on one org an engine, since making one takes seconds on PostgreSQL.
func TestHiring(t *testing.T) {
	each(t, func(t *testing.T, o *org.Org, s *org.Session) {
		h := &office{t, o, s}
		t.Run("MovesStandOrFallTogether", func(t *testing.T) { h.t = t; h.moves() })
		t.Run("SealsHoldUntilEverybodyHasSpoken", func(t *testing.T) { h.t = t; h.seals() })
		t.Run("OnlyTheReviewerWritesHisReview", func(t *testing.T) { h.t = t; h.reviewsAreOnesOwn() })
		t.Run("ReviewsThatAreGivenAtOnceOpenTheSeal", func(t *testing.T) { h.t = t; h.atOnce() })
		t.Run("InterviewsKeepTheirPlaceInCalendars", func(t *testing.T) { h.t = t; h.interviews() })
		t.Run("OffersThatWereSentDoNotChange", func(t *testing.T) { h.t = t; h.offers() })
		t.Run("APositionIsFilledWhenItsOpeningsAre", func(t *testing.T) { h.t = t; h.filled() })
		t.Run("WhoIsReviewedBlindIsHiddenElsewhereToo", func(t *testing.T) { h.t = t; h.hiddenElsewhere() })
	})
}

// user makes somebody of the staff and returns what opens sessions of his.
func (h *office) user(name string) (record.ID, func() *org.Session) {
	h.t.Helper()
	res, err := app.Query(h.t.Context(), h.s, "SELECT Id FROM Profile WHERE Name = ?", "Standard User")
	if err != nil {
		h.t.Fatal(err)
	}
	id := insert(h.t, h.s, "User", "Username", name+"@hire.example", "LastName", name, "Alias", name[:3], "Email", name+"@hire.example", "ProfileId", res.Get(0, "Id").ID(),
		"TimeZoneSidKey", "UTC", "LocaleSidKey", "en_US", "LanguageLocaleKey", "en_US", "EmailEncodingKey", "UTF-8", "IsActive", true)
	return id, func() *org.Session {
		h.t.Helper()
		a, _, _, err := h.o.UserByID(h.t.Context(), id)
		if err != nil {
			h.t.Fatal(err)
		}
		s, err := h.o.Session(h.t.Context(), a, org.REST, "")
		if err != nil {
			h.t.Fatal(err)
		}
		return s
	}
}

// own returns a session of the app's own code in somebody's name, as pages have it.
func (h *office) own(id record.ID) *org.Session {
	h.t.Helper()
	a, _, _, err := h.o.UserByID(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	s, err := h.o.Service(h.t.Context(), a, org.Console, purposeReview)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

func (h *office) application(position record.ID, pairs ...any) record.ID {
	h.t.Helper()
	person := insert(h.t, h.s, "Candidate__c", "Last_Name__c", "Brightwater", "First_Name__c", "Ada")
	return insert(h.t, h.s, "Job_Application__c", append([]any{"Position__c", position, "Candidate__c", person}, pairs...)...)
}

// value reads one field.
func (h *office) value(object string, id record.ID, field string) string {
	h.t.Helper()
	res, err := app.Query(h.t.Context(), h.s, "SELECT "+field+" FROM "+object+" WHERE Id = ?", id)
	if err != nil || res.Len() != 1 {
		h.t.Fatalf("%s of %s: %d %v", field, object, res.Len(), err)
	}
	return app.Text(res.Get(0, field))
}

// refusedWith wants an error of a client's mistake that says something.
func refusedWith(t *testing.T, err error, says string) {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Code.Status() >= 500 || !strings.Contains(f.Message, says) {
		t.Errorf("got %v, want a refusal with %q", err, says)
	}
}

func (h *office) moves() {
	ctx, t := h.t.Context(), h.t
	p := insert(t, h.s, "Position__c", "Name", "Gardener")
	a, b := h.application(p), h.application(p, "Status__c", StageScreened)
	for _, c := range []struct {
		m    Move
		says string
	}{
		{Move{To: StageOffer}, "No application"},
		{Move{Applications: []record.ID{a}, To: "Nowhere"}, "no stage"},
		{Move{Applications: []record.ID{a}, To: StageRejected}, "choose a reason"},
		{Move{Applications: make([]record.ID, maxMove+1), To: StageOffer}, "At most"},
	} {
		_, err := Moves(ctx, h.s, c.m)
		refusedWith(t, err, c.says)
	}
	moved, err := Moves(ctx, h.s, Move{Applications: []record.ID{a, b}, To: StageScreened})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Moved{{a, StageApplied}}, moved); diff != "" {
		t.Errorf("who is there does not move: %s", diff)
	}
	if moved, err = Moves(ctx, h.s, Move{Applications: []record.ID{a, b}, To: StageRejected, Reason: "Others were stronger"}); err != nil || len(moved) != 2 {
		t.Fatalf("%v %v", moved, err)
	}
	if got := h.value("Job_Application__c", b, "Reason__c"); got != "Others were stronger" {
		t.Errorf("the reason is %q", got)
	}
	set(t, h.s, "Job_Application__c", b, "Status__c", StageOffer) // somebody goes on meanwhile
	n, err := Unmove(ctx, h.s, moved, StageRejected)
	if err != nil || n != 1 {
		t.Errorf("%d moves were taken back: %v", n, err)
	}
	if got := h.value("Job_Application__c", a, "Status__c") + h.value("Job_Application__c", a, "Reason__c") + h.value("Job_Application__c", b, "Status__c"); got != StageScreened+StageOffer {
		t.Errorf("after the undo: %q", got)
	}
}

func (h *office) seals() {
	ctx, t := h.t.Context(), h.t
	one, asOne := h.user("first")
	two, _ := h.user("second")
	p := insert(t, h.s, "Position__c", "Name", "Nurse")
	k := insert(t, h.s, "Scorecard_Attribute__c", "Position__c", p, "Name", "Calm", "Weight__c", 1)
	a := h.application(p)
	mine := insert(t, h.s, "Review__c", "Job_Application__c", a, "Reviewer__c", one)
	theirs := insert(t, h.s, "Review__c", "Job_Application__c", a, "Reviewer__c", two)
	give := func(by, id record.ID, n int) {
		t.Helper()
		r := review{ID: id, Rating: float64(n), Recommendation: "Yes", Assessment: "Evidence", Scores: map[record.ID]score{k: {N: n, Note: "seen"}}}
		if err := r.keep(ctx, h.own(by), true); err != nil {
			t.Fatal(err)
		}
	}
	shown := func() string {
		t.Helper()
		res, err := app.Query(ctx, asOne(), "SELECT Rating__c, Assessment__c FROM Review__c WHERE Id = ?", theirs)
		if err != nil {
			t.Fatal(err)
		}
		scores, err := app.Query(ctx, asOne(), "SELECT Score__c, Note__c FROM Review_Score__c WHERE Review__c = ?", theirs)
		if err != nil || scores.Len() != 1 {
			t.Fatalf("%d scores: %v", scores.Len(), err)
		}
		return app.Text(res.Get(0, "Rating__c")) + app.Text(res.Get(0, "Assessment__c")) + app.Text(scores.Get(0, "Score__c")) + app.Text(scores.Get(0, "Note__c"))
	}
	give(two, theirs, 4)
	if got := shown(); got != "" {
		t.Errorf("a sealed review says %q", got)
	}
	if got := h.value("Job_Application__c", a, "Average_Rating__c") + "/" + h.value("Job_Application__c", a, "Number_of_Reviews__c"); got != "/1" {
		t.Errorf("the average of one sealed review is told: %s", got)
	}
	for _, d := range []record.Draft{
		app.Changes("Review__c", theirs, "Sealed__c", false), app.Changes("Job_Application__c", a, "Average_Rating__c", 1, "Number_of_Reviews__c", 9),
	} {
		if _, err := asOne().Update(ctx, []record.Draft{d}, org.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if got := shown(); got != "" {
		t.Errorf("after somebody took the seal away it says %q", got)
	}
	if got := h.value("Job_Application__c", a, "Average_Rating__c") + "/" + h.value("Job_Application__c", a, "Number_of_Reviews__c"); got != "/1" {
		t.Errorf("somebody wrote an average: %s", got)
	}
	give(one, mine, 3)
	if got := shown(); got != "4.00Evidence4seen" && got != "4Evidence4seen" {
		t.Errorf("when all have given theirs it says %q", got)
	}
	if got := h.value("Job_Application__c", a, "Average_Rating__c"); got != "3.50" && got != "3.5" {
		t.Errorf("the average is %s", got)
	}
	third, _ := h.user("third")
	insert(t, h.s, "Review__c", "Job_Application__c", a, "Reviewer__c", third)
	if got := shown(); got != "" {
		t.Errorf("with somebody else asked it still says %q", got)
	}
}

func (h *office) reviewsAreOnesOwn() {
	ctx, t := h.t.Context(), h.t
	one, asOne := h.user("alpha")
	two, _ := h.user("bravo")
	a := h.application(insert(t, h.s, "Position__c", "Name", "Clerk"))
	id := insert(t, h.s, "Review__c", "Job_Application__c", a, "Reviewer__c", two)
	write := func(s *org.Session, pairs ...any) error {
		_, err := org.Must(s.Update(ctx, []record.Draft{app.Changes("Review__c", id, pairs...)}, org.WriteOptions{AllOrNone: true}))
		return err
	}
	refusedWith(t, write(h.own(one), "Submitted__c", true, "Rating__c", 1), "Only the reviewer")
	refusedWith(t, write(h.own(one), "Reviewer__c", one), "belongs to the one")
	refusedWith(t, write(h.own(two), "Submitted__c", true), "needs a rating")
	refusedWith(t, write(h.own(two), "Rating__c", 5), "from 1 to 4")
	_, err := org.Must(asOne().Insert(ctx, []record.Draft{app.Draft("Review__c", "Job_Application__c", a, "Reviewer__c", two, "Submitted__c", true, "Rating__c", 1)}, org.WriteOptions{AllOrNone: true}))
	refusedWith(t, err, "Only the reviewer")
	if err := write(h.own(two), "Submitted__c", true, "Rating__c", 2); err != nil {
		t.Fatal(err)
	}
	refusedWith(t, write(h.own(two), "Rating__c", 4), "does not change")
	refusedWith(t, write(h.own(two), "Submitted__c", false), "does not change")
}

func (h *office) atOnce() {
	ctx, t := h.t.Context(), h.t
	a := h.application(insert(t, h.s, "Position__c", "Name", "Chorister"))
	const n = 6
	var all [n]*org.Session
	var ids [n]record.ID
	for i := range n {
		who, _ := h.user("voice" + string(rune('a'+i)))
		ids[i], all[i] = insert(t, h.s, "Review__c", "Job_Application__c", a, "Reviewer__c", who), h.own(who)
	}
	errs := make(chan error, n)
	for i := range n {
		go func() {
			r := review{ID: ids[i], Rating: 3, Recommendation: "Yes"}
			errs <- r.keep(ctx, all[i], true)
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if got := h.value("Job_Application__c", a, "Number_of_Reviews__c"); got != "6" {
		t.Errorf("%s reviews are counted", got)
	}
	for _, id := range ids {
		if h.value("Review__c", id, "Sealed__c") != "false" {
			t.Error("one stays sealed for ever")
		}
	}
}

func (h *office) interviews() {
	ctx, t := h.t.Context(), h.t
	one, _ := h.user("panel")
	a := h.application(insert(t, h.s, "Position__c", "Name", "Diver"))
	starts := time.Now().Add(48 * time.Hour).Truncate(time.Minute)
	plan := Arrangement{Starts: starts, Minutes: 30, Kind: "Video", Panel: []record.ID{one}}
	for _, c := range []struct {
		change func(*Arrangement)
		says   string
	}{
		{func(p *Arrangement) { p.Starts = time.Time{} }, "day and the time"},
		{func(p *Arrangement) { p.Starts = time.Now().Add(-time.Hour) }, "in the past"},
		{func(p *Arrangement) { p.Minutes = 0 }, "minutes"},
		{func(p *Arrangement) { p.Kind = "Telepathy" }, "how you meet"},
	} {
		p := plan
		c.change(&p)
		refusedWith(t, Propose(ctx, h.s, a, p), c.says)
	}
	id := insert(t, h.s, "Interview__c", "Job_Application__c", a, "Starts__c", starts, "Minutes__c", 30, "Kind__c", "Video", "Status__c", "Confirmed")
	insert(t, h.s, "Interview_Panel__c", "Interview__c", id, "User__c", one)
	uid := h.value("Interview__c", id, "Calendar_UID__c")
	state := func() string {
		return h.value("Interview__c", id, "Sequence__c") + " " + h.value("Interview__c", id, "Status__c")
	}
	if uid == "" || state() != "0 Confirmed" {
		t.Errorf("a new one is %q %s", uid, state())
	}
	set(t, h.s, "Interview__c", id, "Starts__c", starts.Add(time.Hour))
	if got := state(); got != "1 Proposed" {
		t.Errorf("put elsewhere it is %s", got)
	}
	set(t, h.s, "Interview__c", id, "Status__c", "Confirmed")
	if got := state(); got != "1 Confirmed" {
		t.Errorf("confirmed it is %s", got)
	}
	if clashes, err := Clashes(ctx, h.s, Arrangement{Starts: starts.Add(80 * time.Minute), Minutes: 30, Panel: []record.ID{one}}, ""); err != nil || len(clashes) != 1 {
		t.Errorf("a member of the panel is busy: %v %v", clashes, err)
	}
	if clashes, err := Clashes(ctx, h.s, Arrangement{Starts: starts.Add(90 * time.Minute), Minutes: 30, Panel: []record.ID{one}}, ""); err != nil || len(clashes) != 0 {
		t.Errorf("right after it nobody is busy: %v %v", clashes, err)
	}
	set(t, h.s, "Interview__c", id, "Status__c", interviewCancelled)
	if got := state(); got != "2 Cancelled" || h.value("Interview__c", id, "Calendar_UID__c") != uid {
		t.Errorf("called off it is %s", got)
	}
	refusedWith(t, Cancel(ctx, h.s, id), "called off")
	file := string(calendar("City", "Diver, deep; sea", &interview{UID: uid, Starts: starts, Minutes: 30, Sequence: 2, Status: interviewCancelled}, starts))
	for _, line := range []string{"UID:" + uid, "SEQUENCE:2", "STATUS:CANCELLED", `SUMMARY:Diver\, deep\; sea\, City`} {
		if !strings.Contains(file, line+"\r\n") {
			t.Errorf("the calendar file lacks %s:\n%s", line, file)
		}
	}
}

func (h *office) offers() {
	ctx, t := h.t.Context(), h.t
	blind := h.application(insert(t, h.s, "Position__c", "Name", "Judge", "Blind_Until__c", StageOffer))
	_, err := org.Must(h.s.Insert(ctx, []record.Draft{app.Draft("Offer__c", "Job_Application__c", blind, "Body__c", "Dear Ada")}, org.WriteOptions{AllOrNone: true}))
	refusedWith(t, err, "still blind")

	a := h.application(insert(t, h.s, "Position__c", "Name", "Pilot"))
	id := insert(t, h.s, "Offer__c", "Job_Application__c", a, "Body__c", "Dear Ada", "Status__c", offerDraft)
	set(t, h.s, "Offer__c", id, "Body__c", "Dear Ada,\n\nwelcome")
	set(t, h.s, "Offer__c", id, "Status__c", offerSent)
	write := func(pairs ...any) error {
		_, err := org.Must(h.s.Update(ctx, []record.Draft{app.Changes("Offer__c", id, pairs...)}, org.WriteOptions{AllOrNone: true}))
		return err
	}
	refusedWith(t, write("Body__c", "less"), "does not change")
	refusedWith(t, write("Status__c", offerDraft), "how it ended")
	refusedWith(t, SendOffer(ctx, h.s, id), "sent before")
	if err := WithdrawOffer(ctx, h.s, id); err != nil {
		t.Fatal(err)
	}
	refusedWith(t, write("Status__c", "Accepted"), "withdrawn")
}

func (h *office) filled() {
	t := h.t
	p := insert(t, h.s, "Position__c", "Name", "Baker", "Openings__c", 2, "Status__c", "Open")
	a, b := h.application(p), h.application(p)
	set(t, h.s, "Job_Application__c", a, "Status__c", StageHired)
	if got := h.value("Position__c", p, "Status__c"); got != "Open" {
		t.Errorf("with one of two hired it is %s", got)
	}
	set(t, h.s, "Job_Application__c", b, "Status__c", StageHired)
	if got := h.value("Position__c", p, "Status__c"); got != "Filled" {
		t.Errorf("with both hired it is %s", got)
	}
}

func (h *office) hiddenElsewhere() {
	t := h.t
	blind := insert(t, h.s, "Position__c", "Name", "Baker", "Blind_Until__c", StageInterview)
	person := insert(t, h.s, "Candidate__c", "Last_Name__c", "Brightwater")
	insert(t, h.s, "Job_Application__c", "Position__c", insert(t, h.s, "Position__c", "Name", "Cook"), "Candidate__c", person)
	a := insert(t, h.s, "Job_Application__c", "Position__c", blind, "Candidate__c", person)
	want := func(hidden string, when string) {
		t.Helper()
		if got := h.value("Candidate__c", person, "Blind__c"); got != hidden {
			t.Errorf("%s: hidden %s", when, got)
		}
	}
	want("true", "applied where the review is blind and where it is not")
	set(t, h.s, "Job_Application__c", a, "Status__c", StageRejected)
	want("false", "turned down there")
	set(t, h.s, "Job_Application__c", a, "Status__c", StageApplied)
	want("true", "taken back")
	set(t, h.s, "Job_Application__c", a, "Status__c", StageInterview)
	want("false", "at the interview")
}
