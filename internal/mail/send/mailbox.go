package send

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"stoa/internal/fault"
	"stoa/internal/mail"
)

// A Mailbox keeps messages as .eml files, a folder an address, instead of
// sending them. It is how a demonstration shows the other side's mail.
type Mailbox struct{ root *os.Root }

// An Entry is one message of a mailbox.
type Entry struct {
	Name string // of the file, sorted by time
	At   time.Time
	Sent bool // written under the address, not to it
}

// The endings of file names: a message that came, one that was sent.
const (
	received = ".eml"
	written  = ".sent.eml"
)

// NewMailbox returns the mailbox in the folder dir, which it makes if needed.
// Close it.
func NewMailbox(dir string) (*Mailbox, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make mailbox: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open mailbox: %w", err)
	}
	return &Mailbox{root: root}, nil
}

// Close lets go of the folder.
func (b *Mailbox) Close() error { return b.root.Close() }

// Send implements Transport: each recipient gets a copy.
func (b *Mailbox) Send(ctx context.Context, e mail.Envelope, raw []byte) error {
	for _, to := range e.To {
		if err := ctx.Err(); err != nil {
			return &Error{Temporary: true, Text: "interrupted", cause: err}
		}
		if err := b.put(to, received, raw); err != nil {
			return &Error{Temporary: true, Text: "the mailbox cannot be written", cause: err}
		}
	}
	return nil
}

// Keep puts a message that was written under the address from beside those
// that came to it.
func (b *Mailbox) Keep(from string, raw []byte) error { return b.put(from, written, raw) }

// put writes the whole file before it has its name, so that nobody reads half of one.
func (b *Mailbox) put(addr, ending string, raw []byte) error {
	dir := folder(addr)
	if err := b.root.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	name := dir + "/" + time.Now().UTC().Format(stamp) + "." + strings.ToLower(rand.Text()[:8])
	f, err := b.root.OpenFile(name+".tmp", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err = cmp.Or(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return b.root.Rename(name+".tmp", name+ending)
}

const stamp = "20060102T150405.000000"

// folder is the name of an address's folder: hexadecimal, because an address
// may hold anything that a path gives a meaning.
func folder(addr string) string { return hex.EncodeToString([]byte(mail.FoldAddress(addr))) }

// Addresses returns whose mail there is, sorted.
func (b *Mailbox) Addresses() ([]string, error) {
	dirs, err := fs.ReadDir(b.root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("list mailbox: %w", err)
	}
	var out []string
	for _, d := range dirs {
		if a, err := hex.DecodeString(d.Name()); err == nil && d.IsDir() {
			out = append(out, string(a))
		}
	}
	slices.Sort(out)
	return out, nil
}

// List returns the messages of an address, newest first.
func (b *Mailbox) List(addr string) ([]Entry, error) {
	files, err := fs.ReadDir(b.root.FS(), folder(addr))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list mailbox: %w", err)
	}
	var out []Entry
	for _, f := range files {
		if at, ok := moment(f.Name()); ok {
			out = append(out, Entry{Name: f.Name(), At: at, Sent: strings.HasSuffix(f.Name(), written)})
		}
	}
	slices.Reverse(out)
	return out, nil
}

// Read returns a message of an address by the name that List gave it, or NOT_FOUND.
func (b *Mailbox) Read(addr, name string) ([]byte, error) {
	if _, ok := moment(name); !ok || strings.ContainsAny(name, `/\`) {
		return nil, fault.New(fault.NotFound, "There is no such message.")
	}
	raw, err := b.root.ReadFile(folder(addr) + "/" + name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.NotFound, "There is no such message.")
	}
	return raw, err
}

func moment(name string) (time.Time, bool) {
	if !strings.HasSuffix(name, received) || len(name) < len(stamp) {
		return time.Time{}, false
	}
	at, err := time.Parse(stamp, name[:len(stamp)])
	return at, err == nil
}
