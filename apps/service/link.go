package service

import (
	"context"
	"slices"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// A LinkKind says what another case is to one.
type LinkKind string

// The kinds of links. Parents and children are Case.ParentId; the others are rows of Case_Link__c.
const (
	LinkRelated   LinkKind = "related"
	LinkDuplicate LinkKind = "duplicate" // the case is a duplicate of the other
	LinkOriginal  LinkKind = "original"  // the other is a duplicate of the case
	LinkParent    LinkKind = "parent"    // the other is the case's parent: the problem behind it
	LinkChild     LinkKind = "child"
)

// LinkKinds returns the kinds in the order in which people choose them.
func LinkKinds() []LinkKind {
	return []LinkKind{LinkRelated, LinkDuplicate, LinkOriginal, LinkParent, LinkChild}
}

// back is what the case is to the other one.
func (k LinkKind) back() LinkKind {
	switch k {
	case LinkDuplicate:
		return LinkOriginal
	case LinkOriginal:
		return LinkDuplicate
	case LinkParent:
		return LinkChild
	case LinkChild:
		return LinkParent
	default:
		return LinkRelated
	}
}

// The values of Case_Link__c.Kind__c.
const (
	linkRowRelated   = "Related"
	linkRowDuplicate = "Duplicate"
)

// The kinds of undos.
const (
	kindLink   = "link"
	kindUnlink = "unlink"
)

// Bounds of what is linked. Source: Stoa's own.
const (
	maxLinks     = 200 // of one case, that are shown
	maxAncestors = 50
)

// A Linked is a case that another one is linked to.
type Linked struct {
	Kind               LinkKind
	Case               record.ID
	Reference, Subject string
	Status             string
	Closed             bool
}

// Links returns the cases that a case is linked to, as far as the session sees them: parents first, then children,
// what it duplicates and what duplicates it, then the others.
func Links(ctx context.Context, s *org.Session, on record.ID) ([]Linked, error) {
	if err := sees(ctx, s, on); err != nil {
		return nil, err
	}
	of, ids, err := linkedIDs(ctx, s, on)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	res, err := query(ctx, s, "SELECT Id, Reference__c, CaseNumber, Subject, Status, IsClosed FROM Case WHERE Id IN ? ORDER BY CreatedDate, Id", ids)
	if err != nil {
		return nil, err
	}
	all := make([]Linked, res.Len())
	for i := range all {
		id := res.Get(i, "Id").ID()
		all[i] = Linked{Kind: of[id], Case: id, Reference: text(res.Get(i, "Reference__c")), Subject: text(res.Get(i, "Subject")), Status: text(res.Get(i, "Status")), Closed: res.Get(i, "IsClosed").Bool()}
	}
	order := []LinkKind{LinkParent, LinkChild, LinkDuplicate, LinkOriginal, LinkRelated}
	slices.SortStableFunc(all, func(a, b Linked) int { return slices.Index(order, a.Kind) - slices.Index(order, b.Kind) })
	return all, nil
}

// linkedIDs returns what other cases are to a case. Who may not see them still may not: the caller reads them under the session's own rights.
func linkedIDs(ctx context.Context, s *org.Session, on record.ID) (map[record.ID]LinkKind, []record.ID, error) {
	sys, err := s.Org().System(ctx, org.Console, s.Purpose())
	if err != nil {
		return nil, nil, err
	}
	of := map[record.ID]LinkKind{}
	var ids []record.ID
	add := func(id record.ID, kind LinkKind) {
		if _, there := of[id]; !there && id != "" {
			of[id], ids = kind, append(ids, id)
		}
	}
	family, err := query(ctx, sys, "SELECT Id, ParentId FROM Case WHERE Id = ? OR ParentId = ? ORDER BY Id LIMIT ?", on, on, maxLinks)
	if err != nil {
		return nil, nil, err
	}
	for i := range family.Len() {
		if id := family.Get(i, "Id").ID(); id != on {
			add(id, LinkChild)
		} else {
			add(family.Get(i, "ParentId").ID(), LinkParent)
		}
	}
	rows, err := query(ctx, sys, "SELECT Case__c, Other__c, Kind__c FROM Case_Link__c WHERE Case__c = ? OR Other__c = ? ORDER BY Id LIMIT ?", on, on, maxLinks)
	if err != nil {
		return nil, nil, err
	}
	for i := range rows.Len() {
		from, to, kind := rows.Get(i, "Case__c").ID(), rows.Get(i, "Other__c").ID(), LinkRelated
		if text(rows.Get(i, "Kind__c")) == linkRowDuplicate {
			kind = LinkDuplicate
		}
		if from == on {
			add(to, kind)
		} else {
			add(from, kind.back())
		}
	}
	return of, ids, nil
}

// Link links a case to another one, which is its kind to it from then on. Two cases have one link: a new one takes the
// place of the old. Done takes it back.
func Link(ctx context.Context, s *org.Session, on, other record.ID, kind LinkKind) (Done, error) {
	return relink(ctx, s, kindLink, on, other, kind)
}

// Unlink removes the link between two cases. Done takes it back.
func Unlink(ctx context.Context, s *org.Session, on, other record.ID) (Done, error) {
	return relink(ctx, s, kindUnlink, on, other, "")
}

// A linkRow is a row of Case_Link__c.
type linkRow struct {
	ID   record.ID `json:"id"`
	From record.ID `json:"from"`
	To   record.ID `json:"to"`
	Kind string    `json:"kind"`
}

func relink(ctx context.Context, s *org.Session, what string, on, other record.ID, kind LinkKind) (done Done, err error) {
	switch {
	case on == other:
		return Done{}, fault.New(fault.InvalidOperation, "A case is not linked to itself.")
	case what == kindLink && !slices.Contains(LinkKinds(), kind):
		return Done{}, fault.New(fault.InvalidOperation, "Choose what the other case is to this one.")
	}
	err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		done, err = undoableWith(ctx, tx, what, []record.ID{on, other}, undoLife, []string{"ParentId"}, func(st *step) error {
			if err := mayChange(ctx, tx, on, other); err != nil {
				return err
			}
			was, err := unlink(ctx, tx, on, other, st)
			if err != nil {
				return err
			}
			if what == kindUnlink {
				if was == "" {
					return fault.New(fault.NotFound, "These cases are not linked.")
				}
				return tellLink(ctx, tx, eventUnlinked, on, other, was)
			}
			if err := link(ctx, tx, on, other, kind, st); err != nil {
				return err
			}
			return tellLink(ctx, tx, eventLinked, on, other, kind)
		})
		return err
	})
	return done, err
}

// unlink removes what links two cases and returns what the other one was, "" for nothing.
func unlink(ctx context.Context, tx *org.Tx, on, other record.ID, st *step) (was LinkKind, err error) {
	sys := tx.System()
	family, err := query(ctx, sys, "SELECT Id, ParentId FROM Case WHERE Id IN ? AND ParentId IN ?", []record.ID{on, other}, []record.ID{on, other})
	if err != nil {
		return "", err
	}
	for i := range family.Len() {
		id := family.Get(i, "Id").ID()
		if was = LinkChild; id == on {
			was = LinkParent
		}
		if err := change(ctx, tx, []record.ID{id}, "ParentId", record.Value{}); err != nil {
			return "", err
		}
	}
	rows, err := query(ctx, sys, "SELECT Id, Case__c, Other__c, Kind__c FROM Case_Link__c WHERE Case__c IN ? AND Other__c IN ?", []record.ID{on, other}, []record.ID{on, other})
	if err != nil {
		return "", err
	}
	var ids []record.ID
	for i := range rows.Len() {
		r := linkRow{rows.Get(i, "Id").ID(), rows.Get(i, "Case__c").ID(), rows.Get(i, "Other__c").ID(), text(rows.Get(i, "Kind__c"))}
		if was = LinkRelated; r.Kind == linkRowDuplicate {
			if was = LinkDuplicate; r.From != on {
				was = LinkOriginal
			}
		}
		ids, st.Links = append(ids, r.ID), append(st.Links, r)
	}
	_, err = org.Must(sys.Delete(ctx, ids, org.WriteOptions{AllOrNone: true}))
	return was, err
}

func link(ctx context.Context, tx *org.Tx, on, other record.ID, kind LinkKind, st *step) error {
	row := linkRow{From: on, To: other, Kind: linkRowRelated}
	switch kind {
	case LinkParent:
		return adopt(ctx, tx, other, on)
	case LinkChild:
		return adopt(ctx, tx, on, other)
	case LinkOriginal:
		row = linkRow{From: other, To: on, Kind: linkRowDuplicate}
	case LinkDuplicate:
		row.Kind = linkRowDuplicate
	}
	id, err := put(ctx, tx.System(), row.draft())
	st.Made = append(st.Made, id)
	return err
}

func (r linkRow) draft() record.Draft {
	return draft("Case_Link__c", "Case__c", r.From, "Other__c", r.To, "Kind__c", r.Kind)
}

// adopt makes a case the parent of another. Nobody is their own ancestor.
func adopt(ctx context.Context, tx *org.Tx, parent, child record.ID) error {
	at := parent
	for range maxAncestors {
		if at == child {
			return fault.New(fault.InvalidOperation, "The case is above this one already: a case cannot be above itself.").On("ParentId")
		}
		res, err := query(ctx, tx.System(), "SELECT ParentId FROM Case WHERE Id = ? AND ParentId != null", at)
		if err != nil {
			return err
		}
		if res.Len() == 0 {
			return change(ctx, tx, []record.ID{child}, "ParentId", record.OfID(parent))
		}
		at = res.Get(0, "ParentId").ID()
	}
	return fault.New(fault.LimitExceeded, "More than %d cases are above each other.", maxAncestors).On("ParentId")
}

// tellLink writes on both cases what they are to each other.
func tellLink(ctx context.Context, tx *org.Tx, event string, on, other record.ID, kind LinkKind) error {
	res, err := query(ctx, tx.System(), "SELECT Id, Reference__c FROM Case WHERE Id IN ?", []record.ID{on, other})
	if err != nil {
		return err
	}
	refs := map[record.ID]string{}
	for i := range res.Len() {
		refs[res.Get(i, "Id").ID()] = text(res.Get(i, "Reference__c"))
	}
	for _, id := range [...]record.ID{on, other} {
		tx.Announce(TopicCase(id), SaysMessage)
	}
	return tell(ctx, tx, line{on, event, false, []any{"case", string(other), "reference", refs[other], "kind", string(kind)}},
		line{other, event, false, []any{"case", string(on), "reference", refs[on], "kind", string(kind.back())}})
}
