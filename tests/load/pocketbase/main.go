// Command pocketbase serves a PocketBase with one public collection of tasks,
// for comparison. LOAD_ROWS says how many rows it has.
package main

import (
	"log"
	"os"
	"strconv"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
)

func main() {
	app := pocketbase.New()
	app.OnServe().BindFunc(func(e *core.ServeEvent) error {
		rows, err := strconv.Atoi(os.Getenv("LOAD_ROWS"))
		if err != nil {
			return err
		}
		if err := fill(e.App, rows); err != nil {
			return err
		}
		return e.Next()
	})
	if err := app.Start(); err != nil {
		log.Fatal(err)
	}
}

// fill makes the collection, with an index for the list that is compared, and its rows, once.
func fill(app core.App, rows int) error {
	if _, err := app.FindCollectionByNameOrId("tasks"); err == nil {
		return nil
	}
	c := core.NewBaseCollection("tasks")
	c.ListRule, c.ViewRule, c.CreateRule = types.Pointer(""), types.Pointer(""), types.Pointer("")
	for _, name := range []string{"subject", "status", "priority", "owner"} {
		c.Fields.Add(&core.TextField{Name: name})
	}
	c.Fields.Add(&core.DateField{Name: "activity_date"})
	c.Fields.Add(&core.AutodateField{Name: "created_date", OnCreate: true})
	c.AddIndex("idx_tasks_created", false, "created_date", "")
	c.AddIndex("idx_tasks_status", false, "status, created_date", "")
	if err := app.Save(c); err != nil {
		return err
	}
	_, err := app.DB().NewQuery(`
		WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {:rows})
		INSERT INTO tasks (id, subject, status, priority, owner, activity_date, created_date)
		SELECT printf('task%011d', i), 'Call number ' || i, CASE i % 3 WHEN 0 THEN 'Not Started' WHEN 1 THEN 'In Progress' ELSE 'Completed' END,
			'Normal', 'someone', printf('2026-%02d-%02d 00:00:00.000Z', 1 + i % 12, 1 + i % 28), strftime('%Y-%m-%d %H:%M:%fZ', 'now')
		FROM n`).Bind(dbx.Params{"rows": rows}).Execute()
	return err
}
