package rest

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// mostComposed is how many requests a composite may hold. Source: the API's own
// limit. Its second limit, five of them queries or collections, is not kept by
// clients and is none here.
const mostComposed = 25

const rolledBackText = "The transaction was rolled back since another operation in the same transaction failed."

// A step is one request of a composite, before its references are resolved.
type step struct {
	id      string
	method  string
	url     string
	headers *node
	body    *node
}

var referenceName = regexp.MustCompile(`^[A-Za-z0-9_]+$`)

// steps reads compositeRequest of n. What is wrong with one of them is wrong with the whole.
func steps(n *node) ([]step, error) {
	list := n.get("compositeRequest")
	if list == nil || list.kind != listNode || len(list.items) == 0 {
		return nil, fault.New(fault.MissingArgument, "compositeRequest is required")
	}
	all, known := make([]step, len(list.items)), map[string]bool{}
	for i := range list.items {
		it := &list.items[i]
		s := step{id: it.str("referenceId"), method: it.str("method"), url: it.str("url"), headers: it.get("httpHeaders"), body: it.get("body")}
		for name, value := range map[string]string{"referenceId": s.id, "method": s.method, "url": s.url} {
			if value == "" {
				return nil, fault.New(fault.MissingArgument, "%s is required in every request of a composite", name)
			}
		}
		switch {
		case !referenceName.MatchString(s.id):
			return nil, fault.New(fault.InvalidArgument, "The referenceId '%s' has other characters than letters, digits and underscores", s.id)
		case known[s.id]:
			return nil, fault.New(fault.InvalidArgument, "The referenceId '%s' is not unique", s.id)
		case strings.HasPrefix(s.url, "http"):
			return nil, fault.New(fault.InvalidArgument, "The url of a request begins with %s, not with a host: %s", Prefix, s.url)
		}
		known[s.id], all[i] = true, s
	}
	return all, nil
}

// composite answers POST composite: requests that build on each other's answers.
func (c *call) composite() error {
	n, err := c.body()
	if err != nil {
		return err
	}
	all, err := steps(&n)
	if err != nil {
		return err
	}
	if len(all) > mostComposed {
		return fault.New(fault.LimitExceeded, "The composite holds %d requests, the limit is %d", len(all), mostComposed)
	}
	var answers []answer
	if n.is("allOrNone") {
		answers, _, err = c.together(all)
	} else {
		answers = c.inOrder(c.r.Context(), c.session, all, false)
	}
	if err != nil {
		return err
	}
	c.out = appendComposite(c.out, all, answers)
	return nil
}

// together runs steps in one transaction. After a failure the answers are its own and, for all others, that they were rolled back.
func (c *call) together(all []step) (answers []answer, ok bool, err error) {
	undo := errors.New("undo")
	c.session.Once(c.r.Header.Get("Stoa-Once"))
	err = c.session.Together(c.r.Context(), func(ctx context.Context, in *org.Session) error {
		answers = c.inOrder(ctx, in, all, true)
		if last := &answers[len(answers)-1]; last.failed() {
			return undo
		}
		return nil
	})
	switch {
	case err == nil && answers != nil:
		return answers, true, nil
	case err == nil:
		return nil, false, fault.New(fault.DuplicateValue, "This composite was done before, under the same Stoa-Once")
	case !errors.Is(err, undo):
		return nil, false, err
	}
	failed := len(answers) - 1
	own := answers[failed]
	answers = make([]answer, len(all))
	for i := range answers {
		answers[i] = halted(rolledBackText)
	}
	answers[failed] = own
	return answers, false, nil
}

// inOrder runs steps one after the other, each with what those before it answered. With halt the first failure is the last answer.
func (c *call) inOrder(ctx context.Context, session *org.Session, all []step, halt bool) []answer {
	known := references{}
	answers := make([]answer, 0, len(all))
	for i := range all {
		s := &all[i]
		var a answer
		request, err := known.request(s)
		if err != nil {
			a = halted(err.Error())
		} else {
			a = c.inner(ctx, session, request)
		}
		answers = append(answers, a)
		if a.failed() && halt {
			break
		}
		known.learn(s.id, &a)
	}
	return answers
}

func halted(text string) answer {
	return answer{
		status: http.StatusBadRequest,
		body:   appendErrors(nil, []*fault.Error{fault.New(fault.ProcessingHalted, "%s", text)}, "errorCode"),
	}
}

func appendComposite(dst []byte, all []step, answers []answer) []byte {
	dst = append(dst, `{"compositeResponse":[`...)
	for i := range answers {
		if i > 0 {
			dst = append(dst, ',')
		}
		a := &answers[i]
		dst = append(dst, `{"body":`...)
		if len(a.body) == 0 {
			dst = append(dst, "null"...)
		}
		dst = append(append(dst, a.body...), `,"httpHeaders":{`...)
		sep := ""
		for _, name := range []string{"Location", "ETag", "Last-Modified"} {
			if value := a.header.Get(name); value != "" {
				dst = append(append(append(append(dst, sep...), '"'), name...), `":`...)
				dst, sep = record.AppendJSON(dst, []byte(value)), ","
			}
		}
		dst = strconv.AppendInt(append(dst, `},"httpStatusCode":`...), int64(a.status), 10)
		dst = record.AppendJSON(append(dst, `,"referenceId":`...), []byte(all[i].id))
		dst = append(dst, '}')
	}
	return append(dst, "]}"...)
}

// compositeRoot lists the resources of composites.
func (c *call) compositeRoot() error {
	c.out = append(c.out, '{')
	for i, name := range []string{"batch", "graph", "sobjects", "tree"} {
		if i > 0 {
			c.out = append(c.out, ',')
		}
		c.out = append(append(append(c.out, '"'), name...), `":"`...)
		c.out = append(append(append(append(c.out, c.base...), "/composite/"...), name...), '"')
	}
	c.out = append(c.out, '}')
	return nil
}
