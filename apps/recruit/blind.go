package recruit

import (
	"context"

	"stoa/internal/app"
	"stoa/internal/org"
	"stoa/internal/record"
)

// seeIdentity is the custom permission of those whom a blind review hides nothing from.
const seeIdentity = "Recruit_See_Identity"

// masks are what a blind review hides, from everybody and in every door. Flags on the rows, which
// hooks keep, say while it holds.
func masks() []org.Mask {
	set := func(field string) org.Cond {
		return org.Cond{Field: field, Op: org.Equal, Values: []record.Value{record.OfBool(true)}}
	}
	return []org.Mask{
		{Object: "Candidate__c", Fields: []string{
			"First_Name__c", "Last_Name__c", "Email__c", "Phone__c", "Mobile__c", "Street_Address_1__c", "Street_Address_2__c", "City__c",
			"Zip_Postal_Code__c", "Current_Employer__c",
		}, While: set("Blind__c"), Unless: seeIdentity},
		{Object: "Job_Application__c", Fields: []string{"Cover_Letter__c"}, While: set("Blind__c"), Unless: seeIdentity},
		{Object: "ContentVersion", Fields: []string{"Title", "PathOnClient", "Description", "VersionData", "TextPreview"}, While: set("Blind__c"), Unless: seeIdentity},
		{Object: "Review__c", Fields: []string{"Rating__c", "Recommendation__c", "Assessment__c"}, While: set("Sealed__c"), Unless: seeIdentity},
		{Object: "Review_Score__c", Fields: []string{"Score__c", "Note__c"}, While: set("Sealed__c"), Unless: seeIdentity},
	}
}

// blindUntil returns, by position, the stage from which the candidates of a batch's positions are shown, "" where they always are.
func blindUntil(ctx context.Context, tx *org.Tx, b *org.Batch) (map[record.ID]string, error) {
	var positions []record.ID
	for _, r := range b.Rows {
		if id := r.Get(b.Field("Position__c")); !id.IsNull() {
			positions = append(positions, id.ID())
		}
	}
	res, err := app.Query(ctx, tx, "SELECT Id, Blind_Until__c FROM Position__c WHERE Id IN ? AND Blind_Until__c != null", positions)
	if err != nil {
		return nil, err
	}
	until := map[record.ID]string{}
	for i := range res.Len() {
		until[res.Get(i, "Id").ID()] = app.Text(res.Get(i, "Blind_Until__c"))
	}
	return until, nil
}

// uncover sets the flags of the candidates and files of applications that came or moved: a
// candidate is hidden while all of his applications are, a file while the application that it came with is.
func uncover(ctx context.Context, tx *org.Tx, applications []record.ID) error {
	res, err := app.Query(ctx, tx, "SELECT Id, Candidate__c, Blind__c FROM Job_Application__c WHERE Id IN ?", applications)
	if err != nil {
		return err
	}
	var people []record.ID
	blind := map[record.ID]bool{} // application → hidden
	for i := range res.Len() {
		people = append(people, res.Get(i, "Candidate__c").ID())
		blind[res.Get(i, "Id").ID()] = res.Get(i, "Blind__c").Bool()
	}
	if len(people) == 0 {
		return nil
	}
	if res, err = app.Query(ctx, tx, "SELECT Candidate__c, Blind__c, Candidate__r.Blind__c FROM Job_Application__c WHERE Candidate__c IN ?", people); err != nil {
		return err
	}
	hidden, was := map[record.ID]bool{}, map[record.ID]bool{}
	for i := range res.Len() {
		id, b := res.Get(i, "Candidate__c").ID(), res.Get(i, "Blind__c").Bool()
		if all, seen := hidden[id]; !seen || all {
			hidden[id] = b
		}
		was[id] = res.Get(i, "Candidate__r", "Blind__c").Bool()
	}
	var drafts []record.Draft
	for id, b := range hidden {
		if was[id] != b {
			drafts = append(drafts, app.Changes("Candidate__c", id, "Blind__c", b))
		}
	}
	if err := flagFiles(ctx, tx, blind, &drafts); err != nil || len(drafts) == 0 {
		return err
	}
	byObject := map[string][]record.Draft{}
	for _, d := range drafts {
		byObject[d.Object] = append(byObject[d.Object], d)
	}
	for _, object := range []string{"Candidate__c", "ContentVersion"} {
		if _, err := org.Must(tx.Update(ctx, byObject[object], org.WriteOptions{AllOrNone: true})); err != nil {
			return err
		}
	}
	return nil
}

// flagFiles adds the drafts that hide or show the files of applications.
func flagFiles(ctx context.Context, tx *org.Tx, blind map[record.ID]bool, drafts *[]record.Draft) error {
	var on []record.ID
	for id := range blind {
		on = append(on, id)
	}
	links, err := app.Query(ctx, tx, "SELECT LinkedEntityId, ContentDocumentId FROM ContentDocumentLink WHERE LinkedEntityId IN ?", on)
	if err != nil || links.Len() == 0 {
		return err
	}
	of := map[record.ID]bool{} // document → hidden
	var documents []record.ID
	for i := range links.Len() {
		id := links.Get(i, "ContentDocumentId").ID()
		of[id] = of[id] || blind[links.Get(i, "LinkedEntityId").ID()]
		documents = append(documents, id)
	}
	versions, err := app.Query(ctx, tx, "SELECT Id, ContentDocumentId, Blind__c FROM ContentVersion WHERE ContentDocumentId IN ?", documents)
	if err != nil {
		return err
	}
	for i := range versions.Len() {
		if b := of[versions.Get(i, "ContentDocumentId").ID()]; versions.Get(i, "Blind__c").Bool() != b {
			*drafts = append(*drafts, app.Changes("ContentVersion", versions.Get(i, "Id").ID(), "Blind__c", b))
		}
	}
	return nil
}

// afterLink hides a file that is put on an application which is.
func afterLink(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	var applications []record.ID
	for _, r := range b.Rows {
		if id := r.Get(b.Field("LinkedEntityId")).ID(); tx.Catalog().Of(id) == tx.Catalog().Object("Job_Application__c") {
			applications = append(applications, id)
		}
	}
	if len(applications) == 0 {
		return nil
	}
	return uncover(ctx, tx, applications)
}

// afterPosition hides and shows the candidates of positions whose review becomes blind, or is no more.
func afterPosition(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	if b.Insert {
		return nil
	}
	for _, r := range b.Rows {
		if !r.Changed(b.Field("Blind_Until__c")) {
			continue
		}
		until := reached(r.Text("Blind_Until__c"))
		res, err := app.Query(ctx, tx, "SELECT Id, Status__c, Blind__c FROM Job_Application__c WHERE Position__c = ?", r.ID)
		if err != nil {
			return err
		}
		var drafts []record.Draft
		var moved []record.ID
		for i := range res.Len() {
			now := reached(app.Text(res.Get(i, "Status__c")))
			if hide := until > 0 && now < until; hide != res.Get(i, "Blind__c").Bool() {
				moved = append(moved, res.Get(i, "Id").ID())
				drafts = append(drafts, app.Changes("Job_Application__c", res.Get(i, "Id").ID(), "Blind__c", hide))
			}
		}
		if _, err := org.Must(tx.Update(ctx, drafts, org.WriteOptions{AllOrNone: true})); err != nil {
			return err
		}
		if err := uncover(ctx, tx, moved); err != nil {
			return err
		}
	}
	return nil
}
