package oauth

import (
	"context"
	"encoding/xml"
	"net/http"
	"strings"
	"time"

	"stoa/internal/auth"
	"stoa/internal/org"
	"stoa/internal/record"
)

// badToken is what the identity endpoints answer to a token that does not work: clients compare the text.
func badToken(w http.ResponseWriter, text string) error {
	w.Header().Set("Content-Type", "text/plain;charset=UTF-8")
	w.WriteHeader(http.StatusForbidden)
	_, err := w.Write([]byte(text))
	return err
}

// bearer returns the session of a program's token. Where there is none it has answered and returns nil.
func (h *handler) bearer(w http.ResponseWriter, r *http.Request, params ...string) (*auth.Session, org.Actor, error) {
	token := auth.HeaderToken(r.Header)
	for _, p := range params {
		if token == "" {
			token = r.Form.Get(p)
		}
	}
	if token == "" {
		return nil, org.Actor{}, badToken(w, "Missing_OAuth_Token")
	}
	s, a, err := h.gate.Session(r.Context(), token)
	if err != nil {
		if problemOf(err).status >= http.StatusInternalServerError {
			return nil, a, err
		}
		return nil, a, badToken(w, "Bad_OAuth_Token")
	}
	return s, a, nil
}

// A person is what the org knows of a user beside the Actor.
type person struct {
	org.Actor
	first, last, nick, mobile               string
	street, city, state, postalCode, nation string
	modified                                time.Time
}

// person reads the user's own row, under the user's own rights: what may not be read stays empty.
func (h *handler) person(ctx context.Context, r *http.Request, s *auth.Session, a org.Actor) (person, error) {
	p := person{Actor: a}
	if i := strings.LastIndexByte(a.Name, ' '); i >= 0 {
		p.first, p.last = a.Name[:i], a.Name[i+1:]
	} else {
		p.last = a.Name
	}
	p.nick, _, _ = strings.Cut(a.Username, "@")
	in, err := h.gate.Enter(ctx, s, a, auth.Credentials{Channel: org.REST, Identity: true, Purpose: auth.DeclaredPurpose(r.Header)})
	if err != nil || in == nil {
		return p, err
	}
	fields := []string{"FirstName", "LastName", "CommunityNickname", "MobilePhone", "Street", "City", "State", "PostalCode", "Country", "LastModifiedDate"}
	user := in.Catalog().Object("User")
	if user == nil {
		return p, nil
	}
	var have []string
	for _, name := range fields {
		if f := user.Field(name); f != nil && in.CanRead(f) {
			have = append(have, f.Name)
		}
	}
	res, err := in.Retrieve(ctx, "User", a.User, have)
	if err != nil || res.Len() == 0 {
		return p, nil // who may not read users knows no more than the sign-in does
	}
	for name, into := range map[string]*string{
		"FirstName": &p.first, "LastName": &p.last, "CommunityNickname": &p.nick, "MobilePhone": &p.mobile,
		"Street": &p.street, "City": &p.city, "State": &p.state, "PostalCode": &p.postalCode, "Country": &p.nation,
	} {
		if v := res.Get(0, name); !v.IsNull() {
			*into = v.Text()
		}
	}
	if v := res.Get(0, "LastModifiedDate"); !v.IsNull() {
		p.modified = v.Instant()
	}
	return p, nil
}

// urls are where the APIs are. {version} stands there literally: clients fill it in.
func urls(base string, org, user record.ID) map[string]string {
	rest := base + "/services/data/v{version}/"
	return map[string]string{
		"enterprise":    base + "/services/Soap/c/{version}/" + string(org),
		"metadata":      base + "/services/Soap/m/{version}/" + string(org),
		"partner":       base + "/services/Soap/u/{version}/" + string(org),
		"rest":          rest,
		"sobjects":      rest + "sobjects/",
		"search":        rest + "search/",
		"query":         rest + "query/",
		"recent":        rest + "recent/",
		"tooling_soap":  base + "/services/Soap/T/{version}/" + string(org),
		"tooling_rest":  rest + "tooling/",
		"profile":       base + "/" + string(user),
		"feeds":         rest + "chatter/feeds",
		"groups":        rest + "chatter/groups",
		"users":         rest + "chatter/users",
		"feed_items":    rest + "chatter/feed-items",
		"feed_elements": rest + "chatter/feed-elements",
		"custom_domain": base,
	}
}

func (p *person) offset(now time.Time) int {
	if p.Zone == nil {
		return 0
	}
	// The offset of the zone's standard time: the smaller of winter's and summer's.
	_, january := time.Date(now.Year(), 1, 1, 0, 0, 0, 0, p.Zone).Zone()
	_, july := time.Date(now.Year(), 7, 1, 0, 0, 0, 0, p.Zone).Zone()
	return min(january, july) * 1000
}

func (p *person) zone() string {
	if p.Zone == nil {
		return "UTC"
	}
	return p.Zone.String()
}

func (p *person) kind() string {
	if p.UserType == "" {
		return "STANDARD"
	}
	return strings.ToUpper(p.UserType)
}

// userinfo answers OpenID Connect's endpoint of that name.
func (h *handler) userinfo(w http.ResponseWriter, r *http.Request) error {
	s, a, err := h.bearer(w, r, "access_token", "oauth_token")
	if err != nil || s == nil {
		return err
	}
	p, err := h.person(r.Context(), r, s, a)
	if err != nil {
		return err
	}
	base := h.gate.Base(r)
	out := map[string]any{
		"sub": identityURL(base, h.gate.OrgID(), a.User), "user_id": a.User, "organization_id": h.gate.OrgID(),
		"preferred_username": a.Username, "nickname": p.nick, "name": a.Name, "email": a.Email, "email_verified": true,
		"given_name": p.first, "family_name": p.last, "zoneinfo": p.zone(), "photos": photos(base),
		"profile": base + "/" + string(a.User), "picture": base + picture, "urls": urls(base, h.gate.OrgID(), a.User), "active": true,
		"user_type": p.kind(), "language": a.Language, "locale": a.Locale, "utcOffset": p.offset(h.gate.Now()), "is_app_installed": true,
	}
	if !p.modified.IsZero() {
		out["updated_at"] = p.modified.Format("2006-01-02T15:04:05Z")
	}
	if p.mobile != "" {
		out["phone_number"] = p.mobile
	}
	sendJSON(w, http.StatusOK, out)
	return nil
}

// picture is where a user's picture would be; nobody has one, and clients only show it.
const picture = "/favicon.svg"

func photos(base string) map[string]string {
	return map[string]string{"picture": base + picture, "thumbnail": base + picture}
}

// identity answers the identity URL that comes with every token.
func (h *handler) identity(w http.ResponseWriter, r *http.Request) error {
	s, a, err := h.bearer(w, r, "oauth_token", "access_token")
	if err != nil || s == nil {
		return err
	}
	oid, orgErr := record.ParseID(r.PathValue("org"))
	uid, userErr := record.ParseID(r.PathValue("user"))
	if orgErr != nil || userErr != nil || oid != h.gate.OrgID() || uid != a.User {
		return badToken(w, "Wrong_Org")
	}
	p, err := h.person(r.Context(), r, s, a)
	if err != nil {
		return err
	}
	base := h.gate.Base(r)
	out := map[string]any{
		"id": identityURL(base, oid, uid), "asserted_user": true, "user_id": uid, "organization_id": oid, "username": a.Username,
		"nick_name": p.nick, "display_name": a.Name, "email": a.Email, "email_verified": true, "first_name": p.first, "last_name": p.last,
		"timezone": p.zone(), "photos": photos(base), "addr_street": null(p.street), "addr_city": null(p.city), "addr_state": null(p.state),
		"addr_country": null(p.nation), "addr_zip": null(p.postalCode), "mobile_phone": null(p.mobile), "mobile_phone_verified": false,
		"status": map[string]any{"created_date": nil, "body": nil}, "urls": urls(base, oid, uid), "active": true, "user_type": p.kind(),
		"language": a.Language, "locale": a.Locale, "utcOffset": p.offset(h.gate.Now()), "is_app_installed": true,
	}
	if !p.modified.IsZero() {
		out["last_modified_date"] = p.modified.Format("2006-01-02T15:04:05.000+0000")
	}
	if strings.EqualFold(r.Form.Get("format"), "xml") {
		return sendXML(w, out)
	}
	sendJSON(w, http.StatusOK, out)
	return nil
}

func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// sendXML writes the few values that an XML reader of an identity asks for.
func sendXML(w http.ResponseWriter, v map[string]any) error {
	var b strings.Builder
	b.WriteString(xml.Header + "<user>")
	for _, k := range []string{"id", "asserted_user", "user_id", "organization_id", "username", "nick_name", "display_name", "email", "first_name", "last_name", "timezone", "active", "user_type", "language", "locale"} {
		b.WriteString("<" + k + ">")
		switch t := v[k].(type) {
		case string:
			_ = xml.EscapeText(&b, []byte(t))
		case record.ID:
			b.WriteString(string(t))
		case bool:
			if t {
				b.WriteString("true")
			} else {
				b.WriteString("false")
			}
		}
		b.WriteString("</" + k + ">")
	}
	b.WriteString("</user>")
	w.Header().Set("Content-Type", "application/xml;charset=UTF-8")
	_, err := w.Write([]byte(b.String()))
	return err
}
