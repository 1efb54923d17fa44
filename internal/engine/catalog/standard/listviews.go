package standard

import (
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
)

// listViews has one line a list view that every org begins with: object, DeveloperName, Name, Definition.
// The names are those that Salesforce ships, so that links and clients find what they know.
const listViews = `Account|AllAccounts|All Accounts|sort=Name
Account|MyAccounts|My Accounts|f=OwnerId:eq:me&sort=Name
Account|NewThisWeek|New This Week|f=CreatedDate:eq:THIS_WEEK&sort=-CreatedDate
Account|NewLastWeek|New Last Week|f=CreatedDate:eq:LAST_WEEK&sort=-CreatedDate
Account|RecentlyViewedAccounts|Recently Viewed Accounts|f=LastViewedDate:filled:&sort=-LastViewedDate
Campaign|AllActiveCampaigns|All Active Campaigns|f=IsActive:eq:true&sort=Name
Campaign|AllCampaigns|All Campaigns|sort=Name
Campaign|MyActiveCampaigns|My Active Campaigns|f=OwnerId:eq:me&f=IsActive:eq:true&sort=Name
Campaign|RecentlyViewedCampaigns|Recently Viewed Campaigns|f=LastViewedDate:filled:&sort=-LastViewedDate
Case|AllOpenCases|All Open Cases|f=IsClosed:eq:false&sort=-CreatedDate
Case|MyOpenCases|My Open Cases|f=OwnerId:eq:me&f=IsClosed:eq:false&sort=-CreatedDate
Case|MyCases|My Cases|f=OwnerId:eq:me&sort=-CreatedDate
Case|EscalatedCases|Escalated Cases|f=IsEscalated:eq:true&f=IsClosed:eq:false&sort=CreatedDate
Case|AllClosedCases|All Closed Cases|f=IsClosed:eq:true&sort=-ClosedDate
Case|AllCases|All Cases|sort=-CreatedDate
Case|RecentlyViewedCases|Recently Viewed Cases|f=LastViewedDate:filled:&sort=-LastViewedDate
Contact|AllContacts|All Contacts|sort=Name
Contact|MyContacts|My Contacts|f=OwnerId:eq:me&sort=Name
Contact|NewThisWeek|New This Week|f=CreatedDate:eq:THIS_WEEK&sort=-CreatedDate
Contact|NewLastWeek|New Last Week|f=CreatedDate:eq:LAST_WEEK&sort=-CreatedDate
Contact|RecentlyViewedContacts|Recently Viewed Contacts|f=LastViewedDate:filled:&sort=-LastViewedDate
Knowledge__kav|PublishedArticles|Published Articles|f=PublishStatus:eq:Online&sort=-LastPublishedDate
Knowledge__kav|DraftArticles|Draft Articles|f=PublishStatus:eq:Draft&sort=-LastModifiedDate
Knowledge__kav|AllArticles|All Articles|f=PublishStatus:filled:&sort=Title
Lead|AllOpenLeads|All Open Leads|f=IsConverted:eq:false&sort=-CreatedDate
Lead|MyLeads|My Leads|f=OwnerId:eq:me&f=IsConverted:eq:false&sort=-CreatedDate
Lead|TodaysLeads|Today's Leads|f=CreatedDate:eq:TODAY&sort=-CreatedDate
Lead|AllLeads|All Leads|sort=-CreatedDate
Lead|RecentlyViewedLeads|Recently Viewed Leads|f=LastViewedDate:filled:&sort=-LastViewedDate
Opportunity|AllOpportunities|All Opportunities|sort=-CloseDate
Opportunity|AllOpenOpportunities|All Open Opportunities|f=IsClosed:eq:false&sort=CloseDate
Opportunity|MyOpportunities|My Opportunities|f=OwnerId:eq:me&sort=-CloseDate
Opportunity|ClosingThisMonth|Closing This Month|f=CloseDate:eq:THIS_MONTH&sort=CloseDate
Opportunity|ClosingNextMonth|Closing Next Month|f=CloseDate:eq:NEXT_MONTH&sort=CloseDate
Opportunity|Won|Won|f=IsWon:eq:true&sort=-CloseDate
Opportunity|RecentlyViewedOpportunities|Recently Viewed Opportunities|f=LastViewedDate:filled:&sort=-LastViewedDate
Task|MyOpenTasks|My Open Tasks|f=OwnerId:eq:me&f=IsClosed:eq:false&sort=ActivityDate
Task|OpenTasks|Open Tasks|f=IsClosed:eq:false&sort=ActivityDate
Task|TodaysTasks|Today's Tasks|f=IsClosed:eq:false&f=ActivityDate:eq:TODAY&sort=ActivityDate
Task|OverdueTasks|Overdue Tasks|f=IsClosed:eq:false&f=ActivityDate:lt:TODAY&sort=ActivityDate
Task|AllTasks|All Tasks|sort=-CreatedDate
Task|RecentlyViewedTasks|Recently Viewed Tasks|f=LastViewedDate:filled:&sort=-LastViewedDate
User|ActiveUsers|Active Users|f=IsActive:eq:true&sort=Name
User|AllUsers|All Users|sort=Name`

// ListViews returns the list views that every org begins with for the given
// objects: those of listViews, and two for each other object that people work with.
func ListViews(objects ...*catalog.Object) []record.Draft {
	own := map[string][]record.Draft{}
	for line := range strings.Lines(listViews) {
		p := strings.SplitN(strings.TrimSuffix(line, "\n"), "|", 4)
		own[p[0]] = append(own[p[0]], listView(p[0], p[1], p[2], p[3]))
	}
	var drafts []record.Draft
	for _, o := range objects {
		switch views := own[o.Name]; {
		case views != nil:
			drafts = append(drafts, views...)
		case o.KeyPrefix != "" && o.Queryable && o.Createable && o.NameField != nil && (o.Custom || o.Layoutable) && !o.Setup && o.Companion == catalog.NoCompanion:
			drafts = append(drafts, listView(o.Name, "All", "All", "sort="+nameOrID(o)))
			if o.Field("LastViewedDate") != nil {
				drafts = append(drafts, listView(o.Name, "RecentlyViewed", "Recently Viewed", "f=LastViewedDate:filled:&sort=-LastViewedDate"))
			}
		}
	}
	return drafts
}

func nameOrID(o *catalog.Object) string {
	if o.NameField.Sortable {
		return o.NameField.Name
	}
	return "Id"
}

func listView(object, developerName, name, definition string) record.Draft {
	d := record.Draft{Object: "ListView"}
	d.Set("SobjectType", record.OfText(object)).Set("DeveloperName", record.OfText(developerName)).Set("Name", record.OfText(name)).
		Set("Definition", record.OfText(definition)).Set("Visibility", record.OfText("Public")).Set("IsSoqlCompatible", record.OfBool(true))
	return d
}
