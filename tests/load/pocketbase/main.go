// Command pocketbase serves a PocketBase with one public collection of tasks,
// for comparison. LOAD_ROWS says how many rows it has.
package main

import (
	"fmt"
	"log"
	"os"
	"strconv"

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

// fill makes the collection and its rows, once.
func fill(app core.App, rows int) error {
	if _, err := app.FindCollectionByNameOrId("tasks"); err == nil {
		return nil
	}
	c := core.NewBaseCollection("tasks")
	c.ListRule, c.ViewRule, c.CreateRule = types.Pointer(""), types.Pointer(""), types.Pointer("")
	for _, name := range []string{"subject", "status", "priority", "activity_date", "owner", "description", "who", "what", "city", "phone", "email",
		"street", "postal_code", "country", "source", "kind", "note"} {
		c.Fields.Add(&core.TextField{Name: name})
	}
	c.Fields.Add(&core.AutodateField{Name: "created_date", OnCreate: true})
	c.AddIndex("idx_tasks_created", false, "created_date", "")
	if err := app.Save(c); err != nil {
		return err
	}
	return app.RunInTransaction(func(tx core.App) error {
		for i := range rows {
			r := core.NewRecord(c)
			r.Set("subject", fmt.Sprintf("Call number %d", i))
			r.Set("status", []string{"Not Started", "In Progress", "Completed"}[i%3])
			r.Set("priority", "Normal")
			if err := tx.SaveNoValidate(r); err != nil {
				return err
			}
		}
		return nil
	})
}
