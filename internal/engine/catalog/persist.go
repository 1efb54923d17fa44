package catalog

import (
	"context"
	"encoding/json"
	"fmt"

	"stoa/internal/record"
	"stoa/internal/store"
)

// The kinds under which definitions are kept in store.MetadataTable.
const (
	kindObject = "object"
	kindField  = "field"
	kindIndex  = "index"

	kindCategories = "categories"
)

// Load returns the snapshot of what the platform ships and what the org defined.
func Load(ctx context.Context, tx store.Tx, standard *Snapshot) (*Snapshot, error) {
	q := store.NewSQL(tx.Dialect()).Raw("SELECT kind, body, version FROM ").Table(store.MetadataTable).
		Raw(" WHERE kind IN (").Str(kindObject).Raw(", ").Str(kindField).Raw(", ").Str(kindIndex).Raw(", ").Str(kindCategories).Raw(") ORDER BY kind, name")
	rows, err := tx.Query(ctx, q, []store.Out{{Class: store.Text}, {Class: store.Text}, {Class: store.Int}})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	p := record.NewPage(3, 64)
	for done := false; !done; {
		if done, err = rows.Fill(p, 1000); err != nil {
			return nil, err
		}
	}
	if p.Len() == 0 {
		return standard, nil
	}
	defs, version := newDefinitions(), standard.Version
	for i := range p.Len() {
		version = max(version, p.Value(i, 2).Int())
		if err := defs.load(p.Value(i, 0).Text(), []byte(p.Value(i, 1).Text())); err != nil {
			return nil, fmt.Errorf("load catalog: %w", err)
		}
	}
	return build(standard, defs, version)
}

// load adds a definition of a kind as it is kept.
func (d *definitions) load(kind string, body []byte) error {
	switch kind {
	case kindObject:
		def := new(ObjectDef)
		if err := json.Unmarshal(body, def); err != nil {
			return err
		}
		d.objects[Fold(def.Name)] = def
	case kindIndex:
		def := new(IndexDef)
		if err := json.Unmarshal(body, def); err != nil {
			return err
		}
		d.indexes[Fold(def.Key())] = def
	case kindField:
		def := new(FieldDef)
		if err := json.Unmarshal(body, def); err != nil {
			return err
		}
		d.fields[Fold(def.Key())] = def
	case kindCategories:
		def := new(CategoryGroup)
		if err := json.Unmarshal(body, def); err != nil {
			return err
		}
		d.categories[Fold(def.Name)] = def
	}
	return nil
}

// Save keeps the definitions of s, with its version, so that Load finds them.
func Save(ctx context.Context, tx store.Tx, s *Snapshot) error {
	put := func(kind, name string, def any) error {
		body, err := json.Marshal(def)
		if err != nil {
			return err
		}
		q := store.NewSQL(tx.Dialect()).Raw("INSERT INTO ").Table(store.MetadataTable).Raw(" (kind, name, body, version) VALUES (").
			Str(kind).Raw(", ").Str(name).Raw(", ").Str(string(body)).Raw(", ").Int(s.Version).
			Raw(") ON CONFLICT (kind, name) DO UPDATE SET body = excluded.body, version = excluded.version")
		_, err = tx.Exec(ctx, q)
		return err
	}
	for name, d := range s.defs.objects {
		if err := put(kindObject, name, d); err != nil {
			return fmt.Errorf("save catalog: %w", err)
		}
	}
	for name, d := range s.defs.fields {
		if err := put(kindField, name, d); err != nil {
			return fmt.Errorf("save catalog: %w", err)
		}
	}
	for name, d := range s.defs.indexes {
		if err := put(kindIndex, name, d); err != nil {
			return fmt.Errorf("save catalog: %w", err)
		}
	}
	for name, g := range s.defs.categories {
		if err := put(kindCategories, name, g); err != nil {
			return fmt.Errorf("save catalog: %w", err)
		}
	}
	return nil
}
