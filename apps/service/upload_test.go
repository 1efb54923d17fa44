package service

import (
	"bytes"
	"testing"
	"time"

	"stoa/internal/fault"
)

// filesComeInPieces holds that an upload goes on where it stopped, that a piece that comes twice counts once, and that
// nobody reaches the files of another person.
func filesComeInPieces(t *testing.T, h *house) {
	ctx, me, now := t.Context(), h.as(0), time.Now()
	body := bytes.Repeat([]byte("0123456789abcdef"), 100_000) // 1.6 MB: four pieces
	u, err := BeginUpload(ctx, me, "plan.pdf", len(body), 2<<20, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Uploaded(ctx, me, []string{u.ID}); code(err) != fault.InvalidField {
		t.Errorf("half a file is used: %v", err)
	}
	for u.At < len(body) {
		piece := body[u.At:min(u.At+UploadPiece, len(body))]
		at := u.At
		if u, err = AddPiece(ctx, me, u.ID, at, piece, now); err != nil {
			t.Fatal(err)
		}
		if again, err := AddPiece(ctx, me, u.ID, at, piece, now); err != nil || again.At != u.At {
			t.Fatalf("a piece that comes twice leaves it at %d, not at %d, %v", again.At, u.At, err)
		}
	}
	if at, err := UploadAt(ctx, me, u.ID); err != nil || at != u {
		t.Errorf("it is at %+v, %v", at, err)
	}
	if _, err := UploadAt(ctx, h.as(1), u.ID); code(err) != fault.NotFound {
		t.Errorf("somebody else finds it: %v", err)
	}
	files, err := Uploaded(ctx, me, []string{u.ID})
	if err != nil || len(files) != 1 || files[0].Name != "plan.pdf" || !bytes.Equal(files[0].Body, body) {
		t.Fatalf("%d files, %v", len(files), err)
	}
	if err := DropUploads(ctx, me, u.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := UploadAt(ctx, me, u.ID); code(err) != fault.NotFound {
		t.Errorf("dropped it is there still: %v", err)
	}
	if _, err := BeginUpload(ctx, me, "film.mp4", 3<<20, 2<<20, now); code(err) != fault.RequestBodyTooLarge {
		t.Errorf("a file that is too large is begun: %v", err)
	}
	small, err := BeginUpload(ctx, me, "a.txt", 3, 2<<20, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := AddPiece(ctx, me, small.ID, 0, []byte("four"), now); code(err) != fault.InvalidField {
		t.Errorf("more comes than was said: %v", err)
	}
}
