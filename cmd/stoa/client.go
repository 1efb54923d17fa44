package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	shipped "stoa/apps"
	"stoa/internal/server"
)

// target says which Stoa a command speaks to.
type target struct {
	URL      string `help:"Server to speak to; default: the one that runs on the data folder, or the data folder itself." env:"STOA_URL" placeholder:"URL"`
	Token    string `help:"Access token for --url." env:"STOA_TOKEN" placeholder:"TOKEN"`
	Data     string `help:"Data folder." env:"STOA_DATA" default:"stoa-data" type:"path" placeholder:"DIR"`
	Database string `help:"PostgreSQL database instead of SQLite in the data folder (postgres://…)." env:"STOA_DATABASE" placeholder:"URL"`
}

// A client speaks the REST API as any other client does.
type client struct {
	base, token string
	http        *http.Client
}

const apiVersion = "v64.0"

// open reaches the target: over the network, or by starting a server on the
// data folder for as long as the command runs. Call done at the end.
func (t target) open(ctx context.Context) (c *client, done func() error, err error) {
	c = &client{base: strings.TrimRight(t.URL, "/"), token: t.Token, http: &http.Client{Timeout: 10 * time.Minute}}
	if c.base != "" {
		if c.token == "" {
			return nil, nil, errors.New("--url needs --token (or STOA_TOKEN)")
		}
		return c, func() error { return nil }, nil
	}
	local, done, err := server.Local(ctx, server.Settings{DataDir: t.Data, Database: t.Database, MustExist: true, Apps: shipped.All()})
	if err != nil {
		return nil, nil, err
	}
	c.base, c.token = local.URL, local.Token
	return c, done, nil
}

// An apiError is what the API answered instead of success.
type apiError struct {
	Code    string `json:"errorCode"`
	Message string `json:"message"`
	status  int
}

func (e apiError) Error() string {
	return strings.TrimSpace(e.Code + ": " + strings.TrimSpace(e.Message))
}

// call sends a request and decodes the answer into out, which may be nil.
func (c *client) call(ctx context.Context, method, path string, in, out any, header ...string) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		b, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		var errs []apiError
		if json.Unmarshal(b, &errs) == nil && len(errs) > 0 {
			errs[0].status = resp.StatusCode
			return errs[0]
		}
		var oauth struct {
			Code    string `json:"error"`
			Message string `json:"error_description"`
		}
		if json.Unmarshal(b, &oauth) == nil && oauth.Code != "" {
			return apiError{Code: oauth.Code, Message: oauth.Message, status: resp.StatusCode}
		}
		return fmt.Errorf("%s %s: %s", method, path, resp.Status)
	}
	if out == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
	d := json.NewDecoder(resp.Body)
	d.UseNumber()
	return d.Decode(out)
}

// A row is one record with its keys in the order of the answer.
type row struct {
	keys   []string
	values map[string]any
}

// UnmarshalJSON keeps the order of keys, which a map would lose.
func (r *row) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if _, err := d.Token(); err != nil {
		return err
	}
	r.values = map[string]any{}
	for d.More() {
		k, err := d.Token()
		if err != nil {
			return err
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return err
		}
		key := k.(string)
		r.keys = append(r.keys, key)
		if r.values[key], err = decodeValue(raw); err != nil {
			return err
		}
	}
	return nil
}

func decodeValue(raw json.RawMessage) (any, error) {
	switch t := bytes.TrimSpace(raw); {
	case len(t) > 0 && t[0] == '{':
		var r row
		err := json.Unmarshal(t, &r)
		return r, err
	case len(t) > 0 && t[0] == '[':
		var raws []json.RawMessage
		if err := json.Unmarshal(t, &raws); err != nil {
			return nil, err
		}
		list := make([]any, len(raws))
		for i, r := range raws {
			var err error
			if list[i], err = decodeValue(r); err != nil {
				return nil, err
			}
		}
		return list, nil
	default:
		d := json.NewDecoder(bytes.NewReader(t))
		d.UseNumber()
		var v any
		err := d.Decode(&v)
		return v, err
	}
}

type page struct {
	TotalSize int             `json:"totalSize"`
	Done      bool            `json:"done"`
	Next      string          `json:"nextRecordsUrl"`
	Records   []row           `json:"records"`
	Raw       json.RawMessage `json:"-"`
}

// query runs SOQL and hands every batch to f.
func (c *client) query(ctx context.Context, soql string, all bool, f func(page) error) error {
	path := "/services/data/" + apiVersion + "/query?q="
	if all {
		path = "/services/data/" + apiVersion + "/queryAll?q="
	}
	path += url.QueryEscape(soql)
	for path != "" {
		var p page
		if err := c.call(ctx, http.MethodGet, path, nil, &p); err != nil {
			return err
		}
		if err := f(p); err != nil {
			return err
		}
		path = p.Next
	}
	return nil
}
