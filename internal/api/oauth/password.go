package oauth

import (
	"net/http"

	"stoa/internal/auth"
	"stoa/internal/fault"
)

// PasswordPath is the page where a signed-in person changes the password; who must change it can do nothing else.
const PasswordPath = "/secur/changepassword"

const formPassword = "password"

// password draws the form, and changes the password of the session behind the cookie.
func (h *handler) password(w http.ResponseWriter, r *http.Request) error {
	to := h.local(r, r.Form.Get("retURL"))
	if to == "" {
		to = h.HomePath
	}
	token, s, a, err := h.cookie(r)
	if err != nil {
		return err
	}
	if s == nil {
		return h.signIn(w, r, PasswordPath)
	}
	v := view{
		Title: "Choose a new password", User: a.Name, Username: a.Username, Action: PasswordPath, Hidden: []field{{"retURL", to}},
		FormToken: auth.FormToken(token, formPassword),
	}
	if r.Method != http.MethodPost {
		return h.page(w, http.StatusOK, "password", v)
	}
	if !auth.CheckForm(token, formPassword, r.PostForm.Get("form_token")) {
		return h.page(w, http.StatusForbidden, "error", view{Title: "This page is too old", Text: "Go back and try again.", Code: "csrf"})
	}
	switch word := r.PostForm.Get("new"); {
	case word != r.PostForm.Get("again"):
		v.Text = "The two new passwords differ."
	default:
		err := h.gate.ChangePassword(r.Context(), token, r.PostForm.Get("old"), word, h.gate.Address(r))
		if err == nil {
			http.Redirect(w, r, to, http.StatusSeeOther)
			return nil
		}
		f := fault.From(err)
		switch f.Code {
		case fault.InvalidLogin:
			v.Text = "The old password is wrong, or there were too many wrong ones."
		case fault.InvalidNewPassword, fault.RequestLimitExceeded:
			v.Text = f.Message
		default:
			return err
		}
	}
	return h.page(w, http.StatusUnprocessableEntity, "password", v)
}
