package kit

import (
	"strings"
	"testing"
)

func TestMarkdownDrawsWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Hello *there*":                "<p>Hello <em>there</em></p>\n",
		"# Title\n\n## Part":           "<h2>Title</h2>\n<h3>Part</h3>\n",
		"- one\n- two":                 "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n",
		"[us](https://city.example/x)": `<p><a href="https://city.example/x" rel="nofollow noreferrer">us</a></p>` + "\n",
		"[here](/jobs)":                `<p><a href="/jobs" rel="nofollow">here</a></p>` + "\n",
	} {
		if got := MarkdownHTML(text); got != want {
			t.Errorf("%q draws %q, want %q", text, got, want)
		}
	}
	if got := MarkdownText("**Bold** & [link](/x)\n\n- item"); got != "Bold & link item" {
		t.Errorf("plain %q", got)
	}
}

func TestMarkdownLetsNothingHostileThrough(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "[x](data:text/html,<script>1</script>)",
		"![x](https://evil.example/p.gif)", `<a href="x" hx-get="/console">y</a>`, `<div id="main" class="app" style="position:fixed">`,
		"<svg/onload=alert(1)>", "[x](vbscript:x)", "`</code><script>1</script>`", "<javascript:alert(1)>", "[a](java\nscript:alert(1))",
	} {
		got := strings.ToLower(MarkdownHTML(text))
		for _, bad := range []string{"<script", "<img", "<svg", "href=\"javascript", "href=\"data", "href=\"vbscript", "<div", " hx-", " id=", " class=", " style="} {
			if strings.Contains(got, bad) {
				t.Errorf("%q draws %q", text, got)
			}
		}
	}
}
