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
	log, err := openResults(i.Results, hex.EncodeToString(sum.Sum(nil))[:16]+" "+i.Object)
	if err != nil {
		return err
	}
	defer log.close()
	return i.with(ctx, func(c *client) error {
		bar := progressbar.NewOptions64(size, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetDescription(i.Object),
			progressbar.OptionShowBytes(true), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish())
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
			if len(records) > 0 {
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
		if strings.EqualFold(name, "Id") && i.Upsert == "" && !i.KeepIDs {
			continue
		}
		rec[name] = v
	}
	return rec
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
		path, method = path+"/"+object+"/"+upsert, http.MethodPatch
	}
	header := []string{"Stoa-Once", key}
	if keep {
		header = append(header, "Stoa-Keep-Ids", "true")
	}
	var out []saved
	err := c.call(ctx, method, path, map[string]any{"allOrNone": false, "records": records}, &out, header...)
	return out, err
}

// A results file holds a line for every input row and so tells where an import stopped.
type results struct {
	f          *os.File
	key        string
	done       int
	ok, failed int
}

// openResults opens the file of an earlier run, or makes a new one. A file of other input is refused.
func openResults(path, about string) (*results, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	log := &results{f: f, key: strings.ReplaceAll(about, " ", "-")}
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	if len(b) == 0 {
		_, err := fmt.Fprintf(f, "# %s\nrow,id,success,created,error\n", about)
		return log, err
	}
	text := string(b)
	if whole := strings.LastIndexByte(text, '\n') + 1; whole < len(text) { // the last line was cut by a crash
		if err := f.Truncate(int64(whole)); err != nil {
			return nil, err
		}
		text = text[:whole]
	}
	if _, err := f.Seek(int64(len(text)), io.SeekStart); err != nil {
		return nil, err
	}
	first, rest, _ := strings.Cut(text, "\n")
	if first != "# "+about {
		f.Close()
		return nil, fmt.Errorf("%s holds the results of another import; move it away or name another one with --results", path)
	}
	// Only whole batches count: one whose lines are cut is sent again under its own name, and answers what it did.
	r := csv.NewReader(strings.NewReader(rest))
	if _, err := r.Read(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	whole := r.InputOffset()
	var ok, failed int
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if row[2] == "true" {
			ok++
		} else {
			failed++
		}
		if (ok+failed)%batchRows == 0 {
			log.done, log.ok, log.failed, whole = ok+failed, ok, failed, r.InputOffset()
		}
	}
	end := int64(len(first)+1) + whole
	if err := f.Truncate(end); err != nil {
		return nil, err
	}
	if _, err := f.Seek(end, io.SeekStart); err != nil {
		return nil, err
	}
	return log, nil
}

func (l *results) add(first int, batch []saved) error {
	var b strings.Builder
	w := csv.NewWriter(&b)
	for i, s := range batch {
		created := ""
		if s.Created != nil {
			created = strconv.FormatBool(*s.Created)
		}
		if s.Success {
			l.ok++
		} else {
			l.failed++
		}
		if err := w.Write([]string{strconv.Itoa(first + i), s.ID, strconv.FormatBool(s.Success), created, s.problem()}); err != nil {
			return err
		}
	}
	w.Flush()
	if _, err := l.f.WriteString(b.String()); err != nil {
		return err
	}
	return l.f.Sync()
}

func (l *results) close() { _ = l.f.Close() }
