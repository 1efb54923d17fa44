package main

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/go-jose/go-jose/v4"
)

// appCmd manages connected apps: the programs that users let in.
type appCmd struct {
	List   appListCmd   `cmd:"" default:"1" help:"List the connected apps."`
	Add    appAddCmd    `cmd:"" help:"Add a connected app and print its client id and secret."`
	Secret appSecretCmd `cmd:"" help:"Give a connected app a new secret and print it; the old one ends."`
	Remove appRemoveCmd `cmd:"" help:"Remove a connected app and end its tokens."`
}

const apps = "/services/oauth2/register"

// connectedApp is a connected app as the server writes it.
type connectedApp struct {
	ID         string              `json:"client_id,omitempty"`
	Secret     string              `json:"client_secret,omitempty"`
	Name       string              `json:"client_name"`
	Redirects  []string            `json:"redirect_uris,omitempty"`
	Grants     []string            `json:"grant_types,omitempty"`
	Scope      string              `json:"scope,omitempty"`
	AuthMethod string              `json:"token_endpoint_auth_method,omitempty"`
	Keys       *jose.JSONWebKeySet `json:"jwks,omitempty"`
	RunAs      string              `json:"stoa_run_as,omitempty"`
	Purpose    string              `json:"stoa_purpose,omitempty"`
	Trusted    bool                `json:"stoa_trusted,omitempty"`
	Rotate     bool                `json:"stoa_rotate_refresh_tokens,omitempty"`
}

type appListCmd struct{ target }

func (a *appListCmd) Run(ctx context.Context) error {
	return a.with(ctx, func(c *client) error {
		var all []connectedApp
		if err := c.call(ctx, http.MethodGet, apps, nil, &all); err != nil {
			return err
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "NAME\tCLIENT ID\tRUN AS\tPURPOSE\tCALLBACKS")
		for _, app := range all {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", app.Name, app.ID, app.RunAs, app.Purpose, strings.Join(app.Redirects, " "))
		}
		return w.Flush()
	})
}

type appAddCmd struct {
	Name     string   `arg:"" help:"Name, as users and the use register see it."`
	ID       string   `help:"Client id; default: a random one." name:"id" placeholder:"ID"`
	Secret   string   `help:"Client secret; default: a random one." env:"STOA_CLIENT_SECRET" placeholder:"SECRET"`
	Public   bool     `help:"The app cannot keep a secret: it gets none, and must use PKCE."`
	Redirect []string `help:"Callback URL; https, or on this machine." placeholder:"URL"`
	Grant    []string `help:"Grant type that the app may use; default: all." placeholder:"GRANT"`
	Scope    []string `help:"Scope that the app may ask for; purpose:… binds all its tokens. Default: all." placeholder:"SCOPE"`
	RunAs    string   `help:"User in whose name client_credentials works." placeholder:"USERNAME"`
	Purpose  string   `help:"Purpose of requests that declare none." placeholder:"CODE"`
	Key      string   `help:"RSA certificate or public key (PEM) that signs JWT assertions." type:"existingfile" placeholder:"FILE"`
	Trusted  bool     `help:"Let the app in for all users without asking them."`
	Rotate   bool     `help:"A refresh token works once and brings its successor."`
	target
}

func (a *appAddCmd) Run(ctx context.Context) error {
	in := connectedApp{
		ID: a.ID, Secret: a.Secret, Name: a.Name, Redirects: a.Redirect, Grants: a.Grant, Scope: strings.Join(a.Scope, " "),
		RunAs: a.RunAs, Purpose: a.Purpose, Trusted: a.Trusted, Rotate: a.Rotate,
	}
	if a.Public {
		in.AuthMethod = "none"
	}
	if a.Key != "" {
		key, err := publicKey(a.Key)
		if err != nil {
			return fmt.Errorf("%s: %w", a.Key, err)
		}
		in.Keys = &jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key}}}
	}
	return a.with(ctx, func(c *client) error {
		var out connectedApp
		if err := c.call(ctx, http.MethodPost, apps, in, &out); err != nil {
			return err
		}
		fmt.Println(strings.TrimSpace(out.ID + "  " + out.Secret))
		return nil
	})
}

// publicKey reads the RSA key of a certificate or of a public key in PEM form.
func publicKey(file string) (*rsa.PublicKey, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, errors.New("no PEM block")
	}
	var key any
	if cert, certErr := x509.ParseCertificate(block.Bytes); certErr == nil {
		key = cert.PublicKey
	} else if key, err = x509.ParsePKIXPublicKey(block.Bytes); err != nil {
		return nil, err
	}
	rsaKey, ok := key.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("not an RSA key")
	}
	return rsaKey, nil
}

type appSecretCmd struct {
	ID string `arg:"" help:"Client id."`
	target
}

func (a *appSecretCmd) Run(ctx context.Context) error {
	return a.with(ctx, func(c *client) error {
		var out connectedApp
		if err := c.call(ctx, http.MethodPost, apps+"/"+url.PathEscape(a.ID)+"/secret", nil, &out); err != nil {
			return err
		}
		fmt.Println(out.ID + "  " + out.Secret)
		return nil
	})
}

type appRemoveCmd struct {
	ID string `arg:"" help:"Client id."`
	target
}

func (a *appRemoveCmd) Run(ctx context.Context) error {
	return a.with(ctx, func(c *client) error {
		return c.call(ctx, http.MethodDelete, apps+"/"+url.PathEscape(a.ID), nil, nil)
	})
}
