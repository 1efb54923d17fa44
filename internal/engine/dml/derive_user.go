package dml

import (
	"context"
	"strings"

	"stoa/internal/fault"
	"stoa/internal/record"
)

// deriveUser makes new users active, gives them a nickname and takes their type from the profile.
func deriveUser(ctx context.Context, b *Batch) error {
	types, err := b.parentValues(ctx, b.Rows, "ProfileId", "Profile", "UserType")
	if err != nil {
		return err
	}
	for _, r := range b.Rows {
		username := r.get("Username").Text()
		if b.Insert {
			if !r.says("IsActive") {
				r.set("IsActive", record.OfBool(true))
			}
			if r.get("CommunityNickname").IsNull() {
				local, _, _ := strings.Cut(username, "@")
				r.set("CommunityNickname", record.OfText(cut(local, 40)))
			}
		}
		if f := b.Field("Username"); f != nil && r.Changed(f) && username != "" && !isEmail(username) {
			r.Fail(fault.New(fault.InvalidEmail, "Username must be in the form of an email address (for example, john@acme.com)").On("Username"))
		}
		if t, ok := types[r.get("ProfileId").ID()]; ok && !t.IsNull() {
			r.set("UserType", t)
		} else if r.get("UserType").IsNull() {
			r.set("UserType", record.OfText("Standard"))
		}
	}
	b.drop()
	return nil
}
