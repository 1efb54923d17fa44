package desk

import (
	"net/http"
	"strings"

	"stoa/apps/service"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// A tool is a button of the toolbar for texts in Markdown.
type tool struct{ what, icon, label, key string }

// tools are the buttons in their order; those that only lines of an article need come last.
func tools(v *page.Visit) []tool {
	return []tool{
		{"bold", "bold", v.T("write.bold"), "Ctrl B"}, {"italic", "italic", v.T("write.italic"), "Ctrl I"}, {"link", "link", v.T("write.link"), "Ctrl Shift L"},
		{"list", "list", v.T("write.list"), "Ctrl Shift 8"}, {"numbers", "list-ordered", v.T("write.numbers"), "Ctrl Shift 7"},
		{"heading", "heading", v.T("write.heading"), "Ctrl Shift H"}, {"quote", "quote", v.T("write.quote"), "Ctrl Shift 9"},
	}
}

// previewLetter shows a text as the citizen will get it. Without script it is a page, and the text is kept as a draft.
func previewLetter(v *page.Visit) error {
	body := v.Text("body", maxBody)
	if v.Fragment() {
		return v.Draw(http.StatusOK, kit.Letter(body))
	}
	q, id, err := args(v)
	if err != nil {
		return err
	}
	c, err := head(v, q, id)
	if err != nil {
		return err
	}
	d := draftOf(v, id, service.DraftReply)
	if strings.TrimSpace(d.Body) != "" {
		if err := service.SaveDraft(v.Ctx(), v.S, d); err != nil {
			return err
		}
	}
	return v.Answer(page.Page{Title: v.T("write.preview"), Icon: "eye", Body: previewPage(c, d)})
}

// previewArticle shows a text as readers of an article will see it.
func previewArticle(v *page.Visit) error {
	return v.Draw(http.StatusOK, kit.Markdown(v.Text("body", articleMost)))
}
