package org

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"stoa/internal/engine/dml"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// MaxMassChange is how many records one mass change may name. Source: Stoa's own; a page of the console asks for it.
const MaxMassChange = 10_000

// A MassAct is what a mass change does to each record.
type MassAct string

// The acts. A change back is what undoes a set, a restore what undoes a delete.
const (
	MassSet     MassAct = "set"
	MassDelete  MassAct = "delete"
	MassBack    MassAct = "back"
	MassRestore MassAct = "restore"
)

// A MassState is how far a mass change is.
type MassState string

// The states.
const (
	MassGoing   MassState = "going"
	MassDone    MassState = "done"
	MassStopped MassState = "stopped" // see MassChange.Why; what was done until then stands
)

// A MassChange is one change of many records: what it does and how far it has come.
// Each record is written under the rights of who asked for it, at the time when it is written.
type MassChange struct {
	ID      string       `json:"id"`
	Act     MassAct      `json:"act"`
	Object  string       `json:"object"`
	Field   string       `json:"field,omitempty"` // API name, of a set and a change back
	Value   string       `json:"value,omitempty"` // as the API writes it, "" for none
	Purpose string       `json:"purpose"`
	State   MassState    `json:"state"`
	Why     *fault.Error `json:"why,omitempty"` // it stopped
	Total   int          `json:"total"`
	Done    int          `json:"done"`
	Failed  int          `json:"failed"`
	Refused []MassRefusal
	Began   time.Time `json:"began"`
	Ended   time.Time `json:"ended,omitzero"`
	Undoes  string    `json:"undoes,omitempty"` // the change that this one takes back
	Undone  string    `json:"undone,omitempty"` // the change that takes this one back
	NoWay   bool      `json:"noWay,omitempty"`  // what was before is not kept: it was too long

	Next  int `json:"next"`  // portion that comes next
	Tries int `json:"tries"` // of the job
}

// A MassRefusal is a record that was not written, with the reason.
type MassRefusal struct {
	ID    record.ID    `json:"id"`
	Moved bool         `json:"moved,omitempty"` // somebody changed it meanwhile, so that it was not changed back
	Why   *fault.Error `json:"why,omitempty"`
}

// Undoable reports whether the change can be taken back.
func (b *MassChange) Undoable() bool {
	return b.State != MassGoing && b.Done > 0 && b.Undone == "" && !b.NoWay && (b.Act == MassSet || b.Act == MassDelete)
}

const (
	massLife    = 30 * 24 * time.Hour // for which a change can be looked at and taken back
	massRefused = 200                 // refusals that are kept by name
	massTries   = 5                   // times that its job begins
	massJob     = "org.mass"
	maxSecret   = 64 << 10 // bytes of what was before in a portion

	kindMass      = "mass"        // a MassChange; the key is its id
	kindMassRows  = "mass rows"   // the records of a portion; the key is id/number
	kindMassPrior = "mass before" // what the records of a portion had before
)

// A massRow is a record of a portion; Was and Now are what a field was before and after.
type massRow struct {
	ID  record.ID `json:"i"`
	Was string    `json:"w,omitempty"`
	Now string    `json:"n,omitempty"`
}

// A MassRequest is what a person asks for: to give a field of records a value, or, where Field is "", to delete them.
type MassRequest struct {
	Object string
	Field  string
	Value  record.Value
	IDs    []record.ID
}

// StartMassChange changes many records. Up to 200 are written before it returns, in one transaction; the rest by a job, one
// portion after another, so that MassChange tells how far it is.
func (s *Session) StartMassChange(ctx context.Context, c MassRequest) (MassChange, error) {
	b := MassChange{Act: MassSet, Object: c.Object, Field: c.Field, Value: c.Value.String(), Total: len(c.IDs)}
	o := s.Catalog().Object(c.Object)
	if o == nil || !s.Rights(o).Read {
		return MassChange{}, fault.New(fault.InvalidType, "sObject type '%s' is not supported.", c.Object)
	}
	if c.Field == "" {
		b.Act = MassDelete
		if !o.Deletable || !s.Rights(o).Delete {
			return MassChange{}, fault.New(fault.InsufficientAccess, "You cannot delete records of %s.", o.Name)
		}
	} else if f := o.Field(c.Field); f == nil || !f.Updateable || !s.CanEdit(f) || !o.Updateable || !s.Rights(o).Edit {
		return MassChange{}, fault.New(fault.InsufficientAccess, "You cannot change %s of %s.", c.Field, o.Name)
	}
	if len(c.IDs) == 0 || len(c.IDs) > MaxMassChange {
		return MassChange{}, fault.New(fault.ExceededIDLimit, "A change takes 1 to %d records, not %d.", MaxMassChange, len(c.IDs))
	}
	rows := make([]massRow, len(c.IDs))
	for i, id := range c.IDs {
		if s.Catalog().Of(id) != o {
			return MassChange{}, fault.New(fault.MalformedID, "%s is not a record of %s.", id, o.Name)
		}
		rows[i].ID = id
	}
	return s.startMass(ctx, b, rows)
}

// UndoMassChange takes a change back: records that were not changed again since get what they had before, or are there again.
func (s *Session) UndoMassChange(ctx context.Context, id string) (MassChange, error) {
	was, err := s.MassChange(ctx, id)
	if err != nil {
		return MassChange{}, err
	}
	if !was.Undoable() {
		return MassChange{}, fault.New(fault.InvalidOperation, "This change cannot be taken back.")
	}
	b := MassChange{Act: MassBack, Object: was.Object, Field: was.Field, Total: was.Done, Undoes: was.ID}
	if was.Act == MassDelete {
		b.Act = MassRestore
	}
	return s.startMass(ctx, b, nil)
}

// startMass writes a change down and begins it. rows is nil where it takes another one back.
func (s *Session) startMass(ctx context.Context, b MassChange, rows []massRow) (MassChange, error) {
	b.ID, b.Purpose = rand.Text(), s.Purpose()
	begun, portions := b, (len(rows)+dml.MaxBatch-1)/dml.MaxBatch
	_, _, err := s.do(ctx, func(tx *Tx) ([]SaveResult, error) {
		b = begun
		b.State, b.Began = MassGoing, tx.Now().UTC()
		if b.Undoes != "" {
			was, err := tx.massChange(ctx, b.Undoes)
			if err != nil || !was.Undoable() { // somebody was faster
				return nil, cmp.Or[error](err, fault.New(fault.InvalidOperation, "This change cannot be taken back."))
			}
			was.Undone, portions = b.ID, was.Next
			if err := tx.keepMass(ctx, &was); err != nil {
				return nil, err
			}
		}
		if portions == 1 {
			if b.Undoes == "" {
				return nil, tx.portion(ctx, &b, rows)
			}
			return nil, tx.portionOf(ctx, &b)
		}
		n := 0
		for part := range slices.Chunk(rows, dml.MaxBatch) {
			if err := tx.keepRows(ctx, kindMassRows, b.ID, n, part); err != nil {
				return nil, err
			}
			n++
		}
		if err := tx.keepMass(ctx, &b); err != nil {
			return nil, err
		}
		return nil, tx.Enqueue(ctx, Job{Kind: massJob, Key: b.ID, Body: []byte(b.ID)})
	})
	return b, err
}

// MassChange returns a change that the actor of the session asked for in the last 30 days.
func (s *Session) MassChange(ctx context.Context, id string) (MassChange, error) {
	found, ok, err := s.org.Secret(ctx, kindMass, id)
	if err != nil {
		return MassChange{}, err
	}
	if !ok || found.Owner != s.actor.User {
		return MassChange{}, fault.New(fault.NotFound, "The requested resource does not exist")
	}
	return readMass(found)
}

// MassChanges returns the changes that the actor of the session asked for in the last 30 days, the newest first.
func (s *Session) MassChanges(ctx context.Context) ([]MassChange, error) {
	found, err := s.org.Secrets(ctx, kindMass, s.actor.User)
	if err != nil {
		return nil, err
	}
	all := make([]MassChange, len(found))
	for i := range found {
		if all[i], err = readMass(found[i]); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all, func(a, b MassChange) int { return cmp.Or(b.Began.Compare(a.Began), cmp.Compare(a.ID, b.ID)) })
	return all, nil
}

func readMass(kept Secret) (b MassChange, err error) {
	if err := json.Unmarshal(kept.Body, &b); err != nil {
		return b, fmt.Errorf("mass change %s: %w", kept.Key, err)
	}
	return b, nil
}

// massChange reads a change in the transaction.
func (t *Tx) massChange(ctx context.Context, id string) (MassChange, error) {
	found, err := findSecrets(ctx, t.unit.tx, kindMass, func(q *store.SQL) { q.Raw(" AND key = ").Str(id) })
	if err != nil {
		return MassChange{}, err
	}
	if len(found) == 0 || found[0].Owner != t.unit.session.actor.User {
		return MassChange{}, fault.New(fault.NotFound, "The requested resource does not exist")
	}
	return readMass(found[0])
}

func (t *Tx) keepMass(ctx context.Context, b *MassChange) error {
	body, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return putSecret(ctx, t.unit.tx, Secret{Kind: kindMass, Key: b.ID, Owner: t.unit.session.actor.User, Body: body, Expires: b.Began.Add(massLife)})
}

// keepRows writes the rows of a portion. That it is there already is an error: then another worker has done it.
func (t *Tx) keepRows(ctx context.Context, kind, id string, n int, rows []massRow) error {
	body, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	_, err = t.unit.tx.Exec(ctx, insertSecret(t.unit.tx, Secret{Kind: kind, Key: portionKey(id, n), Owner: t.unit.session.actor.User, Body: body, Expires: t.Now().Add(massLife)}))
	return err
}

func portionKey(id string, n int) string { return fmt.Sprintf("%s/%04d", id, n) }
