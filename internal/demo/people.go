package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"stoa/internal/record"
)

type person struct {
	id   record.ID
	team string
}

// A resident is a contact with what later rows need of it.
type resident struct {
	id, account record.ID
	first, last string
	email       string
}

var teams = []string{"Benefits", "Streets", "Waste and recycling", "Permits", "Water", "Housing", "Recruiting", "Giving"}

var staff = []struct{ first, last, title, profile, team string }{
	{"Mara", "Lindqvist", "Benefits adviser", "Standard User", "Benefits"},
	{"Tomas", "Reyes-Okafor", "Benefits adviser", "Standard User", "Benefits"},
	{"Ines", "Varga", "Benefits lead", "Standard User", "Benefits"},
	{"Jun", "Alabaster", "Street inspector", "Standard User", "Streets"},
	{"Cosmo", "Whitlock", "Street inspector", "Standard User", "Streets"},
	{"Selah", "Marchetti", "Streets lead", "Standard User", "Streets"},
	{"Odalys", "Fenn", "Waste coordinator", "Standard User", "Waste and recycling"},
	{"Wren", "Castellane", "Waste coordinator", "Standard User", "Waste and recycling"},
	{"Teodor", "Vance", "Permit officer", "Standard User", "Permits"},
	{"Linnea", "Sorrel", "Permit officer", "Standard User", "Permits"},
	{"Farid", "Makeda-Holt", "Water engineer", "Standard User", "Water"},
	{"Juniper", "Ashgrove", "Housing officer", "Standard User", "Housing"},
	{"Ingrid", "Valecourt", "Housing officer", "Standard User", "Housing"},
	{"Wilhelmina", "Sato-Grey", "Recruiter", "Standard User", "Recruiting"},
	{"Dashiell", "Moreau-Finch", "Recruiter", "Standard User", "Recruiting"},
	{"Halcyon", "Drew", "Gifts officer", "Standard User", "Giving"},
	{"Rosalind", "Achtervale", "Auditor", "Read Only", "Giving"},
}

// Roles are the people whom the sign-in page offers on loopback, the administrator aside.
func Roles() []Staff {
	var roles []Staff
	for _, i := range []int{0, 3, 13, 16} {
		p := staff[i]
		roles = append(roles, Staff{Username: username(p.first, p.last), Name: p.first + " " + p.last, Title: p.title, Profile: p.profile})
	}
	return roles
}

func username(first, last string) string {
	return strings.ToLower(first+"."+last) + "@harborview.example"
}

func (c *city) people(ctx context.Context) error {
	profiles, err := c.lookup(ctx, "SELECT Id, Name FROM Profile")
	if err != nil {
		return err
	}
	var users []record.Draft
	for _, p := range staff {
		users = append(users, draft("User", "FirstName", p.first, "LastName", p.last, "Username", username(p.first, p.last),
			"Email", username(p.first, p.last), "Alias", strings.ToLower(p.first[:1] + p.last)[:min(8, 1+len(p.last))], "Title", p.title, "Department", p.team,
			"CommunityNickname", strings.ToLower(p.first+"."+p.last),
			"ProfileId", profiles[p.profile], "IsActive", true, "TimeZoneSidKey", "America/New_York", "LocaleSidKey", "en_US",
			"LanguageLocaleKey", "en_US", "EmailEncodingKey", "UTF-8"))
	}
	ids, err := c.add(ctx, "staff", users)
	if err != nil {
		return err
	}
	for i, id := range ids {
		c.staff = append(c.staff, person{id, staff[i].team})
	}
	var groups []record.Draft
	for _, t := range teams {
		groups = append(groups, draft("Group", "Name", t, "DeveloperName", queueName(t), "Type", "Queue", "Email", mailOf(t)))
	}
	if ids, err = c.add(ctx, "teams", groups); err != nil {
		return err
	}
	var links []record.Draft
	for i, id := range ids {
		c.teams[teams[i]] = id
		links = append(links, draft("QueueSobject", "QueueId", id, "SobjectType", "Case"))
		for _, p := range c.staff {
			if p.team == teams[i] {
				links = append(links, draft("GroupMember", "GroupId", id, "UserOrGroupId", p.id))
			}
		}
	}
	_, err = c.add(ctx, "teams", links)
	return err
}

// mailOf is the address of a team: its first word.
func mailOf(team string) string {
	first, _, _ := strings.Cut(strings.ToLower(team), " ")
	return first + "@" + Domain
}

// lookup runs a query of id and name and returns ids by name.
func (c *city) lookup(ctx context.Context, soql string) (map[string]record.ID, error) {
	res, err := c.s.Query(ctx, soql, queryAll)
	if err != nil {
		return nil, err
	}
	ids := map[string]record.ID{}
	for i := range res.Len() {
		ids[res.Get(i, "Name").Text()] = res.Get(i, "Id").ID()
	}
	return ids, nil
}

func (c *city) accounts(ctx context.Context) error {
	var drafts []record.Draft
	for i, name := range orgNames {
		at := c.workTime(800 + i*7)
		drafts = append(drafts, created(draft("Account", "Name", name, "Type", "Other", "Industry", "Not For Profit",
			"Phone", c.phone(), "Website", "https://"+strings.ToLower(strings.ReplaceAll(name, " ", "-"))+".example",
			"BillingStreet", c.street(), "BillingCity", "Harborview", "BillingPostalCode", c.postcode(), "BillingCountry", "United States"), at, c.anyStaff(), at))
	}
	ids, err := c.add(ctx, "organisations", drafts)
	if err != nil {
		return err
	}
	c.orgs = ids
	drafts = drafts[:0]
	n := c.n(14000)
	lasts := make([]string, n)
	for i := range n {
		lasts[i] = pick(c, lastNames)
		at := c.workTime(730 + c.rng.IntN(2500))
		drafts = append(drafts, created(draft("Account", "Name", lasts[i]+" household", "Phone", c.phone(),
			"BillingStreet", c.street(), "BillingCity", "Harborview", "BillingPostalCode", c.postcode(), "BillingCountry", "United States",
			"Description", "District: "+pick(c, districts)), at, c.anyStaff(), at))
	}
	if ids, err = c.add(ctx, "households", drafts); err != nil {
		return err
	}
	for i, id := range ids {
		c.residents = append(c.residents, resident{account: id, last: lasts[i]})
	}
	return nil
}

// contacts gives every household its people: one to six of them, most of the same name.
func (c *city) contacts(ctx context.Context) error {
	homes := c.residents
	n := c.n(40000)
	c.residents = make([]resident, 0, n)
	drafts := make([]record.Draft, 0, n)
	for i := range n {
		home := homes[i%len(homes)]
		if i >= len(homes) {
			home = pick(c, homes)
		}
		r := resident{account: home.account, first: pick(c, firstNames), last: home.last}
		if c.rng.IntN(6) == 0 {
			r.last = pick(c, lastNames)
		}
		plain := strings.ToLower(strings.NewReplacer(" ", "", "'", "").Replace(r.first + "." + r.last))
		r.email = fmt.Sprintf("%s%d@post.example", plain, i)
		born := c.now.AddDate(-18-c.rng.IntN(70), -c.rng.IntN(12), -c.rng.IntN(28))
		at := c.workTime(1 + c.rng.IntN(1400))
		d := draft("Contact", "FirstName", r.first, "LastName", r.last, "AccountId", r.account, "Email", r.email,
			"Phone", c.phone(), "Birthdate", day(born), "MailingStreet", c.street(), "MailingCity", "Harborview",
			"MailingPostalCode", c.postcode(), "MailingCountry", "United States", "LeadSource", pick(c, []string{"Web", "Phone Inquiry", "Other"}))
		if c.rng.IntN(3) == 0 {
			d.Set("MobilePhone", record.OfText(c.phone()))
		}
		if c.rng.IntN(12) == 0 {
			d.Set("Description", record.OfText(pick(c, []string{"Prefers letters in large print.", "Prefers calls.", "Asks for an interpreter.", "Prefers e-mail, reads it in the evening.", "Uses a screen reader."})))
		}
		drafts = append(drafts, created(d, at, c.anyStaff(), at))
		c.residents = append(c.residents, r)
	}
	ids, err := c.add(ctx, "residents", drafts)
	for i, id := range ids {
		c.residents[i].id = id
	}
	return err
}

func (c *city) phone() string    { return fmt.Sprintf("555-%04d", c.rng.IntN(10000)) }
func (c *city) street() string   { return fmt.Sprintf("%d %s", 1+c.rng.IntN(240), pick(c, streets)) }
func (c *city) postcode() string { return fmt.Sprintf("0%04d", 4100+c.rng.IntN(40)) }

// anyStaff returns one of the staff, memberOf one of a team.
func (c *city) anyStaff() record.ID { return pick(c, c.staff).id }

func (c *city) memberOf(team string) record.ID {
	var ids []record.ID
	for _, p := range c.staff {
		if p.team == team {
			ids = append(ids, p.id)
		}
	}
	if len(ids) == 0 {
		return c.anyStaff()
	}
	return pick(c, ids)
}

// after returns a moment some working hours later, never in the future.
func (c *city) after(t time.Time, hours float64) time.Time {
	d := t.Add(time.Duration(c.rng.ExpFloat64() * hours * float64(time.Hour)))
	if d.After(c.now) {
		return c.now
	}
	return d
}
