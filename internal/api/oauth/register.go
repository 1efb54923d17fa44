package oauth

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"stoa/internal/auth"
	"stoa/internal/fault"
	"stoa/internal/org"
)

// registerPath is where administrators' programs make connected apps, RFC 7591 and 7592.
const registerPath = "/services/oauth2/register"

// A registration is a connected app as RFC 7591 writes it, with what only Stoa knows of one.
type registration struct {
	ClientID     string   `json:"client_id,omitempty"`
	ClientSecret string   `json:"client_secret,omitempty"` // in the answer that made it, and in a request that names its own
	SecretEnds   *int64   `json:"client_secret_expires_at,omitempty"`
	Issued       int64    `json:"client_id_issued_at,omitempty"`
	Name         string   `json:"client_name"`
	Redirects    []string `json:"redirect_uris,omitempty"`
	Grants       []string `json:"grant_types,omitempty"` // none: all
	Scope        string   `json:"scope,omitempty"`       // none: all
	AuthMethod   string   `json:"token_endpoint_auth_method,omitempty"`
	// Keys holds the one RSA key that signs assertions.
	Keys *jose.JSONWebKeySet `json:"jwks,omitempty"`

	RunAs   string `json:"stoa_run_as,omitempty"`  // user name for client_credentials
	Purpose string `json:"stoa_purpose,omitempty"` // where a request declares none
	Trusted bool   `json:"stoa_trusted,omitempty"` // users are not asked
	Rotate  bool   `json:"stoa_rotate_refresh_tokens,omitempty"`
}

// administrator returns whether the request may manage connected apps, as a problem where it may not.
func (h *handler) administrator(r *http.Request) error {
	in, err := h.gate.Authenticate(r.Context(), auth.Credentials{Token: auth.HeaderToken(r.Header), Channel: org.REST, Purpose: auth.DeclaredPurpose(r.Header)})
	if err != nil {
		if fault.From(err).Code == fault.InvalidSessionID {
			return &problem{status: http.StatusUnauthorized, code: "invalid_token", description: "Session expired or invalid"}
		}
		return err
	}
	if !in.Can("CustomizeApplication") {
		return &problem{status: http.StatusForbidden, code: "access_denied", description: "connected apps are for administrators"}
	}
	return nil
}

// register makes a connected app, or lists them.
func (h *handler) register(w http.ResponseWriter, r *http.Request) error {
	if err := h.administrator(r); err != nil {
		return err
	}
	if r.Method == http.MethodPost {
		return h.saveApp(w, r, "", http.StatusCreated)
	}
	apps, err := h.gate.Apps(r.Context())
	if err != nil {
		return err
	}
	all := make([]*registration, len(apps))
	for i, a := range apps {
		if all[i], err = h.registration(r, a); err != nil {
			return err
		}
	}
	sendJSON(w, http.StatusOK, all)
	return nil
}

// registered shows, changes or removes the connected app that the path names.
func (h *handler) registered(w http.ResponseWriter, r *http.Request) error {
	if err := h.administrator(r); err != nil {
		return err
	}
	id := r.PathValue("id")
	app, ok, err := h.gate.App(r.Context(), id)
	if err != nil {
		return err
	}
	if !ok {
		return &problem{status: http.StatusNotFound, code: "invalid_client_id", description: "client identifier invalid"}
	}
	switch r.Method {
	case http.MethodPut:
		return h.saveApp(w, r, id, http.StatusOK)
	case http.MethodDelete:
		if _, err := h.gate.DropApp(r.Context(), id); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	reg, err := h.registration(r, app)
	if err != nil {
		return err
	}
	sendJSON(w, http.StatusOK, reg)
	return nil
}

// saveApp reads a registration and answers what became of it; id is "" for a new one.
func (h *handler) saveApp(w http.ResponseWriter, r *http.Request, id string, status int) error {
	var reg registration
	if err := json.NewDecoder(r.Body).Decode(&reg); err != nil {
		return refuse("invalid_client_metadata", "the request is no JSON object of client metadata")
	}
	if id != "" {
		reg.ClientID = id
	} else if reg.ClientID != "" {
		if _, taken, err := h.gate.App(r.Context(), reg.ClientID); err != nil {
			return err
		} else if taken {
			return refuse("invalid_client_metadata", "the client id is taken")
		}
	}
	app := auth.App{
		ID: reg.ClientID, Name: reg.Name, Public: reg.AuthMethod == "none", Redirects: reg.Redirects, Grants: reg.Grants,
		Scopes: strings.Fields(reg.Scope), Purpose: reg.Purpose, Trusted: reg.Trusted, Rotate: reg.Rotate,
	}
	if _, err := new(auth.App).Granted(reg.Scope); err != nil {
		return refuse("invalid_client_metadata", fault.From(err).Message)
	}
	if reg.RunAs != "" {
		a, ok, err := h.gate.Active(r.Context(), reg.RunAs)
		if err != nil {
			return err
		}
		if !ok {
			return refuse("invalid_client_metadata", "there is no active user "+reg.RunAs)
		}
		app.RunAs = a.User
	}
	if reg.Keys != nil {
		if len(reg.Keys.Keys) != 1 {
			return refuse("invalid_client_metadata", "jwks must hold one key")
		}
		der, err := x509.MarshalPKIXPublicKey(reg.Keys.Keys[0].Public().Key)
		if err != nil {
			return refuse("invalid_client_metadata", "the key must be an RSA public key")
		}
		app.Key = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	}
	saved, secret, err := h.gate.SaveApp(r.Context(), app, reg.ClientSecret)
	if err != nil {
		if f := fault.From(err); f.Code == fault.InvalidArgument {
			return refuse("invalid_client_metadata", f.Message)
		}
		return err
	}
	out, err := h.registration(r, saved)
	if err != nil {
		return err
	}
	if secret != "" {
		out.ClientSecret, out.SecretEnds = secret, new(int64) // 0: never
	}
	sendJSON(w, status, out)
	return nil
}

// newSecret gives a connected app another client secret; the old one ends.
func (h *handler) newSecret(w http.ResponseWriter, r *http.Request) error {
	if err := h.administrator(r); err != nil {
		return err
	}
	id := r.PathValue("id")
	secret, err := h.gate.RotateSecret(r.Context(), id)
	if err != nil {
		if fault.From(err).Code == fault.NotFound {
			return &problem{status: http.StatusNotFound, code: "invalid_client_id", description: "there is no such app with a secret"}
		}
		return err
	}
	sendJSON(w, http.StatusOK, struct {
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
		SecretEnds   int64  `json:"client_secret_expires_at"`
	}{id, secret, 0})
	return nil
}

func (h *handler) registration(r *http.Request, a *auth.App) (*registration, error) {
	reg := &registration{
		ClientID: a.ID, Name: a.Name, Redirects: a.Redirects, Grants: a.Grants, Scope: strings.Join(a.Scopes, " "),
		AuthMethod: "client_secret_post", Purpose: a.Purpose, Trusted: a.Trusted, Rotate: a.Rotate,
	}
	if a.Public {
		reg.AuthMethod = "none"
	}
	if !a.Created.IsZero() {
		reg.Issued = a.Created.Unix()
	}
	if a.Key != "" {
		key, err := a.PublicKey()
		if err != nil {
			return nil, err
		}
		reg.Keys = &jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key, Algorithm: string(jose.RS256), Use: "sig"}}}
	}
	if a.RunAs != "" {
		user, _, err := h.gate.ActiveID(r.Context(), a.RunAs)
		if err != nil {
			return nil, err
		}
		reg.RunAs = user.Username
	}
	return reg, nil
}
