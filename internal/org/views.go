package org

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/engine/query"
	"stoa/internal/record"
	"stoa/internal/store"
)

// What people look at is kept for LastViewedDate, LastReferencedDate and
// RecentlyViewed. It must not make a read wait for the disk, so it gathers in
// memory and is written within a second, before any query that could see it,
// and by Close. A crash loses the last second of it.
const (
	viewPause     = time.Second
	viewsGathered = 10_000 // more than that are written at once
	// Source: the platform's own limits of RecentlyViewed.
	viewsPerObject = 200
	viewLife       = 90 * 24 * time.Hour
)

// gathered are looks that are not written yet.
type gathered struct {
	writing sync.Mutex // held while some of them are on their way into the store
	mu      sync.Mutex
	looks   map[lookKey]lookedAt
	counts  map[record.ID]int64 // views of articles
}

type lookKey struct{ actor, id record.ID }

type lookedAt struct {
	object             string
	viewed, referenced time.Time // viewed is zero for a mere reference
}

// newer returns the later of two looks at the same record.
func (l lookedAt) newer(m lookedAt) lookedAt {
	if m.viewed.After(l.viewed) {
		l.viewed = m.viewed
	}
	if m.referenced.After(l.referenced) {
		l.referenced = m.referenced
	}
	return l
}

func (g *gathered) add(looks map[lookKey]lookedAt, counts map[record.ID]int64) (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.looks == nil {
		g.looks, g.counts = make(map[lookKey]lookedAt, len(looks)), make(map[record.ID]int64, len(counts))
	}
	for id, n := range counts {
		g.counts[id] += n
	}
	for k, l := range looks {
		g.looks[k] = l.newer(g.looks[k])
	}
	return len(g.looks) + len(g.counts)
}

// of reports whether an actor's looks are among them, or views that everybody sees.
func (g *gathered) of(actor record.ID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for k := range g.looks {
		if k.actor == actor {
			return true
		}
	}
	return len(g.counts) > 0
}

func (g *gathered) take() (looks map[lookKey]lookedAt, counts map[record.ID]int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	looks, counts = g.looks, g.counts
	g.looks, g.counts = nil, nil
	return looks, counts
}

// Viewed notes that the actor looked at a record that was read under this session.
func (s *Session) Viewed(ctx context.Context, id record.ID) error {
	o := s.Catalog().Of(id)
	if o == nil {
		return nil
	}
	return s.looked(ctx, []query.Look{{Object: o, IDs: []record.ID{id}, Viewed: true, At: time.Now().UTC().Truncate(time.Second)}})
}

// looked gathers what a query said that the actor looks at.
func (s *Session) looked(ctx context.Context, looks []query.Look) error {
	if len(looks) == 0 || s.actor.User == "" {
		return nil
	}
	all, counts := map[lookKey]lookedAt{}, map[record.ID]int64{}
	for _, l := range looks {
		for _, id := range l.Articles {
			counts[id]++
		}
		at := lookedAt{object: l.Object.Name, referenced: l.At}
		if l.Viewed {
			at.viewed = l.At
		}
		for _, id := range l.IDs {
			k := lookKey{s.actor.User, id}
			all[k] = at.newer(all[k])
		}
	}
	if s.org.gathered.add(all, counts) > viewsGathered && s.within == nil {
		return s.org.keepViews(ctx)
	}
	return nil
}

// beforeLooking writes what was gathered where a query could ask for it: fields and object are named in it, or all fields are.
func (s *Session) beforeLooking(ctx context.Context, soql string) error {
	if s.within != nil || !s.org.gathered.of(s.actor.User) { // a unit has the one writer, and sees what stood when it began
		return nil
	}
	text := catalog.Fold(soql)
	for _, word := range []string{"view", "lastreferenceddate", "fields"} {
		if strings.Contains(text, word) {
			return s.org.keepViews(ctx)
		}
	}
	return nil
}

// keepViews writes what was gathered. What cannot be written is kept for the next time.
func (o *Org) keepViews(ctx context.Context) error {
	o.gathered.writing.Lock()
	defer o.gathered.writing.Unlock()
	looks, counts := o.gathered.take()
	if len(looks)+len(counts) == 0 {
		return nil
	}
	err := o.db.Write(ctx, o.ticket(), func(tx store.Tx) error {
		if err := writeViews(ctx, tx, looks); err != nil {
			return err
		}
		return o.countViews(ctx, tx, counts)
	})
	if err != nil {
		o.gathered.add(looks, counts)
	}
	return err
}

// countViews adds to the numbers of views that articles have, in all and through the API's channel.
func (o *Org) countViews(ctx context.Context, tx store.Tx, counts map[record.ID]int64) error {
	article, stat := o.Catalog().Object("Knowledge__ka"), o.Catalog().Object("Knowledge__ViewStat")
	add := func(object *catalog.Object, field string, n int64) *store.SQL {
		q := store.NewSQL(tx.Dialect())
		column := object.Field(field).Column
		return q.Raw("UPDATE ").Table(object.Table).Raw(" SET ").Name(column).Raw(" = COALESCE(").Name(column).Raw(", 0) + ").Int(n).Raw(" WHERE ")
	}
	for _, id := range slices.Sorted(maps.Keys(counts)) {
		n := counts[id]
		found, err := tx.Exec(ctx, add(article, "TotalViewCount", n).Name(store.IDColumn).Raw(" = ").Arg(store.ID, record.OfID(id)))
		if err != nil {
			return err
		}
		for _, channel := range []string{"AllChannels", "App"} {
			if found == 0 {
				break // the article is gone
			}
			q := add(stat, "ViewCount", n).Name(stat.Field("ParentId").Column).Raw(" = ").Arg(store.ID, record.OfID(id)).
				Raw(" AND ").Name(stat.Field("Channel").Column).Raw(" = ").Str(channel)
			if there, err := tx.Exec(ctx, q); err != nil {
				return err
			} else if there > 0 {
				continue
			}
			ids, err := tx.NewIDs(ctx, stat.KeyPrefix, 1)
			if err != nil {
				return err
			}
			cols := []store.Column{
				stat.Field(store.IDColumn).StoreColumn(), stat.Field(store.DeletedColumn).StoreColumn(), stat.Field("ParentId").StoreColumn(),
				stat.Field("Channel").StoreColumn(), stat.Field("ViewCount").StoreColumn(),
			}
			row := []record.Value{record.OfID(ids[0]), record.OfBool(false), record.OfID(id), record.OfText(channel), record.OfInt(n)}
			if err := tx.Insert(ctx, stat.Table, cols, [][]record.Value{row}); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeViews puts looks into the table, in the order of its key, and drops the oldest of who has too many of an object.
func writeViews(ctx context.Context, tx store.Tx, looks map[lookKey]lookedAt) error {
	keys := slices.SortedFunc(maps.Keys(looks), func(a, b lookKey) int { return cmp.Or(cmp.Compare(a.actor, b.actor), cmp.Compare(a.id, b.id)) })
	type pile struct {
		actor  record.ID
		object string
	}
	var piles []pile
	d := tx.Dialect()
	for batch := range slices.Chunk(keys, 100) {
		q := store.NewSQL(d).Raw("INSERT INTO ").Table(store.ViewTable).Raw(" AS kept (actor, record, object, viewed, referenced) VALUES ")
		for i, k := range batch {
			if i > 0 {
				q.Raw(", ")
			}
			l := looks[k]
			viewed := record.Value{}
			if !l.viewed.IsZero() {
				viewed = record.OfInstant(l.viewed)
			}
			q.Raw("(").Arg(store.ID, record.OfID(k.actor)).Raw(", ").Arg(store.ID, record.OfID(k.id)).Raw(", ").Str(l.object).
				Raw(", ").Arg(store.DateTime, viewed).Raw(", ").Arg(store.DateTime, record.OfInstant(l.referenced)).Raw(")")
			if p := (pile{k.actor, l.object}); !slices.Contains(piles, p) {
				piles = append(piles, p)
			}
		}
		q.Raw(" ON CONFLICT (actor, record) DO UPDATE SET viewed = COALESCE(excluded.viewed, kept.viewed), referenced = excluded.referenced")
		if _, err := tx.Exec(ctx, q); err != nil {
			return err
		}
	}
	for _, p := range piles {
		of := func(q *store.SQL) *store.SQL {
			return q.Table(store.ViewTable).Raw(" WHERE actor = ").Arg(store.ID, record.OfID(p.actor)).Raw(" AND object = ").Str(p.object)
		}
		q := of(store.NewSQL(d).Raw("DELETE FROM ")).Raw(" AND record NOT IN (SELECT record FROM ")
		of(q).Raw(" ORDER BY referenced DESC, record DESC LIMIT ").Int(viewsPerObject).Raw(")")
		if _, err := tx.Exec(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

func sweepViews(ctx context.Context, tx store.Tx) error {
	q := store.NewSQL(tx.Dialect()).Raw("DELETE FROM ").Table(store.ViewTable).
		Raw(" WHERE referenced <= ").Arg(store.DateTime, record.OfInstant(tx.Now().Add(-viewLife)))
	_, err := tx.Exec(ctx, q)
	return err
}
