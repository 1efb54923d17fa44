package server_test

import (
	"net/netip"
	"strings"
	"testing"

	"stoa/internal/mail/verify"
)

// TestNobodyIsKnownByAForgedFrom writes into a case as its citizen would, with all that a thread is known by but proof.
func TestNobodyIsKnownByAForgedFrom(t *testing.T) {
	relay := &verify.Judge{Relays: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, RelayID: "mx.harborview.example"}
	eachJudgedDesk(t, relay, nobodyIsKnown)
}

func nobodyIsKnown(t *testing.T, d *desk) {
	const ann = "From: Ann <ann@home.example>\n"
	says := func(result string) string {
		return "Authentication-Results: mx.harborview.example; dmarc=" + result + " header.from=home.example\n"
	}
	d.mail(t, help, says("pass")+ann+"Subject: A lamp\nMessage-ID: <first@home.example>", "It is dark.")
	kase := d.receipt(t, "first@home.example")["Case__c"]
	confirmed := d.arrived(t, "ann@home.example", 1)[0]
	d.sent(t, confirmed.ID)
	answer := "Subject: Re: " + confirmed.Subject + "\nIn-Reply-To: <" + confirmed.ID + ">\n"
	for _, c := range []struct{ id, said, standing, outcome string }{
		{"forged@home.example", says("fail"), "Forged", "New case"},
		{"unproven@home.example", says("none"), "Unproven", "New case"}, // she has proved who she is before
		{"unsure@home.example", says("temperror"), "Unproven", "Added"},
		{"proven@home.example", says("pass"), "Proven", "Added"},
	} {
		d.mail(t, help, c.said+ann+answer+"Message-ID: <"+c.id+">", "Close it.")
		got := d.Query(t, "SELECT Outcome__c, Case__c, Refused_Case__c, Answered__c, Standing__c, Authentication__c, Email_Message__r.Standing__c, Case__r.ContactId FROM Mail_Receipt__c WHERE Message_Id__c = '"+c.id+"'")[0]
		if got["Outcome__c"] != c.outcome || got["Standing__c"] != c.standing || !strings.HasPrefix(got["Authentication__c"].(string), "mx.harborview.example; dmarc=") {
			t.Errorf("%s: %v", c.id, got)
		}
		if m := got["Email_Message__r"].(map[string]any); m["Standing__c"] != c.standing {
			t.Errorf("%s: the message says %v", c.id, m["Standing__c"])
		}
		contact := got["Case__r"].(map[string]any)["ContactId"]
		if c.outcome == "Added" && got["Case__c"] != kase || c.outcome != "Added" && (got["Refused_Case__c"] != kase || got["Answered__c"] != false || contact != nil) {
			t.Errorf("%s: %v, not %v", c.id, got, kase)
		}
	}
	people := signedIn(t, d.Server)
	forged := d.receipt(t, "forged@home.example")["Case__c"].(string)
	if page := people("/console/desk/case/" + forged); !strings.Contains(page, "Not from whom it says") {
		t.Error("the desk does not say that a sender is forged")
	}
	message := d.Query(t, "SELECT Id FROM EmailMessage WHERE ParentId = '"+forged+"' AND Incoming = true")[0]["Id"].(string)
	if page := people("/console/desk/mail/" + message + "/why"); !strings.Contains(page, "dmarc=fail header.from=home.example") {
		t.Error("the receipt does not say why")
	}
}
