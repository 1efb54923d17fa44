package recruit

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"stoa/internal/app"
	"stoa/internal/org"
	"stoa/internal/record"
)

// purposeCareers is what the public reads open positions for.
const purposeCareers = "recruit.careers"

// public is what everybody may see: positions that are open, as they are advertised.
func public() org.Scope {
	return org.Scope{"Position__c": {
		Fields: []string{"Name", "Status__c", "Department__c", "Location__c", "City__c", "State_Province__c", "Zip_Postal_Code__c", "Country__c", "CreatedDate", "Type__c", "Grade__c", "Openings__c", "Open_Date__c", "Close_Date__c", "Start_Date__c",
			"Min_Pay__c", "Max_Pay__c", "Pay_Period__c", "Remote__c", "Job_Description__c", "Responsibilities__c", "Skills_Required__c",
			"Educational_Requirements__c", "Benefits__c", "Questions__c", "Slug__c", "Blind_Until__c", "LastModifiedDate"},
		Rows: []org.Grant{{{Field: "Status__c", Op: org.Equal, Values: []record.Value{record.OfText("Open")}}, {Field: "Slug__c", Op: org.NotNull}}},
	}, "Organization": {
		Fields: []string{"City", "State", "PostalCode", "Country"},
		Rows:   []org.Grant{{{Field: "Id", Op: org.NotNull}}},
	}}
}

// An opening is an open position as it is advertised.
type opening struct {
	ID                                      record.ID
	Slug, Title, Department, Location, Type string
	Grade, Period                           string
	At                                      address // of the place of work, as far as the position says
	Openings                                int
	Opened, Closes, Starts                  time.Time // days; zero for none
	Created                                 time.Time
	MinPay, MaxPay                          record.Value
	Remote                                  bool
	About, Does, Brings, Degree, Gives      string // Markdown
	Questions                               []string
	Blind                                   bool
	Changed                                 time.Time
}

const openingFields = `Id, CreatedDate, Slug__c, Name, Department__c, Location__c, City__c, State_Province__c, Zip_Postal_Code__c, Country__c, Type__c, Grade__c, Openings__c, Open_Date__c, Close_Date__c, Start_Date__c, Min_Pay__c, Max_Pay__c,
	Pay_Period__c, Remote__c, Educational_Requirements__c, LastModifiedDate`

// maxOpenings is how many the careers site lists at most.
const maxOpenings = 500

// openings returns what is open on a day, those that close first before the others.
func openings(ctx context.Context, r app.Reader, day time.Time) ([]opening, error) {
	res, err := app.Query(ctx, r, "SELECT "+openingFields+" FROM Position__c WHERE Status__c = 'Open' AND Slug__c != null ORDER BY Close_Date__c NULLS LAST, Name LIMIT ?", maxOpenings)
	if err != nil {
		return nil, err
	}
	var all []opening
	for i := range res.Len() {
		if o := openingOf(res, i); o.open(day) {
			all = append(all, o)
		}
	}
	return all, nil
}

// open reports whether one can apply on a day: the day of closing is the last.
func (o *opening) open(day time.Time) bool {
	return (o.Opened.IsZero() || !o.Opened.After(day)) && (o.Closes.IsZero() || !o.Closes.Before(day.Truncate(24*time.Hour)))
}

func openingOf(res *record.Result, i int) opening {
	get := func(name string) string { return app.Text(res.Get(i, name)) }
	o := opening{
		ID: res.Get(i, "Id").ID(), Slug: get("Slug__c"), Title: get("Name"), Department: get("Department__c"), Location: get("Location__c"), Type: get("Type__c"),
		Grade: get("Grade__c"), Period: get("Pay_Period__c"), Opened: dayOf(res.Get(i, "Open_Date__c")), Closes: dayOf(res.Get(i, "Close_Date__c")),
		Starts: dayOf(res.Get(i, "Start_Date__c")), MinPay: res.Get(i, "Min_Pay__c"), MaxPay: res.Get(i, "Max_Pay__c"), Remote: res.Get(i, "Remote__c").Bool(),
		Degree: get("Educational_Requirements__c"), Changed: app.Instant(res.Get(i, "LastModifiedDate")), Created: app.Instant(res.Get(i, "CreatedDate")),
		At: address{get("City__c"), get("State_Province__c"), get("Zip_Postal_Code__c"), get("Country__c")},
	}
	if n := res.Get(i, "Openings__c"); !n.IsNull() {
		o.Openings = int(n.Int())
	}
	return o
}

// openingBySlug returns a position with all of its texts; ok is false where nothing of that name is or was advertised.
func openingBySlug(ctx context.Context, r app.Reader, slug string) (o opening, ok bool, err error) {
	res, err := app.Query(ctx, r, "SELECT "+openingFields+", Job_Description__c, Responsibilities__c, Skills_Required__c, Benefits__c, Questions__c, Blind_Until__c FROM Position__c WHERE Slug__c = ?", slug)
	if err != nil || res.Len() == 0 {
		return o, false, err
	}
	o = openingOf(res, 0)
	get := func(name string) string { return app.Text(res.Get(0, name)) }
	o.About, o.Does, o.Brings, o.Gives = get("Job_Description__c"), get("Responsibilities__c"), get("Skills_Required__c"), get("Benefits__c")
	o.Blind = get("Blind_Until__c") != ""
	for q := range strings.Lines(get("Questions__c")) {
		if q = strings.TrimSpace(q); q != "" {
			o.Questions = append(o.Questions, q)
		}
	}
	return o, true, nil
}

func dayOf(v record.Value) time.Time {
	if v.IsNull() {
		return time.Time{}
	}
	return v.Instant()
}

// A search narrows the openings.
type search struct {
	Text        string
	Types       []string
	Departments []string
	NoDegree    bool
	Remote      bool
}

// matching returns the openings that fit.
func (s search) matching(all []opening, found map[record.ID]bool) []opening {
	return slices.DeleteFunc(slices.Clone(all), func(o opening) bool {
		return found != nil && !found[o.ID] || len(s.Types) > 0 && !slices.Contains(s.Types, o.Type) ||
			len(s.Departments) > 0 && !slices.Contains(s.Departments, o.Department) || s.NoDegree && o.Degree != "" || s.Remote && !o.Remote
	})
}

// find returns the openings in which the words of a search occur, nil where it has none.
func (s search) find(ctx context.Context, session *org.Session) (map[record.ID]bool, error) {
	words := strings.FieldsFunc(s.Text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) == 0 {
		return nil, nil
	}
	for i, w := range words {
		words[i] = w + "*" // a word that is one of SOSL's own is none with the asterisk
	}
	res, err := session.Search(ctx, "FIND {"+strings.Join(words, " AND ")+"} IN ALL FIELDS RETURNING Position__c(Id LIMIT 500)")
	if err != nil {
		return nil, err
	}
	found := map[record.ID]bool{}
	for _, r := range res {
		for i := range r.Len() {
			found[r.Get(i, "Id").ID()] = true
		}
	}
	return found, nil
}

// A choice of a filter, and how many openings it has.
type choice struct {
	Value  string
	Count  int
	Chosen bool
}

// choices counts a property of openings.
func choices(all []opening, of func(opening) string, chosen []string) []choice {
	var list []choice
	for _, o := range all {
		v := of(o)
		if v == "" {
			continue
		}
		i := slices.IndexFunc(list, func(c choice) bool { return c.Value == v })
		if i < 0 {
			i = len(list)
			list = append(list, choice{Value: v, Chosen: slices.Contains(chosen, v)})
		}
		list[i].Count++
	}
	slices.SortFunc(list, func(a, b choice) int { return strings.Compare(a.Value, b.Value) })
	return list
}
