package community

import (
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// why is the purpose of what visitors read and write here.
const why = "service.community"

func equal(field string, v record.Value) org.Cond {
	return org.Cond{Field: field, Op: org.Equal, Values: []record.Value{v}}
}

func is(field, text string) org.Cond { return equal(field, record.OfText(text)) }

var yes = record.OfBool(true)

// public is what everybody may see: published questions and answers with the
// nicknames of those who wrote them, articles that are online for the public,
// services that are offered. No address of anybody is in it.
func public() org.Scope {
	return org.Scope{
		"FeedItem": {
			Fields: []string{"ParentId", "Type", "Title", "Body", "Status", "Visibility", "CreatedDate", "CreatedById", "LastEditDate", "BestCommentId",
				"Slug__c", "Language__c", "Score__c", "Answers__c", "Staff_Answered__c", "Active_At__c"},
			Rows: []org.Grant{{is("Type", questionType), is("Status", published), is("Visibility", "AllUsers")}},
		},
		"FeedComment": {
			Fields: []string{"FeedItemId", "CommentBody", "Status", "CreatedDate", "CreatedById", "LastEditDate", "IsVerified", "Language__c", "Score__c"},
			Rows:   []org.Grant{{is("Status", published), {Field: "FeedItemId", Op: org.Visible}}},
		},
		"Post_Revision__c": {
			Fields: []string{"Question__c", "Answer__c", "Title__c", "Body__c", "CreatedDate", "CreatedById"},
			Rows:   []org.Grant{{{Field: "Question__c", Op: org.Visible}}, {{Field: "Answer__c", Op: org.Visible}}},
		},
		"Topic": {Fields: []string{"Name", "Description"}, Rows: []org.Grant{{}}},
		"User":  {Fields: []string{"CommunityNickname", "UserType"}, Rows: []org.Grant{{equal("IsActive", yes)}}},
		"Knowledge__kav": {
			Fields: []string{"Title", "UrlName", "Summary", "Answer__c", "Language", "KnowledgeArticleId", "LastPublishedDate", "FirstPublishedDate", "LastModifiedDate", "PublishStatus", "IsVisibleInPkb", "IsLatestVersion"},
			Rows:   []org.Grant{{is("PublishStatus", "Online"), equal("IsVisibleInPkb", yes)}},
		},
		// Every address that an article ever had leads on, if the article itself may be seen.
		"Article_Address__c": {Fields: []string{"Key__c", "Article__c"}, Rows: []org.Grant{{}}},
		"Service__c": {
			Fields: []string{"Name", "Name_es__c", "Slug__c", "Summary__c", "Summary_es__c", "Icon__c", "Order__c", "Public__c"},
			Rows:   []org.Grant{{equal("Public__c", yes)}},
		},
	}
}

// citizen is what somebody who has signed in sees beside what everybody sees:
// what they wrote themselves, whatever became of it, and their own cases.
func citizen(user, contact record.ID) org.Scope {
	sc, me := public(), record.OfID(user)
	own := func(object string, grant org.Grant, fields ...string) {
		p := sc[object]
		p.Fields, p.Rows = append(p.Fields, fields...), append(p.Rows, grant)
		sc[object] = p
	}
	own("FeedItem", org.Grant{is("Type", questionType), equal("CreatedById", me)})
	own("FeedComment", org.Grant{equal("CreatedById", me)})
	own("Vote", org.Grant{equal("CreatedById", me)}, "ParentId", "Type", "CreatedById")
	own("Follow__c", org.Grant{equal("Person__c", me)}, "Question__c", "Person__c", "CreatedDate")
	own("EntitySubscription", org.Grant{equal("SubscriberId", me)}, "ParentId", "SubscriberId", "CreatedDate")
	own("Moderation_Case__c", org.Grant{equal("Author__c", me)}, "Question__c", "Answer__c", "Author__c", "State__c", "Why__c", "Rule__c", "Words__c", "Decided_At__c",
		"Appeal__c", "Appealed_At__c", "CreatedDate")
	if contact != "" {
		own("Case", org.Grant{equal("ContactId", record.OfID(contact))}, "ContactId", "Reference__c", "Subject", "Status", "IsClosed", "CreatedDate", "Reply_Due__c", "Replied_At__c", "Solve_Due__c", "Last_From__c", "Last_Message_At__c")
	}
	return sc
}

// reading opens the session that a visit reads through: the public's, or that of the citizen who has signed in.
func reading(v *page.Visit) (*org.Session, error) {
	o, a := v.Surface.Org(), v.Visitor
	sc := public()
	if a.User != "" {
		contact := record.ID("")
		if a.External() {
			var err error
			if contact, err = contactOf(v); err != nil {
				return nil, err
			}
		}
		sc = citizen(a.User, contact)
	}
	return o.Guest(v.Ctx(), org.Portal, why, a, sc)
}

// acting opens the session that writes in the visitor's name. Whatever it is told was checked before.
func acting(v *page.Visit) (*org.Session, error) {
	return v.Surface.Org().Service(v.Ctx(), v.Visitor, org.Portal, why)
}
