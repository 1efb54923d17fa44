package dml

import (
	"context"
	"strings"
	"testing"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/record"
	"stoa/internal/store"
)

// check writes one draft and compares the error, or else the row's fields.
func (o *testOrg) check(rule string, write func(Options, ...record.Draft) []Result, d record.Draft, want string, read ...string) record.ID {
	o.t.Helper()
	r := write(Options{}, d)[0]
	got := errorsOf(r)
	if r.OK() {
		got = o.row(r.ID, read...)
	}
	if got != want {
		o.t.Errorf("%s: got %s, want %s", rule, got, want)
	}
	return r.ID
}

func TestCustomObjects(t *testing.T) {
	each(t, func(t *testing.T, o *testOrg) {
		pos := o.make(o.draft("Position__c", "Name", "Clerk"), o.draft("Position__c"))
		if got := o.row(pos[1], "Name"); got != string(pos[1]) {
			t.Errorf("a record without a name is called %s", got)
		}
		app := func(pairs ...any) record.Draft {
			return o.draft("Application__c", append([]any{"Position__c", pos[0]}, pairs...)...)
		}
		var year string
		o.write(func(tx store.Tx) error { year = tx.Now().Format("2006"); return nil })
		o.check("an auto-number is filled in", o.insert, app(), "APP-"+year+"-0001 | Web", "Name", "Channel__c")
		o.check("an explicit null beats a default", o.insert, app("Channel__c", nil), "null", "Channel__c")
		o.check("a detail needs its master", o.insert, o.draft("Application__c"), "REQUIRED_FIELD_MISSING: Required fields are missing: [Position__c] (Position__c)")
		o.check("several values take the set's order and spelling", o.insert, app("Skills__c", "sql; Art ;go;SQL"), "Go;SQL;Art", "Skills__c")
		o.check("an inactive value is refused", o.insert, app("Skills__c", "Go;COBOL"), "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: Skills: bad value for restricted picklist field: COBOL (Skills__c)")
		o.check("decimals are rounded half up", o.insert, app("Score__c", "12.345"), "12.35", "Score__c")
		o.check("too many digits", o.insert, app("Score__c", 1000), "NUMBER_OUTSIDE_VALID_RANGE: Score: value outside of valid range on numeric field: 1000 (Score__c)")
		o.check("a time of day", o.insert, app("Starts__c", "09:05:07.5Z"), "09:05:07.500Z", "Starts__c")
		o.check("no time of day", o.insert, app("Starts__c", "25:00"), "JSON_PARSER_ERROR: Cannot deserialize instance of time from VALUE_STRING value 25:00 or request may be missing a required field (Starts__c)")
		o.check("long text keeps its blanks", o.insert, app("Letter__c", "  Dear\r\nall "), "  Dear\r\nall ", "Letter__c")
		o.check("a place", o.insert, app("Place__Latitude__s", 48, "Place__Longitude__s", "-120.5"), "48 | -120.5", "Place__Latitude__s", "Place__Longitude__s")
		o.check("half a place", o.insert, app("Place__Latitude__s", 48), "FIELD_INTEGRITY_EXCEPTION: Place: latitude and longitude go together (Place__Latitude__s,Place__Longitude__s)")
		o.check("a place off the Earth", o.insert, app("Place__Latitude__s", 91, "Place__Longitude__s", 0), "NUMBER_OUTSIDE_VALID_RANGE: Place (Latitude): value outside of valid range on numeric field: 91 (Place__Latitude__s)")
		id := o.make(app("Spare__c", pos[1]))[0]
		o.check("a detail keeps its master", o.update, o.draft("Application__c", "Id", id, "Position__c", pos[1]), "INVALID_FIELD_FOR_INSERT_UPDATE: Unable to create/update fields: Position__c. Please check the security settings of this field and verify that it is read/write for your profile or permission set. (Position__c)")
		o.delete(pos[1])
		if got := o.row(id, "IsDeleted", "Spare__c"); got != "false | null" {
			t.Errorf("after its lookup went: %s", got)
		}
		o.delete(pos[0])
		if got := o.row(id, "IsDeleted"); got != "true" {
			t.Error("a detail outlived its master")
		}
		o.undelete(pos[1])
		o.undelete(pos[0])
		if got := o.row(id, "IsDeleted", "Spare__c"); got != "false | "+string(pos[1]) {
			t.Errorf("after undelete: %s", got)
		}
		// A detail that was deleted by itself cannot come back without its master.
		o.delete(id)
		o.delete(pos[0])
		if e := errorsOf(o.undelete(id)[0]); e != "UNDELETE_FAILED: Position: the parent record is deleted (Position__c)" {
			t.Error(e)
		}
	})
}

func TestOpportunity(t *testing.T) {
	each(t, func(t *testing.T, o *testOrg) {
		o.insert(Options{Seed: true}, o.draft("OpportunityStage", "ApiName", "Pledged", "MasterLabel", "Pledged", "IsActive", true, "DefaultProbability", 40,
			"ForecastCategory", "BestCase", "ForecastCategoryName", "Best Case"))
		con := o.make(o.draft("Contact", "LastName", "Donor"))[0]
		read := []string{"IsClosed", "IsWon", "Probability", "ForecastCategory", "ExpectedRevenue", "FiscalYear", "FiscalQuarter", "Fiscal"}
		d := func(pairs ...any) record.Draft {
			return o.draft("Opportunity", append([]any{"Name", "Gift"}, pairs...)...)
		}
		id := o.check("the stage decides", o.insert, d("StageName", "pledged", "CloseDate", "2026-05-31", "Amount", "250.5", "ContactId", con),
			"false | false | 40 | BestCase | 100.2 | 2026 | 2 | 2026 2", read...)
		if got := strings.Join(o.rows("OpportunityContactRole", "OpportunityId", record.OfID(id), "ContactId", "IsPrimary"), ";"); got != string(con)+" | true" {
			t.Errorf("contact role: %s", got)
		}
		o.check("a probability that was given stays", o.update, o.draft("Opportunity", "Id", id, "Probability", 70), "false | false | 70 | BestCase | 175.35 | 2026 | 2 | 2026 2", read...)
		o.check("won is won", o.update, o.draft("Opportunity", "Id", id, "StageName", "Closed Won"), "true | true | 100 | Closed | 250.5 | 2026 | 2 | 2026 2", read...)
	})
}

func TestActivities(t *testing.T) {
	each(t, func(t *testing.T, o *testOrg) {
		acct := o.make(o.draft("Account", "Name", "Acme"))[0]
		con := o.make(o.draft("Contact", "LastName", "C", "AccountId", acct))[0]
		id := o.check("a task follows its contact", o.insert, o.draft("Task", "Subject", "Call", "WhoId", con, "Priority", "High"),
			string(acct)+" | false | true | null", "AccountId", "IsClosed", "IsHighPriority", "CompletedDateTime")
		o.check("and is closed", o.update, o.draft("Task", "Id", id, "Status", "Completed", "WhoId", nil), "true | null", "IsClosed", "AccountId")
		if o.row(id, "CompletedDateTime") == "null" {
			t.Error("a completed task has no time of completion")
		}
		o.check("the length of an event gives its end", o.insert, o.draft("Event", "Subject", "Meet", "ActivityDateTime", "2026-11-23T10:00:00Z", "DurationInMinutes", 90),
			"2026-11-23T11:30:00.000Z | 2026-11-23", "EndDateTime", "ActivityDate")
		o.check("the end of an event gives its length", o.insert, o.draft("Event", "Subject", "Meet", "StartDateTime", "2026-11-23T10:00:00Z", "EndDateTime", "2026-11-23T10:45:00Z"), "45", "DurationInMinutes")
	})
}

func TestCaseCompanions(t *testing.T) {
	each(t, func(t *testing.T, o *testOrg) {
		acct := o.make(o.draft("Account", "Name", "Acme"), o.draft("Account", "Name", "Other"))
		con := o.make(o.draft("Contact", "LastName", "C", "AccountId", acct[0]))[0]
		id := o.check("the account is the contact's", o.insert, o.draft("Case", "ContactId", con, "Comments", "Called twice."), string(acct[0]), "AccountId")
		if got := strings.Join(o.rows("CaseComment", "ParentId", record.OfID(id), "CommentBody", "IsPublished"), ";"); got != "Called twice. | false" {
			t.Errorf("comment: %s", got)
		}
		o.check("unless somebody named one", o.insert, o.draft("Case", "ContactId", con, "AccountId", acct[1]), string(acct[1]), "AccountId")
		o.check("or none", o.insert, o.draft("Case", "ContactId", con, "AccountId", nil), "null", "AccountId")
	})
}

func TestImportsBringTheirPast(t *testing.T) {
	each(t, func(t *testing.T, o *testOrg) {
		imported := func(opt Options, d ...record.Draft) []Result { opt.KeepIDs = true; return o.insert(opt, d...) }
		id := o.check("id, times and number are kept", imported, o.draft("Case", "Id", record.ID("500000000000abcAAA"), "CaseNumber", "00004711", "CreatedDate", "2020-01-02T03:04:05Z",
			"Status", "Closed", "ClosedDate", "2020-02-02T00:00:00Z"), "00004711 | 2020-01-02T03:04:05.000Z | 2020-01-02T03:04:05.000Z | 2020-02-02T00:00:00.000Z | true",
			"CaseNumber", "CreatedDate", "LastModifiedDate", "ClosedDate", "IsClosed")
		if id != "500000000000abcAAA" {
			t.Errorf("the id became %s", id)
		}
		o.check("an id is taken once", imported, o.draft("Case", "Id", id), "DUPLICATE_VALUE: duplicate value found: Id duplicates value on record with id: "+string(id)+" (Id)")
	})
}

func TestFieldSecurity(t *testing.T) {
	each(t, func(t *testing.T, o *testOrg) {
		profile := o.make(o.draft("Profile", "Name", "Agent", "PermissionsApiEnabled", true))[0]
		set := record.ID(o.rows("PermissionSet", "ProfileId", record.OfID(profile), "Id")[0])
		if got := o.row(set, "Label", "IsOwnedByProfile", "PermissionsApiEnabled"); got != "Agent | true | true" {
			t.Errorf("the profile's own set: %s", got)
		}
		o.update(Options{}, o.draft("Profile", "Id", profile, "PermissionsRunReports", true))
		if got := o.row(set, "PermissionsRunReports"); got != "true" {
			t.Error("the profile's own set does not follow the profile")
		}
		user := o.make(o.draft("User", "Username", "ann@example.org", "LastName", "Ann", "Email", "ann@example.org", "Alias", "ann", "ProfileId", profile))[0]
		o.check("edit needs read", o.insert, o.draft("ObjectPermissions", "ParentId", set, "SobjectType", "Case", "PermissionsEdit", true),
			"FIELD_INTEGRITY_EXCEPTION: field integrity exception: PermissionsEdit (PermissionsEdit needs PermissionsRead) (PermissionsEdit)")
		o.make(
			o.draft("ObjectPermissions", "ParentId", set, "SobjectType", "Case", "PermissionsRead", true, "PermissionsCreate", true, "PermissionsEdit", true),
			o.draft("ObjectPermissions", "ParentId", set, "SobjectType", "Account", "PermissionsRead", true),
			o.draft("FieldPermissions", "ParentId", set, "SobjectType", "Case", "Field", "Case.Subject", "PermissionsRead", true, "PermissionsEdit", true),
			o.draft("FieldPermissions", "ParentId", set, "SobjectType", "Case", "Field", "Case.Priority", "PermissionsRead", true),
		)
		con := o.make(o.draft("Contact", "LastName", "Hidden"))[0]
		acct := o.make(o.draft("Account", "Name", "Seen"))[0]
		o.write(func(tx store.Tx) (err error) {
			o.as, err = access.Load(context.Background(), tx, o.snap, user)
			return err
		})
		o.user = user
		id := o.check("what is granted is written", o.insert, o.draft("Case", "Subject", "x"), "x | "+string(user), "Subject", "OwnerId")
		readOnly := "INVALID_FIELD_FOR_INSERT_UPDATE: Unable to create/update fields: Priority. Please check the security settings of this field and verify that it is read/write for your profile or permission set. (Priority)"
		o.check("a field to read is not to write", o.insert, o.draft("Case", "Priority", "High"), readOnly)
		o.check("a hidden field does not exist", o.insert, o.draft("Case", "Origin", "Web"), "INVALID_FIELD: No such column 'Origin' on sobject of type Case (Origin)")
		o.check("a hidden object does not exist", o.insert, o.draft("Contact", "LastName", "x"), "INVALID_TYPE: sObject type 'Contact' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.")
		o.check("an object to read is not to write", o.insert, o.draft("Account", "Name", "x"), "INSUFFICIENT_ACCESS_OR_READONLY: insufficient access rights on object id")
		o.check("users are not everybody's", o.update, o.draft("User", "Id", user, "ProfileId", profile), "INSUFFICIENT_ACCESS_OR_READONLY: insufficient access rights on object id")
		if e := errorsOf(o.delete(id)[0]); e != "INSUFFICIENT_ACCESS_OR_READONLY: insufficient access rights on object id" {
			t.Error(e)
		}
		if e := errorsOf(o.insert(Options{KeepIDs: true}, o.draft("Case", "CreatedDate", "2020-01-01"))[0]); !strings.HasPrefix(e, "INVALID_FIELD_FOR_INSERT_UPDATE") {
			t.Errorf("somebody imports without the right to: %s", e)
		}
		_, _ = con, acct
	})
}

func TestReferencesToHiddenRecords(t *testing.T) {
	granted := func(s *catalog.Snapshot) {
		for _, name := range []string{"ContactId", "AccountId"} {
			s.Object("Case").Field(name).Permissionable = false
		}
	}
	each(t, func(t *testing.T, o *testOrg) {
		con := o.make(o.draft("Contact", "LastName", "Hidden"))[0]
		acct := o.make(o.draft("Account", "Name", "Seen"))[0]
		profile := o.make(o.draft("Profile", "Name", "Agent"))[0]
		set := record.ID(o.rows("PermissionSet", "ProfileId", record.OfID(profile), "Id")[0])
		user := o.make(o.draft("User", "Username", "ann@example.org", "LastName", "Ann", "Email", "ann@example.org", "Alias", "ann", "ProfileId", profile))[0]
		o.make(o.draft("ObjectPermissions", "ParentId", set, "SobjectType", "Case", "PermissionsRead", true, "PermissionsCreate", true),
			o.draft("ObjectPermissions", "ParentId", set, "SobjectType", "Account", "PermissionsRead", true))
		o.write(func(tx store.Tx) (err error) {
			o.as, err = access.Load(context.Background(), tx, o.snap, user)
			return err
		})
		o.check("a visible parent", o.insert, o.draft("Case", "AccountId", acct), string(acct), "AccountId")
		o.check("a hidden parent is no parent", o.insert, o.draft("Case", "ContactId", con), "INVALID_CROSS_REFERENCE_KEY: invalid cross reference id (ContactId)")
	}, granted)
}

func TestSearchIndexFollows(t *testing.T) {
	each(t, func(t *testing.T, o *testOrg) {
		found := func(m store.Match) (ids []record.ID) {
			o.write(func(tx store.Tx) error {
				q := store.NewSQL(tx.Dialect()).Raw("SELECT d.id FROM (")
				tx.Dialect().Search(q, "Contact", m)
				p, err := store.Fetch(context.Background(), tx, q.Raw(") d ORDER BY d.id"), store.Out{Class: store.ID})
				if err != nil {
					return err
				}
				ids = nil
				for i := range p.Len() {
					ids = append(ids, p.ID(i, 0))
				}
				return nil
			})
			return ids
		}
		word := func(w string, in store.SearchGroup) store.Match {
			return store.Match{Op: store.Word, Words: []string{w}, In: in}
		}
		id := o.make(o.draft("Contact", "LastName", "Lindqvist", "Email", "li@example.org", "Phone", "(555) 010-77", "Title", "Gardener"))[0]
		for _, m := range []store.Match{word("lindqvist", store.InName), word("gardener", store.InAll), word("55501077", store.InPhone)} {
			if got := found(m); len(got) != 1 || got[0] != id {
				t.Errorf("%v found %v", m, got)
			}
		}
		o.update(Options{}, o.draft("Contact", "Id", id, "Title", "Florist"))
		if len(found(word("gardener", store.InAll))) != 0 || len(found(word("florist", store.InAll))) != 1 {
			t.Error("the index did not follow an update")
		}
		o.delete(id)
		if len(found(word("florist", store.InAll))) != 0 {
			t.Error("a deleted record is found")
		}
		o.undelete(id)
		if len(found(word("florist", store.InAll))) != 1 {
			t.Error("a record from the bin is not found again")
		}
	})
}

func TestFiles(t *testing.T) {
	each(t, func(t *testing.T, o *testOrg) {
		acct := o.make(o.draft("Account", "Name", "Acme"))[0]
		id := o.check("a file tells about itself", o.insert, o.draft("ContentVersion", "PathOnClient", `C:\docs\Plan 2026.docx`, "VersionData", "aGVsbG8=", "FirstPublishLocationId", acct),
			"Plan 2026 | docx | WORD_X | 5 | 5d41402abc4b2a76b9719d911017c592 | 1 | true", "Title", "FileExtension", "FileType", "ContentSize", "Checksum", "VersionNumber", "IsLatest")
		doc := record.ID(o.row(id, "ContentDocumentId"))
		if got := o.row(doc, "Title", "LatestPublishedVersionId", "ContentSize"); got != "Plan 2026 | "+string(id)+" | 5" {
			t.Errorf("document: %s", got)
		}
		if got := strings.Join(o.rows("ContentDocumentLink", "ContentDocumentId", record.OfID(doc), "LinkedEntityId"), ";"); got != string(acct) {
			t.Errorf("link: %s", got)
		}
		second := o.check("a second version", o.insert, o.draft("ContentVersion", "PathOnClient", "plan.txt", "VersionData", "aGk=", "ContentDocumentId", doc), "2 | true", "VersionNumber", "IsLatest")
		if got := o.row(doc, "LatestPublishedVersionId", "FileType") + " | " + o.row(id, "IsLatest"); got != string(second)+" | TEXT | false" {
			t.Errorf("after the second version: %s", got)
		}
		o.check("a file has a name", o.insert, o.draft("ContentVersion", "VersionData", "aGk="), "REQUIRED_FIELD_MISSING: Required fields are missing: [PathOnClient] (PathOnClient)")
		o.check("an attachment has a length", o.insert, o.draft("Attachment", "ParentId", acct, "Name", "a.txt", "Body", "aGVsbG8="), "5", "BodyLength")
		o.check("content is base64", o.insert, o.draft("Attachment", "ParentId", acct, "Name", "a.txt", "Body", "%%%"),
			"JSON_PARSER_ERROR: Cannot deserialize instance of base64 from VALUE_STRING value or request may be missing a required field (Body)")
	})
}
