package soap

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"stoa/internal/auth"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// A client speaks to a whole org of its own.
type client struct {
	t     *testing.T
	mux   *http.ServeMux
	gate  *auth.Gate
	org   *org.Org
	path  string
	token string
}

const adminPassword = "correct horse 7"

// TestDoor runs the tests below one after the other on one org in each store.
func TestDoor(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db store.DB) {
		o, err := org.Open(t.Context(), org.Settings{DB: db, JournalDir: t.TempDir(), Report: func(err error) { t.Log(err) }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = o.Close(context.Background()) })
		if err := o.Create(t.Context(), org.NewOrg{Name: "City of Harborview", AdminUsername: "admin@harborview.example"}); err != nil {
			t.Fatal(err)
		}
		g := auth.New(o, auth.Options{FailureTime: time.Nanosecond})
		if err := g.SetPassword(t.Context(), o.Admin(), adminPassword, auth.PasswordOptions{}); err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		used := int64(4)
		Routes(mux, Options{Gate: g, Count: func() (int64, int64) { used++; return used, 15000 }})
		for _, part := range []struct {
			name string
			test func(*client)
		}{
			{"login", testLogin}, {"purpose", testPurposeOfALogin}, {"records", testRecords}, {"enterprise", testEnterprise}, {"merge", testMerge},
			{"query more", testQueryMore}, {"describe", testDescribe}, {"layouts", testLayouts}, {"changes", testChanges}, {"bad input", testBadInput}, {"no API", testUserWithoutAPI}, {"passwords", testPasswords}, {"expired password", testLoginWithAnExpiredPassword},
		} {
			t.Run(part.name, func(t *testing.T) {
				part.test(&client{t: t, gate: g, org: o, mux: mux, path: "/services/Soap/u/66.0"})
			})
		}
	})
}

// ok sends an operation that must succeed and returns the answer.
func (c *client) ok(op string, headers ...string) string {
	c.t.Helper()
	status, got := c.send(op, headers...)
	if status != 200 {
		c.t.Fatalf("%s: %d %s", op, status, got)
	}
	return got
}

func (c *client) send(op string, headers ...string) (int, string) {
	c.t.Helper()
	return post(c.t, c.mux, c.path, `<soapenv:Envelope xmlns:soapenv="`+soapNamespace+`" xmlns="urn:partner.soap.sforce.com" xmlns:xsi="`+schemaInstance+`"><soapenv:Header><SessionHeader><sessionId>`+
		c.token+`</sessionId></SessionHeader>`+strings.Join(headers, "")+`</soapenv:Header><soapenv:Body>`+op+`</soapenv:Body></soapenv:Envelope>`)
}

// find returns what the group of a pattern matches.
func (c *client) find(pattern, in string) string {
	c.t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(in)
	if m == nil {
		c.t.Fatalf("no %s in %s", pattern, in)
	}
	return m[1]
}

func (c *client) signIn() string {
	c.t.Helper()
	got := c.ok(`<login><username>admin@harborview.example</username><password>` + adminPassword + `</password></login>`)
	c.token = c.find("<sessionId>([^<]+)", got)
	return got
}

func testLogin(c *client) {
	got := c.signIn()
	if url := c.find("<serverUrl>([^<]+)", got); url != "http://stoa.test:8080/services/Soap/u/66.0/"+c.org.ID().Short() {
		c.t.Errorf("serverUrl %s", url)
	}
	if id := c.find("<userId>([^<]+)", got); id != string(c.org.Admin()) {
		c.t.Errorf("userId %s", id)
	}
	for _, want := range []string{
		"<soapenv:Body><loginResponse><result><metadataServerUrl>http://stoa.test:8080/services/Soap/m/66.0/", "<passwordExpired>false</passwordExpired><sandbox>false</sandbox>",
		"<organizationId>" + string(c.org.ID()) + "</organizationId>", "<profileId>00e", "<userName>admin@harborview.example</userName>", "<sessionSecondsValid>43200</sessionSecondsValid>",
	} {
		if !strings.Contains(got, want) {
			c.t.Errorf("no %s in %s", want, got)
		}
	}
	if got := c.ok("<getUserInfo/>"); !strings.Contains(got, "<getUserInfoResponse><result><accessibilityMode>") {
		c.t.Errorf("%s", got)
	}
	got = c.ok("<query><queryString>SELECT ApiType, ApiVersion, LoginTime FROM LoginHistory WHERE UserId = '" + string(c.org.Admin()) + "' ORDER BY Id DESC LIMIT 1</queryString></query>")
	if !strings.Contains(got, "<sf:ApiType>SOAP Partner</sf:ApiType><sf:ApiVersion>66.0</sf:ApiVersion><sf:LoginTime>20") {
		c.t.Errorf("the sign-in is not in the history: %s", got)
	}
	got = c.ok("<query><queryString>SELECT LastLoginDate FROM User WHERE Id = '" + string(c.org.Admin()) + "'</queryString></query>")
	if !strings.Contains(got, "<sf:LastLoginDate>20") {
		c.t.Errorf("the user has no last sign-in: %s", got)
	}
	if !regexp.MustCompile(`<soapenv:Header><LimitInfoHeader><limitInfo><current>\d+</current><limit>15000</limit><type>API REQUESTS</type></limitInfo></LimitInfoHeader></soapenv:Header><soapenv:Body>`).MatchString(got) {
		c.t.Errorf("no LimitInfoHeader in %s", got)
	}
	if got := c.ok("<getServerTimestamp/>"); !regexp.MustCompile(`<timestamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z</timestamp>`).MatchString(got) {
		c.t.Errorf("%s", got)
	}
	c.ok("<logout/>")
	if status, got := c.send("<getUserInfo/>"); status != 500 || !strings.Contains(got, "<faultcode>sf:INVALID_SESSION_ID</faultcode>") {
		c.t.Errorf("%s", got)
	}
}

func testLoginWithAnExpiredPassword(c *client) {
	if err := c.gate.SetPassword(c.t.Context(), c.org.Admin(), adminPassword, auth.PasswordOptions{MustChange: true}); err != nil {
		c.t.Fatal(err)
	}
	if got := c.signIn(); !strings.Contains(got, "<passwordExpired>true</passwordExpired>") {
		c.t.Errorf("%s", got)
	}
	if _, got := c.send("<getUserInfo/>"); !strings.Contains(got, "sf:INVALID_OPERATION_WITH_EXPIRED_PASSWORD") {
		c.t.Errorf("%s", got)
	}
	c.ok("<setPassword><userId>" + string(c.org.Admin()) + "</userId><password>another horse 8</password></setPassword>")
	c.ok("<getUserInfo/>")
}

func testPurposeOfALogin(c *client) {
	got := c.ok(`<login><username>admin@harborview.example</username><password>`+adminPassword+`</password></login>`,
		"<CallOptions><client>tool/1.0/purpose/casework</client></CallOptions>")
	s, _, err := c.gate.Session(c.t.Context(), c.find("<sessionId>([^<]+)", got))
	if err != nil || s.Purpose != "casework" {
		c.t.Errorf("%+v, %v", s, err)
	}
}

func testRecords(c *client) {
	c.signIn()
	got := c.ok(`<create><sObjects><type>Account</type><Name>Harbor &amp; Sons</Name><NumberOfEmployees>12</NumberOfEmployees><AnnualRevenue>1000</AnnualRevenue></sObjects>` +
		`<sObjects><type>Account</type></sObjects><sObjects><type>Moon</type></sObjects></create>`)
	id := c.find("<createResponse><result><id>([^<]+)</id><success>true</success></result><result><errors>", got)
	for _, want := range []string{"<statusCode>REQUIRED_FIELD_MISSING</statusCode></errors><id xsi:nil=\"true\"/><success>false</success>", "<statusCode>INVALID_TYPE</statusCode>"} {
		if !strings.Contains(got, want) {
			c.t.Errorf("no %s in %s", want, got)
		}
	}
	contact := c.find("<id>([^<]+)</id>", c.ok(`<create><sObjects><type>Contact</type><LastName>Lee</LastName><AccountId>`+id+`</AccountId></sObjects></create>`))

	got = c.ok(`<query><queryString>SELECT Name, AnnualRevenue, NumberOfEmployees, Phone, Owner.Name, (SELECT LastName FROM Contacts) FROM Account WHERE Id = '` + id + `'</queryString></query>`)
	for _, want := range []string{
		`<queryResponse><result xsi:type="QueryResult"><done>true</done><queryLocator xsi:nil="true"/><records xsi:type="sf:sObject"><sf:type>Account</sf:type><sf:Id>` + id + `</sf:Id>`,
		"<sf:Name>Harbor &amp; Sons</sf:Name><sf:AnnualRevenue>1000.0</sf:AnnualRevenue><sf:NumberOfEmployees>12</sf:NumberOfEmployees><sf:Phone xsi:nil=\"true\"/>",
		`<sf:Owner xsi:type="sf:sObject"><sf:type>User</sf:type>`, `<sf:Contacts xsi:type="QueryResult"><done>true</done>`, "<sf:LastName>Lee</sf:LastName>", "<size>1</size></result>",
	} {
		if !strings.Contains(got, want) {
			c.t.Errorf("no %s in %s", want, got)
		}
	}
	c.ok(`<update><sObjects><type>Account</type><fieldsToNull>NumberOfEmployees</fieldsToNull><Id>` + id + `</Id><Phone>555</Phone><Fax xsi:nil="true"/></sObjects></update>`)
	got = c.ok(`<retrieve><fieldList>Id, Phone, NumberOfEmployees</fieldList><sObjectType>Account</sObjectType><ids>` + id + `</ids><ids>001000000000000AAA</ids></retrieve>`)
	if !strings.Contains(got, `<sf:Phone>555</sf:Phone><sf:NumberOfEmployees xsi:nil="true"/></result><result xsi:nil="true"/>`) {
		c.t.Errorf("%s", got)
	}
	got = c.ok(`<upsert><externalIDFieldName>Id</externalIDFieldName><sObjects><type>Account</type><Id>` + id + `</Id><Name>Renamed</Name></sObjects><sObjects><type>Account</type><Name>New</Name></sObjects></upsert>`)
	if !strings.Contains(got, "<result><created>false</created><id>"+id+"</id><success>true</success></result><result><created>true</created>") {
		c.t.Errorf("%s", got)
	}
	got = c.ok("<delete><ids>" + contact + "</ids><ids>x</ids></delete>")
	if !strings.Contains(got, "<id>"+contact+"</id><success>true</success>") || !strings.Contains(got, "MALFORMED_ID") {
		c.t.Errorf("%s", got)
	}
	if got = c.ok(`<queryAll><queryString>SELECT Id FROM Contact WHERE IsDeleted = true</queryString></queryAll>`); !strings.Contains(got, contact) {
		c.t.Errorf("%s", got)
	}
	if got = c.ok("<undelete><ids>" + contact + "</ids></undelete>"); !strings.Contains(got, "<success>true</success>") {
		c.t.Errorf("%s", got)
	}
	for _, bad := range []struct{ op, want string }{
		{"<query><queryString>SELECT</queryString></query>", "<sf:MalformedQueryFault"},
		{"<query><queryString>SELECT Moon FROM Account</queryString></query>", "<sf:InvalidFieldFault"},
		{"<queryMore><queryLocator>01g000000000001AAA-5</queryLocator></queryMore>", "<sf:InvalidQueryLocatorFault"},
		{"<retrieve><fieldList>Id</fieldList><sObjectType>Moon</sObjectType><ids>" + id + "</ids></retrieve>", "<sf:InvalidSObjectFault"},
		{"<create>" + strings.Repeat("<sObjects/>", 201) + "</create>", "sf:EXCEEDED_ID_LIMIT"},
	} {
		if status, got := c.send(bad.op); status != 500 || !strings.Contains(got, bad.want) {
			c.t.Errorf("%s: %d %s", bad.op, status, got)
		}
	}
}

func testQueryMore(c *client) {
	c.signIn()
	for range 3 {
		c.ok("<create>" + strings.Repeat("<sObjects><type>Account</type><Name>Many</Name></sObjects>", 100) + "</create>")
	}
	size := "<QueryOptions><batchSize>200</batchSize></QueryOptions>"
	got := c.ok("<query><queryString>SELECT Id FROM Account WHERE Name = 'Many'</queryString></query>", size)
	locator := c.find("<done>false</done><queryLocator>([^<]+)</queryLocator>", got)
	if n := strings.Count(got, "<records "); n != 200 || !strings.Contains(got, "<size>300</size>") {
		c.t.Errorf("%d records", n)
	}
	got = c.ok("<queryMore><queryLocator>"+locator+"</queryLocator></queryMore>", size)
	if n := strings.Count(got, "<records "); n != 100 || !strings.Contains(got, "<done>true</done>") {
		c.t.Errorf("%d records", n)
	}
}

func testDescribe(c *client) {
	c.signIn()
	got := c.ok("<describeGlobal/>")
	if !strings.Contains(got, "<encoding>UTF-8</encoding><maxBatchSize>200</maxBatchSize><sobjects>") || !strings.Contains(got, "<name>Account</name>") {
		c.t.Errorf("%.500s", got)
	}
	got = c.ok("<describeSObjects><sObjectType>account</sObjectType><sObjectType>Contact</sObjectType></describeSObjects>")
	if strings.Count(got, "<result>") != 2 || !strings.Contains(got, "<soapType>tns:ID</soapType>") || !strings.Contains(got, "<recordTypeId>012000000000000AAA</recordTypeId>") {
		c.t.Errorf("%.500s", got)
	}
	inOrder(c.t, got)
	if _, got := c.send("<describeSObject><sObjectType>Moon</sObjectType></describeSObject>"); !strings.Contains(got, "sf:INVALID_TYPE") {
		c.t.Errorf("%s", got)
	}
}

// inOrder holds that the elements of each field come in the WSDL's order, which readers of generated code rely on.
func inOrder(t *testing.T, got string) {
	t.Helper()
	for _, field := range regexp.MustCompile(`<fields>(.*?)</fields>`).FindAllStringSubmatch(got, -1) {
		flat := regexp.MustCompile(`<picklistValues>.*?</picklistValues>`).ReplaceAllString(field[1], "<picklistValues></picklistValues>")
		last := ""
		for _, m := range regexp.MustCompile(`</([A-Za-z]+)>`).FindAllStringSubmatch(flat, -1) {
			if name := m[1]; name < last {
				t.Fatalf("%s comes after %s", m[1], last)
			} else {
				last = name
			}
		}
	}
}

func testEnterprise(c *client) {
	c.signIn()
	c.path = "/services/Soap/c/60.0"
	got := c.ok(`<create><sObjects xsi:type="ens:Account" xmlns:ens="urn:sobject.enterprise.soap.sforce.com"><ens:Name>Enterprise</ens:Name></sObjects></create>`)
	id := c.find("<id>([^<]+)</id><success>true</success>", got)
	got = c.ok(`<query><queryString>SELECT Name FROM Account WHERE Id = '` + id + `'</queryString></query>`)
	for _, want := range []string{`xmlns="urn:enterprise.soap.sforce.com" xmlns:sf="urn:sobject.enterprise.soap.sforce.com"`, `<records xsi:type="sf:Account"><sf:Id>` + id + `</sf:Id><sf:Name>Enterprise</sf:Name></records>`} {
		if !strings.Contains(got, want) {
			c.t.Errorf("no %s in %s", want, got)
		}
	}
	if got := c.signIn(); !strings.Contains(got, "/services/Soap/c/60.0/") {
		c.t.Errorf("%s", got)
	}
}

func testMerge(c *client) {
	c.signIn()
	got := c.ok(`<create><sObjects><type>Account</type><Name>One</Name></sObjects><sObjects><type>Account</type><Name>Two</Name></sObjects></create>`)
	ids := regexp.MustCompile("<id>([^<]+)</id>").FindAllStringSubmatch(got, -1)
	got = c.ok(`<merge><request><masterRecord><type>Account</type><Id>` + ids[0][1] + `</Id><Phone>7</Phone></masterRecord><recordToMergeIds>` + ids[1][1] + `</recordToMergeIds></request></merge>`)
	if !strings.Contains(got, "<result><id>"+ids[0][1]+"</id><mergedRecordIds>"+ids[1][1]+"</mergedRecordIds><success>true</success></result>") {
		c.t.Errorf("%s", got)
	}
}

// testUserWithoutAPI holds that who may not use the API gets no session of it.
func testUserWithoutAPI(c *client) {
	in, err := c.org.System(c.t.Context(), org.System, "operation")
	if err != nil {
		c.t.Fatal(err)
	}
	insert := func(object string, pairs ...any) record.ID {
		c.t.Helper()
		d := record.Draft{Object: object}
		for i := 0; i < len(pairs); i += 2 {
			d.Set(pairs[i].(string), pairs[i+1].(record.Value))
		}
		res, err := in.Insert(c.t.Context(), []record.Draft{d}, org.WriteOptions{Seed: true})
		if err != nil || !res[0].OK() {
			c.t.Fatal(err, res)
		}
		return res[0].ID
	}
	text := record.OfText
	profile := insert("Profile", "Name", text("Visitor"))
	insert("PermissionSet", "Name", text("X00Visitor"), "Label", text("Visitor"), "IsOwnedByProfile", record.OfBool(true), "ProfileId", record.OfID(profile))
	user := insert("User", "Username", text("visitor@harborview.example"), "LastName", text("Visitor"), "Email", text("visitor@harborview.example"), "Alias", text("visitor"),
		"ProfileId", record.OfID(profile), "IsActive", record.OfBool(true), "TimeZoneSidKey", text("UTC"), "LocaleSidKey", text("en_US"), "LanguageLocaleKey", text("en_US"))
	if err := c.gate.SetPassword(c.t.Context(), user, adminPassword, auth.PasswordOptions{}); err != nil {
		c.t.Fatal(err)
	}
	status, got := c.send(`<login><username>visitor@harborview.example</username><password>` + adminPassword + `</password></login>`)
	if status != 500 || !strings.Contains(got, "<faultcode>sf:API_CURRENTLY_DISABLED</faultcode>") {
		c.t.Errorf("%d %s", status, got)
	}
	if all, err := c.gate.Sessions(c.t.Context(), user); err != nil || len(all) != 0 {
		c.t.Errorf("%d sessions are left, %v", len(all), err)
	}
}

func testPasswords(c *client) {
	c.signIn()
	admin := "<userId>" + string(c.org.Admin()) + "</userId>"
	for _, bad := range []struct{ op, want string }{
		{"<changeOwnPassword><oldPassword>wrong</oldPassword><newPassword>another horse 8</newPassword></changeOwnPassword>", "sf:INVALID_LOGIN"},
		{"<setPassword>" + admin + "<password>x</password></setPassword>", "sf:INVALID_NEW_PASSWORD"},
		{"<setPassword><userId>x</userId><password>another horse 8</password></setPassword>", "sf:MALFORMED_ID"},
	} {
		if status, got := c.send(bad.op); status != 500 || !strings.Contains(got, bad.want) {
			c.t.Errorf("%s: %d %s", bad.op, status, got)
		}
	}
	c.ok("<changeOwnPassword><oldPassword>" + adminPassword + "</oldPassword><newPassword>another horse 8</newPassword></changeOwnPassword>")
	got := c.ok("<resetPassword>" + admin + "</resetPassword>")
	if word := c.find("<password>([^<]+)", got); len(word) < 12 {
		c.t.Errorf("%s", got)
	}
	if status, _ := c.send("<getUserInfo/>"); status != 500 {
		c.t.Error("a reset ends the sessions")
	}
}
