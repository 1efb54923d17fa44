package desk

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// foundMost is how many cases a search for one offers. Source: Stoa's own.
const foundMost = 10

// A found is a case that somebody may mean.
type found struct {
	id                         record.ID
	name, subject, who, status string
	hint                       string // why it is offered, "" where it was looked for
}

// findCases finds the cases that somebody means by a reference, a number or words of them, without some.
func findCases(v *page.Visit, text string, without ...record.ID) ([]found, error) {
	if id, err := caseNamed(v, text); err == nil {
		return foundCases(v, without, id)
	} else if fault.From(err).Code != fault.NotFound {
		return nil, err
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) == 0 {
		return nil, nil
	}
	res, err := v.S.Search(v.Ctx(), "FIND {"+strings.Join(words[:min(len(words), 8)], " AND ")+"} IN ALL FIELDS RETURNING Case(Id LIMIT 20)")
	if err != nil || len(res) == 0 {
		return nil, err
	}
	var ids []record.ID
	for i := range res[0].Len() {
		ids = append(ids, res[0].Get(i, "Id").ID())
	}
	return foundCases(v, without, ids...)
}

// foundCases reads cases as a choice shows them, in the order of their ids given.
func foundCases(v *page.Visit, without []record.ID, ids ...record.ID) ([]found, error) {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id record.ID) bool { return id == "" || slices.Contains(without, id) })
	if len(ids) == 0 {
		return nil, nil
	}
	res, err := app.Query(v.Ctx(), v.S, "SELECT Id, Reference__c, CaseNumber, Subject, Status, SuppliedName, SuppliedEmail, Contact.Name FROM Case WHERE Id IN ? AND Merged_Into__c = null", ids)
	if err != nil {
		return nil, err
	}
	all := make([]found, res.Len())
	for i := range all {
		get := func(path ...string) string { return app.Text(res.Get(i, path...)) }
		all[i] = found{id: res.Get(i, "Id").ID(), name: cmp.Or(get("Reference__c"), get("CaseNumber")), subject: cmp.Or(get("Subject"), v.T("desk.noSubject")),
			who: cmp.Or(get("Contact", "Name"), get("SuppliedName"), get("SuppliedEmail")), status: get("Status")}
	}
	slices.SortStableFunc(all, func(a, b found) int { return slices.Index(ids, a.id) - slices.Index(ids, b.id) })
	return all[:min(len(all), foundMost)], nil
}
