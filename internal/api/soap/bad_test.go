package soap

import (
	"strconv"
	"strings"
)

// testBadInput holds what no client should send to its fault or its statusCode, and that nothing is written.
func testBadInput(c *client) {
	c.signIn()
	count := func() string {
		return c.find("<size>([0-9]+)", c.ok("<query><queryString>SELECT COUNT() FROM Account</queryString></query>"))
	}
	before := count()

	account := func(fields string) string {
		return "<create><sObjects><type>Account</type>" + fields + "</sObjects></create>"
	}
	// A record that is refused is a result among others.
	for name, f := range map[string]struct{ op, code string }{
		"no type":                      {"<create><sObjects><Name>x</Name></sObjects></create>", "INVALID_TYPE"},
		"an unknown type":              {"<create><sObjects><type>Nothing</type></sObjects></create>", "INVALID_TYPE"},
		"an unknown field":             {account("<Name>x</Name><Nothing__c>1</Nothing__c>"), "INVALID_FIELD"},
		"nothing that is required":     {account(""), "REQUIRED_FIELD_MISSING"},
		"too long a text":              {account("<Name>" + strings.Repeat("x", 256) + "</Name>"), "STRING_TOO_LONG"},
		"a word for a number":          {account("<Name>x</Name><NumberOfEmployees>many</NumberOfEmployees>"), "JSON_PARSER_ERROR"},
		"NaN":                          {account("<Name>x</Name><AnnualRevenue>NaN</AnnualRevenue>"), "JSON_PARSER_ERROR"},
		"a number beyond all bounds":   {account("<Name>x</Name><AnnualRevenue>1e400</AnnualRevenue>"), "NUMBER_OUTSIDE_VALID_RANGE"},
		"a number beyond the field":    {account("<Name>x</Name><AnnualRevenue>1e18</AnnualRevenue>"), "NUMBER_OUTSIDE_VALID_RANGE"},
		"an element for a text":        {account("<Name>x</Name><Phone><type>User</type><Username>a</Username></Phone>"), "JSON_PARSER_ERROR"},
		"a malformed reference":        {account("<Name>x</Name><ParentId>nonsense</ParentId>"), "MALFORMED_ID"},
		"a reference to other objects": {account("<Name>x</Name><ParentId>003000000000001AAA</ParentId>"), "MALFORMED_ID"},
		"a reference to nobody":        {account("<Name>x</Name><ParentId>001000000000001AAA</ParentId>"), "INVALID_CROSS_REFERENCE_KEY"},
		"a field of the system's":      {account("<Name>x</Name><CreatedDate>2020-01-01T00:00:00.000Z</CreatedDate>"), "INVALID_FIELD_FOR_INSERT_UPDATE"},
		"a parent who is nobody":       {account("<Name>x</Name><Owner><type>User</type><Username>nobody@x.example</Username></Owner>"), "INVALID_FIELD"},
		"an update without an id":      {"<update><sObjects><type>Account</type><Name>x</Name></sObjects></update>", "MISSING_ARGUMENT"},
		"an update of nonsense":        {"<update><sObjects><type>Account</type><Id>nonsense</Id></sObjects></update>", "MALFORMED_ID"},
		"an update of another object":  {"<update><sObjects><type>Account</type><Id>003000000000001AAA</Id></sObjects></update>", "MALFORMED_ID"},
		"an update of nobody":          {"<update><sObjects><type>Account</type><Id>001000000000001AAA</Id></sObjects></update>", "INVALID_CROSS_REFERENCE_KEY"},
		"a delete of nonsense":         {"<delete><ids>nonsense</ids></delete>", "MALFORMED_ID"},
		"a delete of nobody":           {"<delete><ids>001000000000001AAA</ids></delete>", "INVALID_CROSS_REFERENCE_KEY"},
		"an undelete of nobody":        {"<undelete><ids>001000000000001AAA</ids></undelete>", "INVALID_CROSS_REFERENCE_KEY"},
		"a merge into nobody":          {"<merge><request><masterRecord><type>Account</type><Id>001000000000001AAA</Id></masterRecord><recordToMergeIds>001000000000002AAA</recordToMergeIds></request></merge>", "INVALID_CROSS_REFERENCE_KEY"},
	} {
		got := c.ok(f.op)
		if !strings.Contains(got, "<statusCode>"+f.code+"</statusCode>") || !strings.Contains(got, `<id xsi:nil="true"/>`) || !strings.Contains(got, "<success>false</success>") {
			c.t.Errorf("%s: %.600s, want %s", name, got, f.code)
		}
	}
	// What is wrong with the call as a whole is a fault.
	for name, f := range map[string]struct{ op, code string }{
		"too many records":             {"<create>" + strings.Repeat("<sObjects><type>Account</type><Name>x</Name></sObjects>", 201) + "</create>", "EXCEEDED_ID_LIMIT"},
		"too many ids":                 {"<delete>" + strings.Repeat("<ids>001000000000001AAA</ids>", 201) + "</delete>", "EXCEEDED_ID_LIMIT"},
		"an upsert without a key":      {"<upsert><externalIDFieldName></externalIDFieldName><sObjects><type>Account</type></sObjects></upsert>", "MISSING_ARGUMENT"},
		"an empty query":               {"<query/>", "MALFORMED_QUERY"},
		"a query that is none":         {"<query><queryString>nonsense</queryString></query>", "MALFORMED_QUERY"},
		"an unknown field in it":       {"<query><queryString>SELECT Nothing FROM Account</queryString></query>", "INVALID_FIELD"},
		"an unknown object in it":      {"<query><queryString>SELECT Id FROM Nothing</queryString></query>", "INVALID_TYPE"},
		"a locator of nobody":          {"<queryMore><queryLocator>01g000000000001AAA-500</queryLocator></queryMore>", "INVALID_QUERY_LOCATOR"},
		"an empty locator":             {"<queryMore/>", "INVALID_QUERY_LOCATOR"},
		"an empty search":              {"<search/>", "MALFORMED_SEARCH"},
		"a describe of nothing":        {"<describeSObject/>", "INVALID_TYPE"},
		"a describe of an unknown":     {"<describeSObjects><sObjectType>Nothing</sObjectType></describeSObjects>", "INVALID_TYPE"},
		"too large a request":          {account("<Name>" + strings.Repeat("x", maxBytes) + "</Name>"), "REQUEST_BODY_TOO_LARGE"},
		"too many describes":           {"<describeSObjects>" + strings.Repeat("<sObjectType>Account</sObjectType>", 101) + "</describeSObjects>", "EXCEEDED_ID_LIMIT"},
		"retrieve of an unknown":       {"<retrieve><fieldList>Id</fieldList><sObjectType>Nothing</sObjectType><ids>001000000000001AAA</ids></retrieve>", "INVALID_TYPE"},
		"retrieve of nonsense":         {"<retrieve><fieldList>Id</fieldList><sObjectType>Account</sObjectType><ids>nonsense</ids></retrieve>", "MALFORMED_ID"},
		"retrieve by an injection":     {"<retrieve><fieldList>Id FROM User --</fieldList><sObjectType>Account</sObjectType><ids>001000000000001AAA</ids></retrieve>", "INVALID_FIELD"},
		"a password of nonsense":       {"<setPassword><userId>nonsense</userId><password>x</password></setPassword>", "MALFORMED_ID"},
		"a password that is too short": {"<setPassword><userId>" + string(c.org.Admin()) + "</userId><password>x</password></setPassword>", "INVALID_NEW_PASSWORD"},
		"a login with nothing":         {"<login/>", "INVALID_LOGIN"},
		"a login of another org":       {"<login><username>admin@harborview.example</username><password>" + adminPassword + "</password></login>", "INVALID_LOGIN"},
	} {
		var headers []string
		if strings.HasSuffix(name, "another org") {
			headers = []string{"<LoginScopeHeader><organizationId>00D000000000009EAA</organizationId></LoginScopeHeader>"}
		}
		status, got := c.send(f.op, headers...)
		if status != 500 || !strings.Contains(got, "<faultcode>sf:"+f.code+"</faultcode><faultstring>"+f.code+": ") || !strings.Contains(got, "<sf:exceptionCode>"+f.code+"</sf:exceptionCode>") {
			c.t.Errorf("%s: %d %.600s, want %s", name, status, got, f.code)
		}
		wellFormed(c.t, got)
	}
	good := c.token
	for name, token := range map[string]string{
		"none": "", "nonsense": "nonsense", "a cut one": good[:len(good)-1], "one of another org": "00D000000000009!" + strings.SplitN(good, "!", 2)[1],
		"one with an entity": "&lt;script&gt;", "a long one": good + strings.Repeat("A", 1<<20),
	} {
		c.token = token
		if status, got := c.send(account("<Name>x</Name>")); status != 500 || !strings.Contains(got, "<faultcode>sf:INVALID_SESSION_ID</faultcode>") {
			c.t.Errorf("session %s: %d %.300s", name, status, got)
		}
	}
	c.token = good
	if after := count(); after != before {
		c.t.Errorf("%s accounts, there were %s", after, before)
	}
	// A batch size that is none is the usual one.
	for _, size := range []string{"-1", "many", "99999999999999999999", strconv.Itoa(leastBatch)} {
		c.ok("<query><queryString>SELECT Id FROM User</queryString></query>", "<QueryOptions><batchSize>"+size+"</batchSize></QueryOptions>")
	}
}
