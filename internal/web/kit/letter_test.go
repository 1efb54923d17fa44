package kit

import (
	"strings"
	"testing"
)

func TestLetterKeepsEverythingThatWasWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"One\ntwo":             "<p>One<br>\ntwo</p>\n",
		"a <b> c & <script>":   "<p>a &lt;b&gt; c &amp; &lt;script&gt;</p>\n",
		"    four spaces":      "<pre><code>four spaces\n</code></pre>\n",
		"**b** and _i_":        "<p><strong>b</strong> and <em>i</em></p>\n",
		"1. one\n2. two":       "<ol>\n<li>one</li>\n<li>two</li>\n</ol>\n",
		"> said":               "<blockquote>\n<p>said</p>\n</blockquote>\n",
		"<div>\nx\n</div>":     "<p>&lt;div&gt;<br>\nx<br>\n&lt;/div&gt;</p>\n",
		"[x](javascript:a(1))": "<p>x</p>\n",
	} {
		if got := letterHTML(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	for _, plain := range []string{"", "Dear Ada,\n\nthank you.", "See https://city.example/x and 3 < 4", "a@b.example"} {
		if got := LetterHTML(plain); got != "" {
			t.Errorf("%q has a format: %q", plain, got)
		}
	}
	for _, rich := range []string{"**b**", "- one", "# Title", "[us](https://city.example)", "`code`"} {
		if !strings.Contains(LetterHTML(rich), "<") {
			t.Errorf("%q has no format", rich)
		}
	}
}
