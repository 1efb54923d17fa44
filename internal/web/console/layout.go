package console

import (
	"strings"

	"stoa/internal/engine/catalog"
)

// A layout says how an object's records are arranged: what stands on top, in
// which sections, what hangs below and which columns a list has. Fields are
// API names; those that the person may not read are left out where it is used.
type layout struct {
	Icon       string
	Hue        string // class of the icon's ground
	Highlights []string
	Path       string // picklist that a record moves along
	Sections   []section
	Related    []related
	Columns    []string // of lists
	Board      string   // picklist of the board
	Tile       []string // marks of a tile on the board
	View       string   // DeveloperName of the list view that opens
}

// A section is a card of fields. Title is a message key.
type section struct {
	Title  string
	Fields []string
}

// A related list shows children by the name of their relationship.
type related struct {
	Child   string
	Columns []string
	Sort    string // "" for the newest first
	NoNew   bool   // they come by themselves, nobody writes them by hand
}

// audit is the section that every layout ends with.
var audit = section{"section.system", []string{"CreatedById", "CreatedDate", "LastModifiedById", "LastModifiedDate", "Id"}}

// layouts are the objects that people work with most, arranged by hand.
var layouts = map[string]layout{
	"Position__c": {
		Icon: "briefcase", Hue: "av-4", Path: "Status__c", Board: "Status__c", Tile: []string{"Department__c"},
		Highlights: []string{"Department__c", "Hiring_Manager__c", "Openings__c", "Close_Date__c", "Blind_Until__c"},
		Sections: []section{
			{"section.position", []string{"Name", "Status__c", "Slug__c", "Department__c", "Location__c", "Remote__c", "Type__c", "Grade__c", "Openings__c", "Hiring_Manager__c", "Blind_Until__c", "Related_Position__c"}},
			{"section.terms", []string{"Open_Date__c", "Close_Date__c", "Start_Date__c", "Min_Pay__c", "Max_Pay__c", "Pay_Period__c", "Benefits__c"}},
			{"section.advert", []string{"Job_Description__c", "Responsibilities__c", "Skills_Required__c", "Educational_Requirements__c", "Questions__c"}},
			audit,
		},
		Related: []related{
			{"Scorecard_Attributes__r", []string{"Name", "Weight__c", "Order__c", "Anchor_1__c", "Anchor_4__c"}, "Order__c ASC", false},
			{"Job_Applications__r", []string{"Name", "Candidate__c", "Status__c", "Applied_On__c", "Average_Rating__c"}, "", false},
			{"Job_Postings__r", []string{"Name", "Employment_Website__c", "Active__c"}, "", false},
		},
		Columns: []string{"Name", "Department__c", "Status__c", "Openings__c", "Close_Date__c", "Hiring_Manager__c"},
	},
	"Case": {
		Icon: "inbox", Hue: "av-1", Path: "Status", Board: "Status", Tile: []string{"Priority"},
		Highlights: []string{"ContactId", "AccountId", "Priority", "Origin", "CreatedDate", "OwnerId"},
		Sections: []section{
			{"section.case", []string{"Subject", "Description", "Status", "Priority", "Type", "Reason", "Origin", "ParentId"}},
			{"section.person", []string{"ContactId", "AccountId", "ContactEmail", "ContactPhone"}},
			{"section.given", []string{"SuppliedName", "SuppliedEmail", "SuppliedPhone", "SuppliedCompany"}},
			{"section.handling", []string{"OwnerId", "IsEscalated", "EntitlementId", "ProductId", "AssetId", "ClosedDate"}},
			audit,
		},
		Related: []related{
			{"CaseComments", []string{"CommentBody", "CreatedById", "CreatedDate"}, "", false},
			{"EmailMessages", []string{"Subject", "FromAddress", "ToAddress", "MessageDate"}, "MessageDate DESC", true},
			{"Tasks", []string{"Subject", "Status", "ActivityDate", "OwnerId"}, "ActivityDate ASC", false},
			{"Cases", []string{"CaseNumber", "Subject", "Status", "CreatedDate"}, "", false},
			{"TeamMembers", []string{"MemberId", "TeamRoleId"}, "CreatedDate ASC", false},
		},
		Columns: []string{"CaseNumber", "Subject", "ContactId", "Status", "Priority", "Origin", "CreatedDate", "OwnerId"},
		View:    "AllOpenCases",
	},
	"Contact": {
		Icon: "users", Hue: "av-2",
		Highlights: []string{"AccountId", "Title", "Email", "Phone", "OwnerId"},
		Sections: []section{
			{"section.person", []string{"Name", "AccountId", "Title", "Department", "ReportsToId", "Birthdate", "OwnerId"}},
			{"section.reach", []string{"Email", "Phone", "MobilePhone", "HomePhone", "MailingAddress", "DoNotCall", "HasOptedOutOfEmail"}},
			{"section.more", []string{"Description", "LeadSource", "OtherAddress"}},
			audit,
		},
		Related: []related{
			{"Cases", []string{"CaseNumber", "Subject", "Status", "CreatedDate"}, "", false},
			{"Tasks", []string{"Subject", "Status", "ActivityDate", "OwnerId"}, "ActivityDate ASC", false},
			{"Opportunities", []string{"Name", "StageName", "Amount", "CloseDate"}, "", false},
		},
		Columns: []string{"Name", "AccountId", "Title", "Email", "Phone", "OwnerId"},
		View:    "AllContacts",
	},
	"Account": {
		Icon: "building-2", Hue: "av-7",
		Highlights: []string{"Type", "Industry", "Phone", "Website", "OwnerId"},
		Sections: []section{
			{"section.account", []string{"Name", "ParentId", "Type", "Industry", "Rating", "AccountNumber", "OwnerId"}},
			{"section.reach", []string{"Phone", "Fax", "Website", "BillingAddress", "ShippingAddress"}},
			{"section.more", []string{"Description", "NumberOfEmployees", "AnnualRevenue", "Ownership", "AccountSource"}},
			audit,
		},
		Related: []related{
			{"Contacts", []string{"Name", "Title", "Email", "Phone"}, "Name ASC", false},
			{"Cases", []string{"CaseNumber", "Subject", "Status", "CreatedDate"}, "", false},
			{"Opportunities", []string{"Name", "StageName", "Amount", "CloseDate"}, "", false},
			{"ChildAccounts", []string{"Name", "Type", "Phone"}, "Name ASC", false},
			{"Tasks", []string{"Subject", "Status", "ActivityDate", "OwnerId"}, "ActivityDate ASC", false},
		},
		Columns: []string{"Name", "Type", "Industry", "Phone", "BillingCity", "OwnerId"},
		View:    "AllAccounts",
	},
	"Opportunity": {
		Icon: "hand-heart", Hue: "av-3", Path: "StageName", Board: "StageName", Tile: []string{"Type"},
		Highlights: []string{"AccountId", "Amount", "CloseDate", "Probability", "OwnerId"},
		Sections: []section{
			{"section.details", []string{"Name", "AccountId", "ContactId", "StageName", "Amount", "CloseDate", "Probability", "Type", "LeadSource", "NextStep", "CampaignId", "OwnerId"}},
			{"section.more", []string{"Description", "ForecastCategoryName", "IsPrivate"}},
			audit,
		},
		Related: []related{
			{"OpportunityContactRoles", []string{"ContactId", "Role", "IsPrimary"}, "CreatedDate ASC", false},
			{"Tasks", []string{"Subject", "Status", "ActivityDate", "OwnerId"}, "ActivityDate ASC", false},
		},
		Columns: []string{"Name", "AccountId", "StageName", "Amount", "CloseDate", "OwnerId"},
		View:    "AllOpenOpportunities",
	},
	"Lead": {
		Icon: "user-plus", Hue: "av-4", Path: "Status", Board: "Status", Tile: []string{"Rating"},
		Highlights: []string{"Company", "Title", "Email", "Phone", "OwnerId"},
		Sections: []section{
			{"section.person", []string{"Name", "Company", "Title", "Status", "Rating", "LeadSource", "Industry", "OwnerId"}},
			{"section.reach", []string{"Email", "Phone", "MobilePhone", "Website", "Address", "DoNotCall", "HasOptedOutOfEmail"}},
			{"section.more", []string{"Description", "AnnualRevenue", "NumberOfEmployees"}},
			audit,
		},
		Related: []related{{"Tasks", []string{"Subject", "Status", "ActivityDate", "OwnerId"}, "ActivityDate ASC", false}},
		Columns: []string{"Name", "Company", "Status", "Rating", "Email", "Phone", "OwnerId"},
		View:    "AllOpenLeads",
	},
	"Task": {
		Icon: "list-checks", Hue: "av-8", Path: "Status", Board: "Status", Tile: []string{"Priority"},
		Highlights: []string{"WhoId", "WhatId", "ActivityDate", "Priority", "OwnerId"},
		Sections: []section{
			{"section.details", []string{"Subject", "Status", "Priority", "ActivityDate", "WhoId", "WhatId", "OwnerId", "Description"}},
			audit,
		},
		Columns: []string{"Subject", "WhoId", "WhatId", "Status", "Priority", "ActivityDate", "OwnerId"},
		View:    "MyOpenTasks",
	},
	"User": {
		Icon: "user-round", Hue: "av-5",
		Highlights: []string{"Title", "Email", "ProfileId", "UserRoleId", "IsActive"},
		Sections: []section{
			{"section.person", []string{"Name", "Username", "Email", "Alias", "Title", "Department", "Division", "CompanyName", "EmployeeNumber", "ManagerId", "IsActive"}},
			{"section.reach", []string{"Phone", "MobilePhone", "Extension", "Address"}},
			{"section.rights", []string{"ProfileId", "UserRoleId", "UserType", "LastLoginDate"}},
			{"section.locale", []string{"TimeZoneSidKey", "LocaleSidKey", "LanguageLocaleKey", "EmailEncodingKey"}},
			audit,
		},
		Columns: []string{"Name", "Title", "Department", "Email", "ProfileId", "IsActive"},
		View:    "ActiveUsers",
	},
	"Knowledge__kav": {
		Icon: "book-open", Hue: "av-6", Path: "PublishStatus", Tile: []string{"Language"},
		Highlights: []string{"ArticleNumber", "PublishStatus", "Language", "LastPublishedDate", "OwnerId"},
		Sections: []section{
			{"section.article", []string{"Title", "UrlName", "Summary", "Answer__c", "Language", "IsVisibleInApp", "IsVisibleInPkb", "IsVisibleInCsp"}},
			{"section.versions", []string{"ArticleNumber", "VersionNumber", "PublishStatus", "ValidationStatus", "FirstPublishedDate", "LastPublishedDate", "ArticleTotalViewCount"}},
			audit,
		},
		Columns: []string{"Title", "ArticleNumber", "PublishStatus", "LastPublishedDate", "OwnerId"},
		View:    "PublishedArticles",
	},
}

// icons of objects without a layout of their own; others get a box.
var icons = map[string]string{
	"Asset": "package", "Campaign": "megaphone", "CampaignMember": "megaphone", "CaseComment": "message-square", "Contract": "file-text",
	"EmailMessage": "mail", "Entitlement": "shield-check", "Event": "calendar", "Group": "users", "Individual": "user-round", "Note": "file-text",
	"Order": "clipboard-list", "Pricebook2": "tag", "Product2": "package", "Profile": "shield", "PermissionSet": "shield-check", "Report": "chart-column",
	"Dashboard": "chart-column", "ServiceContract": "file-text", "UserRole": "users", "Macro": "zap", "QuickText": "message-square", "Topic": "tag",
	"LiveChatTranscript": "messages-square", "MessagingSession": "messages-square", "Idea": "star", "Holiday": "calendar", "BusinessHours": "clock",
	"BusinessHoursHoliday": "calendar", "CaseArticle": "book-open", "CaseTeamMember": "users", "CaseTeamRole": "users", "EmailMessageRelation": "mail", "EmailTemplate": "mail",
	"EntitlementContact": "shield-check", "MacroInstruction": "zap", "Solution": "badge-check", "CampaignMemberStatus": "megaphone", "OpportunityLineItem": "package",
	"PricebookEntry": "tag", "Knowledge__DataCategorySelection": "folder", "LinkedArticle": "link", "CollaborationGroup": "users", "ContentFolder": "folder", "Folder": "folder",
	"FeedItem": "message-square", "FeedComment": "message-square", "Network": "globe", "OrgWideEmailAddress": "mail", "QueueSobject": "inbox", "SlaProcess": "timer",
	"AccountContactRelation": "link", "OpportunityContactRole": "link", "Attachment": "paperclip", "ContentDocument": "paperclip", "ContentVersion": "paperclip",
}

// layoutOf returns the layout of an object: ours where there is one, else one made from what the object has.
func layoutOf(o *catalog.Object) layout {
	if l, ok := layouts[o.Name]; ok {
		return l
	}
	return generated(o)
}

// iconOf returns the icon of an object without making its layout.
func iconOf(o *catalog.Object) string {
	if o == nil {
		return "box"
	}
	if l, ok := layouts[o.Name]; ok {
		return l.Icon
	}
	if i := icons[o.Name]; i != "" {
		return i
	}
	if o.Custom {
		return "boxes"
	}
	return "box"
}

// plumbing are fields that people do not work with.
var plumbing = map[string]bool{
	"IsDeleted": true, "SystemModstamp": true, "LastViewedDate": true, "LastReferencedDate": true, "MasterRecordId": true, "CreatedById": true,
	"CreatedDate": true, "LastModifiedById": true, "LastModifiedDate": true, "Id": true, "PhotoUrl": true, "LastActivityDate": true,
}

// The sizes of a generated layout.
const (
	generatedColumns    = 6
	generatedHighlights = 5
	generatedRelated    = 6
)

// generated arranges any object: its name first, then its own fields in
// describe's order, long texts last; its children that have names as related lists.
func generated(o *catalog.Object) layout {
	l := layout{Icon: iconOf(o), Hue: "av-" + string(rune('1'+len(o.Name)%8))}
	var short, long []string
	for _, f := range o.Fields {
		if plumbing[f.Name] || f.Compound != "" && f.Compound != f.Name || f.Type.Name == "base64" || f.Type.Name == "complexvalue" {
			continue
		}
		switch {
		case f.Type.Name == "textarea":
			long = append(long, f.Name)
		case f.IsName:
			short = append([]string{f.Name}, short...)
		default:
			short = append(short, f.Name)
		}
		if l.Path == "" && f.Type.Name == "picklist" && (f.Name == "Status" || f.Name == "Status__c" || f.Name == "Stage__c" || f.Name == "StageName") {
			l.Path, l.Board = f.Name, f.Name
		}
		if l.Board == "" && f.Type.Name == "picklist" && len(f.Values) > 1 && len(f.Values) <= maxLanes {
			l.Board = f.Name
		}
	}
	for _, name := range short {
		f := o.Field(name)
		if len(l.Columns) < generatedColumns && (f.Type.Name != "address" && f.Type.Name != "location") {
			l.Columns = append(l.Columns, name)
		}
		if !f.IsName && len(l.Highlights) < generatedHighlights && name != l.Path && f.Type.Name != "boolean" {
			l.Highlights = append(l.Highlights, name)
		}
	}
	if o.Field("CreatedDate") != nil && len(l.Columns) <= generatedColumns {
		l.Columns = append(l.Columns, "CreatedDate")
	}
	l.Sections = []section{{"section.details", append(short, long...)}, audit}
	for _, k := range o.Children {
		if k.Name == "" || len(l.Related) == generatedRelated || strings.HasSuffix(k.Object, "Share") || strings.HasSuffix(k.Object, "History") || strings.HasSuffix(k.Object, "Feed") {
			continue
		}
		l.Related = append(l.Related, related{Child: k.Name})
	}
	l.View = "All"
	return l
}

// plural returns what several records of an object are called.
func plural(o *catalog.Object) string {
	if o.LabelPlural != "" {
		return o.LabelPlural
	}
	return o.Label
}
