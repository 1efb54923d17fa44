package recruit

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"

	"stoa/internal/app"
	"stoa/internal/org"
	"stoa/internal/record"
)

// The stages of an application: those that lead to a hire in their order, then the other ends.
const (
	StageApplied   = "Applied"
	StageScreened  = "Screened"
	StageInterview = "Interview"
	StageOffer     = "Offer"
	StageHired     = "Hired"
	StageRejected  = "Not selected"
	StageWithdrawn = "Withdrawn"
)

// Stages are all of them.
var Stages = [...]string{StageApplied, StageScreened, StageInterview, StageOffer, StageHired, StageRejected, StageWithdrawn}

// Open reports whether an application in a stage may still lead to a hire.
func Open(stage string) bool {
	return stage != StageHired && stage != StageRejected && stage != StageWithdrawn
}

// reached returns how far a stage is on the way to a hire, -1 for the other ends.
func reached(stage string) int {
	if i := slices.Index(Stages[:], stage); i < slices.Index(Stages[:], StageRejected) {
		return i
	}
	return -1
}

// referenceLetters are those that nobody takes for others.
const referenceLetters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

// newReference returns what an applicant is told to name: J-7KQM-4PX2, one of a million million.
func newReference() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // it does not fail
	for i := range b {
		b[i] = referenceLetters[int(b[i])%len(referenceLetters)]
	}
	return fmt.Sprintf("J-%s-%s", b[:4], b[4:])
}

// beforeApplication fills what a new application begins with, and notes since when one is where it is.
func beforeApplication(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	blind, err := blindUntil(ctx, tx, b)
	if err != nil {
		return err
	}
	for _, r := range b.Rows {
		if b.Insert {
			if r.Text("Reference__c") == "" {
				r.Put("Reference__c", record.OfText(newReference()))
			}
			if r.Text("Applied_On__c") == "" {
				r.Put("Applied_On__c", record.OfDay(tx.Now().In(tx.Actor().Zone)))
			}
		}
		moves := b.Insert || r.Changes("Status__c")
		if moves && !(b.Imported() && r.Given("Stage_Since__c")) {
			r.Put("Stage_Since__c", record.OfInstant(tx.Now()))
		}
		if moves || r.Changes("Blind__c") {
			now, until := reached(r.Text("Status__c")), blind[r.Value("Position__c").ID()]
			switch {
			case now >= 0:
				r.Put("Blind__c", record.OfBool(until != "" && now < reached(until)))
			case b.Insert:
				r.Put("Blind__c", record.OfBool(until != ""))
			default: // who is turned down or withdraws stays as hidden as before
				r.Put("Blind__c", record.OfBool(until != "" && r.Was("Blind__c").Bool()))
			}
		}
		if b.Insert || r.Changes("Veiled__c") { // the hook after it knows what else the candidate applied for
			r.Put("Veiled__c", record.OfBool(r.Value("Blind__c").Bool() || r.Was("Veiled__c").Bool()))
		}
	}
	return nil
}

// afterApplication keeps the way that applications went, and shows the candidates whose time has come.
func afterApplication(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	var moves []record.Draft
	var flagged []record.ID
	for _, r := range b.Rows {
		if b.Insert || r.Changes("Blind__c") || r.Changes("Veiled__c") || r.Changes("Candidate__c") || r.Changes("Status__c") && Open(r.Text("Status__c")) != Open(app.Text(r.Was("Status__c"))) {
			flagged = append(flagged, r.ID)
		}
		if b.Insert || r.Changes("Status__c") {
			moves = append(moves, app.Draft("Stage_Event__c", "Job_Application__c", r.ID, "From__c", app.Text(r.Was("Status__c")),
				"To__c", r.Text("Status__c"), "Reason__c", r.Text("Reason__c")))
		}
	}
	if b.Imported() {
		moves = nil // an import brings the history that it has
	}
	if _, err := org.Must(tx.Insert(ctx, moves, org.WriteOptions{AllOrNone: true})); err != nil || len(flagged) == 0 {
		return err
	}
	return uncover(ctx, tx, flagged)
}
