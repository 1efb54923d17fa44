package org

import "stoa/internal/engine/catalog"

// PageFields returns the fields of an object's page that the user may read, in
// their order: name, owner and record type first, then the others; apart from them those that only the system writes.
func (s *Session) PageFields(o *catalog.Object) (fields, system []*catalog.Field) {
	var others []*catalog.Field
	for _, f := range o.Fields {
		switch {
		case !s.CanRead(f) || f.Compound != "" && o.Field(f.Compound) != nil || f.Name == "Id" || f.Name == "IsDeleted":
		case f == o.NameField || f.Name == "OwnerId" || f.Name == "RecordTypeId":
			fields = append(fields, f)
		case !f.Createable && !f.Updateable && !f.Calculated && !f.Custom:
			system = append(system, f)
		default:
			others = append(others, f)
		}
	}
	return append(fields, others...), system
}
