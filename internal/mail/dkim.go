package mail

import (
	"bytes"
	"crypto"
	"fmt"

	"github.com/emersion/go-msgauth/dkim"
	gomail "github.com/wneessen/go-mail"
)

// A Signer puts a DKIM signature (RFC 6376) on what is sent under a domain.
type Signer struct {
	domain, selector string
	key              crypto.Signer
}

// NewSigner reads an RSA or Ed25519 private key in PEM. The public key belongs
// into the DNS as a TXT record of selector._domainkey.domain.
func NewSigner(domain, selector string, pem []byte) (*Signer, error) {
	key, err := gomail.PrivKeyFromPEM(pem)
	if err != nil {
		return nil, fmt.Errorf("read DKIM key: %w", err)
	}
	return &Signer{domain: domain, selector: selector, key: key}, nil
}

// signedFields are named twice where they must not be added to later: the
// second name signs that there is no second field. Source: RFC 6376 8.15.
var signedFields = []string{
	"From", "From", "To", "To", "Cc", "Cc", "Subject", "Subject", "Date", "Date", "Message-ID", "Message-ID", "Reply-To", "Reply-To",
	"In-Reply-To", "References", "MIME-Version", "Content-Type", "Content-Type", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post",
}

// Sign returns raw with a signature in front.
func (s *Signer) Sign(raw []byte) ([]byte, error) {
	var out bytes.Buffer
	err := dkim.Sign(&out, bytes.NewReader(raw), &dkim.SignOptions{
		Domain: s.domain, Selector: s.selector, Signer: s.key, Hash: crypto.SHA256,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		HeaderKeys: signedFields,
	})
	if err != nil {
		return nil, fmt.Errorf("sign message: %w", err)
	}
	return out.Bytes(), nil
}

// Domain returns the domain that the signer answers for.
func (s *Signer) Domain() string { return s.domain }
