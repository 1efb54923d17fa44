package stoa

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const module = "stoa"

// layers is the import table of ARCHITECTURE.md. A row covers the packages
// below its folder, the longest match wins, and what is not named is refused.
// "." stands for the packages below the row's own folder.
var layers = []struct{ folder, may string }{
	{"cmd/stoa", "*"},
	{"tests", "*"},
	{"apps", ". app"},
	{"apps/service", appMay},
	{"apps/community", appMay},
	{"apps/recruit", appMay},
	{"internal/app", "org web/page web/kit mail record fault"},
	{"internal/demo", "hours reference org record fault engine/catalog auth"},
	{"internal/server", "*"},
	{"internal/api", "org auth files engine/catalog engine/metadata record fault i18n"},
	{"internal/web", "web/kit web/page web/assets org auth report files engine/catalog record fault i18n"},
	{"internal/web/page", "web/kit org auth fault i18n record"},
	{"internal/web/mailbox", "mail web/kit web/page fault"},
	{"internal/web/site", "web/kit web/page web/assets org auth fault i18n record"},
	{"internal/web/kit", "web/assets engine/catalog record fault i18n"},
	{"internal/web/assets", ""},
	{"internal/auth", "org files engine/catalog record fault i18n"},
	{"internal/mail", ". record fault i18n"},
	{"internal/org", ". engine store transparency files record fault"},
	{"internal/engine/soql", "fault"},
	{"internal/engine/catalog", ". store record fault"},
	{"internal/engine/access", "engine/catalog store record fault"},
	{"internal/engine/purpose", "engine/catalog store record fault"},
	{"internal/engine/metadata", "engine/catalog record fault"},
	{"internal/engine/job", "store record fault"},
	{"internal/engine/bulk", "store record fault"},
	{"internal/engine/live", "store record fault"},
	{"internal/engine/query", ". engine/catalog engine/soql engine/access engine/purpose store record fault"},
	{"internal/engine/dml", ". engine/catalog engine/soql engine/access engine/purpose engine/query store record fault"},
	{"internal/store", ". record fault"},
	{"internal/hours", ""},
	{"internal/reference", ""},
	{"internal/record", "fault"},
	{"internal/fault", ""},
	{"internal/i18n", ""},
}

// appMay is what an app may import: never another app, the store or the engine.
const appMay = ". app hours reference org auth mail files report web/kit web/page web/site web/assets engine/catalog record fault i18n"

// outside says under which folders a thing from outside may be imported.
var outside = []struct{ prefix, under string }{
	{"database/sql", "internal/store"},
	{"zombiezen.com/go/sqlite", "internal/store"},
	{"modernc.org/sqlite", "internal/store"},
	{"github.com/jackc/pgx", "internal/store"},
	{"net/http", "internal/api internal/web internal/auth internal/server internal/fault internal/app apps cmd tests"},
	{"github.com/a-h/templ", "internal/web apps"},
}

type pkg struct {
	ImportPath, Dir, Doc               string
	Imports, GoFiles                   []string
	TestImports, XTestImports, Ignored []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,Doc,Imports,GoFiles", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if p.ImportPath != module {
			all = append(all, p)
		}
	}
}

func under(name, folder string) bool { return name == folder || strings.HasPrefix(name, folder+"/") }

// TestImports holds the tree to the import table, in both directions: an
// import that the table does not allow, and a row that covers nothing.
func TestImports(t *testing.T) {
	covered := map[string]bool{}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		row := -1
		for i, l := range layers {
			if under(name, l.folder) && (row < 0 || len(l.folder) > len(layers[row].folder)) {
				row = i
			}
		}
		if row < 0 {
			t.Errorf("%s: no row covers it", name)
			continue
		}
		covered[layers[row].folder] = true
		if p.Doc == "" && len(p.GoFiles) > 0 {
			t.Errorf("%s has no package comment", name)
		}
		for _, imp := range p.Imports {
			if own, ok := strings.CutPrefix(imp, module+"/"); ok {
				if !allowed(layers[row].folder, layers[row].may, own) {
					t.Errorf("%s imports %s, which %s may not", name, own, layers[row].folder)
				}
				continue
			}
			for _, o := range outside {
				if !under(imp, o.prefix) {
					continue
				}
				ok := false
				for f := range strings.FieldsSeq(o.under) {
					ok = ok || under(name, f)
				}
				if !ok {
					t.Errorf("%s imports %s, which belongs only under %s", name, imp, o.under)
				}
			}
		}
	}
	for _, l := range layers {
		if !covered[l.folder] && exists(l.folder) {
			t.Errorf("the row %s covers nothing", l.folder)
		}
	}
}

func allowed(folder, may, imp string) bool {
	for m := range strings.FieldsSeq(may) {
		switch {
		case m == "*":
			return true
		case m == ".":
			if under(imp, folder) {
				return true
			}
		case under(imp, "internal/"+m):
			return true
		}
	}
	return false
}

func exists(folder string) bool {
	_, err := os.Stat(folder)
	return err == nil
}

// tickets are the packages that may mint a store.Ticket: the engine binds one
// to a purpose, org needs one before anybody has signed in.
var tickets = []string{"internal/engine/purpose", "internal/org", "internal/store"}

// TestTickets holds that nobody else can reach a row.
func TestTickets(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		may := false
		for _, f := range tickets {
			may = may || under(name, f)
		}
		if may || under(name, "tests") {
			continue
		}
		for _, f := range p.GoFiles {
			b, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(b, []byte("store.Issue(")) {
				t.Errorf("%s/%s issues a store.Ticket", name, f)
			}
		}
	}
}

var badFolders = regexp.MustCompile(`^(util|utils|common|helpers?|base|types|models|interfaces|pkg|misc|shared)$`)

// TestShape holds sizes, names, and the clock of the engine.
func TestShape(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		if badFolders.MatchString(path.Base(name)) {
			t.Errorf("%s: a package is named after its idea", name)
		}
		for _, f := range p.GoFiles {
			b, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(b, []byte("\n")); n > 800 && !strings.HasSuffix(f, "_templ.go") {
				t.Errorf("%s/%s has %d lines, over 800", name, f, n)
			}
			if strings.HasPrefix(name, "internal/engine") && bytes.Contains(b, []byte("time.Now(")) {
				t.Errorf("%s/%s calls time.Now: a transaction has one time, tx.Now()", name, f)
			}
			if bytes.Contains(b, []byte("func init()")) && !strings.HasSuffix(f, "_templ.go") {
				t.Errorf("%s/%s has an init", name, f)
			}
		}
	}
}

// TestArchitectureNamesFolders holds ARCHITECTURE.md to the tree: every folder that it names exists.
func TestArchitectureNamesFolders(t *testing.T) {
	b, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("`((?:apps|cmd|internal|docs|tests|tools)/[a-z0-9_/.-]*)`").FindAllStringSubmatch(string(b), -1) {
		if !exists(strings.TrimSuffix(m[1], "/")) {
			t.Errorf("ARCHITECTURE.md names %s, which is not there", m[1])
		}
	}
}
