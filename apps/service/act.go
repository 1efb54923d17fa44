package service

import (
	"context"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// maxBulk is how many cases one action takes. Source: Stoa's own.
const maxBulk = 500

// SetStatus, SetOwner and SetPriority change cases under the session's rights, all or none.
func SetStatus(ctx context.Context, s *org.Session, cases []record.ID, status string) (Done, error) {
	return set(ctx, s, eventStatus, cases, "Status", record.OfText(status))
}

// SetOwner gives cases to a user or a queue.
func SetOwner(ctx context.Context, s *org.Session, cases []record.ID, owner record.ID) (Done, error) {
	return set(ctx, s, eventOwner, cases, "OwnerId", record.OfID(owner))
}

// SetPriority: see SetStatus.
func SetPriority(ctx context.Context, s *org.Session, cases []record.ID, priority string) (Done, error) {
	return set(ctx, s, eventPriority, cases, "Priority", record.OfText(priority))
}

// SetService: see SetStatus. What the case is promised follows the service.
func SetService(ctx context.Context, s *org.Session, cases []record.ID, service record.ID) (Done, error) {
	return set(ctx, s, eventService, cases, "Service__c", record.OfID(service))
}

func set(ctx context.Context, s *org.Session, kind string, cases []record.ID, field string, v record.Value) (done Done, err error) {
	if len(cases) > maxBulk {
		return Done{}, fault.New(fault.LimitExceeded, "At most %d cases are changed at once.", maxBulk)
	}
	err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		done, err = undoable(ctx, tx, kind, cases, undoLife, func(*step) error {
			return change(ctx, tx, cases, field, v)
		})
		return err
	})
	return done, err
}

func change(ctx context.Context, tx *org.Tx, cases []record.ID, field string, v record.Value) error {
	drafts := make([]record.Draft, len(cases))
	for i, id := range cases {
		drafts[i] = changes("Case", id, field, v)
	}
	_, err := org.Must(tx.Update(ctx, drafts, org.WriteOptions{AllOrNone: true}))
	return err
}

// waiting says which cases of a queue somebody can begin with.
const waiting = " FROM Case WHERE OwnerId IN ? AND IsClosed = false AND Status NOT IN ('Waiting', 'On Hold')"

// TakeNext gives the session's user the next case of a queue, or of all of
// theirs for "": an urgent one first, and else the one whose reply is due first.
// Of several who ask at once each gets another. ok is false where none is left.
func TakeNext(ctx context.Context, s *org.Session, from record.ID) (next record.ID, done Done, ok bool, err error) {
	err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		next, done, ok = "", Done{}, false
		queues, err := queuesOf(ctx, tx, from)
		if err != nil {
			return err
		}
		for {
			id, err := candidate(ctx, tx, queues)
			if err != nil || id == "" {
				return err
			}
			// Who else took it meanwhile has changed its owner by the time that the lock is there.
			if err := tx.Lock(ctx, id); err != nil {
				return err
			}
			res, err := query(ctx, tx.System(), "SELECT Id"+waiting+" AND Id = ?", queues, id)
			if err != nil {
				return err
			}
			if res.Len() == 0 {
				continue
			}
			done, err = undoable(ctx, tx, eventOwner, []record.ID{id}, undoLife, func(*step) error {
				return change(ctx, tx, []record.ID{id}, "OwnerId", record.OfID(tx.Actor().User))
			})
			next, ok = id, err == nil
			return err
		}
	})
	return next, done, ok, err
}

func candidate(ctx context.Context, tx *org.Tx, queues []record.ID) (record.ID, error) {
	for _, urgent := range []string{" AND Priority = 'High'", ""} {
		res, err := query(ctx, tx, "SELECT Id"+waiting+urgent+" ORDER BY Reply_Due__c NULLS LAST, CreatedDate, Id LIMIT 1", queues)
		if err != nil {
			return "", err
		}
		if res.Len() > 0 {
			return res.Get(0, "Id").ID(), nil
		}
	}
	return "", nil
}

// queuesOf returns the queues that the user may take cases from: the given one, or all whose member they are.
func queuesOf(ctx context.Context, tx *org.Tx, from record.ID) ([]record.ID, error) {
	res, err := query(ctx, tx.System(), "SELECT GroupId FROM GroupMember WHERE UserOrGroupId = ? AND Group.Type = 'Queue' ORDER BY GroupId", tx.Actor().User)
	if err != nil {
		return nil, err
	}
	var all []record.ID
	for i := range res.Len() {
		if id := res.Get(i, "GroupId").ID(); from == "" || id == from {
			all = append(all, id)
		}
	}
	if len(all) == 0 && from != "" {
		return nil, fault.New(fault.InsufficientAccess, "You are not a member of this queue.")
	}
	return all, nil
}
