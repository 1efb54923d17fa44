package service

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"stoa/internal/fault"
	"stoa/internal/record"
)

func mergedCasesAreOneAndComeApart(t *testing.T, h *house) {
	into, a, b := h.made(), h.made(), h.made()
	if _, err := FromCitizen(t.Context(), h.citizen(), a, "From A", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := SetStatus(t.Context(), h.as(0), []record.ID{b}, "Waiting"); err != nil {
		t.Fatal(err)
	}
	before := []string{h.get(into, "Case", watched), h.get(a, "Case", watched), h.get(b, "Case", watched)}
	now := func() []string {
		return []string{h.get(into, "Case", watched), h.get(a, "Case", watched), h.get(b, "Case", watched)}
	}
	done, err := Merge(t.Context(), h.as(0), into, []record.ID{a, b})
	if err != nil {
		t.Fatal(err)
	}
	all, err := Thread(t.Context(), h.as(0), into)
	if err != nil || !strings.Contains(bodies(all), "From A") {
		t.Errorf("the survivor's thread is %v, %v", bodies(all), err)
	}
	// Another citizen's words stay hers.
	public, err := PublicThread(t.Context(), h.citizen(), into)
	if err != nil || strings.Contains(bodies(public), "From A") {
		t.Errorf("the survivor's citizen reads %v, %v", bodies(public), err)
	}
	if public, err = PublicThread(t.Context(), h.citizen(), a); err != nil || strings.Contains(bodies(public), h.get(into, "Case", "Reference__c")) || strings.Contains(bodies(public), string(into)) {
		t.Errorf("a merged case tells its citizen of another one's: %v, %v", bodies(public), err)
	}
	m, err := FromCitizen(t.Context(), h.citizen(), a, "And one more", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := h.get(m, "EmailMessage", "ParentId"); got != string(into) {
		t.Errorf("later words go to %s, not to %s", got, into)
	}
	if _, err := Merge(t.Context(), h.as(0), b, []record.ID{a}); code(err) != fault.MergeFailed {
		t.Errorf("a merged case is merged again: %v", err)
	}
	if err := Unmerge(t.Context(), h.as(1), b); err != nil {
		t.Fatal(err)
	}
	if got := h.get(b, "Case", watched); got != before[2] {
		t.Errorf("unmerged it is\n%s, not\n%s", got, before[2])
	}
	if err := Undo(t.Context(), h.as(0), done.Undo); code(err) != fault.InvalidOperation {
		t.Errorf("a merge of which a part is undone is undone: %v", err)
	}
	if err := Unmerge(t.Context(), h.as(1), a); err != nil {
		t.Fatal(err)
	}
	done, err = Merge(t.Context(), h.as(0), into, []record.ID{a, b})
	if err != nil {
		t.Fatal(err)
	}
	if err := Undo(t.Context(), h.as(0), done.Undo); err != nil {
		t.Fatal(err)
	}
	if got := now(); !slices.Equal(got[1:], before[1:]) {
		t.Errorf("undone the cases are\n%s\nnot\n%s", strings.Join(got[1:], "\n"), strings.Join(before[1:], "\n"))
	}
	for _, bad := range [][]record.ID{nil, {into}, make([]record.ID, 11)} {
		if _, err := Merge(t.Context(), h.as(0), into, bad); code(err) != fault.MergeFailed {
			t.Errorf("%d cases: %v", len(bad), err)
		}
	}
}

func aMessageBecomesACaseAndComesBack(t *testing.T, h *house) {
	from := h.made()
	m, err := FromCitizen(t.Context(), h.citizen(), from, "By the way, my bin was not emptied.", nil)
	if err != nil {
		t.Fatal(err)
	}
	made, done, err := Split(t.Context(), h.as(0), m, "Bin not emptied")
	if err != nil {
		t.Fatal(err)
	}
	if got := h.get(made, "Case", "Subject, SuppliedEmail, Service__r.Name"); got != "Bin not emptied|"+h.get(from, "Case", "SuppliedEmail")+"|Street light" {
		t.Errorf("the new case is %s", got)
	}
	if got := h.get(m, "EmailMessage", "ParentId"); got != string(made) {
		t.Errorf("the message is on %s", got)
	}
	thread, err := PublicThread(t.Context(), h.citizen(), made)
	if err != nil || strings.Count(bodies(thread), "my bin was not") != 1 {
		t.Errorf("the new thread is %v, %v", bodies(thread), err)
	}
	if err := Unsplit(t.Context(), h.as(1), made); err != nil {
		t.Fatal(err)
	}
	if got := h.get(m, "EmailMessage", "ParentId") + h.get(made, "Case", "Id"); got != string(from)+"gone" {
		t.Errorf("taken back: %s", got)
	}
	if made, done, err = Split(t.Context(), h.as(0), m, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := Note(t.Context(), h.as(0), made, "Told the crew"); err != nil {
		t.Fatal(err)
	}
	if err := Undo(t.Context(), h.as(0), done.Undo); code(err) != fault.InvalidOperation {
		t.Errorf("a case with a note on it is removed: %v", err)
	}
}

// Of several who take at once each gets another case, and none is left over.
func nobodyTakesTheSameCase(t *testing.T, h *house) {
	for {
		_, _, ok, err := TakeNext(t.Context(), h.as(0), h.queue)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
	}
	want := map[record.ID]bool{}
	for range 12 {
		want[h.made()] = true
	}
	var mu sync.Mutex
	got := map[record.ID]int{}
	var wg sync.WaitGroup
	for n := range 3 {
		s := []func() (record.ID, bool){}
		for range 5 {
			session := h.as(n)
			s = append(s, func() (record.ID, bool) {
				id, _, ok, err := TakeNext(t.Context(), session, h.queue)
				if err != nil {
					t.Error(err)
				}
				return id, ok
			})
		}
		for _, take := range s {
			wg.Go(func() {
				if id, ok := take(); ok {
					mu.Lock()
					got[id]++
					mu.Unlock()
				}
			})
		}
	}
	wg.Wait()
	for id, n := range got {
		if n != 1 || !want[id] {
			t.Errorf("%s was taken %d times", id, n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d of %d were taken", len(got), len(want))
	}
}
