package oauth

import (
	"net/http"
	"net/url"
	"strings"

	"stoa/internal/auth"
	"stoa/internal/org"
)

// revoke ends a token, whoever shows it. Its errors are form-encoded: that is how clients read them.
func (h *handler) revoke(w http.ResponseWriter, r *http.Request) error {
	token := r.Form.Get("token")
	ok := false
	if token != "" {
		var err error
		if ok, err = h.gate.RevokeToken(r.Context(), token); err != nil {
			return err
		}
	}
	if !ok {
		w.Header().Set("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")
		w.WriteHeader(http.StatusBadRequest)
		_, err := w.Write([]byte(url.Values{"error": {"invalid_token"}, "error_description": {"invalid token"}}.Encode()))
		return err
	}
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
	return nil
}

// introspect tells a client about one of its tokens, RFC 7662. Of others it learns nothing.
func (h *handler) introspect(w http.ResponseWriter, r *http.Request) error {
	app, _, err := h.client(r, true)
	if err != nil {
		return err
	}
	type info struct {
		Active    bool   `json:"active"`
		Scope     string `json:"scope,omitempty"`
		ClientID  string `json:"client_id,omitempty"`
		Username  string `json:"username,omitempty"`
		Subject   string `json:"sub,omitempty"`
		TokenType string `json:"token_type,omitempty"`
		Expires   int64  `json:"exp,omitempty"`
		Issued    int64  `json:"iat,omitempty"`
		NotBefore int64  `json:"nbf,omitempty"`
	}
	token := r.Form.Get("token")
	if token == "" {
		return refuse("invalid_request", "missing required parameter: token")
	}
	s, a, err := h.gate.Session(r.Context(), token)
	switch {
	case err == nil && s.App == app.ID:
		sendJSON(w, http.StatusOK, info{
			Active: true, Scope: strings.Join(s.Scopes, " "), ClientID: s.App, Username: a.Username,
			Subject: identityURL(h.gate.Base(r), h.gate.OrgID(), a.User), TokenType: "access_token",
			Expires: s.Expires.Unix(), Issued: s.Created.Unix(), NotBefore: s.Created.Unix(),
		})
		return nil
	case err != nil && problemOf(err).status >= http.StatusInternalServerError:
		return err
	}
	k, ok, err := h.gate.InspectRefresh(r.Context(), token)
	if err != nil {
		return err
	}
	if ok && k.App == app.ID {
		a, active, err := h.gate.ActiveID(r.Context(), k.User)
		if err != nil {
			return err
		}
		if active {
			sendJSON(w, http.StatusOK, info{
				Active: true, Scope: strings.Join(k.Scopes, " "), ClientID: k.App, Username: a.Username,
				Subject: identityURL(h.gate.Base(r), h.gate.OrgID(), a.User), TokenType: "refresh_token", Expires: k.Expires.Unix(),
			})
			return nil
		}
	}
	sendJSON(w, http.StatusOK, info{})
	return nil
}

// singleAccess turns an access token into an address that opens a browser session, once.
func (h *handler) singleAccess(w http.ResponseWriter, r *http.Request) error {
	s, a, err := h.bearer(w, r, "access_token")
	if err != nil || s == nil {
		return err
	}
	if !mayBrowse(s) {
		return &problem{status: http.StatusForbidden, code: "invalid_scope", description: "the scope of the token does not include web"}
	}
	otp, err := h.gate.NewOTP(r.Context(), a.User)
	if err != nil {
		return err
	}
	base := h.gate.Base(r)
	q := url.Values{"otp": {otp}}
	if to := h.local(r, r.Form.Get("redirect_uri")); to != "" {
		q.Set("retURL", to)
	}
	sendJSON(w, http.StatusOK, struct {
		URI string `json:"frontdoor_uri"`
	}{base + "/secur/frontdoor.jsp?" + q.Encode()})
	return nil
}

// mayBrowse reports whether a session may become one of a browser.
func mayBrowse(s *auth.Session) bool {
	return !s.MustChange && (s.Kind == auth.UI || s.HasScope("web"))
}

// local returns the path of a page of this server, "" for anything else. It may be written with
// this server's origin, or without the slash at its beginning.
func (h *handler) local(r *http.Request, target string) string {
	if target == "" {
		return ""
	}
	if rest, ok := strings.CutPrefix(target, h.gate.Base(r)); ok && (rest == "" || rest[0] == '/' || rest[0] == '?') {
		target = "/" + strings.TrimPrefix(rest, "/")
	}
	if u, err := url.Parse(target); err != nil || u.Scheme != "" || u.Host != "" {
		return ""
	}
	if !strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "\\") {
		target = "/" + target
	}
	return auth.LocalPath(target, "")
}

// frontDoor gives a browser a session for a token or a one-time password and leads it on.
func (h *handler) frontDoor(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Referrer-Policy", "no-referrer")
	to := h.local(r, r.Form.Get("retURL"))
	if to == "" {
		to = h.local(r, r.Form.Get("startURL"))
	}
	if to == "" {
		to = h.HomePath
	}
	token, err := h.browserToken(r)
	if err != nil {
		return err
	}
	if token == "" {
		return h.signIn(w, r, to)
	}
	h.gate.SetCookie(w, r, token)
	http.Redirect(w, r, to, http.StatusFound)
	return nil
}

// browserToken returns the token of a browser session for what a request shows, "" where that is not good for one.
func (h *handler) browserToken(r *http.Request) (string, error) {
	open := func(a org.Actor) (string, error) {
		token, _, err := h.gate.Open(r.Context(), auth.Login{User: a.User, Kind: auth.UI, IP: h.gate.Address(r), Agent: r.UserAgent()})
		return token, err
	}
	if otp := r.Form.Get("otp"); otp != "" {
		user, ok, err := h.gate.UseOTP(r.Context(), otp)
		if err != nil || !ok {
			return "", err
		}
		a, active, err := h.gate.ActiveID(r.Context(), user)
		if err != nil || !active {
			return "", err
		}
		return open(a)
	}
	sid := r.Form.Get("sid")
	if sid == "" {
		return "", nil
	}
	s, a, err := h.gate.Session(r.Context(), sid)
	switch {
	case err != nil && problemOf(err).status >= http.StatusInternalServerError:
		return "", err
	case err != nil || !mayBrowse(s):
		return "", nil
	case s.Kind == auth.UI:
		return sid, nil
	default:
		return open(a)
	}
}
