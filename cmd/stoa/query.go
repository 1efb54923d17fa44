package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

type queryCmd struct {
	SOQL string `arg:"" help:"The query, or - to read it from standard input."`
	JSON bool   `help:"Print the records as JSON." xor:"form"`
	CSV  bool   `help:"Print the rows as CSV." xor:"form"`
	All  bool   `help:"Deleted rows too."`
	target
}

func (q *queryCmd) Run(ctx context.Context) (err error) {
	soql := q.SOQL
	if soql == "-" {
		b, err := io.ReadAll(os.Stdin)
		if err != nil {
			return err
		}
		soql = string(b)
	}
	c, done, err := q.open(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if e := done(); err == nil {
			err = e
		}
	}()
	w := newRowWriter(os.Stdout, q.JSON, q.CSV)
	total := 0
	err = c.query(ctx, soql, q.All, func(p page) error {
		total = p.TotalSize
		return w.write(p.Records)
	})
	if err != nil {
		return err
	}
	return w.close(total)
}

// A rowWriter prints rows as they come: a table, JSON or CSV.
type rowWriter struct {
	out       io.Writer
	json, csv bool
	table     *tabwriter.Writer
	file      *csv.Writer
	columns   []string
	rows      int
}

func newRowWriter(out io.Writer, asJSON, asCSV bool) *rowWriter {
	return &rowWriter{out: out, json: asJSON, csv: asCSV, table: tabwriter.NewWriter(out, 0, 4, 2, ' ', 0), file: csv.NewWriter(out)}
}

func (w *rowWriter) write(rows []row) error {
	for _, r := range rows {
		if w.json {
			lead := ",\n"
			if w.rows == 0 {
				lead = "[\n"
			}
			b, err := json.Marshal(r)
			if err != nil {
				return err
			}
			fmt.Fprint(w.out, lead, "  ", string(b))
			w.rows++
			continue
		}
		flat, values := flatten("", r, nil, nil)
		if w.rows == 0 {
			w.columns = flat
			w.line(flat)
			if !w.csv {
				rule := make([]string, len(flat))
				for i, f := range flat {
					rule[i] = strings.Repeat("─", utf8.RuneCountInString(f))
				}
				w.line(rule)
			}
		}
		byName := map[string]string{}
		for i, f := range flat {
			byName[f] = values[i]
		}
		cells := make([]string, len(w.columns))
		for i, name := range w.columns {
			cells[i] = byName[name]
		}
		w.line(cells)
		w.rows++
	}
	return nil
}

func (w *rowWriter) line(cells []string) {
	if w.csv {
		_ = w.file.Write(cells)
		return
	}
	for i, c := range cells {
		c = strings.Join(strings.Fields(c), " ")
		if r := []rune(c); len(r) > 60 {
			c = string(r[:59]) + "…"
		}
		cells[i] = c
	}
	fmt.Fprintln(w.table, strings.Join(cells, "\t"))
}

func (w *rowWriter) close(total int) error {
	switch {
	case w.json && w.rows == 0:
		_, err := fmt.Fprintln(w.out, "[]")
		return err
	case w.json:
		_, err := fmt.Fprintln(w.out, "\n]")
		return err
	case w.csv:
		w.file.Flush()
		return w.file.Error()
	}
	if err := w.table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w.out, "%d rows\n", total)
	return err
}

// flatten turns nested parents into columns such as Contact.Name; children become their count.
func flatten(prefix string, r row, names, values []string) (n, v []string) {
	for _, k := range r.keys {
		if k == "attributes" {
			continue
		}
		switch x := r.values[k].(type) {
		case row:
			if total, ok := x.values["totalSize"]; ok {
				names, values = append(names, prefix+k), append(values, fmt.Sprint(total))
				continue
			}
			names, values = flatten(prefix+k+".", x, names, values)
		case nil:
			names, values = append(names, prefix+k), append(values, "")
		default:
			names, values = append(names, prefix+k), append(values, fmt.Sprint(x))
		}
	}
	return names, values
}

// MarshalJSON writes a row in its own order, without the attributes that only programs need.
func (r row) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	b.WriteByte('{')
	first := true
	for _, k := range r.keys {
		if k == "attributes" {
			continue
		}
		if !first {
			b.WriteString(", ")
		}
		first = false
		key, _ := json.Marshal(k)
		v, err := json.Marshal(r.values[k])
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteString(": ")
		b.Write(v)
	}
	b.WriteByte('}')
	return []byte(b.String()), nil
}
