package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"stoa/internal/fault"
	"stoa/internal/record"
)

// The cost of a hash: two passes over 19 MiB, about 50 ms of one core.
// Source: OWASP, Password Storage Cheat Sheet, Argon2id.
const (
	hashPasses    = 2
	hashMemoryKiB = 19 * 1024
	hashThreads   = 1
	hashSalt      = 16
	hashSize      = 32
)

const (
	maxPassword = 512 // characters that are hashed at most
	hashQueue   = 64  // sign-ins that may wait for their turn
)

// A hasher computes argon2id, at most so many at a time, so that a crowd at
// the door costs time and not memory.
type hasher struct {
	slots   chan struct{}
	waiting atomic.Int32
}

func newHasher(n int) *hasher { return &hasher{slots: make(chan struct{}, n)} }

// enter waits for a turn; leave must be called after it where err is nil.
func (h *hasher) enter(ctx context.Context) error {
	if h.waiting.Add(1) > hashQueue {
		h.waiting.Add(-1)
		return fault.New(fault.ServerUnavailable, "Too many people are signing in. Try again in a moment.")
	}
	defer h.waiting.Add(-1)
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *hasher) leave() { <-h.slots }

// hashPassword returns the PHC string of a password. Call it between enter and leave.
func hashPassword(password string) string {
	salt := make([]byte, hashSalt)
	_, _ = rand.Read(salt) // never fails
	sum := argon2.IDKey([]byte(password), salt, hashPasses, hashMemoryKiB, hashThreads, hashSize)
	return phc(hashMemoryKiB, hashPasses, hashThreads, salt, sum)
}

func phc(memory, passes uint32, threads uint8, salt, sum []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum))
}

// verifyPassword reports whether password has the given PHC string, and
// whether that was made with other costs than today's. It costs the same for
// "" or a damaged string, so that nobody learns from its time who has an account.
func verifyPassword(password, kept string) (ok, stale bool) {
	memory, passes, threads, salt, sum, err := parsePHC(kept)
	if err != nil {
		memory, passes, threads = hashMemoryKiB, hashPasses, hashThreads
		salt, sum = make([]byte, hashSalt), make([]byte, hashSize)
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, threads, uint32(len(sum)))
	same := subtle.ConstantTimeCompare(got, sum) == 1
	return err == nil && same, memory != hashMemoryKiB || passes != hashPasses || threads != hashThreads
}

func parsePHC(s string) (memory, passes uint32, threads uint8, salt, sum []byte, err error) {
	part := strings.Split(s, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return 0, 0, 0, nil, nil, fmt.Errorf("not an argon2id hash")
	}
	if _, err = fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &memory, &passes, &threads); err != nil {
		return 0, 0, 0, nil, nil, fmt.Errorf("argon2id costs: %w", err)
	}
	if salt, err = base64.RawStdEncoding.DecodeString(part[4]); err != nil {
		return 0, 0, 0, nil, nil, fmt.Errorf("argon2id salt: %w", err)
	}
	if sum, err = base64.RawStdEncoding.DecodeString(part[5]); err != nil {
		return 0, 0, 0, nil, nil, fmt.Errorf("argon2id sum: %w", err)
	}
	if memory < 8 || memory > 256*1024 || passes < 1 || passes > 16 || threads < 1 || len(sum) < 16 || len(sum) > 64 {
		return 0, 0, 0, nil, nil, fmt.Errorf("argon2id costs out of bounds")
	}
	return memory, passes, threads, salt, sum, nil
}

// credential is what the vault keeps of a user's password.
type credential struct {
	Hash       string    `json:"hash"`
	Changed    time.Time `json:"changed"`
	MustChange bool      `json:"mustChange,omitempty"`
	Token      string    `json:"token,omitempty"` // digest of the security token that may follow the password
}

// securityToken is the length of a security token.
const securityToken = 24

// split returns the password without a security token behind it.
func (c *credential) split(password string) string {
	if at := len(password) - securityToken; at > 0 && matches(password[at:], c.Token) {
		return password[:at]
	}
	return password
}

func (c *credential) expired(now time.Time, age time.Duration) bool {
	return c.MustChange || age > 0 && now.Sub(c.Changed) > age
}

// PasswordOptions say how a password is set.
type PasswordOptions struct {
	MustChange bool   // at the next sign-in
	Keep       string // token of the session that goes on, "" to end all
}

// SetPassword gives a user a password without asking for the old one: for administrators and the command
// line. It ends the user's sessions and a lockout. A password that is too weak is INVALID_NEW_PASSWORD.
func (g *Gate) SetPassword(ctx context.Context, user record.ID, password string, opt PasswordOptions) error {
	a, _, ok, err := g.org.UserByID(ctx, user)
	if err != nil {
		return fmt.Errorf("read user: %w", err)
	}
	if !ok {
		return fault.New(fault.NotFound, "The requested resource does not exist")
	}
	if err := g.checkPassword(password, a.Username); err != nil {
		return err
	}
	var c credential
	if _, _, err := g.get(ctx, kindPassword, string(user), &c); err != nil {
		return err
	}
	if err := g.hash.enter(ctx); err != nil {
		return err
	}
	c.Hash = hashPassword(password)
	g.hash.leave()
	c.Changed, c.MustChange = g.now().UTC().Truncate(time.Second), opt.MustChange
	if err := g.put(ctx, kindPassword, string(user), user, time.Time{}, c); err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	if err := g.forgive(ctx, failureKey("user", a.Username)); err != nil {
		return err
	}
	keep := ""
	if opt.Keep != "" {
		keep = digest(opt.Keep)
		if err := g.fresh(ctx, keep); err != nil {
			return err
		}
	}
	return g.revokeOthers(ctx, user, keep)
}

// fresh marks a session as one whose password was changed.
func (g *Gate) fresh(ctx context.Context, id string) error {
	var s Session
	kept, ok, err := g.get(ctx, kindSession, id, &s)
	if err != nil || !ok || !s.MustChange {
		return err
	}
	s.MustChange = false
	if _, ok, err := g.org.TakeSecret(ctx, kindSession, id); err != nil || !ok {
		return err
	}
	err = g.put(ctx, kindSession, id, kept.Owner, kept.Expires, s)
	g.cache.dropID(id)
	return err
}

// ChangePassword changes the password of the user behind a session's token, who must know the old one.
// Other sessions of the user end. A wrong old password counts as a failed sign-in.
func (g *Gate) ChangePassword(ctx context.Context, token, old, password, ip string) error {
	s, a, err := g.Session(ctx, token)
	if err != nil {
		return err
	}
	if _, _, err := g.Verify(ctx, a.Username, old, ip); err != nil {
		return err
	}
	if old == password {
		return fault.New(fault.InvalidNewPassword, "The new password must differ from the old one.")
	}
	return g.SetPassword(ctx, s.User, password, PasswordOptions{Keep: token})
}

// ResetSecurityToken gives a user a new security token, which clients may write behind the password, and returns it.
func (g *Gate) ResetSecurityToken(ctx context.Context, user record.ID) (string, error) {
	var c credential
	if _, _, err := g.get(ctx, kindPassword, string(user), &c); err != nil {
		return "", err
	}
	token := rand.Text()[:securityToken]
	c.Token = digest(token)
	if err := g.put(ctx, kindPassword, string(user), user, time.Time{}, c); err != nil {
		return "", fmt.Errorf("set security token: %w", err)
	}
	return token, nil
}

// PasswordExpired reports whether a user must change the password before anything else.
func (g *Gate) PasswordExpired(ctx context.Context, user record.ID) (bool, error) {
	var c credential
	_, ok, err := g.get(ctx, kindPassword, string(user), &c)
	return ok && c.expired(g.now(), g.opt.PasswordAge), err
}

// HasPassword reports whether a user can sign in with a password.
func (g *Gate) HasPassword(ctx context.Context, user record.ID) (bool, error) {
	var c credential
	_, ok, err := g.get(ctx, kindPassword, string(user), &c)
	return ok && c.Hash != "", err
}

func (g *Gate) checkPassword(password, username string) error {
	n := utf8.RuneCountInString(password)
	name, _, _ := strings.Cut(record.Fold(username), "@")
	switch folded := record.Fold(password); {
	case n < g.opt.PasswordLength:
		return fault.New(fault.InvalidNewPassword, "The password must have at least %d characters.", g.opt.PasswordLength)
	case n > maxPassword:
		return fault.New(fault.InvalidNewPassword, "The password must have at most %d characters.", maxPassword)
	case folded == record.Fold(username) || folded == name:
		return fault.New(fault.InvalidNewPassword, "The password must not be the user name.")
	case strings.Count(password, password[:1]) == len(password):
		return fault.New(fault.InvalidNewPassword, "The password must not be one character repeated.")
	}
	return nil
}
