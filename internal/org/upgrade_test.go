package org_test

import (
	"testing"

	"stoa/internal/org"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// TestAnOlderOrgGetsWhatItsTablesLack takes a column from an org, as if an
// older server had made it, and opens it again.
func TestAnOlderOrgGetsWhatItsTablesLack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db store.DB) {
		set := org.Settings{DB: db, JournalDir: t.TempDir(), Report: func(err error) { t.Error(err) }}
		o, err := org.Open(t.Context(), set)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Create(t.Context(), org.NewOrg{Name: "Test", AdminUsername: "admin@test.example"}); err != nil {
			t.Fatal(err)
		}
		before := definitions(t, o)
		if before < 40 {
			t.Fatalf("%d rows about the fields of Case", before)
		}
		err = db.Write(t.Context(), store.Issue("", "operation", "test"), func(tx store.Tx) error {
			d := tx.Dialect()
			q := store.NewSQL(d).Raw("ALTER TABLE ").Table("Case").Raw(" DROP COLUMN ").Name("SuppliedCompany")
			if _, err := tx.Exec(t.Context(), q); err != nil {
				return err
			}
			q = store.NewSQL(d).Raw("DELETE FROM ").Table("FieldDefinition").Raw(" WHERE ").Name("DurableId").Raw(" = ").Str("Case.SuppliedCompany")
			if _, err := tx.Exec(t.Context(), q); err != nil {
				return err
			}
			q = store.NewSQL(d).Raw("UPDATE ").Table(store.MetaTable).Raw(" SET value = ").Str("of an older server").Raw(" WHERE key = ").Str("tables")
			_, err := tx.Exec(t.Context(), q)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			set.JournalDir = t.TempDir()
			if o, err = org.Open(t.Context(), set); err != nil {
				t.Fatal(err)
			}
			if after := definitions(t, o); after != before {
				t.Errorf("%d rows about fields, before there were %d", after, before)
			}
			s, err := o.System(t.Context(), org.System, "operation")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Query(t.Context(), "SELECT SuppliedCompany FROM Case WHERE SuppliedCompany = 'x'", org.QueryOptions{}); err != nil {
				t.Error(err)
			}
		}
	})
}

func definitions(t *testing.T, o *org.Org) int {
	t.Helper()
	s, err := o.System(t.Context(), org.System, "operation")
	if err != nil {
		t.Fatal(err)
	}
	res, err := s.Query(t.Context(), "SELECT COUNT() FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Case'", org.QueryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return res.Total
}
