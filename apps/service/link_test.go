package service

import (
	"strings"
	"testing"

	"stoa/internal/fault"
	"stoa/internal/record"
)

// links returns what other cases are to one, as text.
func (h *house) links(on record.ID) string {
	h.t.Helper()
	all, err := Links(h.t.Context(), h.as(1), on)
	if err != nil {
		h.t.Fatal(err)
	}
	var b strings.Builder
	for _, l := range all {
		b.WriteString(string(l.Kind) + ":" + string(l.Case) + " ")
	}
	return strings.TrimSpace(b.String())
}

// linkedCasesKnowEachOther holds that each kind of link shows on both cases, that a new one takes the place of the
// old, and that linking and unlinking are taken back exactly.
func linkedCasesKnowEachOther(t *testing.T, h *house) {
	a, b := h.made(), h.made()
	for _, k := range LinkKinds() {
		done, err := Link(t.Context(), h.as(0), a, b, k)
		if err != nil {
			t.Fatalf("%s: %v", k, err)
		}
		if got, want := h.links(a)+" "+h.links(b), string(k)+":"+string(b)+" "+string(k.back())+":"+string(a); got != want {
			t.Errorf("%s: they are %s, not %s", k, got, want)
		}
		if err := Undo(t.Context(), h.as(0), done.Undo); err != nil {
			t.Fatalf("%s: %v", k, err)
		}
		if got := h.links(a) + h.links(b); got != "" {
			t.Errorf("%s: undone they are %s", k, got)
		}
	}
	if _, err := Link(t.Context(), h.as(0), a, b, LinkDuplicate); err != nil {
		t.Fatal(err)
	}
	done, err := Link(t.Context(), h.as(0), a, b, LinkParent)
	if err != nil {
		t.Fatal(err)
	}
	if got := h.links(b); got != "child:"+string(a) {
		t.Errorf("linked anew it is %s", got)
	}
	if err := Undo(t.Context(), h.as(0), done.Undo); err != nil {
		t.Fatal(err)
	}
	if got := h.links(b); got != "original:"+string(a) {
		t.Errorf("undone it is %s", got)
	}
	done, err = Unlink(t.Context(), h.as(0), b, a)
	if err != nil || h.links(a) != "" {
		t.Fatalf("unlinked it is %s, %v", h.links(a), err)
	}
	if err := Undo(t.Context(), h.as(0), done.Undo); err != nil {
		t.Fatal(err)
	}
	if got := h.links(a); got != "duplicate:"+string(b) {
		t.Errorf("undone it is %s", got)
	}
	if got := h.kinds(a); !strings.Contains(got, "linked") || !strings.Contains(got, "unlinked") {
		t.Errorf("lines %q", got)
	}
	c := h.made()
	for _, l := range [][2]record.ID{{a, b}, {b, c}} {
		if _, err := Link(t.Context(), h.as(0), l[0], l[1], LinkParent); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Link(t.Context(), h.as(0), c, a, LinkParent); code(err) != fault.InvalidOperation {
		t.Errorf("a case is above itself: %v", err)
	}
	if got := h.get(c, "Case", "ParentId"); got != "" {
		t.Errorf("after a link that failed its parent is %s", got)
	}
	for _, bad := range []record.ID{a, h.staff[0]} {
		if _, err := Link(t.Context(), h.as(0), a, bad, LinkRelated); code(err) == "" {
			t.Errorf("linked to %s: %v", bad, err)
		}
	}
	if _, err := Link(t.Context(), h.as(0), a, b, "cousin"); code(err) != fault.InvalidOperation {
		t.Errorf("an unknown kind: %v", err)
	}
	if _, err := Unlink(t.Context(), h.as(0), a, c); code(err) != fault.NotFound {
		t.Errorf("what is not linked is unlinked: %v", err)
	}
}

// allCitizensOfAProblemAreAnswered holds that one answer goes to each of them with their own name in it, or to nobody, and comes back as one.
func allCitizensOfAProblemAreAnswered(t *testing.T, h *house) {
	problem, one, two := h.made(), h.made(), h.made()
	for _, id := range []record.ID{one, two} {
		if _, err := Link(t.Context(), h.as(0), problem, id, LinkChild); err != nil {
			t.Fatal(err)
		}
	}
	body := "About {!Case.Reference__c}: it is repaired."
	all, err := Incidents(t.Context(), h.as(0), problem, body)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d incidents, %v", len(all), err)
	}
	in := ReplyAllIn{Problem: problem, Body: body, Then: "Solved", Versions: map[record.ID]int{}}
	for _, i := range all {
		in.Versions[i.Case] = i.Version
		if want := "About " + h.get(i.Case, "Case", "Reference__c") + ": it is repaired."; i.Text != want || i.Address == "" {
			t.Errorf("%s would get %q", i.Address, i.Text)
		}
	}
	if _, err := FromCitizen(t.Context(), h.citizen(), two, "It is worse.", nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ReplyAll(t.Context(), h.as(0), in); code(err) != fault.InvalidOperation {
		t.Errorf("an answer past a new message is %v", err)
	}
	if got := h.ids("SELECT Id FROM EmailMessage WHERE ParentId = ?", one); len(got) != 0 {
		t.Error("some got an answer that was refused for others")
	}
	in.Versions[two] = h.version(two)
	done, n, err := ReplyAll(t.Context(), h.as(0), in)
	if err != nil || n != 2 {
		t.Fatalf("%d answered, %v", n, err)
	}
	if got := h.get(one, "Case", "Status"); got != "Solved" {
		t.Errorf("an answered case is %s", got)
	}
	if err := Undo(t.Context(), h.as(0), done.Undo); err != nil {
		t.Fatal(err)
	}
	if got := h.ids("SELECT Id FROM EmailMessage WHERE ParentId = ? AND Incoming = false", one); len(got) != 0 {
		t.Error("undone the answer is there still")
	}
	drafts, err := Drafts(t.Context(), h.as(0), problem)
	if err != nil || len(drafts) != 1 || drafts[0].Body != body {
		t.Errorf("undone the text is %v, %v", drafts, err)
	}
	in.Versions[h.made()] = 0
	if _, _, err := ReplyAll(t.Context(), h.as(0), in); code(err) != fault.InvalidOperation {
		t.Errorf("a case of another problem is answered: %v", err)
	}
}
