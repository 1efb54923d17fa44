package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"stoa/internal/record"
	"stoa/internal/store"
)

// CreateTable implements store.Tx. Where the table is there, it gets the columns and indexes that it lacks.
func (t *tx) CreateTable(ctx context.Context, table store.Table) error {
	if err := t.ready(ctx, true); err != nil {
		return err
	}
	if len(table.Columns) == 0 || table.Columns[0].Name != store.IDColumn {
		return t.failure(ctx, fmt.Errorf("table %s: first column must be %s", table.Name, store.IDColumn))
	}
	there, err := t.columns(ctx, table.Name)
	if err != nil {
		return err
	}
	if len(there) == 0 {
		var b strings.Builder
		b.WriteString("CREATE TABLE ")
		b.Write(t.db.dialect.AppendTable(nil, table.Name))
		b.WriteString(" (")
		for i, c := range store.WithShadows(table.Columns) {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(definition(c, c.NotNull))
		}
		b.WriteString(")")
		if err := t.ddl(ctx, b.String()); err != nil {
			return err
		}
	} else {
		for _, c := range table.Columns {
			if there[strings.ToLower(c.Name)] && (!c.Folded || there[strings.ToLower(store.Shadow(c.Name))]) {
				continue
			}
			if err := t.addColumn(ctx, table.Name, c, there); err != nil {
				return err
			}
		}
	}
	for _, i := range table.Indexes {
		if err := t.CreateIndex(ctx, table.Name, i); err != nil {
			return err
		}
	}
	if table.Searched {
		return t.createWords(ctx, table.Name)
	}
	return nil
}

// definition writes a column as a table has it.
func definition(c store.Column, notNull bool) string {
	text := store.Quote(c.Name) + " " + typeOf(c.Class)
	switch c.Class {
	case store.Bool:
		return text + " NOT NULL DEFAULT false"
	case store.Decimal:
		text += "(18, " + strconv.Itoa(int(c.Scale)) + ")"
	case store.Text:
		text += ` COLLATE "C"`
	case store.Time:
		text += "(3)"
	case store.Int, store.Date, store.DateTime, store.ID, store.Bytes:
	}
	if c.Name == store.IDColumn {
		return text + " PRIMARY KEY"
	}
	if notNull {
		text += " NOT NULL"
	}
	return text
}

// AddColumn implements store.Tx.
func (t *tx) AddColumn(ctx context.Context, table string, c store.Column) error {
	if err := t.ready(ctx, true); err != nil {
		return err
	}
	there, err := t.columns(ctx, table)
	if err != nil {
		return err
	}
	if len(there) == 0 {
		return t.failure(ctx, fmt.Errorf("no table %s", table))
	}
	return t.addColumn(ctx, table, c, there)
}

func (t *tx) addColumn(ctx context.Context, table string, c store.Column, there map[string]bool) error {
	name := string(t.db.dialect.AppendTable(nil, table))
	had := there[strings.ToLower(c.Name)]
	if !had {
		if err := t.ddl(ctx, "ALTER TABLE "+name+" ADD COLUMN "+definition(c, false)); err != nil {
			return err
		}
	}
	if !c.Folded {
		return nil
	}
	shadow := store.Shadow(c.Name)
	if !there[strings.ToLower(shadow)] {
		if err := t.ddl(ctx, "ALTER TABLE "+name+" ADD COLUMN "+definition(store.Column{Name: shadow, Class: store.Text}, false)); err != nil {
			return err
		}
	}
	if !had {
		return nil
	}
	fold := t.db.dialect.schema + "stoa_fold(" + store.Quote(c.Name) + ")"
	return t.ddl(ctx, "UPDATE "+name+" SET "+store.Quote(shadow)+" = "+fold+" WHERE "+store.Quote(shadow)+" IS DISTINCT FROM "+fold)
}

// CreateIndex implements store.Tx.
func (t *tx) CreateIndex(ctx context.Context, table string, i store.Index) error {
	if err := t.ready(ctx, true); err != nil {
		return err
	}
	name := store.IndexName(table, i)
	there, err := t.names(ctx, store.NewSQL(t.db.dialect).Raw("SELECT indexname::text FROM pg_indexes WHERE schemaname = ").Str(t.db.schema).
		Raw(" AND indexname = ").Str(name))
	if err != nil || len(there) > 0 {
		return err
	}
	var b strings.Builder
	b.WriteString("CREATE ")
	if i.Unique {
		b.WriteString("UNIQUE ")
	}
	b.WriteString("INDEX " + name + " ON ")
	b.Write(t.db.dialect.AppendTable(nil, table))
	for n, c := range i.Columns {
		b.WriteString([2]string{" (", ", "}[min(n, 1)])
		b.WriteString(store.Quote(c.Key()))
		// Nulls are the lowest, as in SOQL and in the other engine.
		if c.Desc {
			b.WriteString(" DESC NULLS LAST")
		} else {
			b.WriteString(" NULLS FIRST")
		}
	}
	b.WriteString(")")
	b.WriteString(i.Condition(t.db.dialect))
	return t.ddl(ctx, b.String())
}

// DropIndex implements store.Tx.
func (t *tx) DropIndex(ctx context.Context, table string, i store.Index) error {
	if err := t.ready(ctx, true); err != nil {
		return err
	}
	return t.ddl(ctx, "SET LOCAL client_min_messages = warning; DROP INDEX IF EXISTS "+t.db.dialect.schema+store.IndexName(table, i))
}

// ddl runs a statement that is not worth preparing.
func (t *tx) ddl(ctx context.Context, text string) error {
	if err := t.plain(ctx, text); err != nil {
		return fmt.Errorf("%w in %s", err, text)
	}
	return nil
}

// columns returns the columns of a table by name in lower case, none where there is no table.
func (t *tx) columns(ctx context.Context, table string) (map[string]bool, error) {
	return t.names(ctx, store.NewSQL(t.db.dialect).Raw("SELECT column_name::text FROM information_schema.columns WHERE table_schema = ").
		Str(t.db.schema).Raw(" AND table_name = ").Str(table))
}

// names returns what a query of one column of texts finds, in lower case.
func (t *tx) names(ctx context.Context, q *store.SQL) (map[string]bool, error) {
	rows, err := t.Query(ctx, q, []store.Out{{Class: store.Text}})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	p := record.NewPage(1, 32)
	if _, err := rows.Fill(p, 1<<16); err != nil {
		return nil, err
	}
	names := make(map[string]bool, p.Len())
	for i := range p.Len() {
		names[strings.ToLower(p.Value(i, 0).Text())] = true
	}
	return names, nil
}
