package console

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"stoa/internal/fault"
	"stoa/internal/web/kit"
)

// The cookies of the console; sign-in has its own.
const (
	themeCookie = "stoa_theme"
	keysCookie  = "stoa_keys"
	flashCookie = "stoa_flash"

	purposeCookie = "stoa_purpose"
)

// signInForm is what the sign-in page shows.
type signInForm struct {
	OrgName  string
	Username string
	To       string // where to go afterwards
	Error    string
	Demo     []DemoUser
}

func root(v *visit) error {
	if err := v.identify(); err != nil || v.s == nil {
		return v.redirect("/login")
	}
	return v.redirect("/console/home")
}

// askSignIn leads to the sign-in page and back again afterwards.
func (v *visit) askSignIn() error {
	to := "/login"
	if v.r.Method == http.MethodGet {
		to = kit.Query("/login", "to", v.r.URL.RequestURI())
	}
	if v.fragment() {
		v.w.Header().Set("HX-Redirect", to)
		v.w.WriteHeader(http.StatusUnauthorized)
		return nil
	}
	return v.redirect(to)
}

func (v *visit) signInForm() signInForm {
	f := signInForm{OrgName: v.console.opt.OrgName, To: v.query("to")}
	if v.r.Method == http.MethodPost {
		f.Username, f.To = strings.TrimSpace(v.posted("username")), v.posted("to")
	}
	if loopback(v.r) {
		f.Demo = v.console.opt.Demo
	}
	return f
}

func showSignIn(v *visit) error {
	if err := v.identify(); err == nil && v.s != nil {
		return v.redirect(local(v.query("to"), "/console/home"))
	}
	return v.draw(http.StatusOK, signInPage(v.ui, v.signInForm()))
}

func signIn(v *visit) error {
	f := v.signInForm()
	if f.Username == "" || v.posted("password") == "" {
		f.Error = v.ui.T("login.both")
		return v.draw(http.StatusUnprocessableEntity, signInPage(v.ui, f))
	}
	return v.signedIn(f, v.console.opt.SignIn(v.w, v.r, f.Username, v.posted("password")))
}

func signInDemo(v *visit) error {
	f := v.signInForm()
	for _, d := range f.Demo {
		if d.Username == v.posted("username") {
			return v.signedIn(f, v.console.opt.SignInAs(v.w, v.r, d.Username))
		}
	}
	return fault.New(fault.NotFound, "")
}

func (v *visit) signedIn(f signInForm, err error) error {
	if err == nil {
		return v.redirect(local(f.To, "/console/home"))
	}
	why := fault.From(err)
	if why.Code == fault.UnknownException {
		return err
	}
	status := http.StatusUnprocessableEntity
	if why.Code == fault.RequestLimitExceeded {
		status = http.StatusTooManyRequests
	}
	f.Error = why.Message
	if why.Code == fault.InvalidLogin {
		f.Error = v.ui.T("login.wrong")
	}
	return v.draw(status, signInPage(v.ui, f))
}

func askSignOut(v *visit) error {
	if err := v.identify(); err != nil || v.s == nil {
		return v.redirect("/login")
	}
	return v.draw(http.StatusOK, framed(v.frame(v.ui.T("shell.signOut"), "log-out", nil), signOutPage(v.ui)))
}

func signOut(v *visit) error {
	if err := v.console.opt.SignOut(v.w, v.r); err != nil {
		return err
	}
	v.forget(flashCookie)
	v.forget(purposeCookie)
	return v.redirect("/login")
}

func savePreferences(v *visit) error {
	_, themed := v.values()["theme"]
	switch theme := v.posted("theme"); {
	case theme == "light" || theme == "dark":
		v.keep(themeCookie, theme, 365*24*time.Hour)
	case themed:
		v.forget(themeCookie)
	}
	switch v.posted("keys") {
	case "off":
		v.keep(keysCookie, "off", 365*24*time.Hour)
	case "on":
		v.forget(keysCookie)
	}
	return v.redirect(local(v.posted("back"), "/console/home"))
}

// keep sets a cookie of the console; none of them says who the person is.
func (v *visit) keep(name, value string, age time.Duration) {
	http.SetCookie(v.w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(age / time.Second), HttpOnly: true, // 0 is for as long as the browser is open
		Secure: v.r.TLS != nil, SameSite: http.SameSiteLaxMode,
	})
}

func (v *visit) forget(name string) {
	http.SetCookie(v.w, &http.Cookie{
		Name: name, Path: "/", MaxAge: -1, HttpOnly: true, Secure: v.r.TLS != nil, SameSite: http.SameSiteLaxMode,
	})
}

// lightning leads an address of the original's own pages to the page that shows the same here.
func lightning(twin string) func(*visit) error {
	return func(v *visit) error {
		to := twin
		for name, value := range v.args {
			to = strings.ReplaceAll(to, "{"+name+"}", url.PathEscape(value))
		}
		return v.redirect(to)
	}
}
