package service

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// How long an action can be taken back. Source: Stoa's own; a message waits a little longer than people are shown.
const (
	undoLife = time.Hour
	sendHold = 13 * time.Second
)

// Done is what an action leaves: what takes it back, until when.
type Done struct {
	Undo  record.ID
	Until time.Time
}

// watched are the fields of a case that actions change, and what follows from them. To undo is to write them as they were.
const watched = "Status, OwnerId, Priority, Service__c, IsClosed, ClosedDate, LastStatusChangeDate, IsEscalated, Reply_Due__c, Replied_At__c, Solve_Due__c, " +
	"Solved_At__c, Paused_Since__c, Paused_Seconds__c, Merged_Into__c, Last_Message_At__c, Last_From__c, Snippet__c, AccountId, ContactId"

// A step is one action as Undo__c keeps it.
type step struct {
	Rows  []rowChange `json:"rows,omitempty"`  // cases and milestones
	Made  []record.ID `json:"made,omitempty"`  // records that the action made
	Draft *Draft      `json:"draft,omitempty"` // what was sent, to be written on
	Moved []moved     `json:"moved,omitempty"` // messages that it moved
	Links []linkRow   `json:"links,omitempty"` // rows of Case_Link__c that it removed
	Asked record.ID   `json:"asked,omitempty"` // publication for which it asked the citizen
}

// packed begins what is compressed: the steps of many cases are long and much the same.
const packed = "gz:"

// pack returns a step as Data__c keeps it.
func (st *step) pack() (string, error) {
	data, err := json.Marshal(st)
	if err != nil || len(data) < 16<<10 {
		return string(data), err
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return packed + base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// unpack is pack the other way round.
func unpack(data string) (*step, error) {
	st := &step{}
	if text, ok := strings.CutPrefix(data, packed); ok {
		r, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
		if err != nil {
			return nil, err
		}
		return st, json.NewDecoder(r).Decode(st)
	}
	return st, json.Unmarshal([]byte(data), st)
}

// A rowChange holds the fields of a record that an action changed.
type rowChange struct {
	ID     record.ID       `json:"id"`
	Before map[string]kept `json:"before"`
	After  map[string]kept `json:"after"`
}

type moved struct {
	Message record.ID       `json:"message"`
	From    record.ID       `json:"from"`
	To      record.ID       `json:"to,omitempty"`
	Receipt record.ID       `json:"receipt,omitempty"` // its line of the ledger
	Was     map[string]kept `json:"was,omitempty"`     // what that said
}

// places returns the cases between which a message moved, those left out that are gone.
func (m moved) places(gone []record.ID) (ids []record.ID) {
	for _, id := range [...]record.ID{m.From, m.To} {
		if id != "" && !slices.Contains(gone, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// forgetLast leaves out what follows from the messages of a case: it is found out anew, and no reason not to undo.
func (st *step) forgetLast() {
	for i := range st.Rows {
		for _, name := range [...]string{"Last_Message_At__c", "Last_From__c", "Snippet__c"} {
			delete(st.Rows[i].Before, name)
			delete(st.Rows[i].After, name)
		}
	}
	st.Rows = slices.DeleteFunc(st.Rows, func(r rowChange) bool { return len(r.Before) == 0 })
}

// A kept is a value with its kind.
type kept struct {
	Kind record.Kind `json:"k,omitempty"`
	Text string      `json:"v,omitempty"`
}

func keep(v record.Value) kept { return kept{v.Kind(), text(v)} }

func (k kept) value() record.Value {
	switch k.Kind {
	case record.Null:
		return record.Value{}
	case record.Bool:
		return record.OfBool(k.Text == "true")
	case record.Number:
		n, scale, _ := record.ParseDecimal(k.Text)
		return record.OfDecimal(n, scale)
	default:
		return record.OfText(k.Text)
	}
}

// state holds fields of records, by id and name.
type state map[record.ID]map[string]kept

// stateOf reads the watched fields of cases, others that are named, and their milestones.
func stateOf(ctx context.Context, tx *org.Tx, cases []record.ID, more []string) (state, error) {
	all := state{}
	for _, q := range [...]struct{ fields, from string }{
		{strings.Join(append(strings.Split(watched, ", "), more...), ", "), "Case WHERE Id IN ?"},
		{"TargetDate, CompletionDate, IsCompleted, IsViolated", "CaseMilestone WHERE CaseId IN ?"},
	} {
		res, err := query(ctx, tx.System(), "SELECT Id, "+q.fields+" FROM "+q.from, cases)
		if err != nil {
			return nil, err
		}
		for i := range res.Len() {
			fields := map[string]kept{}
			for name := range strings.SplitSeq(q.fields, ", ") {
				fields[name] = keep(res.Get(i, name))
			}
			all[res.Get(i, "Id").ID()] = fields
		}
	}
	return all, nil
}

// since returns what changed from before to s.
func (s state) since(before state) (changed []rowChange) {
	for id, was := range before {
		c := rowChange{ID: id, Before: map[string]kept{}, After: map[string]kept{}}
		for name, v := range was {
			if now := s[id][name]; now != v {
				c.Before[name], c.After[name] = v, now
			}
		}
		if len(c.Before) > 0 {
			changed = append(changed, c)
		}
	}
	slices.SortFunc(changed, func(a, b rowChange) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return changed
}

// undoable runs an action on cases and keeps how to take it back. f adds to the step what it makes.
func undoable(ctx context.Context, tx *org.Tx, kind string, cases []record.ID, life time.Duration, f func(*step) error) (Done, error) {
	return undoableWith(ctx, tx, kind, cases, life, nil, f)
}

// undoableWith is undoable for an action that changes more fields of cases than the watched ones.
func undoableWith(ctx context.Context, tx *org.Tx, kind string, cases []record.ID, life time.Duration, more []string, f func(*step) error) (Done, error) {
	if err := tx.Lock(ctx, cases...); err != nil {
		return Done{}, err
	}
	before, err := stateOf(ctx, tx, cases, more)
	if err != nil {
		return Done{}, err
	}
	st := &step{}
	if err := f(st); err != nil {
		return Done{}, err
	}
	after, err := stateOf(ctx, tx, cases, more)
	if err != nil {
		return Done{}, err
	}
	st.Rows = after.since(before)
	if len(st.Moved) > 0 {
		st.forgetLast()
	}
	data, err := st.pack()
	if err != nil {
		return Done{}, fmt.Errorf("undo %s: %w", kind, err)
	}
	done := Done{Until: tx.Now().Add(life)}
	d := draft("Undo__c", "Kind__c", kind, "Data__c", data, "Until__c", done.Until, "OwnerId", tx.Actor().User)
	if len(cases) == 1 {
		d.Set("Case__c", record.OfID(cases[0]))
	}
	ids, err := org.Must(tx.System().Insert(ctx, []record.Draft{d}, org.WriteOptions{}))
	if err != nil {
		return Done{}, err
	}
	done.Undo = ids[0]
	return done, nil
}

// Undo takes back an action of the same person: every field is as it was
// before. Where one of them was changed since, nothing is, and the error says which.
func Undo(ctx context.Context, s *org.Session, id record.ID) error {
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		if err := tx.Lock(ctx, id); err != nil {
			return err
		}
		res, err := query(ctx, tx.System(), "SELECT OwnerId, Kind__c, Data__c, Until__c, Done__c FROM Undo__c WHERE Id = ?", id)
		if err != nil {
			return err
		}
		if res.Len() == 0 || res.Get(0, "OwnerId").ID() != tx.Actor().User {
			return fault.New(fault.NotFound, "There is nothing to undo.")
		}
		if res.Get(0, "Done__c").Bool() {
			return fault.New(fault.InvalidOperation, "This was undone already.")
		}
		if tx.Now().After(instant(res.Get(0, "Until__c"))) {
			return fault.New(fault.InvalidOperation, "It is too late to undo this.")
		}
		st, err := unpack(text(res.Get(0, "Data__c")))
		if err != nil {
			return fmt.Errorf("undo %s: %w", id, err)
		}
		return takeBack(ctx, tx, id, text(res.Get(0, "Kind__c")), st)
	})
}

// takeBack restores what a step changed, and closes its row.
func takeBack(ctx context.Context, tx *org.Tx, id record.ID, kind string, st *step) error {
	if err := st.refuseIfChanged(ctx, tx); err != nil {
		return err
	}
	// First its own row, which goes with a case that the step made.
	if _, err := org.Must(tx.System().Update(ctx, []record.Draft{changes("Undo__c", id, "Done__c", true)}, org.WriteOptions{})); err != nil {
		return err
	}
	if err := st.unmake(ctx, tx); err != nil {
		return err
	}
	if err := st.restore(ctx, tx); err != nil {
		return err
	}
	for _, m := range st.Moved {
		if err := freshen(ctx, tx, m.places(st.Made)...); err != nil {
			return err
		}
	}
	var lines []line
	for _, c := range st.cases() {
		lines = append(lines, line{c, eventUndone, false, []any{"what", kind}})
		if err := tx.Enqueue(ctx, org.Job{Kind: jobPromise, Key: string(c), Body: []byte(c)}); err != nil {
			return err // its promises may run again
		}
		tx.Announce(TopicCase(c), SaysStatus)
		tx.Announce(TopicCases, string(c))
	}
	return tell(ctx, tx, lines...)
}

func (st *step) cases() (ids []record.ID) {
	for _, r := range st.Rows {
		if r.ID.Prefix() == casePrefix {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// unwatched returns the fields of cases that the step changed and that are not always watched.
func (st *step) unwatched() (names []string) {
	all := strings.Split(watched, ", ")
	for _, r := range st.Rows {
		for name := range r.After {
			if r.ID.Prefix() == casePrefix && !slices.Contains(all, name) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// refuseIfChanged returns an error where a field is no longer what the step made it.
func (st *step) refuseIfChanged(ctx context.Context, tx *org.Tx) error {
	if err := tx.Lock(ctx, st.cases()...); err != nil {
		return err
	}
	now, err := stateOf(ctx, tx, st.cases(), st.unwatched())
	if err != nil {
		return err
	}
	for _, r := range st.Rows {
		if r.ID.Prefix() != casePrefix {
			continue // milestones follow their cases
		}
		for _, name := range append(strings.Split(watched, ", "), st.unwatched()...) { // what people change comes before what follows from it
			v, changed := r.After[name]
			if is := now[r.ID][name]; changed && is != v {
				label := name
				if f := tx.Catalog().Object("Case").Field(name); f != nil {
					label = f.Label
				}
				return fault.New(fault.InvalidOperation, "This cannot be undone any more: %s was changed since.", label).On(name)
			}
		}
	}
	return nil
}

// restore writes the fields as they were. They are written as given: nothing is derived from them anew.
func (st *step) restore(ctx context.Context, tx *org.Tx) error {
	var drafts []record.Draft
	for _, r := range st.Rows {
		object := "Case"
		if r.ID.Prefix() != casePrefix {
			object = "CaseMilestone"
		}
		d := record.Draft{Object: object, ID: r.ID}
		for _, name := range slices.Sorted(maps.Keys(r.Before)) {
			d.Set(name, r.Before[name].value())
		}
		drafts = append(drafts, d)
	}
	_, err := org.Must(tx.System().Update(ctx, drafts, org.WriteOptions{AllOrNone: true, Seed: true}))
	return err
}

// unmake moves messages back and removes what the step made: a message only as long as it is held.
func (st *step) unmake(ctx context.Context, tx *org.Tx) error {
	sys := tx.System()
	if len(st.Moved) > 0 {
		if err := st.onlyMoved(ctx, tx); err != nil {
			return err
		}
	}
	for _, m := range st.Moved {
		if err := unshift(ctx, sys, m); err != nil {
			return err
		}
	}
	if len(st.Made) > 0 {
		res, err := query(ctx, sys, "SELECT Id FROM EmailMessage WHERE Id IN ? AND Status != ?", st.Made, mailDraft)
		if err != nil {
			return err
		}
		if res.Len() > 0 {
			return fault.New(fault.InvalidOperation, "The message has gone out already.")
		}
		if _, err := org.Must(sys.Delete(ctx, st.Made, org.WriteOptions{AllOrNone: true})); err != nil {
			return err
		}
	}
	for _, l := range st.Links {
		if _, err := put(ctx, sys, l.draft()); err != nil {
			return err
		}
	}
	if st.Asked != "" {
		if err := withdraw(ctx, tx, st.Asked); err != nil {
			return err
		}
	}
	if st.Draft != nil {
		return saveDraft(ctx, tx, *st.Draft)
	}
	return nil
}
