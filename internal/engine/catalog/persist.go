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
)

// Load returns the snapshot of what the platform ships and what the org defined.
func Load(ctx context.Context, tx store.Tx, standard *Snapshot) (*Snapshot, error) {
	q := store.NewSQL(tx.Dialect()).Raw("SELECT kind, body, version FROM ").Table(store.MetadataTable).
		Raw(" WHERE kind IN (").Str(kindObject).Raw(", ").Str(kindField).Raw(") ORDER BY kind, name")
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
		body := []byte(p.Value(i, 1).Text())
		version = max(version, p.Value(i, 2).Int())
		if p.Value(i, 0).Text() == kindObject {
			d := new(ObjectDef)
			if err := json.Unmarshal(body, d); err != nil {
				return nil, fmt.Errorf("load catalog: %w", err)
			}
			defs.objects[Fold(d.Name)] = d
			continue
		}
		d := new(FieldDef)
		if err := json.Unmarshal(body, d); err != nil {
			return nil, fmt.Errorf("load catalog: %w", err)
		}
		defs.fields[Fold(d.Key())] = d
	}
	return build(standard, defs, version)
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
	return nil
}
