package oauth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"stoa/internal/auth"
	"stoa/internal/fault"
	"stoa/internal/record"
)

// An answer is what a client gets with a token.
type answer struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Signature    string `json:"signature"`
	Scope        string `json:"scope,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
	InstanceURL  string `json:"instance_url"`
	ID           string `json:"id"`
	TokenType    string `json:"token_type"`
	IssuedAt     string `json:"issued_at"` // milliseconds since 1970
}

// form returns the answer as the fragment of a redirect carries it.
func (a *answer) form() url.Values {
	v := url.Values{
		"access_token": {a.AccessToken}, "instance_url": {a.InstanceURL}, "id": {a.ID}, "issued_at": {a.IssuedAt},
		"signature": {a.Signature}, "scope": {a.Scope}, "token_type": {a.TokenType},
	}
	if a.RefreshToken != "" {
		v.Set("refresh_token", a.RefreshToken)
	}
	return v
}

// answer builds the answer for tokens. secret is the client's, as far as it
// showed it: with it the client can check the signature.
func (h *handler) answer(r *http.Request, t *auth.Tokens, secret, nonce string) (*answer, error) {
	base := h.gate.Base(r)
	now := h.gate.Now()
	a := &answer{
		AccessToken: t.Access, RefreshToken: t.Refresh, Scope: strings.Join(t.Session.Scopes, " "), InstanceURL: base,
		ID: identityURL(base, h.gate.OrgID(), t.Actor.User), TokenType: "Bearer", IssuedAt: strconv.FormatInt(now.UnixMilli(), 10),
	}
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(a.ID + a.IssuedAt))
	a.Signature = base64.StdEncoding.EncodeToString(m.Sum(nil))
	if slices.Contains(t.Session.Scopes, "openid") && t.Session.App != "" {
		hash := sha256.Sum256([]byte(t.Access))
		var err error
		a.IDToken, err = h.gate.SignJWT(r.Context(), struct {
			Issuer   string `json:"iss"`
			Subject  string `json:"sub"`
			Audience string `json:"aud"`
			Expires  int64  `json:"exp"`
			Issued   int64  `json:"iat"`
			Hash     string `json:"at_hash"`
			Nonce    string `json:"nonce,omitempty"`
		}{base, a.ID, t.Session.App, now.Add(10 * time.Minute).Unix(), now.Unix(), base64.RawURLEncoding.EncodeToString(hash[:16]), nonce})
		if err != nil {
			return nil, err
		}
	}
	return a, nil
}

func identityURL(base string, org, user record.ID) string {
	return base + "/id/" + string(org) + "/" + string(user)
}

// token answers /services/oauth2/token.
func (h *handler) token(w http.ResponseWriter, r *http.Request) error {
	if r.Form.Get("response_type") == "device_code" {
		return h.deviceStart(w, r)
	}
	grant := r.Form.Get("grant_type")
	var give func(*http.Request) (*answer, error)
	switch grant {
	case auth.GrantPassword:
		give = h.byPassword
	case auth.GrantCode:
		give = h.byCode
	case auth.GrantRefresh:
		give = h.byRefresh
	case auth.GrantClient:
		give = h.byClient
	case auth.GrantJWT:
		give = h.byAssertion
	case auth.GrantDevice, "urn:ietf:params:oauth:grant-type:device_code":
		give = h.byDevice
	case "":
		return refuse("invalid_request", "missing required parameter: grant_type")
	default:
		return refuse("unsupported_grant_type", "grant type not supported")
	}
	a, err := give(r)
	if err != nil {
		return err
	}
	sendJSON(w, http.StatusOK, a)
	return nil
}

// app returns the client of a grant that it may use.
func (h *handler) app(r *http.Request, grant string, prove bool) (*auth.App, string, error) {
	app, secret, err := h.client(r, prove)
	if err != nil {
		return nil, "", err
	}
	if !app.Allows(grant) {
		return nil, "", refuse("unauthorized_client", "this app may not use the grant type "+grant)
	}
	return app, secret, nil
}

// granted returns the scopes that app gets of those that a request names. Without
// offline the answer brings no refresh token, and does not say that it does.
func granted(app *auth.App, asked string, offline bool) ([]string, error) {
	scopes, err := app.Granted(asked)
	if err != nil {
		return nil, refuse("invalid_scope", fault.From(err).Message)
	}
	if !offline {
		scopes = slices.DeleteFunc(scopes, func(s string) bool { return s == "refresh_token" || s == "offline_access" })
	}
	return scopes, nil
}

// issue opens a session for app's user and answers with its token.
func (h *handler) issue(r *http.Request, l auth.Login, secret, nonce string, offline bool) (*answer, error) {
	l.Kind, l.IP, l.Agent = auth.API, h.gate.Address(r), r.UserAgent()
	if l.Purpose == "" {
		l.Purpose = auth.DeclaredPurpose(r.Header)
	}
	t, err := h.gate.Issue(r.Context(), l, offline)
	if err != nil {
		if f, ok := errors.AsType[*fault.Error](err); ok && f.Code == fault.InvalidLogin {
			return nil, refuse("invalid_grant", "inactive user")
		}
		return nil, err
	}
	return h.answer(r, t, secret, nonce)
}

func (h *handler) byPassword(r *http.Request) (*answer, error) {
	app, secret, err := h.app(r, auth.GrantPassword, true)
	if err != nil {
		return nil, err
	}
	username, password := r.Form.Get("username"), r.Form.Get("password")
	if username == "" || password == "" {
		return nil, refuse("invalid_request", "missing required parameter: username or password")
	}
	scopes, err := granted(app, r.Form.Get("scope"), false)
	if err != nil {
		return nil, err
	}
	a, must, err := h.gate.Verify(r.Context(), username, password, h.gate.Address(r))
	if err != nil {
		return nil, err
	}
	if must {
		return nil, refuse("invalid_grant", "password expired")
	}
	return h.issue(r, auth.Login{User: a.User, App: app, Scopes: scopes}, secret, "", false)
}

func (h *handler) byCode(r *http.Request) (*answer, error) {
	app, secret, err := h.app(r, auth.GrantCode, true)
	if err != nil {
		return nil, err
	}
	// Whoever shows a code has used it, also when the rest is wrong: it cannot be tried again.
	c, ok, err := h.gate.UseCode(r.Context(), r.Form.Get("code"))
	if err != nil {
		return nil, err
	}
	if !ok || c.App != app.ID {
		return nil, refuse("invalid_grant", "invalid authorization code")
	}
	if redirect := r.Form.Get("redirect_uri"); c.Redirect != "" && redirect != c.Redirect {
		return nil, refuse("redirect_uri_mismatch", "redirect_uri must match configuration")
	}
	if !c.Verifies(r.Form.Get("code_verifier")) {
		return nil, refuse("invalid_grant", "invalid code verifier")
	}
	return h.issue(r, auth.Login{User: c.User, App: app, Scopes: c.Scopes, Family: c.Family}, secret, c.Nonce, app.Allows(auth.GrantRefresh))
}

func (h *handler) byRefresh(r *http.Request) (*answer, error) {
	app, secret, err := h.app(r, auth.GrantRefresh, true)
	if err != nil {
		return nil, err
	}
	var scopes []string
	if asked := strings.Fields(r.Form.Get("scope")); len(asked) > 0 {
		scopes = asked
	}
	t, ok, err := h.gate.Renew(r.Context(), app, r.Form.Get("refresh_token"), h.gate.Address(r), r.UserAgent(), scopes)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, refuse("invalid_grant", "expired access/refresh token")
	}
	return h.answer(r, t, secret, "")
}

func (h *handler) byClient(r *http.Request) (*answer, error) {
	app, secret, err := h.app(r, auth.GrantClient, true)
	if err != nil {
		return nil, err
	}
	if app.Public || app.RunAs == "" {
		return nil, refuse("invalid_grant", "no client credentials user enabled")
	}
	scopes, err := granted(app, r.Form.Get("scope"), false)
	if err != nil {
		return nil, err
	}
	return h.issue(r, auth.Login{User: app.RunAs, App: app, Scopes: scopes}, secret, "", false)
}
