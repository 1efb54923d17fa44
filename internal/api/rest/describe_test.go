package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"stoa/internal/app"
	"stoa/internal/engine/catalog"
	"stoa/internal/org"
	"stoa/internal/server"
	"stoa/internal/server/servertest"
	"stoa/internal/store/storetest"
)

// permit makes a custom object with a field of every kind that an administrator can make.
func permit(ctx context.Context, s *org.Session) error {
	field := func(d catalog.FieldDef) catalog.Change {
		d.Object, d.Label = "Permit__c", strings.ReplaceAll(strings.TrimSuffix(d.Name, "__c"), "_", " ")
		return catalog.Change{Field: &d}
	}
	return s.Change(ctx,
		catalog.Change{Object: &catalog.ObjectDef{
			Name: "Permit__c", Label: "Permit", LabelPlural: "Permits", SharingModel: "ReadWrite",
			NameField: &catalog.NameDef{Label: "Permit number", Type: "AutoNumber", DisplayFormat: "P-{00000}", StartingNumber: 1},
		}},
		field(catalog.FieldDef{Name: "Key__c", Type: "Text", Length: 20, Unique: true, CaseSensitive: true, ExternalID: true, Required: true, Help: "From the old system."}),
		field(catalog.FieldDef{Name: "Issued__c", Type: "Checkbox", Default: "true"}),
		field(catalog.FieldDef{Name: "Fee__c", Type: "Currency", Precision: 10, Scale: 2}),
		field(catalog.FieldDef{Name: "From__c", Type: "Date"}),
		field(catalog.FieldDef{Name: "Inspection__c", Type: "DateTime"}),
		field(catalog.FieldDef{Name: "Email__c", Type: "Email"}),
		field(catalog.FieldDef{Name: "Secret__c", Type: "EncryptedText", Length: 20, MaskType: "all", MaskChar: "asterisk"}),
		field(catalog.FieldDef{Name: "Place__c", Type: "Location", Scale: 6, Decimal: true}),
		field(catalog.FieldDef{Name: "Holder__c", Type: "Lookup", ReferenceTo: []string{"Contact"}, RelationshipName: "Permits"}),
		field(catalog.FieldDef{Name: "Owner_Account__c", Type: "MasterDetail", ReferenceTo: []string{"Account"}, RelationshipName: "Permits", Reparentable: true}),
		field(catalog.FieldDef{Name: "Terms__c", Type: "LongTextArea", Length: 32768}),
		field(catalog.FieldDef{Name: "Notes__c", Type: "Html", Length: 32768}),
		field(catalog.FieldDef{Name: "Days__c", Type: "MultiselectPicklist", Values: []catalog.ValueDef{{Value: "Mon"}, {Value: "Tue"}}}),
		field(catalog.FieldDef{Name: "Area__c", Type: "Number", Precision: 8, Scale: 3}),
		field(catalog.FieldDef{Name: "Share__c", Type: "Percent", Precision: 5, Scale: 2}),
		field(catalog.FieldDef{Name: "Phone__c", Type: "Phone"}),
		field(catalog.FieldDef{Name: "Status__c", Type: "Picklist", Restricted: true, Values: []catalog.ValueDef{{Value: "New", Label: "New", Default: true}, {Value: "Closed", Label: "Done"}}}),
		field(catalog.FieldDef{Name: "Address__c", Type: "TextArea"}),
		field(catalog.FieldDef{Name: "Opens__c", Type: "Time"}),
		field(catalog.FieldDef{Name: "Site__c", Type: "Url"}),
	)
}

// eachWithPermits runs f against a server without apps, whose describes change with them, that has the object Permit__c, on each engine.
func eachWithPermits(t *testing.T, f func(t *testing.T, s *servertest.Server)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, servertest.Start(t, server.Settings{Seed: permit, Apps: app.Apps{}})) })
	t.Run("postgres", func(t *testing.T) {
		database, schema := storetest.Schema(t)
		f(t, servertest.Start(t, server.Settings{Seed: permit, Apps: app.Apps{}, Database: database, Schema: schema}))
	})
}

const describeGolden = "testdata/describe.golden"

// TestDescribeIsWhatItWas holds describe of a few objects to the letter, on both engines.
// UPDATE=1 writes the golden file anew from SQLite.
func TestDescribeIsWhatItWas(t *testing.T) {
	eachWithPermits(t, func(t *testing.T, s *servertest.Server) {
		var b strings.Builder
		for _, name := range []string{"Account", "Case", "Permit__c"} {
			a := s.Do(t, servertest.Request{Method: "GET", Path: servertest.API + "/sobjects/" + name + "/describe", Token: s.Token})
			if a.Status != http.StatusOK {
				t.Fatalf("%s: %d %s", name, a.Status, a.Body)
			}
			b.WriteString("-- " + name + " --\n" + lines(t, strings.ReplaceAll(a.Body, s.URL, "http://stoa.test")))
		}
		if os.Getenv("UPDATE") != "" && s.Engine == "sqlite" {
			if err := os.WriteFile(describeGolden, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(describeGolden)
		if err != nil {
			t.Fatal(err)
		}
		got, kept := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
		for i := range max(len(got), len(kept)) {
			if i >= len(got) || i >= len(kept) || got[i] != kept[i] {
				t.Fatalf("line %d\n got %s\nwant %s", i+1, at(got, i), at(kept, i))
			}
		}
	})
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "nothing"
}

// lines writes a member of an object, and an element of a list that is its member, in a line of its own.
func lines(t *testing.T, object string) string {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(object))
	var b strings.Builder
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Fatal(err)
		}
		var list []json.RawMessage
		if !bytes.HasPrefix(value, []byte("[{")) || json.Unmarshal(value, &list) != nil {
			list = []json.RawMessage{value}
		}
		for _, v := range list {
			b.WriteString(name.(string) + " " + string(v) + "\n")
		}
	}
	return b.String()
}

// The members of describe, all of which clients may expect in every object and field.
const (
	entryMembers = "activateable associateEntityType associateParentEntity createable custom customSetting deepCloneable deletable deprecatedAndHidden feedEnabled " +
		"hasSubtypes isInterface isSubtype keyPrefix label labelPlural layoutable mergeable mruEnabled name queryable replicateable retrieveable searchable " +
		"triggerable undeletable updateable urls"
	describeMembers = entryMembers + " actionOverrides childRelationships compactLayoutable defaultImplementation extendedBy extendsInterfaces fields implementedBy " +
		"implementsInterfaces listviewable lookupLayoutable namedLayoutInfos networkScopeFieldName recordTypeInfos searchLayoutable sobjectDescribeOption supportedScopes"
	fieldMembers = "aggregatable aiPredictionField autoNumber byteLength calculated calculatedFormula cascadeDelete caseSensitive compoundFieldName controllerName " +
		"createable custom defaultValue defaultValueFormula defaultedOnCreate dependentPicklist deprecatedAndHidden digits displayLocationInDecimal encrypted externalId " +
		"extraTypeInfo filterable filteredLookupInfo formulaTreatNullNumberAsZero groupable highScaleNumber htmlFormatted idLookup inlineHelpText label length mask " +
		"maskType name nameField namePointing nillable permissionable picklistValues polymorphicForeignKey precision queryByDistance referenceTargetField referenceTo " +
		"relationshipName relationshipOrder restrictedDelete restrictedPicklist scale searchPrefilterable soapType sortable type unique updateable writeRequiresMasterRead"
	fieldTypes = "id string textarea email phone url picklist multipicklist combobox reference boolean int long double currency percent date datetime time base64 address " +
		"location encryptedstring anyType complexvalue datacategorygroupreference json masterrecord calculated byte"
)

// TestDescribeHasEveryMember looks at every object that there is.
func TestDescribeHasEveryMember(t *testing.T) {
	s := servertest.Start(t, server.Settings{Seed: permit, Apps: app.Apps{}})
	get := func(path string, into any) {
		t.Helper()
		a := s.Do(t, servertest.Request{Method: "GET", Path: path, Token: s.Token})
		if err := json.Unmarshal([]byte(a.Body), into); err != nil || a.Status != http.StatusOK {
			t.Fatalf("%s: %d %.200s", path, a.Status, a.Body)
		}
	}
	var global struct{ SObjects []map[string]any }
	get(servertest.API+"/sobjects", &global)
	for _, o := range global.SObjects {
		name := o["name"].(string)
		members(t, name, o, entryMembers)
		var d map[string]any
		get(o["urls"].(map[string]any)["describe"].(string), &d)
		members(t, name, d, describeMembers)
		if infos := d["recordTypeInfos"].([]any); len(infos) == 0 {
			t.Errorf("%s has no record type, not even Master", name)
		}
		for _, f := range d["fields"].([]any) {
			f := f.(map[string]any)
			members(t, name+"."+f["name"].(string), f, fieldMembers)
			// Those who hold types to this list fold them first.
			if !slices.ContainsFunc(strings.Fields(fieldTypes), func(s string) bool { return strings.EqualFold(s, f["type"].(string)) }) {
				t.Errorf("%s.%s has the type %s, which clients do not know", name, f["name"], f["type"])
			}
		}
	}
}

func members(t *testing.T, what string, object map[string]any, want string) {
	t.Helper()
	names := strings.Fields(want)
	for _, n := range names {
		if _, ok := object[n]; !ok {
			t.Errorf("%s lacks %s", what, n)
		}
	}
	if len(object) != len(names) {
		t.Errorf("%s has %d members, want %d", what, len(object), len(names))
	}
}

// TestExternalIDOfACustomField writes by a key whose letter case counts, with characters that paths escape.
func TestExternalIDOfACustomField(t *testing.T) {
	eachWithPermits(t, func(t *testing.T, s *servertest.Server) {
		account := s.Create(t, "Account", map[string]any{"Name": "Harbor Works"})
		upsert := func(key string, status int) string {
			t.Helper()
			a := s.Do(t, servertest.Request{
				Method: "PATCH", Path: servertest.API + "/sobjects/Permit__c/Key__c/" + escape(key), Token: s.Token,
				Body: `{"Owner_Account__r":{"attributes":{"type":"Account"},"Id":"` + account + `"},"Fee__c":"12.50"}`,
			})
			var got struct{ ID string }
			if err := json.Unmarshal([]byte(a.Body), &got); a.Status != status || err != nil {
				t.Fatalf("%s: %d %s", key, a.Status, a.Body)
			}
			return got.ID
		}
		ids := map[string]string{}
		for _, key := range []string{"a/b", "A/B", "ä b+c%", "'", `\`, "../x", "001", "1"} {
			ids[key] = upsert(key, http.StatusCreated)
		}
		for key, id := range ids {
			if again := upsert(key, http.StatusOK); again != id {
				t.Errorf("%s: %s, was %s", key, again, id)
			}
			a := s.Do(t, servertest.Request{Method: "GET", Path: servertest.API + "/sobjects/Permit__c/Key__c/" + escape(key) + "?fields=Key__c,Fee__c", Token: s.Token})
			var row struct {
				Key string  `json:"Key__c"`
				Fee float64 `json:"Fee__c"`
			}
			if err := json.Unmarshal([]byte(a.Body), &row); err != nil || row.Key != key || row.Fee != 12.5 {
				t.Errorf("%s: %d %s", key, a.Status, a.Body)
			}
		}
		a := s.Do(t, servertest.Request{Method: "GET", Path: servertest.API + "/sobjects/Account/" + account + "/Permits__r?fields=Key__c", Token: s.Token})
		if want := `{"totalSize":8,"done":true,"records":[`; a.Status != http.StatusOK || !strings.HasPrefix(a.Body, want) {
			t.Errorf("children: %d %.200s", a.Status, a.Body)
		}
		// Who was granted nothing does not even learn that the object exists.
		a = s.Do(t, servertest.Request{Method: "GET", Path: servertest.API + "/sobjects/Permit__c/describe", Token: s.UserToken})
		if a.Status != http.StatusNotFound || !strings.Contains(a.Body, "NOT_FOUND") {
			t.Errorf("describe without rights: %d %s", a.Status, a.Body)
		}
	})
}
