package recruit

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"codeberg.org/go-pdf/fpdf"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"stoa/internal/web/page"
)

// Sizes of a letter on A4: millimetres, fonts in points.
const (
	pageMargin = 25
	lineHeight = 6
	bodySize   = 11
	listIndent = 6
)

// letterPDF sets a letter in Markdown as a PDF. The page is the accessible original; this is for the file of who signs.
// The fonts have Latin, Greek and Cyrillic letters.
func letterPDF(house, title, lang, markdown string) ([]byte, error) {
	p := fpdf.New("P", "mm", "A4", "")
	p.SetMargins(pageMargin, pageMargin, pageMargin)
	p.SetAutoPageBreak(true, pageMargin)
	p.AddUTF8FontFromBytes("body", "", goregular.TTF)
	p.AddUTF8FontFromBytes("body", "B", gobold.TTF)
	p.SetTitle(title, true)
	p.SetAuthor(house, true)
	p.SetLang(lang)
	p.SetFooterFunc(func() {
		p.SetY(-pageMargin + lineHeight)
		p.SetFont("body", "", 9)
		p.CellFormat(0, lineHeight, house+" · "+strconv.Itoa(p.PageNo()), "", 0, "C", false, 0, "")
	})
	p.AddPage()
	p.SetFont("body", "B", bodySize)
	p.MultiCell(0, lineHeight, house, "", "L", false)
	p.Ln(2 * lineHeight)
	source := []byte(markdown)
	for n := goldmark.DefaultParser().Parse(text.NewReader(source)).FirstChild(); n != nil; n = n.NextSibling() {
		writeBlock(p, n, source, 0)
	}
	var b bytes.Buffer
	if err := p.Output(&b); err != nil {
		return nil, fmt.Errorf("set letter: %w", err)
	}
	return b.Bytes(), nil
}

// myOffer is the applicant's offer as a file.
func myOffer(v *page.Visit) error {
	_, p, err := openMine(v)
	if err != nil {
		return err
	}
	if p.Offer == nil {
		return page.NotFound()
	}
	return sendLetter(v, p.Job.Title, p.Reference, p.Offer.Body)
}

// offerFile is an offer as a file, for the staff.
func offerFile(v *page.Visit) error {
	o, err := readOffer(v)
	if err != nil {
		return err
	}
	if o.veiled() {
		return page.NotFound()
	}
	return sendLetter(v, o.C.Title, o.C.Reference, o.Terms.Body)
}

func sendLetter(v *page.Visit, title, reference, markdown string) error {
	b, err := letterPDF(v.Surface.Org().Name(), title, v.UI.Lang(), markdown)
	if err != nil {
		return err
	}
	v.W.Header().Set("Content-Disposition", page.Attachment(reference+".pdf"))
	v.W.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'")
	return v.Write(200, "application/pdf", b)
}

// writeBlock sets one block of the letter, and those within it.
func writeBlock(p *fpdf.Fpdf, n ast.Node, source []byte, indent float64) {
	switch n := n.(type) {
	case *ast.Heading:
		p.SetFont("body", "B", bodySize+float64(max(0, 4-n.Level)))
		p.MultiCell(0, lineHeight+1, words(n, source), "", "L", false)
		p.Ln(lineHeight / 2)
	case *ast.List:
		number := n.Start
		for item := n.FirstChild(); item != nil; item = item.NextSibling() {
			mark := "•"
			if n.IsOrdered() {
				mark = strconv.Itoa(number) + "."
				number++
			}
			p.SetFont("body", "", bodySize)
			p.SetX(pageMargin + indent)
			p.CellFormat(listIndent, lineHeight, mark, "", 0, "L", false, 0, "")
			for c := item.FirstChild(); c != nil; c = c.NextSibling() {
				writeBlock(p, c, source, indent+listIndent)
			}
		}
	case *ast.Blockquote:
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			writeBlock(p, c, source, indent+listIndent)
		}
	case *ast.ThematicBreak:
		p.Ln(lineHeight)
	default:
		p.SetFont("body", "", bodySize)
		p.SetX(pageMargin + indent)
		p.MultiCell(0, lineHeight, words(n, source), "", "L", false)
		p.Ln(lineHeight / 2)
	}
}

// words returns the text of a block without its marks; a line break that was asked for stays.
func words(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(c ast.Node, enter bool) (ast.WalkStatus, error) { // the walker below returns no error
		if t, ok := c.(*ast.Text); ok && enter {
			b.Write(t.Segment.Value(source))
			switch {
			case t.HardLineBreak():
				b.WriteByte('\n')
			case t.SoftLineBreak():
				b.WriteByte(' ')
			}
		}
		if s, ok := c.(*ast.String); ok && enter {
			b.Write(s.Value)
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}
