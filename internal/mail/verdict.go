package mail

import "strings"

// A Standing says how far a message proves that it comes from the domain of its From.
type Standing string

// The standings.
const (
	Unjudged Standing = ""         // nobody looked
	Proven   Standing = "Proven"   // SPF or DKIM passed for that domain
	Unproven Standing = "Unproven" // nothing says so, and nothing says otherwise; or the DNS did not answer
	Forged   Standing = "Forged"   // the domain says how its mail is known, and this is none of it
)

// A Finding is the result of one method, in the words of RFC 8601: pass, fail, softfail, neutral, none, policy, temperror,
// permerror; "" where it was not asked.
type Finding string

// The findings that decide something.
const (
	Pass      Finding = "pass"
	Fail      Finding = "fail"
	None      Finding = "none"
	TempError Finding = "temperror"
	PermError Finding = "permerror"
)

// A Verdict is what the methods say of where a message comes from. The zero value is that of a message nobody judged.
type Verdict struct {
	Standing   Standing
	From       string // domain of the author
	SPF        Finding
	SPFDomain  string // that it was asked of: of the return path, else what the sender calls itself
	DKIM       Finding
	DKIMDomain string // of the signature that counts
	DMARC      Finding
	Policy     string // that the domain of From publishes: none, quarantine or reject; "" for none
	By         string // authserv-id of the relay that judged, "" where it was Stoa
}

// String returns the verdict as the ledger keeps it, after the form of an Authentication-Results field.
func (v Verdict) String() string {
	if v.Standing == Unjudged {
		return ""
	}
	var parts []string
	if v.By != "" {
		parts = append(parts, v.By)
	}
	add := func(method string, f Finding, more string) {
		if f != "" {
			parts = append(parts, strings.TrimSpace(method+"="+string(f)+" "+more))
		}
	}
	named := func(property, domain string) string {
		if domain == "" {
			return ""
		}
		return property + "=" + domain
	}
	add("spf", v.SPF, named("smtp.mailfrom", v.SPFDomain))
	add("dkim", v.DKIM, named("header.d", v.DKIMDomain))
	add("dmarc", v.DMARC, strings.TrimSpace(named("policy.p", v.Policy)+" "+named("header.from", v.From)))
	return strings.Join(parts, "; ")
}
