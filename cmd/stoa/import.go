package main

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/schollz/progressbar/v3"
)

type importCmd struct {
	CSV  importCSVCmd  `cmd:"" name:"csv" help:"Load rows of a CSV file: the header names fields, Parent__r.Ext__c names a parent by an external id."`
	Tree importTreeCmd `cmd:"" help:"Load tree files or a plan, as the sf CLI exports them; children follow their parents."`
}

// importFlags are what both forms share.
type importFlags struct {
	KeepIDs bool   `help:"Keep the ids and the audit fields that the file brings." name:"keep-ids"`
	Results string `help:"File that gets a line for every input row; an import that was stopped goes on after its last line. Default: FILE.results.csv." type:"path" placeholder:"FILE"`
	target
}

type importCSVCmd struct {
	File   string `arg:"" type:"existingfile" help:"CSV file in UTF-8."`
	Object string `help:"Object to load into; default: the file's name." placeholder:"OBJECT"`
	Upsert string `help:"Update the rows whose value of this field exists already (Id or an external id)." placeholder:"FIELD"`
	importFlags

	computed map[string]bool // columns of an export that no import brings, in small letters
}

// batchRows is how many rows one call carries. Source: the API's limit for collections.
const batchRows = 200

func (i *importCSVCmd) Run(ctx context.Context) error {
	if i.Object == "" {
		base := i.File[strings.LastIndexAny(i.File, `/\`)+1:]
		i.Object, _, _ = strings.Cut(base, ".")
	}
	f, err := os.Open(i.File)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, f)
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	r := csv.NewReader(f)
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		return fmt.Errorf("%s: %w", i.File, err)
	}
	header = append([]string(nil), header...)
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	if i.Results == "" {
		i.Results = i.File + ".results.csv"
	}
	about := hex.EncodeToString(sum.Sum(nil))[:16] + " " + i.Object
	if i.Upsert != "" {
		about += " by " + i.Upsert
	}
	if i.KeepIDs {
		about += " with ids"
	}
	log, err := openResults(i.Results, about)
	if err != nil {
		return err
	}
	defer log.close()
	return i.with(ctx, func(c *client) error {
		bar := progress(size, i.Object, progressbar.OptionShowBytes(true), progressbar.OptionSetPredictTime(true))
		if i.KeepIDs {
			var err error
			if i.computed, err = c.computed(ctx, i.Object); err != nil {
				return err
			}
		}
		row := 0
		for end := false; !end; {
			var records []map[string]any
			for len(records) < batchRows {
				cells, err := r.Read()
				if errors.Is(err, io.EOF) {
					end = true
					break
				}
				if err != nil {
					return fmt.Errorf("%s: %w", i.File, err)
				}
				if row++; row <= log.done {
					continue
				}
				records = append(records, i.record(header, cells))
			}
			if len(records) > 0 && !(end && log.complete(row)) {
				first := row - len(records) + 1
				results, err := c.save(ctx, i.Object, i.Upsert, records, i.KeepIDs, log.key+"-"+strconv.Itoa(first))
				if err != nil {
					return fmt.Errorf("row %d: %w", first, err)
				}
				if err := log.add(first, results); err != nil {
					return err
				}
			}
			_ = bar.Set64(r.InputOffset())
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		_ = bar.Finish()
		fmt.Fprintf(os.Stderr, "%s: %d rows read, %d written, %d failed; see %s\n", i.Object, row, log.ok, log.failed, i.Results)
		if log.failed > 0 {
			return fmt.Errorf("%d rows failed", log.failed)
		}
		return nil
	})
}

// record turns a line into a record: empty cells are left out, #N/A is null, Parent__r.Ext__c is nested.
func (i *importCSVCmd) record(header, cells []string) map[string]any {
	rec := map[string]any{"attributes": map[string]string{"type": i.Object}}
	for n, name := range header {
		if n >= len(cells) || cells[n] == "" || name == "" {
			continue
		}
		var v any = cells[n]
		if cells[n] == "#N/A" {
			v = nil
		}
		if rel, field, ok := strings.Cut(name, "."); ok {
			rec[rel] = map[string]any{field: v}
			continue
		}
		low := strings.ToLower(name)
		if low == "id" && i.Upsert == "" && !i.KeepIDs || i.computed[low] || i.KeepIDs && low == "isdeleted" && cells[n] == "false" {
			continue
		}
		rec[name] = v
	}
	return rec
}

// computed returns the fields of an object whose values the server makes up from others, also those of an import.
func (c *client) computed(ctx context.Context, object string) (map[string]bool, error) {
	var d struct {
		Fields []struct {
			Name       string
			Calculated bool
		}
	}
	if err := c.call(ctx, http.MethodGet, "/services/data/"+apiVersion+"/sobjects/"+url.PathEscape(object)+"/describe", nil, &d); err != nil {
		return nil, err
	}
	names := map[string]bool{"systemmodstamp": true}
	for _, f := range d.Fields {
		if f.Calculated {
			names[strings.ToLower(f.Name)] = true
		}
	}
	return names, nil
}

// A saved is the answer for one record.
type saved struct {
	ID      string `json:"id"`
	Success bool   `json:"success"`
	Created *bool  `json:"created"`
	Errors  []struct {
		StatusCode, Message string
		Fields              []string
	} `json:"errors"`
}

func (s saved) problem() string {
	var all []string
	for _, e := range s.Errors {
		all = append(all, e.StatusCode+": "+e.Message)
	}
	return strings.Join(all, "; ")
}

// save writes a batch. The key makes a repeated call answer what the first one did.
func (c *client) save(ctx context.Context, object, upsert string, records []map[string]any, keep bool, key string) ([]saved, error) {
	path, method := "/services/data/"+apiVersion+"/composite/sobjects", http.MethodPost
	if upsert != "" {
		path, method = path+"/"+url.PathEscape(object)+"/"+url.PathEscape(upsert), http.MethodPatch
	}
	header := []string{"Stoa-Once", key}
	if keep {
		header = append(header, "Stoa-Keep-Ids", "true")
	}
	var out []saved
	err := c.call(ctx, method, path, map[string]any{"allOrNone": false, "records": records}, &out, header...)
	return out, err
}
