package service

import (
	"context"
	"time"

	"stoa/internal/app"
	"stoa/internal/org"
	"stoa/internal/record"
)

// The words of package app that every file here uses, by short names.

type reader = app.Reader

func query(ctx context.Context, r reader, text string, args ...any) (*record.Result, error) {
	return app.Query(ctx, r, text, args...)
}
func bind(text string, args ...any) string           { return app.Bind(text, args...) }
func text(v record.Value) string                     { return app.Text(v) }
func instant(v record.Value) time.Time               { return app.Instant(v) }
func moment(t time.Time) record.Value                { return app.Moment(t) }
func draft(object string, pairs ...any) record.Draft { return app.Draft(object, pairs...) }
func cut(s string, n int) string                     { return app.Cut(s, n) }
func snippet(s string) string                        { return app.Snippet(s) }
func changes(object string, id record.ID, pairs ...any) record.Draft {
	return app.Changes(object, id, pairs...)
}

var _ reader = (*org.Tx)(nil)
