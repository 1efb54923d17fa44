package bulk

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// The limits of a batch that is a ZIP. Source: the API's own.
const (
	maxZipFiles    = 1000
	maxZipUnpacked = 20 << 20
	manifest       = "request.txt"
)

// maxNesting is how deep records of parents may lie in a row: the row, a parent, its key.
const maxNesting = 4

// readBatch reads a batch of version 1 in its job's format, as loadings of up to batchRows rows.
func readBatch(s *org.Session, j *org.BulkJob, body []byte) ([]loading, error) {
	format, zipped := strings.CutPrefix(j.Format, "ZIP_")
	var files map[string][]byte
	if zipped {
		var err error
		if files, err = unzip(body); err != nil {
			return nil, err
		}
		if body = files[manifest]; body == nil {
			return nil, badCSV("InvalidBatch : The ZIP has no " + manifest)
		}
	}
	var all []loading
	var err error
	switch format {
	case "CSV":
		all, err = readCSV(s, j, body)
	case "JSON":
		all, err = readJSON(j, body)
	default:
		all, err = readXML(j, body)
	}
	if err != nil {
		return nil, err
	}
	rows := 0
	for i := range all {
		rows += len(all[i].bad)
		attach(&all[i], files)
	}
	if rows > maxBatchRows {
		return nil, badCSV(fmt.Sprintf("InvalidBatch : Records not processed: %d rows exceed the limit of %d", rows, maxBatchRows))
	}
	return all, nil
}

func readCSV(s *org.Session, j *org.BulkJob, body []byte) (all []loading, err error) {
	var sh *sheet
	p := &splitter{comma: delimiters[j.Delimiter]}
	p.emit = func(part []byte, rows int) error {
		if sh == nil {
			bound := *j
			bound.Header = string(p.header)
			if sh, err = sheetOf(s, &bound); err != nil {
				return err
			}
		}
		all = append(all, sh.drafts(string(part), rows))
		return nil
	}
	if err := p.write(body); err != nil {
		return nil, err
	}
	return all, p.close()
}

// A gatherer puts rows into loadings.
type gatherer struct{ all []loading }

func (g *gatherer) add(d record.Draft, bad *fault.Error) error {
	if n := len(g.all); n == 0 || len(g.all[n-1].bad) == batchRows {
		if n*batchRows > maxBatchRows {
			return badCSV(fmt.Sprintf("InvalidBatch : Records not processed: more rows than the limit of %d", maxBatchRows))
		}
		g.all = append(g.all, loading{})
	}
	l := &g.all[len(g.all)-1]
	if bad == nil {
		l.drafts, l.at = append(l.drafts, d), append(l.at, len(l.bad))
	}
	l.bad = append(l.bad, bad)
	return nil
}

// readJSON reads a list of objects.
func readJSON(j *org.BulkJob, body []byte) ([]loading, error) {
	bad := badCSV("InvalidBatch : Unable to parse the batch: a list of objects in JSON is expected")
	if !utf8.Valid(body) {
		return nil, badCSV("InvalidBatch : The data is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return nil, bad
	}
	var g gatherer
	for d.More() {
		draft := record.Draft{Object: j.Object}
		if err := jsonRecord(d, &draft, 1); err != nil {
			return nil, bad
		}
		if err := g.add(takeID(&draft, j.Object)); err != nil {
			return nil, err
		}
	}
	if t, err := d.Token(); err != nil || t != json.Delim(']') {
		return nil, bad
	}
	return g.all, nil
}

var errNested = errors.New("nested too deep")

// jsonRecord reads an object into a draft.
func jsonRecord(d *json.Decoder, draft *record.Draft, depth int) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return cmpError(err)
	}
	return jsonMembers(d, draft, depth)
}

func cmpError(err error) error {
	if err == nil {
		return errNested
	}
	return err
}

// jsonMembers reads the members of an object whose brace has been read, and the closing one.
func jsonMembers(d *json.Decoder, draft *record.Draft, depth int) error {
	if depth > maxNesting {
		return errNested
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		f := record.DraftField{Name: fmt.Sprint(name)}
		value, err := d.Token()
		if err != nil {
			return err
		}
		switch v := value.(type) {
		case nil:
		case bool:
			f.Value = record.OfBool(v)
		case string:
			f.Value = record.OfText(v)
		case json.Number:
			f.Value = record.OfText(v.String()) // the field says what numbers it takes
		case json.Delim:
			if v != '{' {
				return errNested
			}
			f.Parent = &record.Draft{}
			if err := jsonMembers(d, f.Parent, depth+1); err != nil {
				return err
			}
		}
		if f.Name == "attributes" {
			if f.Parent != nil {
				if t, ok := f.Parent.Get("type"); ok && depth > 1 {
					draft.Object = t.Text()
				}
			}
			continue
		}
		draft.Fields = append(draft.Fields, f)
	}
	_, err := d.Token()
	return err
}

// takeID makes an Id among the fields the draft's id.
func takeID(d *record.Draft, object string) (record.Draft, *fault.Error) {
	for i, f := range d.Fields {
		if !strings.EqualFold(f.Name, "Id") {
			continue
		}
		if text := strings.TrimSpace(f.Value.Text()); text != "" {
			id, err := record.ParseID(text)
			if err != nil {
				return *d, fault.New(fault.MalformedID, "%s ID: id value of incorrect type: %s", object, text).On("Id")
			}
			d.ID = id
		}
		d.Fields = append(d.Fields[:i], d.Fields[i+1:]...)
		break
	}
	return *d, nil
}

// An xmlElement is one element of a batch that is being read.
type xmlElement struct {
	name   string
	text   strings.Builder
	null   bool
	fields []record.DraftField
}

// readXML reads <sObjects> of <sObject>. Entities of a document's own are not known here, so that none can grow.
func readXML(j *org.BulkJob, body []byte) ([]loading, error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	var g gatherer
	var open []*xmlElement
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) && len(open) == 0 {
			return g.all, nil
		}
		if err != nil {
			return nil, badCSV("InvalidBatch : Unable to parse the batch: " + strings.TrimPrefix(err.Error(), "XML syntax error "))
		}
		switch t := t.(type) {
		case xml.StartElement:
			if len(open) > 2*maxNesting {
				return nil, badCSV("InvalidBatch : Unable to parse the batch: elements are nested too deep")
			}
			e := &xmlElement{name: t.Name.Local}
			for _, a := range t.Attr {
				e.null = e.null || a.Name.Local == "nil" && (a.Value == "true" || a.Value == "1")
			}
			open = append(open, e)
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text.Write(t)
			}
		case xml.EndElement:
			e := open[len(open)-1]
			open = open[:len(open)-1]
			if len(open) == 1 { // <sObject> in <sObjects>
				draft := record.Draft{Object: j.Object, Fields: e.fields}
				if err := g.add(takeID(&draft, j.Object)); err != nil {
					return nil, err
				}
				continue
			}
			if len(open) > 1 && (e.null || len(e.fields) > 0 || e.text.Len() > 0) { // an empty element says nothing
				up := open[len(open)-1]
				up.fields = append(up.fields, e.field())
			}
		}
	}
}

// field returns what an element says of its record: a value, a parent's <sObject>, or null.
func (e *xmlElement) field() record.DraftField {
	f := record.DraftField{Name: e.name}
	switch {
	case e.null:
	case len(e.fields) == 0:
		f.Value = record.OfText(e.text.String())
	default:
		p := &record.Draft{}
		for _, inner := range e.fields {
			switch {
			case inner.Parent != nil && strings.EqualFold(inner.Name, "sObject"):
				p.Object = inner.Parent.Object
				p.Fields = append(p.Fields, inner.Parent.Fields...)
			case strings.EqualFold(inner.Name, "type"):
				p.Object = inner.Value.Text()
			default:
				p.Fields = append(p.Fields, inner)
			}
		}
		f.Parent = p
	}
	return f
}

// unzip returns the files of a ZIP, none of which may be what it is not said to be, and not all of them together too large.
func unzip(body []byte) (map[string][]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, badCSV("InvalidBatch : The batch is no ZIP")
	}
	if len(z.File) > maxZipFiles {
		return nil, badCSV(fmt.Sprintf("InvalidBatch : The ZIP has more than %d files", maxZipFiles))
	}
	files := map[string][]byte{}
	left := int64(maxZipUnpacked)
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, badCSV("InvalidBatch : The ZIP is damaged at " + f.Name)
		}
		text, err := io.ReadAll(io.LimitReader(r, left+1))
		if closing := r.Close(); err == nil {
			err = closing
		}
		if left -= int64(len(text)); left < 0 {
			return nil, badCSV(fmt.Sprintf("InvalidBatch : The ZIP unpacks to more than %d bytes", maxZipUnpacked))
		}
		if err != nil {
			return nil, badCSV("InvalidBatch : The ZIP is damaged at " + f.Name)
		}
		files[path.Clean(strings.ReplaceAll(f.Name, `\`, "/"))] = text
	}
	return files, nil
}

// attach puts the files that values name with a # before it in their place.
func attach(l *loading, files map[string][]byte) {
	if files == nil {
		return
	}
	for i := range l.drafts {
		for k := range l.drafts[i].Fields {
			f := &l.drafts[i].Fields[k]
			name, named := strings.CutPrefix(f.Value.Text(), "#")
			if !named || f.Value.Text() == noValue {
				continue
			}
			if content, ok := files[path.Clean(strings.ReplaceAll(name, `\`, "/"))]; ok {
				f.Value = record.OfBytes(content)
			}
		}
	}
}
