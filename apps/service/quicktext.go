package service

import (
	"context"
	"strings"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// A Quick is a quick text as a writer picks it.
type Quick struct {
	ID       record.ID
	Name     string // what is typed after the semicolon: greet
	Category string
	Text     string // filled for the case
}

// QuickTexts returns the quick texts whose names begin with what was typed, by
// name, in the language of the case's citizen: greet_es in place of greet where there is one.
func QuickTexts(ctx context.Context, s *org.Session, on record.ID, typed string) ([]Quick, error) {
	if err := sees(ctx, s, on); err != nil {
		return nil, err
	}
	lang, err := languageOf(ctx, s, on)
	if err != nil {
		return nil, err
	}
	res, err := query(ctx, s, "SELECT Id, Name, Category, Message FROM QuickText ORDER BY Name, Id LIMIT 1000")
	if err != nil {
		return nil, err
	}
	typed = record.Fold(strings.TrimPrefix(strings.TrimSpace(typed), ";"))
	var all []Quick
	at := map[string]int{}
	for i := range res.Len() {
		q := Quick{ID: res.Get(i, "Id").ID(), Name: text(res.Get(i, "Name")), Category: text(res.Get(i, "Category")), Text: text(res.Get(i, "Message"))}
		plain, in := inLanguage(q.Name)
		if !strings.HasPrefix(record.Fold(plain), typed) || in != "" && in != lang {
			continue
		}
		q.Name = plain
		if j, there := at[record.Fold(plain)]; there {
			if in == lang { // the plain one came first
				all[j] = q
			}
			continue
		}
		at[record.Fold(plain)] = len(all)
		all = append(all, q)
	}
	texts := make([]string, len(all))
	for i, q := range all {
		texts[i] = q.Text
	}
	f, err := newFiller(ctx, s, on, lang, texts...)
	if err != nil {
		return nil, err
	}
	for i := range all {
		all[i].Text = f.fill(all[i].Text, asText)
	}
	return all, nil
}

// inLanguage parts a name like greet_es into the plain name and the language.
func inLanguage(name string) (plain, lang string) {
	i := strings.LastIndexByte(name, '_')
	if i < 0 {
		return name, ""
	}
	if l, ok := languages[strings.ToLower(name[i+1:])]; ok && len(name)-i == 3 {
		return name[:i], l
	}
	return name, ""
}

// sees refuses a case that the session does not see.
func sees(ctx context.Context, s *org.Session, id record.ID) error {
	res, err := query(ctx, s, "SELECT Id FROM Case WHERE Id = ?", id)
	if err == nil && res.Len() == 0 {
		return fault.New(fault.NotFound, "There is no such case.")
	}
	return err
}
