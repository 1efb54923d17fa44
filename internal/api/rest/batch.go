package rest

import (
	"net/http"
	"strconv"
	"strings"

	"stoa/internal/engine/catalog"
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
			status, body = c.within(&list.items[i])
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

// within runs one request of a batch in c's session and returns its answer.
func (c *call) within(request *node) (status int, body []byte) {
	path := strings.TrimPrefix(strings.TrimPrefix(request.str("url"), Prefix), "/")
	input := ""
	if rich := request.get("richInput"); rich != nil && rich.kind == objectNode {
		input = rich.text
	}
	in := &call{h: c.h, w: headers{}, session: c.session, status: http.StatusOK}
	r, err := http.NewRequestWithContext(c.r.Context(), strings.ToUpper(request.str("method")), Prefix+"/"+path, strings.NewReader(input))
	if err != nil {
		in.r = c.r
		in.fail(fault.New(fault.InvalidArgument, "The url or method of a request is malformed: %s", request.str("url")))
		return in.status, in.out
	}
	in.r = r
	words, ok := splitPath(r, in.wordSpace[:0])
	if ok && len(words) > 2 {
		in.version = versionOf(words[2])
	}
	switch {
	case in.version == 0:
		err = notFound()
	case len(words) > 3 && catalog.Fold(words[3]) == "composite" && len(words) > 4 && catalog.Fold(words[4]) != "sobjects":
		err = fault.New(fault.InvalidArgument, "A batch cannot hold another: %s", request.str("url"))
	default:
		err = in.dispatch(words[3:])
	}
	if err != nil {
		in.fail(err)
	}
	return in.status, in.out
}

// headers is an http.ResponseWriter for a request inside another: its headers go nowhere.
type headers struct{}

func (headers) Header() http.Header         { return http.Header{} }
func (headers) Write(b []byte) (int, error) { return len(b), nil }
func (headers) WriteHeader(int)             {}
