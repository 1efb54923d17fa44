package service

import (
	"context"
	"slices"
	"strings"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// What a macro's instructions are aimed at, as MacroInstruction.Target names it.
const (
	targetField   = "Field.Case." // Set: a field of the case
	targetReply   = "Field.Email.TextBody"
	targetNote    = "Field.CaseComment.CommentBody"
	macroMe       = "me" // as an owner: whoever runs the macro
	kindMacro     = "macro"
	macroSelect   = "Select" // these only move the focus of a console that has tabs
	macroSubmit   = "Submit"
	macroClose    = "Close"
	macroSet      = "Set"
	macroInsert   = "Insert"
	effectReply   = "reply"
	effectNote    = "note"
	maxMacroSteps = 50
)

// An Effect is one thing that a macro would do to a case, or did.
type Effect struct {
	What     string // API name of a field of Case, or reply, or note
	From, To string // values as people read them
	Text     string // of a reply or a note

	value record.Value
}

// PreviewMacro returns what a macro would do to a case, and does nothing.
func PreviewMacro(ctx context.Context, s *org.Session, on, macro record.ID) ([]Effect, error) {
	if err := sees(ctx, s, on); err != nil {
		return nil, err
	}
	return effects(ctx, s, on, macro)
}

// RunMacro does what a macro says to a case, all of it or nothing; one Undo
// takes all of it back. version is that of the thread that was read: a macro that
// replies is guarded like a reply.
func RunMacro(ctx context.Context, s *org.Session, on, macro record.ID, version int) (done Done, did []Effect, err error) {
	if did, err = PreviewMacro(ctx, s, on, macro); err != nil {
		return Done{}, nil, err
	}
	life := undoLife
	var more []string // fields that no other action changes
	for _, e := range did {
		switch {
		case e.What == effectReply:
			life = sendHold
		case e.What != effectNote && !slices.Contains(strings.Split(watched, ", "), e.What):
			more = append(more, e.What)
		}
	}
	err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		done, err = undoableWith(ctx, tx, kindMacro, []record.ID{on}, life, more, func(st *step) error {
			return perform(ctx, tx, on, version, did, st)
		})
		if err != nil {
			return err
		}
		res, err := query(ctx, tx, "SELECT Name FROM Macro WHERE Id = ?", macro)
		if err != nil {
			return err
		}
		return tell(ctx, tx, line{on, eventMacro, false, []any{"macro", text(res.Get(0, "Name"))}})
	})
	return done, did, err
}

// perform does the effects: messages first, so that what is set afterwards stays.
func perform(ctx context.Context, tx *org.Tx, on record.ID, version int, all []Effect, st *step) error {
	change := record.Draft{Object: "Case", ID: on}
	for _, e := range all {
		switch e.What {
		case effectReply:
			if _, err := reply(ctx, tx, ReplyIn{Case: on, Body: e.Text, Version: version}, st); err != nil {
				return err
			}
			version++ // its own message
		case effectNote:
			made, err := writeNote(ctx, tx, on, e.Text)
			if err != nil {
				return err
			}
			st.Made = append(st.Made, made...)
			version++
		default:
			change.Set(e.What, e.value)
		}
	}
	if len(change.Fields) == 0 {
		return nil
	}
	_, err := org.Must(tx.Update(ctx, []record.Draft{change}, org.WriteOptions{}))
	return err
}

// effects reads a macro for a case.
func effects(ctx context.Context, s *org.Session, on, macro record.ID) (all []Effect, err error) {
	res, err := query(ctx, s, "SELECT Operation, Target, Value, ValueRecord FROM MacroInstruction WHERE MacroId = ? ORDER BY SortOrder, Id LIMIT ?", macro, maxMacroSteps)
	if err != nil {
		return nil, err
	}
	if res.Len() == 0 {
		return nil, fault.New(fault.NotFound, "There is no such macro, or nothing in it.")
	}
	lang, err := languageOf(ctx, s, on)
	if err != nil {
		return nil, err
	}
	var texts []string
	for i := range res.Len() {
		texts = append(texts, text(res.Get(i, "Value")))
	}
	f, err := newFiller(ctx, s, on, lang, texts...)
	if err != nil {
		return nil, err
	}
	for i := range res.Len() {
		op, target, value := text(res.Get(i, "Operation")), text(res.Get(i, "Target")), text(res.Get(i, "Value"))
		if ref := text(res.Get(i, "ValueRecord")); ref != "" {
			value = ref
		}
		field, onCase := strings.CutPrefix(target, targetField)
		switch {
		case op == macroSelect || op == macroSubmit || op == macroClose:
		case op == macroInsert && target == targetReply:
			all = append(all, Effect{What: effectReply, Text: f.fill(value, asText)})
		case op == macroInsert && target == targetNote:
			all = append(all, Effect{What: effectNote, Text: f.fill(value, asText)})
		case op == macroSet && onCase:
			e, err := setField(ctx, s, on, field, value)
			if err != nil {
				return nil, err
			}
			if e.From != e.To {
				all = append(all, e)
			}
		default:
			return nil, fault.New(fault.InvalidOperation, "A macro cannot %s %s.", strings.ToLower(op), target)
		}
	}
	return all, nil
}

// setField returns what it means to set a field of a case to a value.
func setField(ctx context.Context, s *org.Session, on record.ID, field, value string) (Effect, error) {
	f := s.Catalog().Object("Case").Field(field)
	if f == nil || !s.CanEdit(f) {
		return Effect{}, fault.New(fault.InvalidField, "A macro cannot set %s of a case.", field).On(field)
	}
	e := Effect{What: f.Name, To: value, value: record.OfText(value)}
	path := f.Name
	switch f.Name {
	case "OwnerId":
		path = "Owner.Name"
		id, name, err := ownerNamed(ctx, s, value)
		if err != nil {
			return e, err
		}
		e.To, e.value = name, record.OfID(id)
	case "Service__c":
		path = "Service__r.Name"
		res, err := query(ctx, s, "SELECT Id, Name FROM Service__c WHERE Slug__c = ?", value)
		if err != nil {
			return e, err
		}
		if res.Len() == 0 {
			return e, fault.New(fault.InvalidCrossReferenceKey, "There is no service %s.", value)
		}
		e.To, e.value = text(res.Get(0, "Name")), record.OfID(res.Get(0, "Id").ID())
	}
	res, err := query(ctx, s, "SELECT "+path+" FROM Case WHERE Id = ?", on)
	if err == nil && res.Len() > 0 {
		e.From = text(res.Get(0, strings.Split(path, ".")...))
	}
	return e, err
}

// ownerNamed returns the owner that a macro names: me, a queue's developer name, or an id.
func ownerNamed(ctx context.Context, s *org.Session, value string) (record.ID, string, error) {
	q, args := "SELECT Id, Name FROM Group WHERE Type = 'Queue' AND DeveloperName = ?", []any{value}
	switch {
	case value == macroMe:
		return s.Actor().User, s.Actor().Name, nil
	case record.IsID(value) && strings.HasPrefix(value, "005"):
		q = "SELECT Id, Name FROM User WHERE IsActive = true AND Id = ?"
	case record.IsID(value):
		q = "SELECT Id, Name FROM Group WHERE Id = ?"
	}
	res, err := query(ctx, s, q, args...)
	if err != nil {
		return "", "", err
	}
	if res.Len() == 0 {
		return "", "", fault.New(fault.InvalidCrossReferenceKey, "There is no owner %s.", value).On("OwnerId")
	}
	return res.Get(0, "Id").ID(), text(res.Get(0, "Name")), nil
}
