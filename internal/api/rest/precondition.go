package rest

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// tagOf returns the ETag of an answer.
func tagOf(body []byte) string {
	tag := strconv.AppendUint(append(make([]byte, 0, 16), '"'), xxhash.Sum64(body), 36)
	return string(append(tag, '"'))
}

// holds reports whether a list of tags names one. Those of compressed answers may have got a suffix on their way.
func holds(list, tag string) bool {
	for t := range strings.SplitSeq(list, ",") {
		t = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(t), "W/"), "--gzip")
		if t == "*" || t == tag {
			return true
		}
	}
	return false
}

// changedAt returns when a row of a result was last changed, zero where the result does not say.
func changedAt(res *record.Result) time.Time {
	for _, f := range []string{"SystemModstamp", "LastModifiedDate"} {
		if v := res.Get(0, f); !v.IsNull() {
			return v.Instant()
		}
	}
	return time.Time{}
}

// A writer is what writes rows: a session, or a unit of work in it.
type writer interface {
	Update(ctx context.Context, drafts []record.Draft, opt org.WriteOptions) ([]org.SaveResult, error)
	Delete(ctx context.Context, ids []record.ID, opt org.WriteOptions) ([]org.SaveResult, error)
}

// guarded writes a row if it is as the client has seen it, where the request
// says how that was: If-Match names the ETag of the whole record, If-Unmodified-Since
// a time. Nobody can change the row between the look and the write.
func (c *call) guarded(o *catalog.Object, id record.ID, write func(context.Context, writer) ([]org.SaveResult, error)) (saved []org.SaveResult, err error) {
	match, since := c.r.Header.Get("If-Match"), c.r.Header.Get("If-Unmodified-Since")
	before, noTime := http.ParseTime(since)
	if match == "" && noTime != nil { // a time that is none is no condition
		return write(c.r.Context(), c.session)
	}
	err = c.session.Do(c.r.Context(), func(ctx context.Context, tx *org.Tx) error {
		saved = nil
		if err := tx.Lock(ctx, id); err != nil {
			return err
		}
		res, err := tx.Retrieve(ctx, o, id, nil)
		if err != nil {
			return err
		}
		if res.Len() > 0 { // the write itself says what is wrong with a row that is not there
			switch at := changedAt(res); {
			case match != "" && !holds(match, tagOf(newEncoder(c.base, res).appendRow(nil, 0))),
				match == "" && !at.IsZero() && at.Truncate(time.Second).After(before):
				return fault.New(fault.PreconditionFailed, "The record was changed since")
			}
		}
		saved, err = write(ctx, tx)
		return err
	})
	return saved, err
}
