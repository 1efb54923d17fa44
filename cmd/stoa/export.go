package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/schollz/progressbar/v3"
)

type exportCmd struct {
	What []string `arg:"" help:"A query, or names of objects, each of which is written whole to OBJECT.csv."`
	Out  string   `help:"File for a query (default: standard output), folder for objects (default: here)." short:"o" type:"path" placeholder:"PATH"`
	All  bool     `help:"Deleted rows too."`
	target
}

func (e *exportCmd) Run(ctx context.Context) error {
	return e.with(ctx, func(c *client) error {
		if len(e.What) == 1 && strings.HasPrefix(strings.ToLower(strings.TrimSpace(e.What[0])), "select ") {
			return c.export(ctx, e.What[0], e.Out, e.All)
		}
		for _, object := range e.What {
			soql, err := c.everything(ctx, object)
			if err != nil {
				return err
			}
			if err := c.export(ctx, soql, filepath.Join(e.Out, object+".csv"), e.All); err != nil {
				return err
			}
		}
		return nil
	})
}

// everything returns the query of all fields of an object that a CSV can hold and an import can take.
func (c *client) everything(ctx context.Context, object string) (string, error) {
	var d struct {
		Name   string
		Fields []struct{ Name, Type string }
	}
	if err := c.call(ctx, http.MethodGet, "/services/data/"+apiVersion+"/sobjects/"+url.PathEscape(object)+"/describe", nil, &d); err != nil {
		return "", err
	}
	var names []string
	for _, f := range d.Fields {
		switch f.Type {
		case "address", "location", "base64":
		default:
			names = append(names, f.Name)
		}
	}
	return "SELECT " + strings.Join(names, ", ") + " FROM " + d.Name, nil
}

// export writes the rows of a query. The file appears whole or not at all.
func (c *client) export(ctx context.Context, soql, path string, all bool) (err error) {
	out := os.Stdout
	if path != "" {
		if out, err = os.CreateTemp(filepath.Dir(path), ".stoa-export-*"); err != nil {
			return err
		}
		defer func() {
			if err != nil {
				_ = out.Close()
				_ = os.Remove(out.Name())
			}
		}()
	}
	b := bufio.NewWriterSize(out, 1<<16)
	w := newRowWriter(b, false, true)
	bar := progress(1, filepath.Base(path), progressbar.OptionSetVisibility(path != "" && watched()), progressbar.OptionShowCount())
	total := 0
	err = c.query(ctx, soql, all, func(p page) error {
		total = p.TotalSize
		bar.ChangeMax(max(1, total))
		_ = bar.Add(len(p.Records))
		return w.write(p.Records)
	})
	if err != nil {
		return err
	}
	_ = bar.Finish()
	if err := w.close(total); err != nil {
		return err
	}
	if err := b.Flush(); err != nil || path == "" {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	if err := os.Chmod(out.Name(), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%s: %d rows\n", path, total)
	return os.Rename(out.Name(), path)
}
