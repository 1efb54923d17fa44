package service

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"stoa/internal/org"
	"stoa/internal/record"
)

// The kinds of what says who somebody is.
const (
	FindName    = "name"
	FindEmail   = "email"
	FindPhone   = "phone"
	FindAddress = "address"
	FindNumber  = "number" // of a case, and what opens one
	FindFile    = "file"   // name of an attachment
)

// Black is what stands in the place of what is blacked out: always as long, so that its length says nothing.
const Black = "█████"

// A Find is a stretch of a text that says who somebody is.
type Find struct {
	Kind, Text string
	From, To   int // bytes of the text
}

// Key tells one find from another: the same words of the same kind are one decision.
func (f Find) Key() string {
	return f.Kind + ":" + record.Fold(strings.Join(strings.Fields(f.Text), " "))
}

// Known is what a case itself says of people, places and files.
type Known struct{ Names, Places, Files []string }

// KnownOf reads what a case that the session sees says of people, places and files.
func KnownOf(ctx context.Context, s *org.Session, on record.ID) (k Known, err error) {
	if err := sees(ctx, s, on); err != nil {
		return k, err
	}
	sys, err := s.Org().System(ctx, org.Console, s.Purpose())
	if err != nil {
		return k, err
	}
	ids, err := withMerged(ctx, sys, on)
	if err != nil {
		return k, err
	}
	res, err := query(ctx, sys, `SELECT SuppliedName, SuppliedCompany, Account.Name, Contact.FirstName, Contact.LastName, Contact.MailingStreet, Contact.MailingPostalCode, Contact.OtherStreet, Owner.Name
		FROM Case WHERE Id IN ?`, ids)
	if err != nil {
		return k, err
	}
	for i := range res.Len() {
		get := func(path ...string) string { return text(res.Get(i, path...)) }
		k.Names = append(k.Names, get("SuppliedName"), get("SuppliedCompany"), get("Account", "Name"), strings.TrimSpace(get("Contact", "FirstName")+" "+get("Contact", "LastName")))
		if res.Get(i, "Owner", "Name").Kind() == record.Text {
			k.Names = append(k.Names, get("Owner", "Name"))
		}
		for _, street := range []string{get("Contact", "MailingStreet"), get("Contact", "OtherStreet")} {
			k.Places = append(k.Places, strings.Split(street, "\n")...)
		}
		k.Places = append(k.Places, get("Contact", "MailingPostalCode"))
	}
	all, err := threadOf(ctx, sys, ids)
	if err != nil {
		return k, err
	}
	on2 := slices.Clone(ids)
	for _, e := range all {
		if e.Kind != KindEvent {
			k.Names, on2 = append(k.Names, e.By), append(on2, e.ID)
		}
	}
	files, err := query(ctx, sys, "SELECT ContentDocument.Title, ContentDocument.LatestPublishedVersion.PathOnClient FROM ContentDocumentLink WHERE LinkedEntityId IN ? LIMIT 500", on2)
	if err != nil {
		return k, err
	}
	for i := range files.Len() {
		k.Files = append(k.Files, text(files.Get(i, "ContentDocument", "Title")), text(files.Get(i, "ContentDocument", "LatestPublishedVersion", "PathOnClient")))
	}
	return k, nil
}

// A pattern finds one kind by its looks; what stands in its first group, or all of it, is the find.
type pattern struct {
	kind string
	re   *regexp.Regexp
}

const capital = `\p{Lu}[\p{L}'’-]+`

// patterns are looked for in every text, whatever is known of the case. They find too much rather than too little:
// who publishes can keep what is harmless.
var patterns = []pattern{
	{FindNumber, regexp.MustCompile(`https?://\S*/(?:track|signin|unsubscribe|console)/[^\s)>\]]+`)},
	{FindEmail, regexp.MustCompile(`[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+`)},
	{FindNumber, regexp.MustCompile(`\b[A-Z]{1,6}-[0-9A-Z]{2,8}(?:-[0-9A-Z]{2,8})+\b`)},
	{FindNumber, regexp.MustCompile(`\b0\d{7}\b`)},
	{FindNumber, regexp.MustCompile(`\b(?:500|02s)[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?\b`)},
	{FindPhone, regexp.MustCompile(`(?:\+|\b00|\(|\b)\d[\d ()/.\-\x{00a0}]{5,}\d\b`)},
	{FindAddress, regexp.MustCompile(`\b\d{1,5}[a-zA-Z]?,?\s+(?:` + capital + `\s+){1,4}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Square|Sq|Boulevard|Blvd|Terrace|Row|Quay|View|Walk|Hill|Close|Crescent|Alley|Parade)\b\.?(?:,?\s+(?:Apt|Apartment|Unit|Flat|Floor|#)\.?\s*\w+)?`)},
	{FindAddress, regexp.MustCompile(`\b(?i:calle|avenida|avda\.?|plaza|paseo|c/)\s+(?:\p{L}[\p{L}'’.-]*\s*){1,5},?\s*(?:n[.º°]*\s*)?\d+\w?`)},
	{FindAddress, regexp.MustCompile(`\b\p{Lu}[\p{L}-]*(?:straße|strasse|str\.|weg|platz|gasse|allee)\s+\d+\w?`)},
	{FindAddress, regexp.MustCompile(`\b\d{1,4},?\s+(?:rue|avenue|boulevard|place|chemin|impasse)\s+(?:\p{L}[\p{L}'’-]*\s*){1,4}`)},
	{FindAddress, regexp.MustCompile(`\b\d{5}(?:-\d{4})?\b`)},
	{FindName, regexp.MustCompile(`\b(?:Dear|Hello|Hi|Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Madam|Hola|Estimad[oa]|Sra?|Herr|Frau|Madame|Monsieur|Mme)\b\.?\s+(` + capital + `(?:\s+` + capital + `){0,2})`)},
	{FindName, regexp.MustCompile(`\b(?i:my name is|i am called|me llamo|mi nombre es|ich heiße|je m['’]appelle)\s+(` + capital + `(?:\s+` + capital + `){0,2})`)},
	{FindName, regexp.MustCompile(`(?i:regards|sincerely|yours|thanks|thank you|cheers|saludos|atentamente|gracias|grüße|grüßen|cordialement)[,.!]?[ \t]*\r?\n\s*(` + capital + `(?:[ \t]+` + capital + `){0,3})`)},
}

// greeted are words after a salutation that name nobody.
var greeted = []string{"sir", "madam", "all", "team", "everybody", "everyone", "there", "city", "neighbour", "neighbours", "resident", "residents", "colleague", "colleagues", "council"}

// Finds returns what in a text says who somebody is, in its order; no two overlap.
func Finds(s string, k Known) []Find {
	var all []Find
	add := func(kind string, from, to int) {
		if words := s[from:to]; strings.TrimSpace(words) != "" {
			all = append(all, Find{kind, words, from, to})
		}
	}
	for _, f := range k.Files {
		everywhere(s, f, 4, func(from, to int) { add(FindFile, from, to) })
	}
	for _, p := range patterns {
		for _, m := range p.re.FindAllStringSubmatchIndex(s, -1) {
			from, to := m[0], m[1]
			if len(m) > 2 && m[2] >= 0 {
				from, to = m[2], m[3]
			}
			if p.kind == FindPhone && !phone(s[from:to]) || p.kind == FindName && slices.Contains(greeted, strings.ToLower(s[from:to])) {
				continue
			}
			add(p.kind, from, to)
		}
	}
	for _, n := range k.Names {
		everywhere(s, n, 3, func(from, to int) { add(FindName, from, to) })
		for _, part := range strings.FieldsFunc(n, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' && r != '\'' && r != '’' }) {
			everywhere(s, part, 3, func(from, to int) {
				if r, _ := utf8.DecodeRuneInString(s[from:]); unicode.IsUpper(r) || !slices.Contains(commonNames, strings.ToLower(part)) {
					add(FindName, from, to)
				}
			})
		}
	}
	for _, p := range k.Places {
		everywhere(s, p, 4, func(from, to int) { add(FindAddress, from, to) })
	}
	return apart(all)
}

// commonNames are parts of names that are words, too: with a small letter they name nobody.
var commonNames = []string{"will", "mark", "may", "rose", "hope", "grace", "hill", "wood", "king", "young", "long", "grey", "gray", "green", "brown", "black", "white", "bush", "stone", "rivers", "park",
	"city", "the", "and", "llc", "inc", "household", "services", "office", "staff", "desk", "help", "street", "lane"}

// phone reports whether digits can be a telephone number: no date, no time, no small number.
func phone(s string) bool {
	digits := 0
	for _, r := range s {
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	return digits >= 7 && digits <= 15 && !dated.MatchString(s)
}

var dated = regexp.MustCompile(`^\(?(?:(?:19|20)\d\d[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./ ]\d{1,2}[-./ ](?:19|20)\d\d)\b`)

// everywhere calls f for each place at which words stand as words, whatever their case.
func everywhere(s, words string, least int, f func(from, to int)) {
	words = strings.TrimSpace(words)
	if utf8.RuneCountInString(words) < least {
		return
	}
	re, err := regexp.Compile(`(?i)` + strings.Join(mapped(strings.Fields(words), regexp.QuoteMeta), `\s+`))
	if err != nil {
		return
	}
	for _, m := range re.FindAllStringIndex(s, -1) {
		before, _ := utf8.DecodeLastRuneInString(s[:m[0]])
		after, _ := utf8.DecodeRuneInString(s[m[1]:])
		if !wordy(before) && !wordy(after) {
			f(m[0], m[1])
		}
	}
}

func wordy(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

func mapped(all []string, f func(string) string) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = f(s)
	}
	return out
}

// apart returns finds of which none overlaps another: of two that do, the one that is longer.
func apart(all []Find) (out []Find) {
	slices.SortStableFunc(all, func(a, b Find) int { return (b.To - b.From) - (a.To - a.From) })
	for _, f := range all {
		if !slices.ContainsFunc(out, func(o Find) bool { return f.From < o.To && o.From < f.To }) {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b Find) int { return a.From - b.From })
	return out
}

// Redact returns a text with what was found in it blacked out, but for what is kept by its Key.
func Redact(s string, finds []Find, keep map[string]bool) string {
	var b strings.Builder
	at := 0
	for _, f := range finds {
		if keep[f.Key()] {
			continue
		}
		b.WriteString(s[at:f.From])
		b.WriteString(Black)
		at = f.To
	}
	b.WriteString(s[at:])
	return b.String()
}
