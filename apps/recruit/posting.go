package recruit

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"time"

	"stoa/internal/app"
	"stoa/internal/web/kit"
)

// An address is a town; what is not known is "".
type address struct{ City, State, Code, Country string }

// houseAddress returns where the organisation is.
func houseAddress(ctx context.Context, r app.Reader) (address, error) {
	res, err := app.Query(ctx, r, "SELECT City, State, PostalCode, Country FROM Organization LIMIT 1")
	if err != nil || res.Len() == 0 {
		return address{}, err
	}
	get := func(name string) string { return app.Text(res.Get(0, name)) }
	return address{get("City"), get("State"), get("PostalCode"), get("Country")}, nil
}

// in returns the town of a place of work in a house that is at h: a position that names its own town is not in the house's.
func (a address) in(h address) address {
	if a.City == "" {
		return address{h.City, cmp.Or(a.State, h.State), a.Code, cmp.Or(a.Country, h.Country)}
	}
	return address{a.City, a.State, a.Code, cmp.Or(a.Country, h.Country)}
}

// An employer is who advertises, and where.
type employer struct {
	Name, Site, Page string // Page is the one of the position
	Zone             *time.Location
	At               address
}

// employmentType returns the word of schema.org for one of ours, "" for none.
func employmentType(t string) string {
	switch t {
	case "Full Time":
		return "FULL_TIME"
	case "Part Time":
		return "PART_TIME"
	case "Seasonal", "Temporary":
		return "TEMPORARY"
	case "Internship":
		return "INTERN"
	default:
		return ""
	}
}

// posting returns the structured data of a position, as JSON that may stand in an element of HTML.
//
// Source: schema.org JobPosting, with what search engines for jobs require and recommend.
func (e *employer) posting(o *opening) string {
	opened := o.Opened // a day
	if opened.IsZero() {
		opened = o.Created.In(e.Zone)
	}
	p := map[string]any{
		"@context": "https://schema.org", "@type": "JobPosting", "title": o.Title, "description": o.asHTML(), "url": e.Page, "directApply": true,
		"datePosted":         opened.Format(time.DateOnly),
		"identifier":         map[string]any{"@type": "PropertyValue", "name": e.Name, "value": o.Slug},
		"hiringOrganization": map[string]any{"@type": "Organization", "name": e.Name, "sameAs": e.Site},
	}
	e.place(p, o)
	if t := employmentType(o.Type); t != "" {
		p["employmentType"] = t
	}
	if o.Openings > 0 {
		p["totalJobOpenings"] = o.Openings
	}
	if !o.Closes.IsZero() { // the whole of that day, where the organisation is
		y, m, d := o.Closes.Date()
		p["validThrough"] = time.Date(y, m, d, 23, 59, 59, 0, e.Zone).Format(time.RFC3339)
	}
	if !o.Starts.IsZero() {
		p["jobStartDate"] = o.Starts.Format(time.DateOnly)
	}
	if !o.MinPay.IsNull() {
		value := map[string]any{"@type": "QuantitativeValue", "unitText": strings.ToUpper(cmp.Or(o.Period, "Year"))}
		if o.MaxPay.IsNull() || o.MaxPay == o.MinPay {
			value["value"] = o.MinPay.Float()
		} else {
			value["minValue"], value["maxValue"] = o.MinPay.Float(), o.MaxPay.Float()
		}
		p["baseSalary"] = map[string]any{"@type": "MonetaryAmount", "currency": "USD", "value": value}
	}
	for name, markdown := range map[string]string{"educationRequirements": o.Degree, "skills": o.Brings, "jobBenefits": o.Gives} {
		if markdown != "" {
			p[name] = kit.MarkdownText(markdown)
		}
	}
	b, err := json.Marshal(p) // escapes <, > and &, so that nothing ends the element it stands in
	if err != nil {
		return "{}"
	}
	return string(b)
}

// place says where the work is: at a place, or from home where the position names none. Telecommuting means never coming in.
func (e *employer) place(p map[string]any, o *opening) {
	at := o.At.in(e.At)
	if o.Remote && o.Location == "" {
		p["jobLocationType"] = "TELECOMMUTE"
		if at.Country != "" {
			p["applicantLocationRequirements"] = map[string]any{"@type": "Country", "name": at.Country}
		}
		return
	}
	postal := map[string]any{"@type": "PostalAddress"}
	for name, value := range map[string]string{
		"streetAddress": o.Location, "addressLocality": at.City, "addressRegion": at.State, "postalCode": at.Code, "addressCountry": at.Country,
	} {
		if value != "" {
			postal[name] = value
		}
	}
	p["jobLocation"] = map[string]any{"@type": "Place", "address": postal}
}

// asHTML returns all that a position says of itself.
func (o *opening) asHTML() string {
	about := o.About
	for _, more := range []string{o.Does, o.Brings, o.Gives} {
		if more != "" {
			about += "\n\n" + more
		}
	}
	return kit.MarkdownHTML(about)
}
