package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// What taking mail is held to, with eight connections.
const (
	mailRate     = 50  // messages a second that become cases
	mailSeen     = 2.0 // s until one is on an open queue's page
	mailMessages = 1200
	mailTo       = "help@harborview.example"
)

// mail measures messages that come by SMTP: each becomes a case before it is acknowledged.
func (b *bench) mail() error {
	bin := b.path("stoa")
	if err := build(b.ctx, bin); err != nil {
		return err
	}
	web, taker := freeAddress(), freeAddress()
	env := []string{"STOA_ADMIN_PASSWORD=" + password, "STOA_CLIENT_ID=" + clientID, "STOA_CLIENT_SECRET=" + clientSecret, "STOA_LOG_LEVEL=warn", "STOA_DEMO_SCALE=0.05"}
	s, _, err := b.start("stoa", web, "/readyz", env, bin, "demo", "--data", b.path("mail"), "--listen", web, "--smtp", taker)
	if err != nil {
		return err
	}
	d := &deskCalls{}
	if err := d.enter(b.ctx, s); err != nil {
		return err
	}
	n := mailMessages
	if b.quick {
		n = 200
	}
	before, begun := s.cpu(), time.Now()
	var wg sync.WaitGroup
	errs := make([]error, serviceClients)
	for c := range serviceClients {
		wg.Go(func() { errs[c] = sendMails(taker, c, n/serviceClients) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	took := time.Since(begun)
	b.atLeast("mail: messages a second into cases, 8 connections", float64(n)/took.Seconds(), mailRate)
	b.note("mail: ms CPU a message", float64((s.cpu()-before).Microseconds())/1e3/float64(n))

	begun = time.Now()
	const subject = "The last letter of all"
	if err := sendMail(taker, "anna@post.example", subject, "one"); err != nil {
		return err
	}
	for {
		page, err := b.read(s.url+desk+"team?sort=new", d.cookie)
		if err != nil {
			return err
		}
		if strings.Contains(page, subject) {
			break
		}
		if time.Since(begun) > 30*time.Second {
			return fmt.Errorf("the letter is on no page after %v", time.Since(begun))
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.atMost("mail: s from sent to shown in the team's queue", time.Since(begun).Seconds(), mailSeen)
	return nil
}

// sendMails sends messages of different people, one connection for all.
func sendMails(to string, of, n int) error {
	c, err := smtp.Dial(to)
	if err != nil {
		return err
	}
	defer c.Close()
	for i := range n {
		from := fmt.Sprintf("person%d.%d@post.example", of, i)
		if err := c.SendMail(from, []string{mailTo}, letter(from, fmt.Sprintf("Lamp %d of street %d is dark", i, of), fmt.Sprintf("%d.%d", of, i))); err != nil {
			return fmt.Errorf("message %d of connection %d: %w", i, of, err)
		}
	}
	return c.Quit()
}

func sendMail(to, from, subject, id string) error {
	c, err := smtp.Dial(to)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.SendMail(from, []string{mailTo}, letter(from, subject, id))
}

func letter(from, subject, id string) io.Reader {
	return strings.NewReader(strings.ReplaceAll(fmt.Sprintf(`From: %s
To: %s
Subject: %s
Message-ID: <%s.%d@post.example>
Date: Fri, 27 Nov 2026 09:15:00 +0000
Content-Type: text/plain; charset=utf-8

Good morning, the lamp by our door has been dark for a week, and the crossing is there.
Somebody will get hurt. Could you send somebody to look at it?

Kind regards
`, from, mailTo, subject, id, time.Now().UnixNano()), "\n", "\r\n"))
}

// read returns a page as somebody sees it.
func (b *bench) read(u, cookie string) (string, error) {
	ctx, stop := context.WithTimeout(b.ctx, 10*time.Second)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Cookie", cookie)
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", u, resp.Status)
	}
	return string(body), err
}
