package sqlite

import (
	"context"
	"fmt"
	"strings"

	"stoa/internal/record"
	"stoa/internal/store"
)

// CreateTable implements store.Tx. Where the table is there, it gets the columns and indexes that it lacks.
func (t *tx) CreateTable(ctx context.Context, table store.Table) error {
	if err := t.changing(ctx); err != nil {
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
		b.WriteString(store.Quote(table.Name))
		b.WriteString(" (")
		for i, c := range store.WithShadows(table.Columns) {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(definition(c, c.NotNull))
		}
		b.WriteString(") STRICT")
		if err := t.ddl(ctx, b.String()); err != nil {
			return err
		}
	} else {
		for _, c := range table.Columns {
			if there[strings.ToLower(c.Name)] && (!c.Folded || there[strings.ToLower(store.Shadow(c.Name))]) {
				continue
			}
			if err := t.AddColumn(ctx, table.Name, c); err != nil {
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
	text := store.Quote(c.Name)
	switch c.Class {
	case store.Text:
		text += " TEXT"
	case store.Bytes:
		text += " BLOB"
	case store.Bool:
		return text + " INTEGER NOT NULL DEFAULT 0"
	case store.ID, store.Int, store.Decimal, store.Date, store.DateTime, store.Time:
		text += " INTEGER"
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
	if err := t.changing(ctx); err != nil {
		return err
	}
	there, err := t.columns(ctx, table)
	if err != nil {
		return err
	}
	if len(there) == 0 {
		return t.failure(ctx, fmt.Errorf("no table %s", table))
	}
	had := there[strings.ToLower(c.Name)]
	if !had {
		if err := t.ddl(ctx, "ALTER TABLE "+store.Quote(table)+" ADD COLUMN "+definition(c, false)); err != nil {
			return err
		}
	}
	if !c.Folded {
		return nil
	}
	shadow := store.Shadow(c.Name)
	if !there[strings.ToLower(shadow)] {
		if err := t.ddl(ctx, "ALTER TABLE "+store.Quote(table)+" ADD COLUMN "+definition(store.Column{Name: shadow, Class: store.Text}, false)); err != nil {
			return err
		}
	}
	if !had {
		return nil
	}
	fold := "stoa_fold(" + store.Quote(c.Name) + ")"
	return t.ddl(ctx, "UPDATE "+store.Quote(table)+" SET "+store.Quote(shadow)+" = "+fold+" WHERE "+store.Quote(shadow)+" IS NOT "+fold)
}

// CreateIndex implements store.Tx.
func (t *tx) CreateIndex(ctx context.Context, table string, i store.Index) error {
	if err := t.changing(ctx); err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("CREATE ")
	if i.Unique {
		b.WriteString("UNIQUE ")
	}
	b.WriteString("INDEX IF NOT EXISTS " + store.IndexName(table, i) + " ON " + store.Quote(table) + " (")
	for n, c := range i.Columns {
		if n > 0 {
			b.WriteString(", ")
		}
		b.WriteString(store.Quote(c.Key()))
		if c.Desc {
			b.WriteString(" DESC")
		}
	}
	b.WriteString(")")
	b.WriteString(i.Condition(t.db.dialect))
	if err := t.ddl(ctx, b.String()); err != nil {
		return err
	}
	return t.estimate(ctx, table, i)
}

// DropIndex implements store.Tx.
func (t *tx) DropIndex(ctx context.Context, table string, i store.Index) error {
	if err := t.changing(ctx); err != nil {
		return err
	}
	return t.ddl(ctx, "DROP INDEX IF EXISTS "+store.IndexName(table, i))
}

// ddl runs a statement that is not worth keeping.
func (t *tx) ddl(ctx context.Context, text string) error {
	if err := t.c.run(text); err != nil {
		return t.failure(ctx, fmt.Errorf("%w in %s", err, text))
	}
	return nil
}

// columns returns the columns of a table by name in lower case, none where there is no table.
func (t *tx) columns(ctx context.Context, table string) (map[string]bool, error) {
	q := store.NewSQL(t.db.dialect).Raw("SELECT lower(name) FROM pragma_table_info(").Str(table).Raw(")")
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
		names[p.Value(i, 0).Text()] = true
	}
	return names, nil
}
