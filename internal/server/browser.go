package server

import (
	"net/http"

	"stoa/internal/auth"
	"stoa/internal/fault"
	"stoa/internal/org"
)

// browserSession returns the session of a browser's cookie, nil where nobody of the staff is signed in.
func (s *Server) browserSession(r *http.Request) (*org.Session, error) {
	c := auth.CredentialsOf(r, org.Console)
	if c.Token == "" {
		return nil, nil
	}
	in, err := s.gate.Authenticate(r.Context(), c)
	if err != nil && fault.From(err).Code == fault.InvalidSessionID {
		return nil, nil
	}
	if in == nil || in.Actor().External() {
		return nil, err
	}
	if s.org.Home() == "" { // a browser that holds the cookie of staff does not lie about where it got it
		s.org.SetHome(s.gate.Base(r))
	}
	return in, err
}

// visitor returns who has signed in on the public site, an actor without a user where nobody has.
func (s *Server) visitor(r *http.Request) (org.Actor, error) {
	c := auth.CredentialsOf(r, org.Portal)
	if c.Token == "" {
		return org.Actor{}, nil
	}
	in, err := s.gate.Authenticate(r.Context(), c)
	if err != nil {
		if fault.From(err).Code == fault.InvalidSessionID {
			err = nil
		}
		return org.Actor{}, err
	}
	return in.Actor(), nil
}

func (s *Server) signIn(w http.ResponseWriter, r *http.Request, username, password string) error {
	token, _, err := s.gate.SignIn(r.Context(), auth.SignIn{
		Username: username, Password: password, IP: s.gate.Address(r), Agent: r.UserAgent(), Kind: auth.UI,
	})
	if err != nil {
		return err
	}
	s.gate.SetCookie(w, r, token)
	return nil
}

// signInAs signs one of the demo's people in. Only they can be: the sign-in page offers nobody else.
func (s *Server) signInAs(w http.ResponseWriter, r *http.Request, username string) error {
	for _, role := range s.set.DemoRoles {
		if role.Username != username {
			continue
		}
		user, ok, err := s.gate.Active(r.Context(), username)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		token, _, err := s.gate.Open(r.Context(), auth.Login{User: user.User, Kind: auth.UI, IP: s.gate.Address(r), Agent: r.UserAgent()})
		if err != nil {
			return err
		}
		s.gate.SetCookie(w, r, token)
		return nil
	}
	return fault.New(fault.InvalidLogin, "Invalid username, password, security token; or user locked out.")
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	c := auth.CredentialsOf(r, org.Console)
	s.gate.ClearCookie(w, r)
	if c.Token == "" {
		return nil
	}
	_, err := s.gate.SignOut(r.Context(), c.Token)
	return err
}
