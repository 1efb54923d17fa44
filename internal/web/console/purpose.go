package console

import (
	"net/http"
	"slices"

	"stoa/internal/fault"
	"stoa/internal/web/kit"
)

// purposes returns the purposes that the person can work under, the one of sign-in first: those of the pages that
// the rail leads them to come after it.
func (v *visit) purposes() []string {
	all := []string{v.signedFor}
	for _, p := range v.console.opt.Places {
		if !v.reaches(p) {
			continue
		}
		for _, page := range v.console.opt.Pages {
			if page.Path == p.Href && page.Purpose != "" && !slices.Contains(all, page.Purpose) {
				all = append(all, page.Purpose)
			}
		}
	}
	return all
}

// bindPurpose puts the session under the purpose that the person chose, if they still hold it.
func (v *visit) bindPurpose() (err error) {
	v.signedFor = v.s.Purpose()
	k, err := v.r.Cookie(purposeCookie)
	if err != nil || !slices.Contains(v.purposes(), k.Value) {
		return nil
	}
	v.s, err = v.s.For(k.Value)
	return err
}

// purpose returns what the strip of a page about people says.
func (v *visit) purpose() *kit.Purpose {
	p := &kit.Purpose{Name: v.purposeName(v.s.Purpose())}
	if len(v.purposes()) > 1 {
		p.Change = kit.Query("/console/purpose", "back", v.r.URL.RequestURI())
	}
	return p
}

// purposeName returns a purpose in words, its code where it has none.
func (v *visit) purposeName(code string) string {
	if key := "purpose.name." + code; v.ui.Has(key) {
		return v.ui.T(key)
	}
	return code
}

// A purposeChoice is a line of the page where a purpose is chosen.
type purposeChoice struct {
	code, name, does string
	now              bool
}

func showPurposes(v *visit) error {
	var all []purposeChoice
	for _, code := range v.purposes() {
		c := purposeChoice{code: code, name: v.purposeName(code), now: code == v.s.Purpose()}
		if key := "purpose.does." + code; v.ui.Has(key) {
			c.does = v.ui.T(key)
		}
		all = append(all, c)
	}
	title := v.ui.T("purpose.title")
	return v.draw(http.StatusOK, framed(v.frame(title, "scale", nil), purposeBody(v.ui, title, all, local(v.query("back"), "/console/home"))))
}

func choosePurpose(v *visit) error {
	code := v.posted("purpose")
	if !slices.Contains(v.purposes(), code) {
		return fault.New(fault.InsufficientAccess, "")
	}
	if code == v.signedFor {
		v.forget(purposeCookie)
	} else {
		v.keep(purposeCookie, code, 0)
	}
	v.flash(flash{Text: v.ui.T("purpose.chosen", "purpose", v.purposeName(code))})
	return v.redirect(local(v.posted("back"), "/console/home"))
}
