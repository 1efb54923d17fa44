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
	all := []org.Mask{
		{Object: "Candidate__c", Fields: []string{
			"First_Name__c", "Last_Name__c", "Email__c", "Phone__c", "Mobile__c", "Street_Address_1__c", "Street_Address_2__c", "City__c",
			"Zip_Postal_Code__c", "Current_Employer__c",
		}, While: set("Blind__c"), Unless: seeIdentity},
		{Object: "Job_Application__c", Fields: []string{"Cover_Letter__c"}, While: set("Veiled__c"), Unless: seeIdentity},
		{Object: "ContentVersion", Fields: []string{"Title", "PathOnClient", "Description", "VersionData", "TextPreview"}, While: set("Blind__c"), Unless: seeIdentity},
		{Object: "ContentDocument", Fields: []string{"Title", "Description"}, While: set("Blind__c"), Unless: seeIdentity},
		{Object: "Review__c", Fields: []string{"Rating__c", "Recommendation__c", "Assessment__c"}, While: set("Sealed__c"), Unless: seeIdentity},
		{Object: "Review_Score__c", Fields: []string{"Score__c", "Note__c"}, While: set("Sealed__c"), Unless: seeIdentity},
	}
	for _, w := range writings() {
		all = append(all, org.Mask{Object: w.object, Fields: w.says, While: set("Blind__c"), Unless: seeIdentity})
	}
	return all
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

// A judge says which of some records are hidden.
type judge func(ctx context.Context, tx *org.Tx, ids []record.ID) (map[record.ID]bool, error)

// flag sets Blind__c of the records whose field is one of ids to what the judge says of that one.
func flag(ctx context.Context, tx *org.Tx, object, field string, ids []record.ID, hidden judge) error {
	if len(ids) == 0 {
		return nil
	}
	is, err := hidden(ctx, tx, ids)
	if err != nil {
		return err
	}
	columns := "Id, Blind__c"
	if field != "Id" {
		columns += ", " + field
	}
	res, err := app.Query(ctx, tx, "SELECT "+columns+" FROM "+object+" WHERE "+field+" IN ?", ids)
	if err != nil {
		return err
	}
	var drafts []record.Draft
	for i := range res.Len() {
		if b := is[res.Get(i, field).ID()]; res.Get(i, "Blind__c").Bool() != b {
			drafts = append(drafts, app.Changes(object, res.Get(i, "Id").ID(), "Blind__c", b))
		}
	}
	_, err = org.Must(tx.Update(ctx, drafts, org.WriteOptions{AllOrNone: true}))
	return err
}

// hiddenCandidates: a candidate is hidden while one of his applications is that is still under way, and where all of
// them are. That he also applied where no review is blind must not tell those who review him who he is.
func hiddenCandidates(ctx context.Context, tx *org.Tx, ids []record.ID) (map[record.ID]bool, error) {
	res, err := app.Query(ctx, tx, "SELECT Candidate__c, Status__c, Blind__c FROM Job_Application__c WHERE Candidate__c IN ?", ids)
	if err != nil {
		return nil, err
	}
	all, running := map[record.ID]bool{}, map[record.ID]bool{}
	for i := range res.Len() {
		id, blind := res.Get(i, "Candidate__c").ID(), res.Get(i, "Blind__c").Bool()
		if before, seen := all[id]; !seen || before {
			all[id] = blind
		}
		running[id] = running[id] || blind && Open(app.Text(res.Get(i, "Status__c")))
	}
	for id := range all {
		all[id] = all[id] || running[id]
	}
	return all, nil
}

// hiddenDocuments: a file is hidden while an application that it is on hides what hangs on it.
func hiddenDocuments(ctx context.Context, tx *org.Tx, ids []record.ID) (map[record.ID]bool, error) {
	links, err := app.Query(ctx, tx, "SELECT LinkedEntityId, ContentDocumentId FROM ContentDocumentLink WHERE ContentDocumentId IN ?", ids)
	if err != nil {
		return nil, err
	}
	on := map[record.ID][]record.ID{} // application → documents
	var applications []record.ID
	for i := range links.Len() {
		id := links.Get(i, "LinkedEntityId").ID()
		if isApplication(tx, id) {
			on[id] = append(on[id], links.Get(i, "ContentDocumentId").ID())
			applications = append(applications, id)
		}
	}
	hidden := map[record.ID]bool{}
	if len(applications) == 0 {
		return hidden, nil
	}
	is, err := hiding(ctx, tx, applications)
	if err != nil {
		return nil, err
	}
	for id := range is {
		for _, d := range on[id] {
			hidden[d] = true
		}
	}
	return hidden, nil
}

func isApplication(tx *org.Tx, id record.ID) bool {
	return tx.Catalog().Of(id) == tx.Catalog().Object("Job_Application__c")
}

// afterLink hides a file that is put on an application which hides what hangs on it.
func afterLink(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	var applications []record.ID
	for _, r := range b.Rows {
		if id := r.Value("LinkedEntityId").ID(); isApplication(tx, id) {
			applications = append(applications, id)
		}
	}
	if len(applications) == 0 {
		return nil
	}
	return uncoverPapers(ctx, tx.System(), applications)
}

// keepFlag returns a hook that lets nobody set Blind__c to what is not so: of records whose key is the value of field.
func keepFlag(field string, hidden judge) func(context.Context, *org.Tx, *org.Batch) error {
	return func(ctx context.Context, tx *org.Tx, b *org.Batch) error {
		var ids []record.ID
		for _, r := range b.Rows {
			if id := r.Value(field); r.Changes("Blind__c") && !id.IsNull() {
				ids = append(ids, id.ID())
			}
		}
		if len(ids) == 0 {
			return nil
		}
		is, err := hidden(ctx, tx, ids)
		if err != nil {
			return err
		}
		for _, r := range b.Rows {
			if r.Changes("Blind__c") {
				id := r.Value(field)
				r.Put("Blind__c", record.OfBool(!id.IsNull() && is[id.ID()]))
			}
		}
		return nil
	}
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
			if now < 0 && until > 0 {
				continue // whoever was turned down stays as hidden as before
			}
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
