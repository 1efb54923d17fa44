package oauth

import (
	"net/http"
	"net/url"

	"stoa/internal/auth"
)

// deviceStart begins a device flow, RFC 8628 as Salesforce clients speak it: at the token endpoint.
func (h *handler) deviceStart(w http.ResponseWriter, r *http.Request) error {
	app, _, err := h.app(r, auth.GrantDevice, false)
	if err != nil {
		return err
	}
	scopes, err := granted(app, r.Form.Get("scope"), app.Allows(auth.GrantRefresh))
	if err != nil {
		return err
	}
	code, userCode, err := h.gate.NewDevice(r.Context(), app.ID, scopes)
	if err != nil {
		return err
	}
	page := h.gate.Base(r) + devicePage
	sendJSON(w, http.StatusOK, struct {
		DeviceCode string `json:"device_code"`
		UserCode   string `json:"user_code"`
		Page       string `json:"verification_uri"`
		Complete   string `json:"verification_uri_complete"`
		Interval   int    `json:"interval"`
		Expires    int    `json:"expires_in"`
	}{code, userCode, page, page + "?user_code=" + userCode, int(auth.DevicePace().Seconds()), int(auth.DeviceLife().Seconds())})
	return nil
}

const devicePage = "/services/oauth2/device"

// byDevice answers a device that asks whether it was let in.
func (h *handler) byDevice(r *http.Request) (*answer, error) {
	app, secret, err := h.app(r, auth.GrantDevice, false)
	if err != nil {
		return nil, err
	}
	code := r.Form.Get("code")
	if code == "" {
		code = r.Form.Get("device_code")
	}
	d, state, err := h.gate.PollDevice(r.Context(), app.ID, code)
	if err != nil {
		return nil, err
	}
	switch state {
	case auth.DevicePending:
		return nil, refuse("authorization_pending", "user has not responded")
	case auth.DeviceTooFast:
		return nil, refuse("slow_down", "user has not responded; poll less often")
	case auth.DeviceDenied:
		return nil, refuse("access_denied", "end-user denied authorization")
	case auth.DeviceAllowed:
		return h.issue(r, auth.Login{User: d.User, App: app, Scopes: d.Scopes}, secret, "", app.Allows(auth.GrantRefresh))
	case auth.DeviceExpired:
	}
	return nil, refuse("expired_token", "the device code is unknown, was used or is too old")
}

// device is the page where a person lets a device in.
func (h *handler) device(w http.ResponseWriter, r *http.Request) error {
	token, s, actor, err := h.browser(r)
	if err != nil {
		return err
	}
	code := r.Form.Get("user_code")
	if s == nil {
		path := devicePage
		if code != "" {
			path += "?" + url.Values{"user_code": {code}}.Encode()
		}
		return h.signIn(w, r, path)
	}
	ask := func(text string) error {
		return h.page(w, http.StatusOK, "device-code", view{Title: "Connect a device", Text: text, Action: devicePage, Asked: code})
	}
	if code == "" {
		return ask("")
	}
	if !h.gate.MayGuess(s.ID) {
		return ask("You have tried too many codes. Wait a minute.")
	}
	if r.Method == http.MethodPost {
		if !auth.CheckForm(token, formDevice, r.PostForm.Get("form_token")) {
			return h.page(w, http.StatusForbidden, "error", view{Title: "This page is too old", Text: "Go back and try again.", Code: "csrf"})
		}
		allow := r.PostForm.Get("answer") == "allow"
		ok, err := h.gate.AnswerDevice(r.Context(), code, s.User, allow)
		switch {
		case err != nil:
			return err
		case !ok:
			return ask("The code is wrong or too old.")
		case !allow:
			return h.page(w, http.StatusOK, "error", view{Title: "The device was not let in", Text: "You can close this window."})
		}
		return h.success(w, r)
	}
	d, ok, err := h.gate.DeviceByUserCode(r.Context(), code)
	if err != nil {
		return err
	}
	if !ok {
		return ask("The code is wrong or too old.")
	}
	app, ok, err := h.gate.App(r.Context(), d.App)
	if err != nil {
		return err
	}
	if !ok {
		return ask("The code is wrong or too old.")
	}
	return h.page(w, http.StatusOK, "device", view{
		Title: "Let " + app.Name + " in?", App: app.Name, User: actor.Name, Username: actor.Username, Rights: rights(d.Scopes), Asked: d.UserCode,
		Action: devicePage, Hidden: []field{{"user_code", d.UserCode}}, FormToken: auth.FormToken(token, formDevice),
	})
}
