package dml

import (
	"context"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/engine/query"
	"stoa/internal/record"
	"stoa/internal/store"
)

// index puts records into the search index where something that can be searched for is new.
func index(ctx context.Context, b *Batch) error {
	if !b.Object.Searchable {
		return nil
	}
	parts := b.form.parts
	docs := make([]store.Doc, 0, len(b.Rows))
	for _, r := range b.Rows {
		if r.searchChanged(parts) {
			docs = append(docs, r.doc(parts))
		}
	}
	if len(docs) == 0 {
		return nil
	}
	return b.Tx.Index(ctx, b.Object.Table, docs)
}

// A searchPart is a part of a search document.
type searchPart uint8

const (
	inNothing searchPart = iota
	inName
	inEmail
	inPhone
	inKey
	inBody
)

func searchPartOf(f *catalog.Field) searchPart {
	switch {
	case f.Type.Kind != record.Text || f.Type.Picklist || f.Type == &catalog.EncryptedText || f.Type == &catalog.AnyType:
		return inNothing
	case f.IsName:
		return inName
	case f.Type == &catalog.Email:
		return inEmail
	case f.Type == &catalog.Phone:
		return inPhone
	case f.ExternalID:
		return inKey
	default:
		return inBody
	}
}

func (r *Row) searchChanged(parts []searchPart) bool {
	if r.old == nil {
		return true
	}
	for i, p := range parts {
		if p != inNothing && r.changed(i) {
			return true
		}
	}
	return false
}

// doc returns what can be found of a record.
func (r *Row) doc(parts []searchPart) store.Doc {
	var text [inBody + 1]strings.Builder
	for i, p := range parts {
		if p == inNothing || r.new[i].IsNull() {
			continue
		}
		t := &text[p]
		if t.Len() > 0 {
			t.WriteByte('\n')
		}
		switch s := r.new[i].Text(); {
		case p == inPhone:
			digits(t, s)
		case r.batch.form.fields[i].HTML:
			query.PlainText(t, s)
		default:
			t.WriteString(s)
		}
	}
	return store.Doc{
		ID: r.ID, Name: text[inName].String(), Email: text[inEmail].String(), Phone: text[inPhone].String(), Key: text[inKey].String(), Body: text[inBody].String(),
	}
}

func digits(dst *strings.Builder, s string) {
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			dst.WriteByte(s[i])
		}
	}
}
