package metadata

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/engine/catalog"
)

func source(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func TestObjectsComeBeforeTheirFieldsAndPermissionsAfterBoth(t *testing.T) {
	t.Parallel()
	p, err := Read(source(map[string]string{
		"permissionsets/Agent.permissionset-meta.xml": `<PermissionSet><label>Agent</label><objectPermissions><object>Thing__c</object><allowRead>true</allowRead></objectPermissions>
			<customPermissions><name>See_All</name><enabled>true</enabled></customPermissions></PermissionSet>`,
		"customPermissions/See_All.customPermission-meta.xml": `<CustomPermission><label>See all</label></CustomPermission>`,
		"objects/Thing__c/fields/Kind__c.field-meta.xml": `<CustomField><fullName>Kind__c</fullName><label>Kind</label><type>Picklist</type><complianceGroup>PII</complianceGroup>
			<valueSet><restricted>true</restricted><valueSetDefinition><value><fullName>A</fullName><default>true</default><label>Aye</label></value></valueSetDefinition></valueSet></CustomField>`,
		"objects/Thing__c/Thing__c.object-meta.xml": `<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata"><label>Thing</label><pluralLabel>Things</pluralLabel>
			<nameField><label>Number</label><type>AutoNumber</type><displayFormat>T-{0000}</displayFormat></nameField><sharingModel>ReadWrite</sharingModel></CustomObject>`,
		"objects/Thing__c/indexes/By_Kind.index-meta.xml": `<Index><fullName>By_Kind</fullName><fields><name>Kind__c</name><sortDirection>ASC</sortDirection></fields>
			<fields><name>CreatedDate</name><sortDirection>DESC</sortDirection></fields><label>By kind</label></Index>`,
		"email/x/Hello.email-meta.xml": `<EmailTemplate><available>true</available><name>Hello</name><subject>Hi</subject><type>text</type><style>none</style></EmailTemplate>`,
		"email/x/Hello.email":          "Dear {!Contact.Name}",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Changes) != 3 || p.Changes[0].Object == nil || p.Changes[0].Object.Name != "Thing__c" || !*p.Changes[0].Object.Person {
		t.Fatalf("changes %+v", p.Changes)
	}
	f := p.Changes[1].Field
	if f == nil || f.Object != "Thing__c" || !f.Restricted || len(f.Values) != 1 || f.Values[0].Label != "Aye" || !f.Values[0].Default {
		t.Errorf("field %+v", f)
	}
	if d := cmp.Diff(&catalog.IndexDef{Object: "Thing__c", Name: "By_Kind", Label: "By kind", Fields: []catalog.IndexedField{{Name: "Kind__c"}, {Name: "CreatedDate", Desc: true}}}, p.Changes[2].Index); d != "" {
		t.Error(d)
	}
	var order []string
	for _, r := range p.Rows {
		order = append(order, r.Object)
	}
	if d := cmp.Diff([]string{"CustomPermission", "PermissionSet", "ObjectPermissions", "SetupEntityAccess", "EmailTemplate"}, order); d != "" {
		t.Error(d)
	}
}

func TestWhatIsNotUnderstoodIsAnErrorWithTheFile(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"objects/A__c/A__c.object-meta.xml":               `<CustomObject><label>A</label><wonder>1</wonder></CustomObject>`,
		"objects/A__c/fields/B__c.field-meta.xml":         `<CustomField><fullName>B__c`,
		"datacategorygroups/T.datacategorygroup-meta.xml": `<DataCategoryGroup><label>T</label><dataCategory><name>All</name><colour>red</colour></dataCategory></DataCategoryGroup>`,
		"objects/A__c/indexes/C.index-meta.xml":           `<Index><fullName>C</fullName><fields><name>B__c</name><sortDirection>UP</sortDirection></fields></Index>`,
		"objects/A__c/indexes/D.index-meta.xml":           `<Index><fullName>D</fullName><fields><name>B__c</name><sortDirection>ASC</sortDirection><nulls>FIRST</nulls></fields></Index>`,
		"flows/X.flow-meta.xml":                           `<Flow/>`,
		"email/x/Gone.email-meta.xml":                     `<EmailTemplate><name>Gone</name><type>text</type></EmailTemplate>`,
		"settings/BusinessHours.settings-meta.xml":        `<BusinessHoursSettings><businessHours><name>x</name><mondayStartTime>nine</mondayStartTime></businessHours></BusinessHoursSettings>`,
	} {
		_, err := Read(source(map[string]string{name: text}))
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDataCategoriesComeAsATree(t *testing.T) {
	t.Parallel()
	p, err := Read(source(map[string]string{"datacategorygroups/Topics.datacategorygroup-meta.xml": `<DataCategoryGroup xmlns="http://soap.sforce.com/2006/04/metadata"><active>true</active>
		<dataCategory><name>All</name><dataCategory><name>Streets</name><label>Our streets</label></dataCategory><label>All</label></dataCategory>
		<label>Topics</label><objectUsage><object>KnowledgeArticleVersion</object></objectUsage></DataCategoryGroup>`}))
	if err != nil {
		t.Fatal(err)
	}
	want := []catalog.Change{{Categories: &catalog.CategoryGroup{
		Name: "Topics", Label: "Topics", Active: true, Objects: []string{"KnowledgeArticleVersion"},
		Categories: []catalog.Category{{Name: "All", Label: "All", Categories: []catalog.Category{{Name: "Streets", Label: "Our streets"}}}},
	}}}
	if d := cmp.Diff(want, p.Changes); d != "" {
		t.Error(d)
	}
}
