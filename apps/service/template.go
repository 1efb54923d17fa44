package service

import (
	"context"
	"html"
	"regexp"
	"strings"
	"time"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// mergeField finds {!Case.Reference__c}.
var mergeField = regexp.MustCompile(`\{!\s*([A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*)\s*\}`)

// An Escape makes a value fit into the text around it.
type Escape func(string) string

// The escapes of merge fields. A subject takes no line break: it is a header.
func asText(s string) string    { return s }
func asHTML(s string) string    { return strings.ReplaceAll(html.EscapeString(s), "\n", "<br>") }
func asSubject(s string) string { return strings.Join(strings.Fields(s), " ") }

// A filler fills merge fields for one case: Case., Contact., Owner. and Service.
// fields, User. of who writes, and Link, the address of the case's public page. One that there is not is empty.
type filler struct {
	values map[string]string // by folded name
}

// roots says where the names of merge fields lead from a case.
var roots = map[string]struct{ object, path string }{
	"case": {"Case", ""}, "contact": {"Contact", "Contact."}, "service": {"Service__c", "Service__r."},
}

// newFiller reads what the merge fields of some texts need.
func newFiller(ctx context.Context, s *org.Session, on record.ID, lang string, texts ...string) (*filler, error) {
	f := &filler{values: map[string]string{}}
	paths := map[string]string{} // by folded name
	for _, t := range texts {
		for _, m := range mergeField.FindAllStringSubmatch(t, -1) {
			f.plan(s, m[1], lang, paths)
		}
	}
	fields := []string{"Id"}
	for _, p := range paths {
		fields = append(fields, p)
	}
	sys, err := s.Org().System(ctx, org.System, "operation")
	if err != nil {
		return nil, err
	}
	// The citizen's letter has what the desk knows of the citizen's case, whoever writes it.
	res, err := query(ctx, sys, "SELECT "+strings.Join(fields, ", ")+" FROM Case WHERE Id = ?", on)
	if err != nil {
		return nil, err
	}
	if res.Len() == 0 {
		return nil, fault.New(fault.NotFound, "There is no such case.")
	}
	zone := s.Org().Zone()
	for name, p := range paths {
		f.values[name] = inWords(res.Get(0, strings.Split(p, ".")...), lang, zone)
	}
	for name := range paths {
		if plain, ok := strings.CutSuffix(name, "_es__c"); ok && f.values[name] != "" {
			f.values[plain] = f.values[name]
		}
	}
	if _, wanted := f.values["link"]; wanted {
		set, err := loadSetting(ctx, sys)
		if err != nil {
			return nil, err
		}
		key, err := TrackKey(ctx, s.Org(), on)
		if err != nil {
			return nil, err
		}
		f.values["link"] = set.site + "/track/" + key
	}
	return f, nil
}

// plan adds the path of a merge field to those that are asked for.
func (f *filler) plan(s *org.Session, name, lang string, paths map[string]string) {
	folded := record.Fold(name)
	root, field, _ := strings.Cut(name, ".")
	switch record.Fold(root) {
	case "link":
		f.values["link"] = ""
	case "user":
		f.values["user.name"], f.values["user.email"] = s.Actor().Name, s.Actor().Email
		f.values["user.firstname"], _, _ = strings.Cut(s.Actor().Name, " ")
	case "owner":
		if record.Fold(field) == "name" {
			paths[folded] = "Owner.Name"
		}
	default:
		r, ok := roots[record.Fold(root)]
		if !ok {
			return
		}
		o := s.Catalog().Object(r.object)
		if es := o.Field(field + "_es__c"); lang == "es" && es != nil {
			paths[folded+"_es__c"] = r.path + es.Name // in place of the other, where it is filled
		}
		if d := o.Field(field); d != nil {
			paths[folded] = r.path + d.Name
		}
	}
}

// fill puts the values into a text. What a value holds is text, whatever it looks like.
func (f *filler) fill(t string, escape Escape) string {
	return mergeField.ReplaceAllStringFunc(t, func(m string) string {
		return escape(f.values[record.Fold(mergeField.FindStringSubmatch(m)[1])])
	})
}

var months = map[string][12]string{
	"es": {"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
}

// inWords returns a value as a letter says it: times in the org's zone.
func inWords(v record.Value, lang string, zone *time.Location) string {
	switch v.Kind() {
	case record.DateTime:
		return dateInWords(v.Instant().In(zone), lang) + ", " + v.Instant().In(zone).Format("15:04")
	case record.Date:
		return dateInWords(day(v), lang)
	default:
		return text(v)
	}
}

func dateInWords(t time.Time, lang string) string {
	if m, ok := months[lang]; ok {
		return t.Format("2 de ") + m[t.Month()-1] + t.Format(" de 2006")
	}
	return t.Format("2 January 2006")
}

// languageOf returns the language in which a case's citizen is written to: en_US where nobody said.
func languageOf(ctx context.Context, r reader, on record.ID) (string, error) {
	res, err := query(ctx, r, "SELECT Language FROM Case WHERE Id = ?", on)
	if err != nil || res.Len() == 0 || res.Get(0, "Language").IsNull() {
		return "en_US", err
	}
	return text(res.Get(0, "Language")), nil
}

// A Letter is a template filled for a case.
type Letter struct {
	Template      record.ID
	Language      string // of the citizen
	Subject, Text string
	HTML          string // "" for a text template
}

// Write fills the e-mail template with a developer name for a case, in the language of its citizen: the
// template whose name ends in _es for Spanish, and the one with the plain name where there is none. ok is false where there is neither.
func Write(ctx context.Context, s *org.Session, template string, on record.ID) (l Letter, ok bool, err error) {
	sys, err := s.Org().System(ctx, org.System, "operation")
	if err != nil {
		return l, false, err
	}
	if l.Language, err = languageOf(ctx, sys, on); err != nil {
		return l, false, err
	}
	names := []string{template + "_" + l.Language[:2], template}
	res, err := query(ctx, sys, "SELECT Id, DeveloperName, Subject, Body, HtmlValue FROM EmailTemplate WHERE IsActive = true AND DeveloperName IN ?", names)
	if err != nil {
		return l, false, err
	}
	at := -1
	for i := range res.Len() {
		if at < 0 || record.Fold(text(res.Get(i, "DeveloperName"))) == record.Fold(names[0]) {
			at = i
		}
	}
	if at < 0 {
		return l, false, nil
	}
	subject, body, page := text(res.Get(at, "Subject")), text(res.Get(at, "Body")), text(res.Get(at, "HtmlValue"))
	f, err := newFiller(ctx, s, on, l.Language, subject, body, page)
	if err != nil {
		return l, false, err
	}
	l.Template, l.Subject, l.Text, l.HTML = res.Get(at, "Id").ID(), f.fill(subject, asSubject), f.fill(body, asText), f.fill(page, asHTML)
	return l, true, nil
}
