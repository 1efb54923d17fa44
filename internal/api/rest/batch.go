package rest

import (
	"net/http"
	"strconv"

	"stoa/internal/fault"
)

// mostBatched is how many requests a batch may hold. Source: the API's own limit.
const mostBatched = 25

// batch answers composite/batch: requests that know nothing of each other, one after the other.
func (c *call) batch() error {
	n, err := c.body()
	if err != nil {
		return err
	}
	list := n.get("batchRequests")
	if list == nil || list.kind != listNode || len(list.items) == 0 {
		return fault.New(fault.MissingArgument, "batchRequests is required")
	}
	if len(list.items) > mostBatched {
		return fault.New("LIMIT_EXCEEDED", "The batch holds %d requests, the limit is %d", len(list.items), mostBatched)
	}
	halt, failed := n.is("haltOnError"), false
	var results []byte
	for i := range list.items {
		if i > 0 {
			results = append(results, ',')
		}
		status, body := http.StatusPreconditionFailed, appendErrors(nil, []*fault.Error{fault.New("BATCH_PROCESSING_HALTED", "Batch processing halted per request")}, "errorCode")
		if !halt || !failed {
			request := &list.items[i]
			a := c.inner(c.r.Context(), c.session, subrequest{method: request.str("method"), url: request.str("url"), body: request.get("richInput").json()})
			status, body = a.status, a.body
		}
		failed = failed || status >= http.StatusBadRequest
		results = strconv.AppendInt(append(results, `{"statusCode":`...), int64(status), 10)
		results = append(results, `,"result":`...)
		if len(body) == 0 {
			body = []byte("null")
		}
		results = append(append(results, body...), '}')
	}
	c.out = strconv.AppendBool(append(c.out, `{"hasErrors":`...), failed)
	c.out = append(append(append(c.out, `,"results":[`...), results...), "]}"...)
	return nil
}
