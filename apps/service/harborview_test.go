package service

import (
	"strings"
	"testing"
	"time"

	"stoa/apps/community"
	"stoa/apps/recruit"
	"stoa/internal/demo"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// TestHarborviewIsAsTheDeskWouldHaveLeftIt loads the demo and holds that what it wrote itself is what the desk reckons.
func TestHarborviewIsAsTheDeskWouldHaveLeftIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db store.DB) {
		h := emptyHouse(t, db, recruit.App(), community.App())
		if err := demo.Load(t.Context(), h.sys, time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC), 0.008, nil); err != nil {
			t.Fatal(err)
		}
		h.staff = h.ids("SELECT Id FROM User WHERE Username = 'ines.varga@harborview.example'")
		t.Run("promises", func(t *testing.T) { h.t = t; promisesAreReckonedAlike(t, h) })
		t.Run("threads", func(t *testing.T) { h.t = t; threadsAreWhole(t, h) })
		t.Run("texts", func(t *testing.T) { h.t = t; textsFit(t, h) })
		t.Run("articles", func(t *testing.T) { h.t = t; articlesFit(t, h) })
	})
}

func promisesAreReckonedAlike(t *testing.T, h *house) {
	c, _, err := loadCalendar(t.Context(), h.sys)
	if err != nil {
		t.Fatal(err)
	}
	res, err := query(t.Context(), h.sys, `SELECT Id, Reference__c, CreatedDate, Status, IsClosed, Reply_Due__c, Replied_At__c, Solve_Due__c, Solved_At__c, Paused_Since__c, Paused_Seconds__c,
		Service__r.First_Reply_Minutes__c, (SELECT TargetDate, CompletionDate, IsCompleted, MilestoneType.Name FROM CaseMilestones) FROM Case`)
	if err != nil {
		t.Fatal(err)
	}
	refs := map[string]bool{}
	for i := range res.Len() {
		ref := text(res.Get(i, "Reference__c"))
		if _, ok := ParseReference(ref); !ok || refs[ref] {
			t.Errorf("reference %q", ref)
		}
		refs[ref] = true
		within := minutes(res.Get(i, "Service__r", "First_Reply_Minutes__c"), replyMinutes)
		if want := deadline(c, instant(res.Get(i, "CreatedDate")), within, 0); !want.Equal(instant(res.Get(i, "Reply_Due__c"))) {
			t.Errorf("%s: a reply is due at %v, not at %v", ref, instant(res.Get(i, "Reply_Due__c")), want)
		}
		if closed := res.Get(i, "IsClosed").Bool(); closed == res.Get(i, "Solved_At__c").IsNull() {
			t.Errorf("%s is %s and solved at %q", ref, text(res.Get(i, "Status")), text(res.Get(i, "Solved_At__c")))
		}
		if waits := stopping(text(res.Get(i, "Status"))); waits == res.Get(i, "Paused_Since__c").IsNull() {
			t.Errorf("%s is %s and paused since %q", ref, text(res.Get(i, "Status")), text(res.Get(i, "Paused_Since__c")))
		}
		span := res.Children[0].Spans[i]
		if span.To-span.From != 2 {
			t.Errorf("%s has %d milestones", ref, span.To-span.From)
		}
		for m := span.From; m < span.To; m++ {
			rows := res.Children[0].Result
			for _, p := range promises() {
				if p.milestone == text(rows.Get(m, "MilestoneType", "Name")) && (rows.Get(m, "TargetDate") != res.Get(i, p.due) || rows.Get(m, "CompletionDate") != res.Get(i, p.kept) || rows.Get(m, "IsCompleted").Bool() == res.Get(i, p.kept).IsNull()) {
					t.Errorf("%s: the milestone %s and the case disagree", ref, p.milestone)
				}
			}
		}
	}
}

func threadsAreWhole(t *testing.T, h *house) {
	spanish := 0
	for _, id := range h.ids("SELECT Id FROM Case ORDER BY CreatedDate DESC LIMIT 60") {
		all, err := Thread(t.Context(), h.as(0), id)
		if err != nil {
			t.Fatal(err)
		}
		said, last := 0, time.Time{}
		for _, e := range all {
			if e.Kind != KindOpening && e.Kind != KindEvent {
				said++
			}
			if e.Kind != KindNote && e.Kind != KindEvent {
				last = e.At
			}
		}
		if n := h.version(id); n != said {
			t.Errorf("the thread of %s has the version %d and %d entries", id, n, said)
		}
		if got := h.get(id, "Case", "Last_Message_At__c"); !strings.HasPrefix(got, last.UTC().Format("2006-01-02T15:04:05")) {
			t.Errorf("the last message of %s is of %s, not of %v", id, got, last)
		}
		public, err := PublicThread(t.Context(), h.citizen(), id)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range public {
			if e.Kind == KindNote {
				t.Errorf("the citizen of %s reads a note", id)
			}
			if strings.Contains(e.Body, "%!") || strings.Contains(e.Body, "{!") {
				t.Errorf("a text of %s is not filled: %s", id, e.Body)
			}
		}
		if h.get(id, "Case", "Language") == "es" {
			spanish++
		}
	}
	if spanish == 0 {
		t.Error("nobody writes Spanish")
	}
}

func textsFit(t *testing.T, h *house) {
	for _, lang := range []string{"en_US", "es"} {
		id := h.ids("SELECT Id FROM Case WHERE Language = ? ORDER BY CreatedDate DESC LIMIT 1", lang)[0]
		quick, err := QuickTexts(t.Context(), h.as(0), id, "")
		if err != nil || len(quick) != 10 {
			t.Errorf("%d quick texts, %v", len(quick), err)
		}
		for _, q := range quick {
			if strings.Contains(q.Text, "{!") || strings.Contains(q.Text, " .") {
				t.Errorf("%s is %q", q.Name, q.Text)
			}
		}
		for _, m := range h.ids("SELECT Id FROM Macro") {
			if _, err := PreviewMacro(t.Context(), h.as(0), id, m); err != nil {
				t.Errorf("a macro: %v", err)
			}
		}
	}
}

func articlesFit(t *testing.T, h *house) {
	res, err := query(t.Context(), h.sys, "SELECT Id, Subject, Service__r.Slug__c FROM Case WHERE Service__r.Slug__c IN ('street-light', 'pothole', 'water-problem', 'missed-collection') ORDER BY CreatedDate DESC LIMIT 20")
	if err != nil {
		t.Fatal(err)
	}
	var fit int
	var worst time.Duration
	for i := range res.Len() {
		start := time.Now()
		all, err := Fitting(t.Context(), h.as(0), res.Get(i, "Id").ID())
		worst = max(worst, time.Since(start))
		if err != nil {
			t.Fatal(err)
		}
		if len(all) > 0 && h.get(all[0].Version, articleObject, "Category__c") == text(res.Get(i, "Service__r", "Slug__c")) {
			fit++
		} else {
			t.Logf("%s: %+v", text(res.Get(i, "Subject")), titles(all))
		}
	}
	t.Logf("%d of %d fit, the slowest in %v", fit, res.Len(), worst)
	if fit*10 < res.Len()*7 {
		t.Errorf("of %d cases %d have the article of their service first", res.Len(), fit)
	}
}

func titles(all []Article) (t []string) {
	for _, a := range all {
		t = append(t, a.Title)
	}
	return t
}
