package auth

import (
	"slices"
	"strings"

	"stoa/internal/fault"
)

// knownScope reports whether clients may ask for a scope. Those without a meaning
// here are granted all the same: what they would open does not exist.
func knownScope(s string) bool {
	if code, ok := strings.CutPrefix(s, purposeScope); ok {
		return validPurpose(code)
	}
	switch s {
	case "api", "web", "full", "refresh_token", "offline_access", "openid", "id", "profile", "email", "address", "phone",
		"visualforce", "lightning", "content", "chatter_api", "custom_permissions", "wave_api", "eclair_api", "pardot_api",
		"cdp_api", "sfap_api", "einstein_gpt_api", "interaction_api", "scrt_api", "user_registration_api", "forgot_password":
		return true
	}
	return false
}

const purposeScope = "purpose:"

// Granted returns what an app is granted of the scopes that a request named,
// separated by blanks. None named means all of the app's, or api, web and
// refresh_token. The app's purposes come with every token: they are a ceiling. A scope that
// is unknown, or more than the app may have, is INVALID_ARGUMENT.
func (a *App) Granted(asked string) ([]string, error) {
	want := strings.Fields(asked)
	if len(want) == 0 {
		if len(a.Scopes) > 0 {
			return slices.Clone(a.Scopes), nil
		}
		return []string{"api", "web", "refresh_token"}, nil
	}
	var got []string
	purposes := false
	for _, s := range want {
		if !knownScope(s) {
			return nil, fault.New(fault.InvalidArgument, "the requested scope is invalid, unknown, or malformed: %s", cut(s, 80))
		}
		if !a.mayHave(s) {
			return nil, fault.New(fault.InvalidArgument, "the requested scope is not allowed: %s", s)
		}
		purposes = purposes || strings.HasPrefix(s, purposeScope)
		if !slices.Contains(got, s) {
			got = append(got, s)
		}
	}
	if !purposes {
		for _, s := range a.Scopes {
			if strings.HasPrefix(s, purposeScope) {
				got = append(got, s)
			}
		}
	}
	return got, nil
}

func (a *App) mayHave(scope string) bool {
	if code, ok := strings.CutPrefix(scope, purposeScope); ok {
		ceiling := purposes(a.Scopes)
		return len(ceiling) == 0 || covered(ceiling, code)
	}
	plain := slices.DeleteFunc(slices.Clone(a.Scopes), func(s string) bool { return strings.HasPrefix(s, purposeScope) })
	if len(plain) == 0 || slices.Contains(plain, scope) {
		return true
	}
	switch scope {
	case "offline_access", "refresh_token":
		return slices.Contains(plain, "refresh_token") || slices.Contains(plain, "offline_access")
	case "openid", "id", "profile", "email", "address", "phone":
		return slices.Contains(plain, "openid") || slices.Contains(plain, "full")
	}
	return slices.Contains(plain, "full")
}

// HasScope reports whether a session may do what a scope stands for. One without scopes may do everything.
func (s *Session) HasScope(scope string) bool {
	if len(s.Scopes) == 0 || slices.Contains(s.Scopes, scope) {
		return true
	}
	return slices.Contains(s.Scopes, "full") && scope != "refresh_token" && scope != "offline_access"
}

// Offline reports whether scopes ask for a refresh token.
func Offline(scopes []string) bool {
	return slices.Contains(scopes, "refresh_token") || slices.Contains(scopes, "offline_access")
}

// purposes returns the purposes among scopes.
func purposes(scopes []string) []string {
	var codes []string
	for _, s := range scopes {
		if code, ok := strings.CutPrefix(s, purposeScope); ok {
			codes = append(codes, code)
		}
	}
	return codes
}

// covered reports whether a purpose is one of the ceiling's or below one of them.
func covered(ceiling []string, code string) bool {
	for _, c := range ceiling {
		if code == c || strings.HasPrefix(code, c+".") {
			return true
		}
	}
	return false
}

func validPurpose(code string) bool {
	return code != "" && len(code) <= 80 &&
		strings.Trim(code, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == ""
}

// PurposeOf returns the purpose in a client's name as CallOptions carry it: its last two parts are purpose/<code>.
func PurposeOf(client string) (code string, ok bool) {
	part := strings.Split(strings.TrimSpace(client), "/")
	if n := len(part); n >= 2 && strings.EqualFold(part[n-2], "purpose") && part[n-1] != "" {
		return part[n-1], true
	}
	return "", false
}

// purpose returns what a request of s is made for, "" where nobody says. declared is what the request itself says.
func (s *Session) purpose(declared string) (string, error) {
	ceiling := purposes(s.Scopes)
	if declared != "" && !validPurpose(declared) {
		return "", fault.New(fault.InvalidArgument, "The purpose must be a code such as casework.benefits.")
	}
	if declared != "" && len(ceiling) > 0 && !covered(ceiling, declared) {
		return "", fault.New(fault.InsufficientAccess, "The token was issued for the purpose %s and may not be used for %s.", strings.Join(ceiling, ", "), declared)
	}
	for _, p := range []string{declared, s.Purpose, first(ceiling), s.Default} {
		if p != "" && (len(ceiling) == 0 || covered(ceiling, p)) {
			return p, nil
		}
	}
	return "", nil
}

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}
