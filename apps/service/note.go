package service

import (
	"context"
	"regexp"
	"strings"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// mention finds @mara.lindqvist: the part of a user's name before its address, or their nickname.
var mention = regexp.MustCompile(`(?:^|[^\w@.])@([\p{L}\p{N}][\p{L}\p{N}._-]*)`)

// Note writes a note that only staff reads. Those whom it names with an @ get a task.
func Note(ctx context.Context, s *org.Session, on record.ID, body string) (note record.ID, err error) {
	err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		made, err := writeNote(ctx, tx, on, body)
		if err == nil {
			note = made[0]
		}
		return err
	})
	return note, err
}

// writeNote writes a note in the caller's unit of work and returns what it made: the note, then tasks.
func writeNote(ctx context.Context, tx *org.Tx, on record.ID, body string) ([]record.ID, error) {
	if strings.TrimSpace(body) == "" {
		return nil, fault.New(fault.RequiredFieldMissing, "Write something.").On("CommentBody")
	}
	if err := visible(ctx, tx, on); err != nil {
		return nil, err
	}
	made, err := org.Must(tx.Insert(ctx, []record.Draft{draft("CaseComment", "ParentId", on, "CommentBody", body, "IsPublished", false)}, org.WriteOptions{}))
	if err != nil {
		return nil, err
	}
	if err := dropDraft(ctx, tx, on, DraftNote); err != nil {
		return nil, err
	}
	tasks, err := mentionTasks(ctx, tx, on, body)
	return append(made, tasks...), err
}

func mentionTasks(ctx context.Context, tx *org.Tx, on record.ID, body string) ([]record.ID, error) {
	users, err := Mentioned(ctx, tx.System(), body)
	if err != nil || len(users) == 0 {
		return nil, err
	}
	res, err := query(ctx, tx.System(), "SELECT Subject, Reference__c FROM Case WHERE Id = ?", on)
	if err != nil {
		return nil, err
	}
	var drafts []record.Draft
	for _, u := range users {
		if u == tx.Actor().User {
			continue
		}
		drafts = append(drafts, draft("Task", "Subject", cut(text(res.Get(0, "Reference__c"))+": "+text(res.Get(0, "Subject")), 255), "WhatId", on, "OwnerId", u,
			"Description", body, "ActivityDate", record.OfDay(tx.Now().In(tx.Actor().Zone))))
		tx.Announce("user/"+string(u), "mention "+string(on))
	}
	// The task is the desk's: a writer who may not give tasks to others mentions them all the same.
	return org.Must(tx.System().Insert(ctx, drafts, org.WriteOptions{AllOrNone: true}))
}

// Mentioned returns the active users whom a text names: @mara.lindqvist.
func Mentioned(ctx context.Context, r reader, body string) (users []record.ID, err error) {
	var names []string
	for _, m := range mention.FindAllStringSubmatch(body, 20) {
		names = append(names, strings.ToLower(strings.TrimRight(m[1], ".-_")))
	}
	if len(names) == 0 {
		return nil, nil
	}
	res, err := query(ctx, r, "SELECT Id FROM User WHERE IsActive = true AND CommunityNickname IN ? ORDER BY Id", names)
	if err != nil {
		return nil, err
	}
	for i := range res.Len() {
		users = append(users, res.Get(i, "Id").ID())
	}
	return users, nil
}
