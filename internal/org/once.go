package org

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

const (
	kindOnce = "once"
	onceLife = 48 * time.Hour // a client that comes back later has lost more than an answer
)

// Once names the next write or unit of work of this session: one of the same
// user with the same name answers what the first one did and changes nothing. A
// client whose connection broke can so ask again.
func (s *Session) Once(name string) { s.once = name }

// Repeated returns what the unit of work that Once named had answered when it
// ran before: the results of its writes, in their order. ok is false where Do ran it now.
func (s *Session) Repeated() (res []SaveResult, ok bool) { return s.repeated, s.repeated != nil }

// A kept is a SaveResult as Once keeps it.
type kept struct {
	ID      record.ID      `json:"id,omitempty"`
	Created bool           `json:"created,omitempty"`
	Errors  []*fault.Error `json:"errors,omitempty"`
	Matches []record.ID    `json:"matches,omitempty"`
}

// done returns what an earlier write of this name answered.
func (s *Session) done(ctx context.Context, tx store.Tx, name string) ([]SaveResult, bool, error) {
	if name == "" {
		return nil, false, nil
	}
	found, err := findSecrets(ctx, tx, kindOnce, func(q *store.SQL) { q.Raw(" AND key = ").Str(s.onceKey(name)) })
	if err != nil || len(found) == 0 {
		return nil, false, err
	}
	var all []kept
	if err := json.Unmarshal(found[0].Body, &all); err != nil {
		return nil, false, err
	}
	res := make([]SaveResult, len(all))
	for i, k := range all {
		res[i] = SaveResult{ID: k.ID, Created: k.Created, Errors: k.Errors, Matches: k.Matches}
	}
	return res, true, nil
}

// remember keeps the answer of this write in its own transaction, so that both stand or neither does.
func (s *Session) remember(ctx context.Context, tx store.Tx, name string, res []SaveResult) error {
	if name == "" {
		return nil
	}
	all := make([]kept, len(res))
	for i, r := range res {
		all[i] = kept{r.ID, r.Created, r.Errors, r.Matches}
	}
	body, err := json.Marshal(all)
	if err != nil {
		return err
	}
	// Two at once with one name: the second meets the key of the first, is undone, and runs again to find it.
	_, err = tx.Exec(ctx, insertSecret(tx, Secret{Kind: kindOnce, Key: s.onceKey(name), Owner: s.actor.User, Body: body, Expires: tx.Now().Add(onceLife)}))
	if errors.Is(err, store.ErrUnique) {
		return errDoneMeanwhile
	}
	return err
}

// errDoneMeanwhile says that another transaction has done what was to be done once.
var errDoneMeanwhile = errors.New("done by another transaction meanwhile")

func (s *Session) onceKey(name string) string { return string(s.actor.User) + "/" + name }
