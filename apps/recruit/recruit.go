// Package recruit finds people for open positions: the careers site, the
// application one thing a page, the recruiter's board, scorecards, interviews
// and offers. Its objects have the names of the classic recruiting app; its one
// invariant is that in a blind review no door says who a candidate is.
package recruit

import (
	"embed"
	"io/fs"

	"stoa/internal/app"
	"stoa/internal/org"
	"stoa/internal/web/page"
)

//go:embed metadata
var files embed.FS

// objects are what the app brings, those that others hang on first.
var objects = []string{
	"Position__c", "Candidate__c", "Job_Application__c", "Stage_Event__c", "Scorecard_Attribute__c", "Review__c", "Review_Score__c",
	"Interview__c", "Interview_Panel__c", "Offer__c", "Employment_Website__c", "Job_Posting__c", "Application_Draft__c", "Application_Note__c",
}

// App returns the recruiting app.
func App() app.App {
	work := org.Rights{Read: true, Create: true, Edit: true, Delete: true}
	a := app.App{
		Name: "recruit", Metadata: metadata(),
		Grants: []org.ProfileGrant{
			{Profile: "Standard User", Rights: work, Objects: objects},
			{Profile: "Read Only", Rights: org.Rights{Read: true}, Objects: objects},
		},
		Requires: []string{"service"},
		Masks:    masks(),
		Jobs:     []org.JobKind{{Name: jobLetter, Run: writeLetter}},
		Purpose:  "recruit.selection",
		Site:     careersRoutes(),
		SiteNav:  []page.Link{{Label: "jobs.title", Href: "/jobs"}},

		Console:    consoleRoutes(),
		ConsoleNav: []app.Place{{Icon: "briefcase", Label: "recruit.place", Href: root, Key: "G R", Object: "Position__c", Before: "Lead", Record: root + "/", RecordLabel: "recruit.open"}},

		Hooks: []org.Hook{
			{Object: "Job_Application__c", When: org.Before, Run: beforeApplication},
			{Object: "Job_Application__c", When: org.After, Run: afterApplication},
			{Object: "Candidate__c", When: org.Before, Run: keepFlag("Id", hiddenCandidates)},
			{Object: "ContentDocument", When: org.Before, Run: keepFlag("Id", hiddenDocuments)},
			{Object: "ContentVersion", When: org.Before, Run: keepFlag("ContentDocumentId", hiddenDocuments)},
			{Object: "ContentDocumentLink", When: org.After, Run: afterLink},
			{Object: "Position__c", When: org.After, Run: afterPosition},
			{Object: "Job_Application__c", When: org.Before, Run: keepRatings},
			{Object: "Job_Application__c", When: org.After, Run: fillPosition},
			{Object: "Review__c", When: org.Before, Run: beforeReview},
			{Object: "Review__c", When: org.After, Run: afterReview},
			{Object: "Review_Score__c", When: org.Before, Run: beforeScore},
			{Object: "Interview__c", When: org.Before, Run: beforeInterview},
			{Object: "Offer__c", When: org.Before, Run: beforeOffer},
		},
	}
	for _, w := range writings() {
		a.Hooks = append(a.Hooks, org.Hook{Object: w.object, When: org.Before, Run: w.veil})
	}
	return a
}

func metadata() fs.FS {
	sub, err := fs.Sub(files, "metadata")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}
