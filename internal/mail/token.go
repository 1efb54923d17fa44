package mail

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"io"
	"regexp"
	"strings"

	"stoa/internal/record"
)

// A Keyring signs the tokens that lead an answer to its thread. The first key
// signs, any verifies, so that a key can be changed without losing threads.
type Keyring [][]byte

// The parts of a token: the thread's id in lower case, a nonce, and the
// beginning of an HMAC-SHA256. 80 bits cannot be guessed over a mail server.
const (
	tokenID    = 18
	tokenNonce = 6
	tokenMAC   = 16
	tokenSize  = tokenID + tokenNonce + tokenMAC
)

// ErrToken says that a token is not one of ours.
var ErrToken = errors.New("no token of ours")

var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Token returns a new token of 40 lower-case letters and digits for thread.
// It survives what mail programs do to addresses: letter case carries nothing.
func (k Keyring) Token(thread record.ID) string {
	var random [4]byte
	// rand.Read never fails: it ends the process where it cannot be had.
	_, _ = io.ReadFull(rand.Reader, random[:])
	body := strings.ToLower(string(thread)) + lowerBase32.EncodeToString(random[:])[:tokenNonce]
	return body + mac(k[0], body)
}

// Thread returns the thread that token was made for, or ErrToken. It takes as
// long for a wrong token as for a right one.
func (k Keyring) Thread(token string) (record.ID, error) {
	token = strings.ToLower(token)
	if len(token) != tokenSize {
		return "", ErrToken
	}
	body, sum := token[:tokenSize-tokenMAC], token[tokenSize-tokenMAC:]
	good := false
	for _, key := range k {
		if hmac.Equal([]byte(mac(key, body)), []byte(sum)) {
			good = true
		}
	}
	id, err := record.ParseID(body[:tokenID])
	if !good || err != nil {
		return "", ErrToken
	}
	return id, nil
}

// mac keeps the key's use apart from every other use of the same key.
func mac(key []byte, body string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("stoa mail thread 1\x00" + body))
	return lowerBase32.EncodeToString(h.Sum(nil))[:tokenMAC]
}

// PlusAddress puts token into addr behind a plus: help+TOKEN@city.example. A
// plus that is there already is replaced. It returns addr as it is where the
// local part would be longer than the 64 characters that SMTP allows.
func PlusAddress(addr, token string) string {
	at := strings.LastIndexByte(addr, '@')
	if at < 0 {
		return addr
	}
	local, _, _ := strings.Cut(addr[:at], "+")
	if len(local)+1+len(token) > 64 {
		return addr
	}
	return local + "+" + token + addr[at:]
}

// plusToken returns what stands behind the plus of an address, "" if nothing does.
func plusToken(addr string) string {
	at := strings.LastIndexByte(addr, '@')
	if at < 0 {
		return ""
	}
	_, token, _ := strings.Cut(addr[:at], "+")
	return token
}

// TextToken is the form of a token in a subject or a body.
func TextToken(token string) string { return "thread::" + token + "::" }

var textToken = regexp.MustCompile(`(?i)thread::([a-z0-9]{40})::`)
