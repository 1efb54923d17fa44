package recruit

import (
	"context"

	"stoa/internal/app"
	"stoa/internal/org"
	"stoa/internal/record"
)

// A writing is something written on an application that may name its candidate.
type writing struct {
	object string
	on     string   // the field that leads to the application
	via    string   // the object that on refers to where it is not the application; its Job_Application__c leads there
	says   []string // fields that may name the candidate
	// always: it names him whoever wrote it. Else it can only where its writer was shown the name, which Names_Shown__c keeps.
	always bool
}

// path is the way from the writing to its application in a query.
func (w *writing) path() []string {
	if w.via == "" {
		return []string{w.on}
	}
	return []string{w.on[:len(w.on)-1] + "r", "Job_Application__c"}
}

// writings are all of them. Papers are flagged by their documents, which may be on several records.
func writings() []writing {
	return []writing{
		{object: "EmailMessage", on: "RelatedToId", always: true,
			says: []string{"FromName", "FromAddress", "ToAddress", "CcAddress", "BccAddress", "Subject", "TextBody", "HtmlBody", "Headers"}},
		{object: "Offer__c", on: "Job_Application__c", says: []string{"Body__c"}, always: true},
		{object: "Application_Note__c", on: "Job_Application__c", says: []string{"Body__c"}},
		{object: "Review__c", on: "Job_Application__c", says: []string{"Assessment__c"}},
		{object: "Review_Score__c", on: "Review__c", via: "Review__c", says: []string{"Note__c"}},
	}
}

// veil is the hook that keeps Blind__c of new and changed writings: nobody sets it to what is not so.
func (w *writing) veil(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	tx = tx.System()
	var rows []*org.Row
	var on []record.ID
	for _, r := range b.Rows {
		if id := r.Value(w.on); !id.IsNull() && (b.Insert || w.touched(r)) {
			rows, on = append(rows, r), append(on, id.ID())
		}
	}
	if len(rows) == 0 {
		return nil
	}
	of := map[record.ID]record.ID{} // what on refers to → application
	applications := on
	if w.via != "" {
		res, err := app.Query(ctx, tx, "SELECT Id, Job_Application__c FROM "+w.via+" WHERE Id IN ?", on)
		if err != nil {
			return err
		}
		applications = nil
		for i := range res.Len() {
			of[res.Get(i, "Id").ID()] = res.Get(i, "Job_Application__c").ID()
			applications = append(applications, res.Get(i, "Job_Application__c").ID())
		}
	}
	is, err := hiding(ctx, tx, applications)
	if err != nil {
		return err
	}
	for _, r := range rows {
		id := r.Value(w.on).ID()
		if w.via != "" {
			id = of[id]
		}
		blind := is[id]
		if !w.always {
			shown := !b.Insert && r.Was("Names_Shown__c").Bool() || !blind && (b.Insert || w.wrote(r))
			r.Put("Names_Shown__c", record.OfBool(shown))
			blind = blind && shown
		}
		r.Put("Blind__c", record.OfBool(blind))
	}
	return nil
}

func (w *writing) touched(r *org.Row) bool {
	return r.Changes("Blind__c") || r.Changes(w.on) || !w.always && r.Changes("Names_Shown__c") || w.wrote(r)
}

func (w *writing) wrote(r *org.Row) bool {
	for _, f := range w.says {
		if r.Changes(f) {
			return true
		}
	}
	return false
}

// reveil brings Blind__c of the writings on applications up to date.
func (w *writing) reveil(ctx context.Context, tx *org.Tx, applications []record.ID, is map[record.ID]bool) error {
	path := w.path()
	dotted, columns := path[0], "Id, Blind__c, "
	if w.via != "" {
		dotted += "." + path[1]
	}
	if !w.always {
		columns += "Names_Shown__c, "
	}
	res, err := app.Query(ctx, tx, "SELECT "+columns+dotted+" FROM "+w.object+" WHERE "+dotted+" IN ?", applications)
	if err != nil {
		return err
	}
	var drafts []record.Draft
	for i := range res.Len() {
		blind := is[res.Get(i, path...).ID()] && (w.always || res.Get(i, "Names_Shown__c").Bool())
		if blind != res.Get(i, "Blind__c").Bool() {
			drafts = append(drafts, app.Changes(w.object, res.Get(i, "Id").ID(), "Blind__c", blind))
		}
	}
	// As a seed: the hook above would ask again.
	_, err = org.Must(tx.Update(ctx, drafts, org.WriteOptions{AllOrNone: true, Seed: true}))
	return err
}

// hiding returns which applications hide what is written on them: those whose own review is blind, and those whose
// candidate another blind review hides.
func hiding(ctx context.Context, tx *org.Tx, ids []record.ID) (map[record.ID]bool, error) {
	res, err := app.Query(ctx, tx, "SELECT Id, Veiled__c FROM Job_Application__c WHERE Id IN ? AND Veiled__c = true", ids)
	if err != nil {
		return nil, err
	}
	is := map[record.ID]bool{}
	for i := range res.Len() {
		is[res.Get(i, "Id").ID()] = true
	}
	return is, nil
}

// uncover brings the flags of the candidates of applications up to date, and those of everything that hangs on any
// application of theirs: what is written where names are shown tells who is reviewed blind elsewhere.
func uncover(ctx context.Context, tx *org.Tx, applications []record.ID) error {
	if len(applications) == 0 {
		return nil
	}
	tx = tx.System()
	res, err := app.Query(ctx, tx, "SELECT Candidate__c FROM Job_Application__c WHERE Id IN ?", applications)
	if err != nil {
		return err
	}
	var people []record.ID
	for i := range res.Len() {
		people = append(people, res.Get(i, "Candidate__c").ID())
	}
	if err := flag(ctx, tx, "Candidate__c", "Id", people, hiddenCandidates); err != nil {
		return err
	}
	on, is, err := veilApplications(ctx, tx, people)
	if err != nil {
		return err
	}
	for _, w := range writings() {
		if err := w.reveil(ctx, tx, on, is); err != nil {
			return err
		}
	}
	return uncoverPapers(ctx, tx, on)
}

// veilApplications brings Veiled__c of the applications of people up to date, and returns all of them with what it is.
func veilApplications(ctx context.Context, tx *org.Tx, people []record.ID) (on []record.ID, is map[record.ID]bool, err error) {
	res, err := app.Query(ctx, tx, "SELECT Id, Blind__c, Veiled__c, Candidate__r.Blind__c FROM Job_Application__c WHERE Candidate__c IN ? ORDER BY Id", people)
	if err != nil {
		return nil, nil, err
	}
	is = map[record.ID]bool{}
	var drafts []record.Draft
	for i := range res.Len() {
		id, hidden := res.Get(i, "Id").ID(), res.Get(i, "Blind__c").Bool() || res.Get(i, "Candidate__r", "Blind__c").Bool()
		on, is[id] = append(on, id), hidden
		if hidden != res.Get(i, "Veiled__c").Bool() {
			drafts = append(drafts, app.Changes("Job_Application__c", id, "Veiled__c", hidden))
		}
	}
	_, err = org.Must(tx.Update(ctx, drafts, org.WriteOptions{AllOrNone: true, Seed: true}))
	return on, is, err
}

// uncoverPapers flags the files of applications.
func uncoverPapers(ctx context.Context, tx *org.Tx, applications []record.ID) error {
	links, err := app.Query(ctx, tx, "SELECT ContentDocumentId FROM ContentDocumentLink WHERE LinkedEntityId IN ?", applications)
	if err != nil {
		return err
	}
	var documents []record.ID
	for i := range links.Len() {
		documents = append(documents, links.Get(i, "ContentDocumentId").ID())
	}
	if err := flag(ctx, tx, "ContentDocument", "Id", documents, hiddenDocuments); err != nil {
		return err
	}
	return flag(ctx, tx, "ContentVersion", "ContentDocumentId", documents, hiddenDocuments)
}
