package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"stoa/internal/fault"
	"stoa/internal/record"
)

const (
	kindLink = "link"
	// linkLife is how long a sign-in link that was mailed is good for.
	linkLife = 20 * time.Minute
	// linksAtOnce is how many links of one user are good at a time: more would be a way to fill somebody's mailbox.
	linksAtOnce = 5
)

// A link is what is kept of one that was mailed; its token is kept as a hash.
type link struct {
	User record.ID `json:"user"`
	To   string    `json:"to"` // path to which it leads
}

// NewLink returns the token of a link that signs a user in, once, within 20 minutes. Who is
// sent too many gets REQUEST_LIMIT_EXCEEDED: the caller answers as if one had been sent.
func (g *Gate) NewLink(ctx context.Context, user record.ID, to string) (token string, err error) {
	kept, err := g.org.Secrets(ctx, kindLink, user)
	if err != nil {
		return "", fmt.Errorf("read links: %w", err)
	}
	if len(kept) >= linksAtOnce {
		return "", fault.New(fault.RequestLimitExceeded, "Too many sign-in links were asked for. Try again later.")
	}
	token = rand.Text() + rand.Text()
	return token, g.put(ctx, kindLink, linkKey(token), user, g.now().Add(linkLife), link{user, to})
}

// TakeLink returns the user whom a link signs in and the path that it leads to. Of several callers one gets it; ok is false for the others.
func (g *Gate) TakeLink(ctx context.Context, token string) (user record.ID, to string, ok bool, err error) {
	s, ok, err := g.org.TakeSecret(ctx, kindLink, linkKey(token))
	if err != nil || !ok {
		return "", "", false, err
	}
	var l link
	if err := json.Unmarshal(s.Body, &l); err != nil {
		return "", "", false, err
	}
	return l.User, l.To, true, nil
}

func linkKey(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}
