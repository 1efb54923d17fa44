package org_test

import (
	"testing"
	"testing/fstest"

	"stoa/internal/org"
	"stoa/internal/record"
)

const thing = `<CustomObject><label>Thing</label><pluralLabel>Things</pluralLabel><nameField><label>Thing</label><type>Text</type></nameField><sharingModel>ReadWrite</sharingModel></CustomObject>`

func pack(t *testing.T, files map[string]string) *org.Package {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	p, err := org.ReadPackage(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func count(t *testing.T, s *org.Session, soql string) int {
	t.Helper()
	res, err := s.Query(t.Context(), soql, org.QueryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return res.Len()
}

// TestAPackageIsInstalledOnceAndChangesStay holds that a package is put in once, that a newer one adds to
// it, and that what the org has changed since stays.
func TestAPackageIsInstalledOnceAndChangesStay(t *testing.T) {
	each(t, func(t *testing.T, o *org.Org, s *org.Session) {
		files := map[string]string{
			"objects/Thing__c/Thing__c.object-meta.xml":     thing,
			"queues/Desk.queue-meta.xml":                    `<Queue><name>Desk</name><queueSobject><sobjectType>Case</sobjectType></queueSobject></Queue>`,
			"email/x/Hi.email-meta.xml":                     `<EmailTemplate><available>true</available><name>Hi</name><subject>Hello</subject><type>text</type></EmailTemplate>`,
			"email/x/Hi.email":                              "Dear you",
			"customPermissions/P.customPermission-meta.xml": `<CustomPermission><label>P</label></CustomPermission>`,
			"permissionsets/S.permissionset-meta.xml": `<PermissionSet><label>S</label><customPermissions><name>P</name><enabled>true</enabled></customPermissions>
				<objectPermissions><object>Thing__c</object><allowRead>true</allowRead></objectPermissions></PermissionSet>`,
		}
		grants := []org.ProfileGrant{{Profile: "Read Only", Rights: org.Rights{Read: true}, Objects: []string{"Thing__c"}}}
		for range 2 {
			if err := o.Install(t.Context(), "test", pack(t, files), grants); err != nil {
				t.Fatal(err)
			}
		}
		for soql, want := range map[string]int{
			"SELECT Id FROM Group WHERE DeveloperName = 'Desk' AND Type = 'Queue'":                                  1,
			"SELECT Id FROM QueueSobject WHERE Queue.DeveloperName = 'Desk'":                                        1,
			"SELECT Id FROM EmailTemplate WHERE DeveloperName = 'Hi'":                                               1,
			"SELECT Id FROM SetupEntityAccess WHERE Parent.Name = 'S'":                                              1,
			"SELECT Id FROM ObjectPermissions WHERE SobjectType = 'Thing__c' AND Parent.Name = 'S'":                 1,
			"SELECT Id FROM ObjectPermissions WHERE SobjectType = 'Thing__c' AND Parent.Profile.Name = 'Read Only'": 1,
		} {
			if n := count(t, s, soql); n != want {
				t.Errorf("%s: %d rows, want %d", soql, n, want)
			}
		}
		res, err := s.Query(t.Context(), "SELECT Id FROM EmailTemplate WHERE DeveloperName = 'Hi'", org.QueryOptions{})
		if err != nil {
			t.Fatal(err)
		}
		own := draft("EmailTemplate", "Name", "Our own words")
		own.ID = res.Get(0, "Id").ID()
		if _, err := s.Update(t.Context(), []record.Draft{own}, org.WriteOptions{AllOrNone: true}); err != nil {
			t.Fatal(err)
		}
		files["email/x/Hi.email"] = "Dear all"
		files["objects/Thing__c/fields/Size__c.field-meta.xml"] = `<CustomField><fullName>Size__c</fullName><label>Size</label><type>Number</type><precision>4</precision><scale>0</scale></CustomField>`
		if err := o.Install(t.Context(), "test", pack(t, files), grants); err != nil {
			t.Fatal(err)
		}
		if n := count(t, s, "SELECT Id, Size__c FROM Thing__c"); n != 0 {
			t.Errorf("%d things", n)
		}
		if n := count(t, s, "SELECT Id FROM EmailTemplate WHERE Name = 'Our own words'"); n != 1 {
			t.Error("the org's own words are gone")
		}
		if n := count(t, s, "SELECT Id FROM FieldPermissions WHERE Field = 'Thing__c.Size__c' AND Parent.Profile.Name = 'Read Only'"); n != 1 {
			t.Error("the new field is granted to nobody")
		}
	})
}

// TestAServiceSessionWritesInAName holds that what an app does for somebody is kept in that somebody's name.
func TestAServiceSessionWritesInAName(t *testing.T) {
	each(t, func(t *testing.T, o *org.Org, _ *org.Session) {
		for range 2 {
			if err := o.Prepare(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		s, err := o.Service(t.Context(), org.Actor{}, org.Portal, "service.intake")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Insert(t.Context(), []record.Draft{draft("Case", "Subject", "From a stranger")}, org.WriteOptions{AllOrNone: true}); err != nil {
			t.Fatal(err)
		}
		if n := count(t, s, "SELECT Id FROM Case WHERE CreatedBy.UserType = 'Guest' AND Subject = 'From a stranger'"); n != 1 {
			t.Error("the case is not the guest's")
		}
	})
}
