package service

import (
	"context"
	"strings"
	"unicode"

	"stoa/internal/org"
	"stoa/internal/record"
)

// defaultQueue is the queue that the app brings: what nothing else routes goes there.
const defaultQueue = "Service_Desk"

// ready gives an org its first settings, so that a case that comes in has a
// place and a reference at once. What the org has changed of them stays.
func ready(ctx context.Context, o *org.Org) error {
	s, err := o.System(ctx, org.System, "operation")
	if err != nil {
		return err
	}
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		there, err := query(ctx, tx, "SELECT Id FROM Service_Setting__c WHERE Name = ?", DefaultSetting)
		if err != nil || there.Len() > 0 {
			return err
		}
		first := draft("Service_Setting__c", "Name", DefaultSetting, "Reference_Prefix__c", initials(o.Name()), "Default_Queue__c", defaultQueue,
			"First_Reply_Minutes__c", replyMinutes, "Solution_Minutes__c", solutionMinutes, "Sender_Name__c", cut(o.Name(), 120))
		if _, err := org.Must(tx.Insert(ctx, []record.Draft{first}, org.WriteOptions{})); err != nil {
			return err
		}
		queue, err := query(ctx, tx, "SELECT Id FROM Group WHERE Type = 'Queue' AND DeveloperName = ?", defaultQueue)
		if err != nil || queue.Len() == 0 {
			return err
		}
		_, err = org.Must(tx.Insert(ctx, []record.Draft{draft("GroupMember", "GroupId", queue.Get(0, "Id").ID(), "UserOrGroupId", o.Admin())}, org.WriteOptions{}))
		return err
	})
}

// initials returns the first letters of the words of a name, as references begin
// with: CH for City of Harborview. Letters that nobody can tell on the phone are left out with the rest.
func initials(name string) string {
	var b strings.Builder
	for word := range strings.FieldsSeq(name) {
		first := []rune(word)[0]
		if !unicode.IsUpper(first) || first > 'Z' || b.Len() == 4 {
			continue
		}
		b.WriteRune(first)
	}
	if b.Len() == 0 {
		return "C"
	}
	return b.String()
}
