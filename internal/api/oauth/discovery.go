package oauth

import "net/http"

// configuration answers OpenID Connect Discovery.
func (h *handler) configuration(w http.ResponseWriter, r *http.Request) error {
	base := h.gate.Base(r)
	at := base + "/services/oauth2/"
	sendJSON(w, http.StatusOK, map[string]any{
		"issuer":                                base,
		"authorization_endpoint":                at + "authorize",
		"token_endpoint":                        at + "token",
		"revocation_endpoint":                   at + "revoke",
		"userinfo_endpoint":                     at + "userinfo",
		"introspection_endpoint":                at + "introspect",
		"registration_endpoint":                 base + registerPath,
		"jwks_uri":                              base + "/id/keys",
		"scopes_supported":                      []string{"api", "web", "full", "openid", "id", "profile", "email", "address", "phone", "refresh_token", "offline_access"},
		"response_types_supported":              []string{"code", "token"},
		"grant_types_supported":                 []string{"authorization_code", "implicit", "refresh_token", "password", "client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer", "device"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"code_challenge_methods_supported":      []string{"S256"},
		"display_values_supported":              []string{"page"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic", "none"},
		"claims_supported":                      []string{"sub", "user_id", "organization_id", "preferred_username", "nickname", "name", "email", "email_verified", "given_name", "family_name", "zoneinfo", "locale", "language", "updated_at", "user_type", "active"},
	})
	return nil
}

// keys answers the keys that verify ID tokens.
func (h *handler) keys(w http.ResponseWriter, r *http.Request) error {
	set, err := h.gate.PublicKeys(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "public, max-age=3600")
	sendJSON(w, http.StatusOK, set)
	return nil
}
