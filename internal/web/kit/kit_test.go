package kit

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/i18n"
	"stoa/internal/record"
)

func TestEveryFieldTypeHasAWidget(t *testing.T) {
	t.Parallel()
	ui := &UI{Messages: i18n.For("en"), Now: time.Unix(0, 0)}
	for _, typ := range catalog.Types {
		if !HasWidget(typ) {
			t.Errorf("%s has no widget", typ.Name)
		}
		f := &catalog.Field{Name: "F", Label: "F", Type: typ, Object: &catalog.Object{Name: "O"}}
		for _, v := range []record.Value{{}, record.OfText("<b>&"), record.OfInt(1), record.OfBool(true)} {
			var b strings.Builder
			if err := Show(ui, Value{Field: f, Value: v}).Render(t.Context(), &b); err != nil {
				t.Errorf("%s: %v", typ.Name, err)
			}
			if strings.Contains(b.String(), "<b>&") {
				t.Errorf("%s shows text as markup: %s", typ.Name, b.String())
			}
		}
	}
}

func TestEveryIconIsInTheSprite(t *testing.T) {
	t.Parallel()
	list, err := os.ReadFile("../icons.txt")
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, name := range strings.Fields(string(list)) {
		have[name] = true
	}
	use := regexp.MustCompile(`(?:Icon(?:Class)?\(|Icon: ?|icons? = )"([a-z0-9-]+)"`)
	for _, pattern := range []string{"*.templ", "*.go", "../console/*.templ", "../console/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range use.FindAllStringSubmatch(string(b), -1) {
				if !have[m[1]] {
					t.Errorf("%s uses the icon %q, which is not in icons.txt", file, m[1])
				}
			}
		}
	}
}

// TestPagesKeepToThePolicy holds the sources to what the policy and htmx without eval allow.
func TestPagesKeepToThePolicy(t *testing.T) {
	t.Parallel()
	for name, re := range map[string]*regexp.Regexp{
		"a style attribute":      regexp.MustCompile(`\sstyle=`),
		"an event attribute":     regexp.MustCompile(`\son[a-z]+=`),
		"hx-on":                  regexp.MustCompile(`hx-on`),
		"a js: value":            regexp.MustCompile(`hx-[a-z]+="js:`),
		"a filter of hx-trigger": regexp.MustCompile(`hx-trigger="[^"]*\[`),
		"a style element":        regexp.MustCompile(`<style`),
	} {
		for _, pattern := range []string{"*.templ", "../console/*.templ"} {
			files, err := filepath.Glob(pattern)
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				b, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if m := re.Find(b); m != nil {
					t.Errorf("%s has %s: %s", file, name, m)
				}
			}
		}
	}
}

func TestPlainTextKeepsTheWordsOfHTML(t *testing.T) {
	t.Parallel()
	if got, want := PlainText("<p>Dear &amp; near</p><script>alert(1)</script><ul><li>one<li>two</ul>"), "Dear & near\none\ntwo"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if webURL("javascript:alert(1)") != "" || webURL("//x.example") != "" || webURL("harborview.example") != "https://harborview.example" {
		t.Error("webURL")
	}
}
