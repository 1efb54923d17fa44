package console

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"stoa/internal/i18n"
)

// TestEveryWordIsInTheCatalogue reads the sources: each key that is asked for
// has an English text, and each text is asked for.
func TestEveryWordIsInTheCatalogue(t *testing.T) {
	t.Parallel()
	literal := regexp.MustCompile(`"((?:[a-z][A-Za-z_]*)(?:\.[A-Za-z_]+)+|[a-z]+)"`)
	asked := regexp.MustCompile(`\bT\("([^"]+)"`)
	en := i18n.For("en")
	used := map[string]bool{}
	var prefixes []string
	for _, root := range []string{"..", "../../i18n", "../../../apps"} {
		err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() && d.Name() == "node_modules" {
				return cmp.Or(err, fs.SkipDir)
			}
			if d.IsDir() || !strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, ".templ") || strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, "_templ.go") {
				return nil
			}
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range asked.FindAllStringSubmatch(string(b), -1) {
				if strings.HasSuffix(m[1], ".") {
					prefixes = append(prefixes, m[1])
					continue
				}
				if !en.Has(m[1]) {
					t.Errorf("%s asks for %q, which has no text", file, m[1])
				}
			}
			for _, m := range literal.FindAllStringSubmatch(string(b), -1) {
				used[m[1]] = true
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	prefixes = append(prefixes, "ago.", "in.", "apps.", "related.", "portal.mail.", "purpose.") // put together in Near, launcher, childTitle and letters
	for _, l := range layouts {
		for _, s := range l.Sections {
			if !en.Has(s.Title) {
				t.Errorf("section %q has no text", s.Title)
			}
		}
	}
	for _, k := range en.Keys() {
		known := used[k]
		for _, p := range prefixes {
			known = known || strings.HasPrefix(k, p)
		}
		if !known {
			t.Errorf("nobody asks for %q", k)
		}
	}
}
