package main

import (
	"net/netip"

	"stoa/internal/mail/send"
	"stoa/internal/mail/verify"
	"stoa/internal/server"
)

// mailFlags are what serve and demo share of mail.
type mailFlags struct {
	SMTPDomain   string `help:"Domain of message ids, and what the receiver of mail calls itself." env:"STOA_SMTP_DOMAIN" name:"smtp-domain" placeholder:"DOMAIN"`
	DKIMKey      string `help:"Private key (PEM, RSA or Ed25519) that signs what goes out under --smtp-domain." env:"STOA_DKIM_KEY" name:"dkim-key" type:"path" placeholder:"FILE"`
	DKIMSelector string `help:"Name under which the DNS has its public key." env:"STOA_DKIM_SELECTOR" name:"dkim-selector" default:"stoa" placeholder:"NAME"`
}

func (f mailFlags) settings(listen string) server.MailSettings {
	return server.MailSettings{Listen: listen, Domain: f.SMTPDomain, DKIMKey: f.DKIMKey, DKIMSelector: f.DKIMSelector}
}

// judgeFlags say how far a message is believed to come from whom it names.
type judgeFlags struct {
	Judge   bool           `help:"Judge by SPF, DKIM and DMARC where mail comes from; with --no-smtp-judge nobody does." env:"STOA_SMTP_JUDGE" name:"smtp-judge" default:"true" negatable:""`
	Relays  []netip.Prefix `help:"Networks of own servers that hand mail on: who sent it is not asked of their addresses." env:"STOA_SMTP_RELAYS" name:"smtp-relays" placeholder:"NETWORK"`
	RelayID string         `help:"Name under which they write Authentication-Results: what those say is believed." env:"STOA_SMTP_RELAY_ID" name:"smtp-relay-id" placeholder:"NAME"`
}

func (f judgeFlags) judge() *verify.Judge {
	if !f.Judge {
		return nil
	}
	return &verify.Judge{Relays: f.Relays, RelayID: f.RelayID}
}

// relayFlags say through which server mail goes out.
type relayFlags struct {
	Relay         string `help:"Server that sends mail to the world; without one none is sent." env:"STOA_RELAY" placeholder:"HOST:PORT"`
	RelaySecurity string `help:"starttls, tls (from the first byte) or none (a relay on this machine)." env:"STOA_RELAY_SECURITY" enum:"starttls,tls,none" default:"starttls"`
	RelayUser     string `help:"User name at the relay." env:"STOA_RELAY_USER" placeholder:"NAME"`
	RelayPassword string `help:"Password at the relay; rather by the environment, where others on the machine do not see it." env:"STOA_RELAY_PASSWORD" placeholder:"PASSWORD"`
	RelayPrivate  bool   `help:"The relay may have an address of this machine or of a private network." env:"STOA_RELAY_PRIVATE"`
}

func (f relayFlags) relay() *send.Relay {
	if f.Relay == "" {
		return nil
	}
	return &send.Relay{
		Addr: f.Relay, Security: send.Security(f.RelaySecurity), User: f.RelayUser, Secret: f.RelayPassword, AllowPrivate: f.RelayPrivate,
	}
}
