package desk

import (
	"encoding/json"
	"io"
	"net/http"

	"stoa/apps/service"
	"stoa/internal/fault"
	"stoa/internal/web/page"
)

// beginUpload makes room for a file that comes in pieces; the answers of these pages are JSON for the page's own script.
func beginUpload(v *page.Visit) error {
	u, err := service.BeginUpload(v.Ctx(), v.S, page.FileName(v.Posted("name")), number(v.Posted("size")), page.MaxUpload, v.UI.Now)
	if err != nil {
		return err
	}
	return tellUpload(v, http.StatusCreated, u)
}

// showUpload says how far an upload is.
func showUpload(v *page.Visit) error {
	u, err := service.UploadAt(v.Ctx(), v.S, v.Args["upload"])
	if err != nil {
		return err
	}
	return tellUpload(v, http.StatusOK, u)
}

// addPiece takes a piece. One that does not begin where the upload is is answered with 409, and with where that is.
func addPiece(v *page.Visit) error {
	piece, err := io.ReadAll(http.MaxBytesReader(v.W, v.R.Body, service.UploadPiece))
	if err != nil {
		if f := page.TooLarge(err); f != nil {
			return f
		}
		return fault.New(fault.InvalidField, "The piece could not be read.")
	}
	at := number(v.Query("at"))
	u, err := service.AddPiece(v.Ctx(), v.S, v.Args["upload"], at, piece, v.UI.Now)
	if err != nil {
		return err
	}
	if u.At != at+len(piece) {
		return tellUpload(v, http.StatusConflict, u)
	}
	return tellUpload(v, http.StatusOK, u)
}

// dropUpload removes an upload that was cancelled.
func dropUpload(v *page.Visit) error {
	if err := service.DropUploads(v.Ctx(), v.S, v.Args["upload"]); err != nil {
		return err
	}
	v.W.WriteHeader(http.StatusNoContent)
	return nil
}

func tellUpload(v *page.Visit, status int, u service.Upload) error {
	b, err := json.Marshal(u)
	if err != nil {
		return err
	}
	return v.Write(status, "application/json", b)
}

// filesOf returns the files that came with a reply's form, and those that came before it in pieces.
func filesOf(v *page.Visit) ([]service.File, error) {
	files, err := service.Uploaded(v.Ctx(), v.S, v.Values()["upload"])
	if err != nil {
		return nil, err
	}
	total := 0
	for _, u := range v.Uploads() {
		files = append(files, service.File{Name: u.Name, Body: u.Data})
	}
	for _, f := range files {
		total += len(f.Body)
	}
	if total > page.MaxUpload {
		return nil, fault.New(fault.RequestBodyTooLarge, "The files have more than %d MB in all.", page.MaxUpload>>20)
	}
	return files, nil
}
