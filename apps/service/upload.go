package service

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"stoa/internal/fault"
	"stoa/internal/org"
)

// Bounds of files that come in pieces. A piece is kept in parts of 64 KiB, the most that one row of the vault holds.
const (
	UploadPiece = 512 << 10 // the most that one piece brings
	uploadPart  = 64 << 10
	uploadLife  = 24 * time.Hour // one that nobody uses is gone then
	uploadsOpen = 40             // of one person at a time
)

// The kinds of secrets of an upload: its head, and its parts under a kind of its own.
const kindUpload = "desk-upload"

func kindParts(id string) string { return kindUpload + "/" + id }

// An Upload is a file that comes in pieces, of one person, until it is used or a day is over.
type Upload struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Size int    `json:"size"`
	At   int    `json:"at"` // how much of it is there
}

// BeginUpload makes room for a file of some size, at most max bytes.
func BeginUpload(ctx context.Context, s *org.Session, name string, size, most int, now time.Time) (Upload, error) {
	if size < 0 || size > most {
		return Upload{}, fault.New(fault.RequestBodyTooLarge, "A file may have %d MB at most.", most>>20)
	}
	open, err := s.Org().Secrets(ctx, kindUpload, s.Actor().User)
	if err != nil {
		return Upload{}, err
	}
	if len(open) >= uploadsOpen {
		return Upload{}, fault.New(fault.LimitExceeded, "At most %d files are on their way at once.", uploadsOpen)
	}
	u := Upload{ID: strings.ToLower(rand.Text()), Name: name, Size: size}
	head, err := u.head(s, now)
	if err != nil {
		return Upload{}, err
	}
	return u, s.Org().PutSecrets(ctx, head)
}

func (u Upload) head(s *org.Session, now time.Time) (org.Secret, error) {
	body, err := json.Marshal(u)
	return org.Secret{Kind: kindUpload, Key: u.ID, Owner: s.Actor().User, Body: body, Expires: now.Add(uploadLife)}, err
}

// UploadAt returns how far an upload of the session's user is, so that it can go on there.
func UploadAt(ctx context.Context, s *org.Session, id string) (u Upload, err error) {
	head, ok, err := s.Org().Secret(ctx, kindUpload, id)
	if err != nil {
		return u, err
	}
	if !ok || head.Owner != s.Actor().User {
		return u, fault.New(fault.NotFound, "There is no such upload.")
	}
	if err := json.Unmarshal(head.Body, &u); err != nil {
		return u, fmt.Errorf("upload: %w", err)
	}
	return u, nil
}

// AddPiece adds a piece that begins at an offset. Where the upload is elsewhere nothing is added, and the upload that
// is returned says where: a piece whose answer was lost may so come twice.
func AddPiece(ctx context.Context, s *org.Session, id string, at int, piece []byte, now time.Time) (Upload, error) {
	u, err := UploadAt(ctx, s, id)
	switch {
	case err != nil || at != u.At:
		return u, err
	case len(piece) > UploadPiece:
		return u, fault.New(fault.RequestBodyTooLarge, "A piece may have %d KB at most.", UploadPiece>>10)
	case u.At+len(piece) > u.Size:
		return u, fault.New(fault.InvalidField, "The file is larger than was said.")
	}
	var rows []org.Secret
	for part := range slices.Chunk(piece, uploadPart) {
		rows = append(rows, org.Secret{Kind: kindParts(id), Key: fmt.Sprintf("%012d", u.At), Owner: s.Actor().User, Body: part, Expires: now.Add(uploadLife)})
		u.At += len(part)
	}
	head, err := u.head(s, now)
	if err != nil {
		return u, err
	}
	return u, s.Org().PutSecrets(ctx, append(rows, head)...)
}

// Uploaded returns the files of uploads that are complete. They stay until DropUploads.
func Uploaded(ctx context.Context, s *org.Session, ids []string) ([]File, error) {
	var files []File
	for _, id := range ids {
		u, err := UploadAt(ctx, s, id)
		if err != nil {
			return nil, err
		}
		if u.At < u.Size {
			return nil, fault.New(fault.InvalidField, "%s is not there yet.", u.Name)
		}
		parts, err := s.Org().Secrets(ctx, kindParts(id), s.Actor().User)
		if err != nil {
			return nil, err
		}
		slices.SortFunc(parts, func(a, b org.Secret) int { return strings.Compare(a.Key, b.Key) })
		f := File{Name: u.Name, Body: make([]byte, 0, u.Size)}
		for _, p := range parts {
			f.Body = append(f.Body, p.Body...)
		}
		if len(f.Body) != u.Size {
			return nil, fmt.Errorf("upload %s has %d bytes of %d", id, len(f.Body), u.Size)
		}
		files = append(files, f)
	}
	return files, nil
}

// DropUploads removes uploads of the session's user: cancelled ones, and those that were used.
func DropUploads(ctx context.Context, s *org.Session, ids ...string) error {
	for _, id := range ids {
		if _, err := UploadAt(ctx, s, id); err != nil {
			return err
		}
		if _, _, err := s.Org().TakeSecret(ctx, kindUpload, id); err != nil {
			return err
		}
		if _, err := s.Org().DropSecrets(ctx, kindParts(id), s.Actor().User); err != nil {
			return err
		}
	}
	return nil
}
