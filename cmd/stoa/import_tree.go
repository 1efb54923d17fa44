package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

type importTreeCmd struct {
	Files []string `arg:"" type:"existingfile" help:"Tree files ({\"records\": […]}) or one plan file ([{\"sobject\", \"files\"}])."`
	importFlags
}

func (i *importTreeCmd) Run(ctx context.Context) error {
	files, err := planFiles(i.Files)
	if err != nil {
		return err
	}
	if i.Results == "" {
		i.Results = i.Files[0] + ".results.csv"
	}
	var levels [][]*node
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		var tree struct{ Records []map[string]any }
		d := json.NewDecoder(strings.NewReader(string(b)))
		d.UseNumber()
		if err := d.Decode(&tree); err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
		levels = append(levels, flattenTree(tree.Records, nil, "", 0, nil)...) // a file may refer to those before it
	}
	sum := sha256.Sum256([]byte(strings.Join(files, "\n")))
	about := hex.EncodeToString(sum[:8]) + " tree"
	if i.KeepIDs {
		about += " with ids"
	}
	log, err := openResults(i.Results, about)
	if err != nil {
		return err
	}
	defer log.close()
	if log.found.all() > 0 {
		return fmt.Errorf("%s is there already: a tree is loaded whole; remove its records and the file, or name another one with --results", i.Results)
	}
	return i.with(ctx, func(c *client) error { return c.loadTree(ctx, levels, i.KeepIDs, log) })
}

// A node is a record of a tree with the parent that it hangs on.
type node struct {
	object, ref string
	fields      map[string]any
	parent      *node
	relation    string // the child relationship's name at the parent
	id          string
}

// flattenTree puts records of equal depth together, parents first.
func flattenTree(records []map[string]any, parent *node, relation string, depth int, levels [][]*node) [][]*node {
	if len(levels) <= depth {
		levels = append(levels, nil)
	}
	for _, r := range records {
		attr, _ := r["attributes"].(map[string]any)
		n := &node{fields: map[string]any{}, parent: parent, relation: relation}
		n.object, _ = attr["type"].(string)
		n.ref, _ = attr["referenceId"].(string)
		levels[depth] = append(levels[depth], n)
		for _, name := range slices.Sorted(maps.Keys(r)) {
			v := r[name]
			kids, ok := childRecords(v)
			switch {
			case name == "attributes":
			case ok:
				levels = flattenTree(kids, n, name, depth+1, levels)
			default:
				n.fields[name] = v
			}
		}
	}
	return levels
}

func childRecords(v any) ([]map[string]any, bool) {
	m, _ := v.(map[string]any)
	list, ok := m["records"].([]any)
	if !ok {
		return nil, false
	}
	var children []map[string]any
	for _, x := range list {
		if c, ok := x.(map[string]any); ok {
			children = append(children, c)
		}
	}
	return children, true
}

// loadTree writes level by level, so that a parent's id is known when its children come.
func (c *client) loadTree(ctx context.Context, levels [][]*node, keep bool, log *results) error {
	refs := map[string]string{}
	childField := map[string]string{} // parent object + relationship → field of the child
	row := 0
	for _, level := range levels {
		for len(level) > 0 {
			batch := level[:1]
			for len(batch) < min(batchRows, len(level)) && level[len(batch)].object == batch[0].object {
				batch = level[:len(batch)+1]
			}
			level = level[len(batch):]
			records := make([]map[string]any, len(batch))
			for i, n := range batch {
				rec := map[string]any{"attributes": map[string]string{"type": n.object}}
				for name, v := range n.fields {
					if s, ok := v.(string); ok && strings.HasPrefix(s, "@") && refs[s[1:]] != "" {
						v = refs[s[1:]]
					}
					rec[name] = v
				}
				if n.parent != nil {
					if n.parent.id == "" {
						return fmt.Errorf("the parent of %s %s was not written; see %s", n.object, n.ref, log.f.Name())
					}
					field, err := c.childField(ctx, n.parent.object, n.relation, childField)
					if err != nil {
						return err
					}
					rec[field] = n.parent.id
				}
				records[i] = rec
			}
			out, err := c.save(ctx, batch[0].object, "", records, keep, log.key+"-"+strconv.Itoa(row+1))
			if err != nil {
				return err
			}
			if err := log.add(row+1, out); err != nil {
				return err
			}
			row += len(batch)
			for i, n := range batch {
				n.id = out[i].ID
				if n.ref != "" && n.id != "" {
					refs[n.ref] = n.id
				}
			}
		}
	}
	fmt.Fprintf(os.Stderr, "%d records read, %d written, %d failed; see %s\n", row, log.ok, log.failed, log.f.Name())
	if log.failed > 0 {
		return fmt.Errorf("%d records failed", log.failed)
	}
	return nil
}

func (c *client) childField(ctx context.Context, parent, relation string, known map[string]string) (string, error) {
	if f, ok := known[parent+"."+relation]; ok {
		return f, nil
	}
	var d struct {
		ChildRelationships []struct{ Field, RelationshipName string }
	}
	if err := c.call(ctx, http.MethodGet, "/services/data/"+apiVersion+"/sobjects/"+url.PathEscape(parent)+"/describe", nil, &d); err != nil {
		return "", err
	}
	for _, r := range d.ChildRelationships {
		known[parent+"."+r.RelationshipName] = r.Field
	}
	f, ok := known[parent+"."+relation]
	if !ok {
		return "", fmt.Errorf("%s has no child relationship %s", parent, relation)
	}
	return f, nil
}

func planFiles(args []string) ([]string, error) {
	var files []string
	for _, f := range args {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(strings.TrimSpace(string(b)), "[") {
			files = append(files, f)
			continue
		}
		var plan []struct{ Files []string }
		if err := json.Unmarshal(b, &plan); err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		dir := f[:strings.LastIndexAny(f, `/\`)+1]
		for _, p := range plan {
			for _, name := range p.Files {
				files = append(files, dir+name)
			}
		}
	}
	return files, nil
}
