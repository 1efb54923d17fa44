package dml

import (
	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
)

// deriveCategory refuses a data category that there is not, and writes the names of group and category as they are defined.
func deriveCategory(b *Batch) error {
	for _, r := range b.Rows {
		groupName, name := r.get("DataCategoryGroupName"), r.get("DataCategoryName")
		if groupName.IsNull() || name.IsNull() {
			continue // checkRequired says so
		}
		group := b.Env.Snapshot.CategoryGroup(groupName.Text())
		if group == nil {
			r.Fail(fault.New(fault.FieldIntegrity, "There is no data category group named %s", catalog.CategoryName(groupName.Text())).On("DataCategoryGroupName"))
			continue
		}
		path := group.Path(name.Text())
		if path == nil {
			r.Fail(fault.New(fault.FieldIntegrity, "There is no data category named %s in %s", catalog.CategoryName(name.Text()), group.Name).On("DataCategoryName"))
			continue
		}
		r.set("DataCategoryGroupName", record.OfText(group.Name))
		r.set("DataCategoryName", record.OfText(path[len(path)-1].Name))
	}
	return nil
}
