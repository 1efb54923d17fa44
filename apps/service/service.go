// Package service answers people: cases that come by mail and by form, queues,
// promises, the desk at which they are answered, and the knowledge they are
// answered from. It stands on the platform's standard objects; its one
// invariant is that no note of the staff leaves the house.
package service

import (
	"embed"
	"io/fs"

	"stoa/internal/app"
	"stoa/internal/org"
)

//go:embed metadata
var files embed.FS

// App returns the service app.
func App() app.App {
	m := &memory{}
	return app.App{
		Name: "service", Metadata: metadata(), Grants: grants(), Mail: mailOf, Hooks: hooks(m),
		Jobs: []org.JobKind{
			{Name: jobPromise, Run: m.lookAt},
			{Name: jobRelease, Run: release},
			{Name: jobSweep, Run: sweep},
		},
		Schedules: []org.Schedule{{Kind: jobSweep, Every: sweepEvery}},
		Derived:   derived(m),
		Ready:     ready,
	}
}

func hooks(m *memory) []org.Hook {
	all := []org.Hook{
		{Object: "Case", When: org.Before, Run: m.beforeCase},
		{Object: "Case", When: org.After, Run: m.afterCase},
		{Object: "EmailMessage", When: org.Before, Run: beforeMessage},
		{Object: "EmailMessage", When: org.After, Run: afterMessage},
		{Object: "CaseComment", When: org.After, Run: afterComment},
		{Object: "CaseMilestone", When: org.After, Run: keptByHand},
		{Object: articleObject, When: org.Before, Run: beforeArticle},
		{Object: articleObject, When: org.After, Run: afterArticle},
		{Object: "Publication__c", When: org.After, Run: afterPublication},
		{Object: "Routing_Rule__c", When: org.Before, Run: checkRules},
		{Object: "Service__c", When: org.Before, Run: checkQueues},
	}
	for _, o := range remembered {
		all = append(all, org.Hook{Object: o, When: org.After, Run: m.forget})
	}
	return all
}

func metadata() fs.FS {
	sub, err := fs.Sub(files, "metadata")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// grants lets staff work with cases. What the desk itself keeps on a case they only read.
func grants() []org.ProfileGrant {
	kept := []string{
		"Case.Reference__c", "Case.Reply_Due__c", "Case.Replied_At__c", "Case.Solve_Due__c", "Case.Solved_At__c", "Case.Paused_Since__c", "Case.Paused_Seconds__c",
		"Case.Last_Message_At__c", "Case.Last_From__c", "Case.Thread_Version__c", "Case.Merged_Into__c", "Case.Snippet__c",
	}
	delivery := []string{"EmailMessage.Delivery__c", "EmailMessage.Delivery_Error__c", "EmailMessage.Markdown__c", "EmailMessage.Automatic__c"}
	setup := []string{"Service__c", "Case_Event__c", "Routing_Rule__c", "Service_Setting__c", "Article_Address__c"}
	work := org.Rights{Read: true, Create: true, Edit: true, Delete: true}
	read := org.Rights{Read: true}
	return []org.ProfileGrant{
		{Profile: "Standard User", Rights: work, Objects: []string{"Case", "Draft__c", "Knowledge__kav"}, ReadOnly: kept},
		{Profile: "Standard User", Rights: work, Objects: []string{"EmailMessage"}, ReadOnly: delivery},
		{Profile: "Standard User", Rights: read, Objects: append(setup, "Undo__c", "Case_Link__c", "Publication__c")},
		{Profile: "Read Only", Rights: read, Objects: append([]string{"Case", "Draft__c", "Knowledge__kav"}, setup...)},
	}
}
