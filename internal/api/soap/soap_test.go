package soap

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"stoa/internal/auth"
	"stoa/internal/org"
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

// each runs f on an org in each store.
func each(t *testing.T, f func(c *client)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db store.DB) {
		o, err := org.Open(t.Context(), org.Settings{DB: db, JournalDir: t.TempDir(), Report: func(err error) { t.Log(err) }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = o.Close(context.Background()) })
		if err := o.Create(t.Context(), org.NewOrg{Name: "City of Harborview", AdminUsername: "admin@harborview.example"}); err != nil {
			t.Fatal(err)
		}
		g := auth.New(o, auth.Options{})
		if err := g.SetPassword(t.Context(), o.Admin(), adminPassword, auth.PasswordOptions{}); err != nil {
			t.Fatal(err)
		}
		c := &client{t: t, gate: g, org: o, mux: http.NewServeMux(), path: "/services/Soap/u/66.0"}
		Routes(c.mux, Options{Gate: g})
		f(c)
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

func TestLogin(t *testing.T) {
	each(t, func(c *client) {
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
		if got := c.ok("<getServerTimestamp/>"); !regexp.MustCompile(`<timestamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z</timestamp>`).MatchString(got) {
			c.t.Errorf("%s", got)
		}
		c.ok("<logout/>")
		if status, got := c.send("<getUserInfo/>"); status != 500 || !strings.Contains(got, "<faultcode>sf:INVALID_SESSION_ID</faultcode>") {
			c.t.Errorf("%s", got)
		}
	})
}

func TestLoginWithAnExpiredPassword(t *testing.T) {
	each(t, func(c *client) {
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
	})
}

func TestPurposeOfALogin(t *testing.T) {
	each(t, func(c *client) {
		got := c.ok(`<login><username>admin@harborview.example</username><password>`+adminPassword+`</password></login>`,
			"<CallOptions><client>tool/1.0/purpose/casework</client></CallOptions>")
		s, _, err := c.gate.Session(c.t.Context(), c.find("<sessionId>([^<]+)", got))
		if err != nil || s.Purpose != "casework" {
			c.t.Errorf("%+v, %v", s, err)
		}
	})
}

func TestRecords(t *testing.T) {
	each(t, func(c *client) {
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

		got = c.ok(`<query><queryString>SELECT Name, AnnualRevenue, NumberOfEmployees, Phone, Owner.Name, (SELECT LastName FROM Contacts) FROM Account</queryString></query>`)
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
	})
}

func TestQueryMore(t *testing.T) {
	each(t, func(c *client) {
		c.signIn()
		for range 3 {
			c.ok("<create>" + strings.Repeat("<sObjects><type>Account</type><Name>Many</Name></sObjects>", 100) + "</create>")
		}
		size := "<QueryOptions><batchSize>200</batchSize></QueryOptions>"
		got := c.ok("<query><queryString>SELECT Id FROM Account</queryString></query>", size)
		locator := c.find("<done>false</done><queryLocator>([^<]+)</queryLocator>", got)
		if n := strings.Count(got, "<records "); n != 200 || !strings.Contains(got, "<size>300</size>") {
			c.t.Errorf("%d records", n)
		}
		got = c.ok("<queryMore><queryLocator>"+locator+"</queryLocator></queryMore>", size)
		if n := strings.Count(got, "<records "); n != 100 || !strings.Contains(got, "<done>true</done>") {
			c.t.Errorf("%d records", n)
		}
	})
}

func TestDescribe(t *testing.T) {
	each(t, func(c *client) {
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
	})
}

// inOrder holds that the elements of each field come in the WSDL's order, which readers of generated code rely on.
func inOrder(t *testing.T, got string) {
	t.Helper()
	for _, field := range regexp.MustCompile(`<fields>(.*?)</fields>`).FindAllStringSubmatch(got, -1) {
		flat := regexp.MustCompile(`<picklistValues>.*?</picklistValues>`).ReplaceAllString(field[1], "<picklistValues></picklistValues>")
		last := ""
		for _, m := range regexp.MustCompile(`</([A-Za-z]+)>`).FindAllStringSubmatch(flat, -1) {
			if name := strings.ToLower(m[1]); name < last {
				t.Fatalf("%s comes after %s", m[1], last)
			} else {
				last = name
			}
		}
	}
}
