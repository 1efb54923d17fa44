package org

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// massKind is the job that does what StartMassChange left.
func (o *Org) massKind() JobKind {
	return JobKind{Name: massJob, Attempts: massTries + 1, Run: func(ctx context.Context, _ *Session, body []byte) error { return o.runMass(ctx, string(body)) }}
}

// runMass does the portions of a change that are not done yet, each in a transaction of its own that also says how far
// it has come: whatever happens in between, none is done twice and none is left out.
func (o *Org) runMass(ctx context.Context, id string) error {
	kept, ok, err := o.Secret(ctx, kindMass, id)
	if err != nil || !ok {
		return err
	}
	b, err := readMass(kept)
	if err != nil || b.State != MassGoing {
		return err
	}
	s, err := o.massSession(ctx, kept.Owner, b.Purpose)
	if err != nil {
		return err
	}
	if s == nil {
		return o.stopMass(ctx, id, fault.New(fault.InsufficientAccess, "Whoever asked for it is no longer active."))
	}
	b.Tries++
	if kept.Body, err = json.Marshal(b); err != nil {
		return err
	}
	if err := o.PutSecrets(ctx, kept); err != nil {
		return err
	}
	for ctx.Err() == nil {
		_, _, err := s.do(ctx, func(tx *Tx) ([]SaveResult, error) {
			if b, err = tx.massChange(ctx, id); err != nil || b.State != MassGoing {
				return nil, err
			}
			return nil, tx.portionOf(ctx, &b)
		})
		var why *fault.Error
		switch {
		case errors.As(err, &why) && why.Code != fault.UnknownException && why.Code != fault.UnableToLockRow, err != nil && b.Tries >= massTries:
			return o.stopMass(ctx, id, fault.From(err))
		case err != nil:
			return err
		case b.State != MassGoing:
			return nil
		}
	}
	return ctx.Err()
}

// massSession returns a session of who asked for a change, with the rights that they have now; nil where they may no longer sign in.
func (o *Org) massSession(ctx context.Context, user record.ID, why string) (*Session, error) {
	a, active, ok, err := o.UserByID(ctx, user)
	if err != nil || !ok || !active {
		return nil, err
	}
	a.App = "console"
	return o.Session(ctx, a, Jobs, why)
}

// stopMass ends a change that cannot go on.
func (o *Org) stopMass(ctx context.Context, id string, why *fault.Error) error {
	kept, ok, err := o.Secret(ctx, kindMass, id)
	if err != nil || !ok {
		return err
	}
	b, err := readMass(kept)
	if err != nil {
		return err
	}
	b.State, b.Why = MassStopped, why
	if kept.Body, err = json.Marshal(b); err != nil {
		return err
	}
	return o.PutSecrets(ctx, kept)
}

// portionOf does the next portion of a change, whose rows were kept: its own, or what was before of the one that it takes back.
func (t *Tx) portionOf(ctx context.Context, b *MassChange) error {
	kind, of := kindMassRows, b.ID
	if b.Undoes != "" {
		kind, of = kindMassPrior, b.Undoes
	}
	found, err := findSecrets(ctx, t.unit.tx, kind, func(q *store.SQL) { q.Raw(" AND key = ").Str(portionKey(of, b.Next)) })
	if err != nil {
		return err
	}
	if len(found) == 0 { // it stopped here
		b.Total = b.Done + b.Failed
		return t.portion(ctx, b, nil)
	}
	var rows []massRow
	if err := json.Unmarshal(found[0].Body, &rows); err != nil {
		return err
	}
	return t.portion(ctx, b, rows)
}

// portion writes some records, and how far the change has come with them.
func (t *Tx) portion(ctx context.Context, b *MassChange, rows []massRow) error {
	var err error
	switch {
	case len(rows) == 0:
	case b.Act == MassSet:
		err = t.setAll(ctx, b, rows)
	case b.Act == MassBack:
		err = t.setBack(ctx, b, rows)
	case b.Act == MassDelete:
		err = t.deleteAll(ctx, b, rows)
	case b.Act == MassRestore:
		ids := idsOf(rows)
		var res []SaveResult
		res, err = t.Undelete(ctx, ids, WriteOptions{})
		b.count(ids, res)
	}
	if err != nil {
		return err
	}
	b.Next++
	if b.Done+b.Failed >= b.Total {
		b.State, b.Ended = MassDone, t.Now().UTC()
	}
	return t.keepMass(ctx, b)
}

// setAll gives the field of some records the value, and keeps what they had.
func (t *Tx) setAll(ctx context.Context, b *MassChange, rows []massRow) error {
	f := t.unit.snap.Object(b.Object).Field(b.Field)
	ids := idsOf(rows)
	was, err := t.valuesOf(ctx, b, ids)
	if err != nil {
		return err
	}
	value := massValue(f, b.Value)
	drafts := make([]record.Draft, len(ids))
	for i, id := range ids {
		drafts[i] = record.Draft{Object: b.Object, ID: id}
		drafts[i].Set(f.Name, value)
	}
	res, err := t.Update(ctx, drafts, WriteOptions{})
	if err != nil {
		return err
	}
	now, err := t.valuesOf(ctx, b, ids)
	if err != nil {
		return err
	}
	b.count(ids, res)
	size := 0
	var prior []massRow
	for i, r := range res {
		if r.OK() {
			prior = append(prior, massRow{ids[i], was[ids[i]], now[ids[i]]})
			size += len(was[ids[i]]) + len(now[ids[i]])
		}
	}
	if size > maxSecret {
		b.NoWay = true
		return nil
	}
	return t.keepRows(ctx, kindMassPrior, b.ID, b.Next, prior)
}

// setBack gives some records what they had before, where they still have what the change gave them.
func (t *Tx) setBack(ctx context.Context, b *MassChange, rows []massRow) error {
	f := t.unit.snap.Object(b.Object).Field(b.Field)
	have, err := t.valuesOf(ctx, b, idsOf(rows))
	if err != nil {
		return err
	}
	var ids []record.ID
	var drafts []record.Draft
	for _, r := range rows {
		if has, ok := have[r.ID]; !ok || has != r.Now {
			b.refuse(MassRefusal{ID: r.ID, Moved: true})
			continue
		}
		d := record.Draft{Object: b.Object, ID: r.ID}
		d.Set(f.Name, massValue(f, r.Was))
		ids, drafts = append(ids, r.ID), append(drafts, d)
	}
	if len(drafts) == 0 {
		return nil
	}
	res, err := t.Update(ctx, drafts, WriteOptions{})
	b.count(ids, res)
	return err
}

func (t *Tx) deleteAll(ctx context.Context, b *MassChange, rows []massRow) error {
	ids := idsOf(rows)
	res, err := t.Delete(ctx, ids, WriteOptions{})
	if err != nil {
		return err
	}
	b.count(ids, res)
	var prior []massRow
	for i, r := range res {
		if r.OK() {
			prior = append(prior, massRow{ID: ids[i]})
		}
	}
	if !t.unit.snap.Object(b.Object).Undeletable {
		b.NoWay = true
		return nil
	}
	return t.keepRows(ctx, kindMassPrior, b.ID, b.Next, prior)
}

// valuesOf returns what records have for the field of a change, as the API writes it; those that the actor does not see are not in it.
func (t *Tx) valuesOf(ctx context.Context, b *MassChange, ids []record.ID) (map[record.ID]string, error) {
	quoted := make([]string, len(ids))
	for i, id := range ids {
		quoted[i] = "'" + string(id) + "'"
	}
	res, err := t.Query(ctx, "SELECT Id, "+b.Field+" FROM "+b.Object+" WHERE Id IN ("+strings.Join(quoted, ", ")+")", QueryOptions{})
	if err != nil {
		return nil, err
	}
	values := make(map[record.ID]string, res.Len())
	for i := range res.Len() {
		values[res.Get(i, "Id").ID()] = res.Get(i, b.Field).String()
	}
	return values, nil
}

// count notes what became of records.
func (b *MassChange) count(ids []record.ID, res []SaveResult) {
	for i, r := range res {
		if r.OK() {
			b.Done++
			continue
		}
		b.refuse(MassRefusal{ID: ids[i], Why: r.Errors[0]})
	}
}

func (b *MassChange) refuse(r MassRefusal) {
	b.Failed++
	if len(b.Refused) < massRefused {
		b.Refused = append(b.Refused, r)
	}
}

func idsOf(rows []massRow) []record.ID {
	ids := make([]record.ID, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	return ids
}

// massValue reads a value that String wrote, for a field.
func massValue(f *catalog.Field, text string) record.Value {
	switch {
	case text == "":
		return record.Value{}
	case f.Type.Kind == record.Bool:
		return record.OfBool(text == "true")
	case f.Type.Kind == record.Number:
		if n, scale, ok := record.ParseDecimal(text); ok {
			return record.OfDecimal(n, scale)
		}
	}
	return record.OfText(text)
}
