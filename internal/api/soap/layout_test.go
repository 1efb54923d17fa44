package soap

import (
	"strings"
	"testing"
	"time"
)

// has holds that an answer contains each of some texts.
func has(t *testing.T, got string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %.800s", want, got)
		}
	}
}

func testLayouts(c *client) {
	c.signIn()
	got := c.ok("<describeLayout><sObjectType>account</sObjectType></describeLayout>")
	has(c.t, got, "<describeLayoutResponse><result><layouts><detailLayoutSections><collapsed>false</collapsed><columns>2</columns>", "<type>Field</type><value>Name</value>",
		"<editLayoutSections>", "<relatedLists>", "<name>Contacts</name><sobject>Contact</sobject>", "<picklistName>Industry</picklistName>",
		"<recordTypeId>012000000000000AAA</recordTypeId></recordTypeMappings><recordTypeSelectorRequired>false</recordTypeSelectorRequired></result>")
	has(c.t, c.ok("<describeTabs/>"), "<sobjectName>Account</sobjectName>", "/console/Account/list</url></tabs>")
	c.ok("<describeDataCategoryGroups><sObjectType>Account</sObjectType></describeDataCategoryGroups>")
	for op, code := range map[string]string{
		"<describeLayout/>": "INVALID_TYPE",
		"<describeLayout><sObjectType>Account</sObjectType><layoutName>Moon</layoutName></describeLayout>":                                                                        "INVALID_TYPE",
		"<describeLayout><sObjectType>Account</sObjectType><recordTypeIds>x</recordTypeIds></describeLayout>":                                                                     "MALFORMED_ID",
		"<describeLayout><sObjectType>Account</sObjectType><recordTypeIds>012000000000009AAA</recordTypeIds></describeLayout>":                                                    "INVALID_CROSS_REFERENCE_KEY",
		"<describeDataCategoryGroups><sObjectType>Moon</sObjectType></describeDataCategoryGroups>":                                                                                "INVALID_TYPE",
		"<describeDataCategoryGroupStructures><pairs><dataCategoryGroupName>Moon</dataCategoryGroupName><sobject>Account</sobject></pairs></describeDataCategoryGroupStructures>": "INVALID_CROSS_REFERENCE_KEY",
	} {
		if status, got := c.send(op); status != 500 || !strings.Contains(got, "<faultcode>sf:"+code+"</faultcode>") {
			c.t.Errorf("%s: %d %.400s, want %s", op, status, got, code)
		}
	}
}

func testChanges(c *client) {
	c.signIn()
	kept := c.find("<id>([^<]+)", c.ok("<create><sObjects><type>Account</type><Name>Kept</Name></sObjects></create>"))
	gone := c.find("<id>([^<]+)", c.ok("<create><sObjects><type>Account</type><Name>Gone</Name></sObjects></create>"))
	c.ok("<delete><ids>" + gone + "</ids></delete>")
	now := c.gate.Now().UTC()
	ask := func(op string, from, to time.Time) string {
		return "<" + op + "><sObjectType>Account</sObjectType><startDate>" + from.Format(dateTime) + "</startDate><endDate>" + to.Format(dateTime) + "</endDate></" + op + ">"
	}
	from, to := now.Add(-time.Hour), now.Add(time.Hour)
	got := c.ok(ask("getUpdated", from, to))
	has(c.t, got, "<ids>"+kept+"</ids>", "<latestDateCovered>")
	if strings.Contains(got, gone) {
		c.t.Errorf("what is deleted is no update: %s", got)
	}
	got = c.ok(ask("getDeleted", from, to))
	has(c.t, got, "<deletedRecords><deletedDate>", "<id>"+gone+"</id></deletedRecords>", "<earliestDateAvailable>", "<latestDateCovered>")
	if strings.Contains(got, kept) {
		c.t.Errorf("what is there is not deleted: %s", got)
	}
	for op, code := range map[string]string{
		ask("getUpdated", to, from):                                           "INVALID_REPLICATION_DATE",
		ask("getDeleted", now.AddDate(0, -3, 0), to):                          "INVALID_REPLICATION_DATE",
		"<getUpdated><sObjectType>Account</sObjectType></getUpdated>":         "MISSING_ARGUMENT",
		"<getDeleted><sObjectType>Account</sObjectType><a>x</a></getDeleted>": "INVALID_REPLICATION_DATE",
		"<getUpdated/>": "INVALID_TYPE",
	} {
		if status, got := c.send(op); status != 500 || !strings.Contains(got, "<faultcode>sf:"+code+"</faultcode>") {
			c.t.Errorf("%s: %d %.400s, want %s", op, status, got, code)
		}
	}
}
