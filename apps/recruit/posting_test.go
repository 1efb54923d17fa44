package recruit

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/record"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err) // it is written below
	}
	return t
}

// posted returns what a search engine reads.
func posted(t *testing.T, o opening) map[string]any {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	e := employer{Name: "City", Site: "https://city.example/", Page: "https://city.example/jobs/baker", Zone: zone, At: address{City: "Harborview", Country: "US"}}
	var got map[string]any
	if err := json.Unmarshal([]byte(e.posting(&o)), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAPostingSaysWhatSearchEnginesForJobsAskFor(t *testing.T) {
	t.Parallel()
	got := posted(t, opening{
		Slug: "baker", Title: "Baker", Location: "Mill Lane 3", Type: "Part Time", Period: "Hour", Openings: 2, Opened: day("2026-11-02"), Closes: day("2026-11-30"), Starts: day("2027-01-04"),
		MinPay: record.OfDecimal(2050, 2), MaxPay: record.OfDecimal(2400, 2), About: "You bake.", Does: "- bread", Brings: "Patience", Gives: "Bread", Degree: "None",
	})
	want := map[string]any{
		"@context": "https://schema.org", "@type": "JobPosting", "title": "Baker", "description": got["description"], "url": "https://city.example/jobs/baker", "directApply": true,
		"datePosted": "2026-11-02", "validThrough": "2026-11-30T23:59:59-05:00", "jobStartDate": "2027-01-04", "employmentType": "PART_TIME", "totalJobOpenings": 2.0,
		"identifier":         map[string]any{"@type": "PropertyValue", "name": "City", "value": "baker"},
		"hiringOrganization": map[string]any{"@type": "Organization", "name": "City", "sameAs": "https://city.example/"},
		"jobLocation": map[string]any{"@type": "Place", "address": map[string]any{
			"@type": "PostalAddress", "streetAddress": "Mill Lane 3", "addressLocality": "Harborview", "addressCountry": "US"}},
		"baseSalary": map[string]any{"@type": "MonetaryAmount", "currency": "USD", "value": map[string]any{
			"@type": "QuantitativeValue", "unitText": "HOUR", "minValue": 20.5, "maxValue": 24.0}},
		"educationRequirements": "None", "skills": "Patience", "jobBenefits": "Bread",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if about := got["description"].(string); !strings.Contains(about, "<p>You bake.</p>") || !strings.Contains(about, "<li>bread</li>") {
		t.Errorf("description %q", about)
	}
}

func TestAPostingNamesTheTownOfThePlaceOfWork(t *testing.T) {
	t.Parallel()
	at := func(o opening) any {
		p, _ := posted(t, o)["jobLocation"].(map[string]any)
		return p["address"]
	}
	elsewhere := opening{Location: "Dam 1", At: address{City: "Lakeside", State: "Vermont", Code: "05401"}}
	if d := cmp.Diff(any(map[string]any{"@type": "PostalAddress", "streetAddress": "Dam 1", "addressLocality": "Lakeside", "addressRegion": "Vermont", "postalCode": "05401", "addressCountry": "US"}), at(elsewhere)); d != "" {
		t.Error(d)
	}
	if got := at(opening{Remote: true, Location: "City Hall"}); got == nil {
		t.Error("who may work from home on some days has a place of work")
	}
}

func TestAPostingForWorkFromHomeHasNoPlace(t *testing.T) {
	t.Parallel()
	got := posted(t, opening{Remote: true})
	if got["jobLocationType"] != "TELECOMMUTE" || got["jobLocation"] != nil {
		t.Errorf("%v %v", got["jobLocationType"], got["jobLocation"])
	}
	if d := cmp.Diff(any(map[string]any{"@type": "Country", "name": "US"}), got["applicantLocationRequirements"]); d != "" {
		t.Error(d)
	}
}

func TestAPostingCannotEndTheElementItStandsIn(t *testing.T) {
	t.Parallel()
	e := employer{Name: "</script>", Zone: time.UTC}
	if got := e.posting(&opening{Title: "</script><script>", Created: day("2026-01-02")}); strings.Contains(got, "<") || !strings.Contains(got, `"datePosted":"2026-01-02"`) {
		t.Error(got)
	}
}
