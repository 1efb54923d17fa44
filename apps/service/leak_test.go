package service

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"stoa/internal/record"
)

// TestNoNoteLeavesTheHouse does whatever people may do to cases, in any order,
// and looks for the notes in everything that goes out: what citizens read, what is sent, what is written of it.
func TestNoNoteLeavesTheHouse(t *testing.T) {
	each(t, map[string]func(*testing.T, *house){"Whatever": func(t *testing.T, h *house) {
		rounds := 6
		if testing.Short() {
			rounds = 3
		}
		for seed := range rounds {
			w := &whatever{t: t, h: h, rng: rand.New(rand.NewPCG(uint64(seed), 99)), secret: fmt.Sprintf("xyzzy%d", seed)}
			w.run()
		}
	}})
}

type whatever struct {
	t      *testing.T
	h      *house
	rng    *rand.Rand
	secret string
	macro  record.ID
	cases  []record.ID
	undos  []record.ID
	sent   []record.ID
	did    []string
}

func (w *whatever) note() string { return w.secret + " she seems to be lying, @ines" }

func (w *whatever) run() {
	w.macro = w.h.macro([4]string{"Insert", targetNote, w.note()}, [4]string{"Insert", targetReply, "We look into {!Case.Reference__c}."}, [4]string{"Set", "Field.Case.Status", "Waiting"})
	for range 3 {
		w.cases = append(w.cases, w.h.made())
	}
	for range 25 {
		w.step()
		w.look()
		if w.t.Failed() {
			w.t.Fatalf("after %s", strings.Join(w.did, ", "))
		}
	}
}

func (w *whatever) step() {
	ctx, s := w.t.Context(), w.h.as(w.rng.IntN(3))
	one, other := w.cases[w.rng.IntN(len(w.cases))], w.cases[w.rng.IntN(len(w.cases))]
	messages := w.h.ids("SELECT Id FROM EmailMessage WHERE ParentId IN ? AND Incoming = true", w.cases)
	var done Done
	var err error
	var what string
	switch w.rng.IntN(12) {
	case 0, 1, 2:
		what = "note"
		_, err = Note(ctx, s, one, w.note())
	case 3:
		what = "citizen"
		_, err = FromCitizen(ctx, w.h.citizen(), one, "Any news?", nil)
	case 4, 5:
		what = "reply"
		var sent Sent
		sent, err = Reply(ctx, s, ReplyIn{Case: one, Body: "Soon.", Anyway: true, Then: []string{"", "Waiting", "Solved"}[w.rng.IntN(3)]})
		done = sent.Done
		w.sent = append(w.sent, sent.Message)
	case 6:
		what = "release"
		for _, m := range w.h.ids("SELECT Id FROM EmailMessage WHERE ParentId IN ? AND Status = '5'", w.cases) {
			w.h.release(m)
		}
	case 7:
		what = "macro"
		done, _, err = RunMacro(ctx, s, one, w.macro, w.h.version(one))
	case 8:
		what = "merge"
		done, err = Merge(ctx, s, one, []record.ID{other})
	case 9:
		what = "unmerge"
		err = Unmerge(ctx, s, one)
	case 10:
		what = "split"
		if len(messages) > 0 {
			var made record.ID
			if made, done, err = Split(ctx, s, messages[w.rng.IntN(len(messages))], ""); err == nil {
				w.cases = append(w.cases, made)
			}
		}
	case 11:
		what = "undo"
		if len(w.undos) > 0 {
			err = Undo(ctx, s, w.undos[w.rng.IntN(len(w.undos))])
			w.cases = w.h.ids("SELECT Id FROM Case WHERE Id IN ?", w.cases)
		}
	}
	if done.Undo != "" {
		w.undos = append(w.undos, done.Undo)
	}
	w.did = append(w.did, what)
	if err != nil && code(err) == "" {
		w.t.Fatalf("%s: %v", what, err)
	}
}

// look holds that nothing that leaves the house has a note in it, nor the task or the draft that came of one.
func (w *whatever) look() {
	for _, id := range w.cases {
		all, err := PublicThread(w.t.Context(), w.h.citizen(), id)
		if err != nil {
			w.t.Fatal(err)
		}
		if strings.Contains(bodies(all), w.secret) {
			w.t.Errorf("the citizen of %s reads a note", id)
		}
		if strings.Contains(w.h.get(id, "Case", "Snippet__c, Subject"), w.secret) {
			w.t.Errorf("the list of a citizen's cases has a note of %s", id)
		}
		quick, err := QuickTexts(w.t.Context(), w.h.as(0), id, "")
		if err != nil {
			w.t.Fatal(err)
		}
		for _, q := range quick {
			if strings.Contains(q.Text, w.secret) {
				w.t.Errorf("a quick text has a note of %s", id)
			}
		}
	}
	res, err := query(w.t.Context(), w.h.sys, "SELECT Subject, TextBody, HtmlBody FROM EmailMessage WHERE ParentId IN ?", w.cases)
	if err != nil {
		w.t.Fatal(err)
	}
	for i := range res.Len() {
		if strings.Contains(text(res.Get(i, "Subject"))+text(res.Get(i, "TextBody"))+text(res.Get(i, "HtmlBody")), w.secret) {
			w.t.Error("a message has a note in it")
		}
	}
}
