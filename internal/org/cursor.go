package org

import (
	"context"
	"strconv"
	"strings"
	"time"

	"stoa/internal/engine/query"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

const (
	cursors        = store.QueryCursorTable
	cursorPrefix   = "01g"          // key prefix of query locators
	cursorLife     = 48 * time.Hour // Source: the API's own lifetime of a locator
	cursorsPerUser = 10
	// cursorsOfGuests is how many all who have no user keep together, so that one does not push out another's at once.
	cursorsOfGuests = 1000
)

// keepCursor stores the rest of a query and returns the locator of the batch that begins at from.
// A user's oldest cursors give way.
func (s *Session) keepCursor(ctx context.Context, cur *query.Cursor, from int) (string, error) {
	var ids []byte
	for _, id := range cur.IDs {
		ids = append(ids, id.Short()...)
	}
	var locator record.ID
	err := s.writeTx(ctx, func(tx store.Tx) error {
		made, err := tx.NewIDs(ctx, cursorPrefix, 1)
		if err != nil {
			return err
		}
		locator = made[0]
		d := tx.Dialect()
		q := store.NewSQL(d).Raw("INSERT INTO ").Table(cursors).Raw(" (id, actor, soql, deleted, ids, created) VALUES (").
			Str(string(locator)).Raw(", ").Str(string(s.use.Actor)).Raw(", ").Str(cur.Text).Raw(", ").
			Arg(store.Bool, record.OfBool(cur.All)).Raw(", ").Blob(ids).Raw(", ").Arg(store.DateTime, record.OfInstant(tx.Now())).Raw(")")
		if _, err := tx.Exec(ctx, q); err != nil {
			return err
		}
		kept := int64(cursorsPerUser)
		if s.actor.User == "" {
			kept = cursorsOfGuests
		}
		q = store.NewSQL(d).Raw("DELETE FROM ").Table(cursors).Raw(" WHERE actor = ").Str(string(s.use.Actor)).
			Raw(" AND id NOT IN (SELECT id FROM ").Table(cursors).Raw(" WHERE actor = ").Str(string(s.use.Actor)).
			Raw(" ORDER BY id DESC LIMIT ").Int(kept).Raw(")")
		_, err = tx.Exec(ctx, q)
		return err
	})
	return locatorAt(string(locator), from), err
}

// cursor returns what a locator stands for and where its batch begins. A locator belongs to its user; guests
// share theirs, since each batch shows only what the scope of who asks for it does.
func (s *Session) cursor(ctx context.Context, locator string) (*query.Cursor, int, error) {
	bad := fault.New(fault.InvalidQueryLocator, "invalid query locator")
	head, tail, ok := strings.Cut(locator, "-")
	from, err := strconv.Atoi(tail)
	id, idErr := record.ParseID(head)
	if !ok || err != nil || from < 0 || idErr != nil || id.Prefix() != cursorPrefix {
		return nil, 0, bad
	}
	var cur *query.Cursor
	err = s.readTx(ctx, func(tx store.Tx) error {
		q := store.NewSQL(tx.Dialect()).Raw("SELECT soql, deleted, ids FROM ").Table(cursors).
			Raw(" WHERE id = ").Str(string(id)).Raw(" AND actor = ").Str(string(s.use.Actor)).
			Raw(" AND created > ").Arg(store.DateTime, record.OfInstant(tx.Now().Add(-cursorLife)))
		p, err := store.Fetch(ctx, tx, q, store.Out{Class: store.Text}, store.Out{Class: store.Bool}, store.Out{Class: store.Bytes})
		if err != nil || p.Len() == 0 {
			return err
		}
		cur = &query.Cursor{Text: p.Value(0, 0).Text(), All: p.Value(0, 1).Bool()}
		for ids := []byte(p.Value(0, 2).Text()); len(ids) >= 15; ids = ids[15:] {
			cur.IDs = append(cur.IDs, record.ID(record.AppendID(nil, ids[:15])))
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	if cur == nil || from > len(cur.IDs) {
		return nil, 0, bad
	}
	return cur, from, nil
}

func locatorAt(locator string, from int) string {
	head, _, _ := strings.Cut(locator, "-")
	return head + "-" + strconv.Itoa(from)
}

func sweepCursors(ctx context.Context, tx store.Tx) error {
	q := store.NewSQL(tx.Dialect()).Raw("DELETE FROM ").Table(cursors).
		Raw(" WHERE created <= ").Arg(store.DateTime, record.OfInstant(tx.Now().Add(-cursorLife)))
	_, err := tx.Exec(ctx, q)
	return err
}
