package difftest

import (
	"strings"
	"testing"

	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// TestWide asks queries as wide and as deep as SOQL lets them be: what a client may write, every engine must run.
func TestWide(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db store.DB) {
		tr := newTrial(t, db, 1)
		for seed := uint64(2); tr.world.objects[0].field("Colours__c") == nil || tr.world.objects[0].field("Number__c") == nil; seed++ {
			tr = newTrial(t, db, seed)
		}
		o := tr.world.objects[0].name
		many := strings.Repeat
		for name, where := range map[string]string{
			"2,000 ORs":              "Name = 'x'" + many(" OR Name = 'alpha'", 2000),
			"2,000 different ORs":    "Name = 'x'" + many(" OR Name LIKE '%a_%' OR Name != 'z'", 1000),
			"2,000 ANDs":             "Name != 'x'" + many(" AND Name != 'y'", 2000),
			"40,000 numbers":         "Number__c IN (1" + many(",2", 40_000) + ")",
			"3,000 colours":          "Colours__c INCLUDES ('Red" + many(";Blue", 500) + "'" + many(",'Red;Blue'", 3000) + ")",
			"5,000 texts":            "Name IN ('alpha'" + many(", 'beta'", 5000) + ")",
			"3,000 ids":              "Ref0__c NOT IN ('a00000000000001'" + many(", 'a00000000000002'", 3000) + ")",
			"199 NOTs":               many("NOT ", 199) + "Name = 'alpha'",
			"198 parentheses":        many("(Name != 'x' AND ", 198) + "Name != 'y'" + many(")", 198),
			"198 parentheses of ORs": many("(Name = 'x' OR NOT ", 99) + "Name = 'alpha'" + many(")", 99),
			"4,000 characters":       "Name = '" + many("é", 4000) + "' OR Name LIKE '%" + many("a%", 1999) + "'",
		} {
			t.Run(name, func(t *testing.T) {
				err := db.Read(t.Context(), tr.use.Ticket(), func(tx store.Tx) error {
					tr.same(t, tx, "SELECT Id, Name FROM "+o+" WHERE "+where, false)
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
	})
}
