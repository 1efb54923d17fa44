package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"

	shipped "stoa/apps"
	"stoa/internal/server"
)

// settings are what serve and demo share.
type settings struct {
	Listen    string         `help:"Address to listen on; plain HTTP and TLS share the port." env:"STOA_LISTEN" default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Database  string         `help:"PostgreSQL database instead of SQLite in the data folder (postgres://…)." env:"STOA_DATABASE" placeholder:"URL"`
	TLS       bool           `help:"Answer TLS on the same port, with a certificate of Stoa's own authority (stoa org ca) unless --tls-cert is given." env:"STOA_TLS" name:"tls"`
	TLSCert   string         `help:"Certificate chain (PEM) to answer TLS with." env:"STOA_TLS_CERT" type:"path" placeholder:"FILE"`
	TLSKey    string         `help:"Key (PEM) of --tls-cert." env:"STOA_TLS_KEY" type:"path" placeholder:"FILE"`
	PublicURL string         `help:"Address under which people and clients reach this server, where it differs from the request's own." env:"STOA_PUBLIC_URL" placeholder:"URL"`
	Origins   []string       `help:"Web origins that may call the API from a browser." env:"STOA_ORIGINS" placeholder:"ORIGIN"`
	Proxies   []netip.Prefix `help:"Networks of proxies whose X-Forwarded-For, -Host and -Proto headers are believed." env:"STOA_PROXIES" placeholder:"NETWORK"`
	LogFormat string         `help:"Log lines as text or json." env:"STOA_LOG_FORMAT" enum:"text,json" default:"text"`
	LogLevel  string         `help:"debug, info, warn or error." env:"STOA_LOG_LEVEL" enum:"debug,info,warn,error" default:"info"`
}

func (s settings) server(data string) server.Settings {
	return server.Settings{
		Apps:   shipped.All(),
		Listen: s.Listen, DataDir: data, Database: s.Database, TLS: s.TLS, TLSCert: s.TLSCert, TLSKey: s.TLSKey,
		PublicURL: s.PublicURL, Origins: s.Origins, Proxies: s.Proxies, Log: server.NewLog(os.Stderr, s.LogFormat, s.LogLevel), Version: version(),
	}
}

type serveCmd struct {
	settings
	mailFlags
	judgeFlags
	relayFlags
	SMTP     string `help:"Address to take mail on by SMTP; without one none is taken." env:"STOA_SMTP" name:"smtp" placeholder:"HOST:PORT"`
	Data     string `help:"Data folder." env:"STOA_DATA" default:"stoa-data" type:"path" placeholder:"DIR"`
	OrgName  string `help:"Name of the organisation that the first start makes." env:"STOA_ORG_NAME" default:"My organisation" placeholder:"NAME"`
	Admin    string `help:"Username of the administrator that the first start makes." env:"STOA_ADMIN" default:"admin@stoa.example" placeholder:"NAME"`
	Password string `help:"The administrator's first password; default: a random one, printed once." env:"STOA_ADMIN_PASSWORD" placeholder:"PASSWORD"`
}

func (c *serveCmd) Run(ctx context.Context) error {
	set := c.server(c.Data)
	set.OrgName, set.AdminUsername, set.AdminPassword = c.OrgName, c.Admin, c.Password
	set.Mail = c.mailFlags.settings(c.SMTP)
	set.Mail.Relay, set.Mail.Judge = c.relay(), c.judge()
	s, err := server.New(ctx, set)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "Stoa %s answers on %s\n", version(), s.URL())
	if at := s.MailAddress(); at != "" {
		fmt.Fprintf(os.Stderr, "  takes mail on %s\n", at)
	}
	if p := s.FirstPassword(); p != "" {
		fmt.Fprintf(os.Stderr, "  sign in as %s with %s (shown once)\n", c.Admin, p)
	}
	return s.Run(ctx)
}
