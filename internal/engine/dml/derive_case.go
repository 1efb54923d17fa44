package dml

import (
	"context"

	"stoa/internal/record"
)

// deriveCase follows the status: a case is closed when its status is one that
// closes (CaseStatus.IsClosed), and open again when it leaves it. The account
// is the contact's where nobody named one.
func deriveCase(ctx context.Context, b *Batch) error {
	if b.anyChanged("Status") {
		closing, err := statuses(ctx, b, "CaseStatus", "IsClosed")
		if err != nil {
			return err
		}
		status := b.Field("Status")
		now := record.OfInstant(b.Tx.Now())
		for _, r := range b.Rows {
			if !r.Changed(status) {
				continue
			}
			closed := closes(closing, r.Get(status), "closed")
			was := r.old != nil && r.Old(b.Field("IsClosed")).Bool()
			r.set("IsClosed", record.OfBool(closed))
			switch {
			case !closed:
				r.set("ClosedDate", record.Value{})
			case !was && r.get("ClosedDate").IsNull():
				r.set("ClosedDate", now)
			}
			if b.Insert {
				r.set("IsClosedOnCreate", record.OfBool(closed && !b.opt.KeepIDs))
			} else {
				r.set("LastStatusChangeDate", now)
			}
		}
	}
	return caseAccounts(ctx, b)
}

// closes reports whether a status closes; rows of the status object say so, or else the picklist's own value.
func closes(by map[string][]record.Value, status record.Value, closed string) bool {
	key := record.Fold(status.Text())
	if row, ok := by[key]; ok {
		return row[0].Bool()
	}
	return key == closed
}

func caseAccounts(ctx context.Context, b *Batch) error {
	contact := b.Field("ContactId")
	var rows []*Row
	for _, r := range b.Rows {
		if r.Changed(contact) && !r.Get(contact).IsNull() && !r.says("AccountId") {
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	accounts, err := b.parentValues(ctx, rows, "ContactId", "Contact", "AccountId")
	if err != nil {
		return err
	}
	for _, r := range rows {
		if a, ok := accounts[r.Get(contact).ID()]; ok {
			r.set("AccountId", a)
		}
	}
	return nil
}

// caseComments makes a comment of what was written into Comments.
func caseComments(ctx context.Context, b *Batch) error {
	f := b.Object.Field("Comments")
	if f == nil || f.Column == "" {
		return nil
	}
	var drafts []record.Draft
	for _, r := range b.Rows {
		if v := r.Get(f); r.Changed(f) && !v.IsNull() {
			drafts = append(drafts, *(&record.Draft{Object: "CaseComment"}).Set("ParentId", record.OfID(r.ID)).Set("CommentBody", v))
		}
	}
	return b.bring(ctx, drafts)
}
