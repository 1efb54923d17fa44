package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"

	"stoa/internal/demo"
	"stoa/internal/org"
	"stoa/internal/server"
)

type demoCmd struct {
	settings
	mailFlags
	SMTP         string  `help:"Address to take mail on by SMTP; off for none." env:"STOA_SMTP" name:"smtp" default:"127.0.0.1:2525" placeholder:"HOST:PORT"`
	Data         string  `help:"Data folder." env:"STOA_DATA" default:"stoa-demo" type:"path" placeholder:"DIR"`
	Password     string  `help:"Password of admin@harborview.example at first start; default: a random one, printed." env:"STOA_ADMIN_PASSWORD" placeholder:"PASSWORD"`
	ClientID     string  `help:"Client id of the demo's connected app; default: a random one, printed." env:"STOA_CLIENT_ID" placeholder:"ID"`
	ClientSecret string  `help:"Its secret." env:"STOA_CLIENT_SECRET" placeholder:"SECRET"`
	Scale        float64 `help:"How much of the city: 1 is all of it." env:"STOA_DEMO_SCALE" default:"1" placeholder:"0.01…1"`
}

const demoAdmin = "admin@harborview.example"

func (c *demoCmd) Run(ctx context.Context) error {
	set := c.server(c.Data)
	set.OrgName, set.AdminUsername, set.AdminPassword = "City of Harborview", demoAdmin, c.Password
	set.ClientID, set.ClientSecret, set.DemoApp = c.ClientID, c.ClientSecret, true
	set.Development = true
	if c.SMTPDomain == "" {
		c.SMTPDomain = demo.Domain
	}
	if c.SMTP == "off" {
		c.SMTP = ""
	}
	set.Mail = c.mailFlags.settings(c.SMTP)
	set.Mail.Mailbox, set.Mail.AnyPort, set.Mail.WriteTo = true, true, demo.Help
	for _, r := range demo.Roles() {
		set.DemoRoles = append(set.DemoRoles, server.DemoRole{Username: r.Username, Name: r.Name, Title: r.Title})
	}
	set.Seed = func(ctx context.Context, s *org.Session) error {
		bar := progress(1, "building the city", progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true))
		begun := time.Now()
		err := demo.Load(ctx, s, time.Now(), demo.Size(c.Scale), func(done, total int, what string) {
			bar.ChangeMax(total)
			bar.Describe(fmt.Sprintf("building the city: %-14s", what))
			_ = bar.Set(done)
		})
		_ = bar.Finish()
		if err == nil {
			fmt.Fprintf(os.Stderr, "City of Harborview stands, in %.1f s\n", time.Since(begun).Seconds())
		}
		return err
	}
	s, err := server.New(ctx, set)
	if err != nil {
		return err
	}
	fmt.Printf("\n  City of Harborview is open at  %s\n", s.URL())
	if p := s.FirstPassword(); p != "" {
		fmt.Printf("  administrator                  %s  %s\n", demoAdmin, p)
	}
	if id, secret := s.FirstClient(); id != "" {
		fmt.Printf("  connected app                  %s  %s\n", id, secret)
	}
	if at := s.MailAddress(); at != "" {
		fmt.Printf("  mail                           %s by SMTP on %s, and at %s/mailbox\n", demo.Help, at, s.URL())
	}
	fmt.Printf("  data                           %s\n\n", c.Data)
	return s.Run(ctx)
}
