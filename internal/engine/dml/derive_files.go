package dml

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"path"
	"strconv"
	"strings"

	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// deriveAttachment keeps the length of an attachment beside its body.
func deriveAttachment(b *Batch) error {
	body := b.Field("Body")
	for _, r := range b.Rows {
		if v := r.Get(body); b.Insert || r.says("Body") && v.Kind() == record.Bytes {
			r.set("BodyLength", record.OfInt(int64(len(v.Text()))))
		}
	}
	return nil
}

// deriveVersion fills what a file tells about itself. A version without a
// document is the first of a new one, whose id it gets here; companions writes it.
func deriveVersion(ctx context.Context, b *Batch) error {
	if !b.Insert {
		return nil
	}
	var first []*Row
	for _, r := range b.Rows {
		name := r.get("PathOnClient").Text()
		if name == "" && r.get("ContentUrl").IsNull() {
			r.Fail(fault.New(fault.RequiredFieldMissing, "Required fields are missing: [PathOnClient]").On("PathOnClient"))
			continue
		}
		base := path.Base(strings.ReplaceAll(name, `\`, "/"))
		ext := strings.TrimPrefix(path.Ext(base), ".")
		if r.get("Title").IsNull() {
			r.set("Title", record.OfText(cut(strings.TrimSuffix(base, path.Ext(base)), 255)))
		}
		r.set("FileExtension", record.OfText(cut(strings.ToLower(ext), 40)))
		r.set("FileType", record.OfText(fileType(ext)))
		data := r.get("VersionData").Text()
		sum := md5.Sum([]byte(data)) // the API's own checksum: it tells files apart and proves nothing
		r.set("ContentSize", record.OfInt(int64(len(data))))
		r.set("Checksum", record.OfText(hex.EncodeToString(sum[:])))
		r.set("VersionNumber", record.OfText("1"))
		r.set("PublishStatus", record.OfText("P"))
		r.set("IsLatest", record.OfBool(true))
		r.set("ContentModifiedDate", record.OfInstant(b.Tx.Now()))
		r.set("ContentModifiedById", record.OfID(b.Env.User))
		if r.get("ContentDocumentId").IsNull() {
			first = append(first, r)
		}
	}
	b.drop()
	if err := b.numberVersions(ctx); err != nil {
		return err
	}
	return b.nameDocuments(ctx, first)
}

// nameDocuments gives first versions the ids that their documents will have. They are noted, since a reference to them is not yet one.
func (b *Batch) nameDocuments(ctx context.Context, first []*Row) error {
	doc := b.Env.Snapshot.Object("ContentDocument")
	if len(first) == 0 || doc == nil {
		return nil
	}
	ids, err := b.Tx.NewIDs(ctx, doc.KeyPrefix, len(first))
	if err != nil {
		return err
	}
	b.brought = make(map[record.ID]bool, len(ids))
	for i, r := range first {
		r.set("ContentDocumentId", record.OfID(ids[i]))
		b.brought[ids[i]] = true
	}
	return nil
}

// numberVersions counts the versions that the batch's documents have already.
func (b *Batch) numberVersions(ctx context.Context) error {
	f := b.Field("ContentDocumentId")
	var docs []record.ID
	for _, r := range b.Rows {
		if id := r.Get(f).ID(); id != "" {
			docs = append(docs, id)
		}
	}
	if len(docs) == 0 {
		return nil
	}
	q := store.NewSQL(b.Tx.Dialect()).Raw("SELECT ").Name(f.Column).Raw(", COUNT(*) FROM ").Table(b.Object.Table).Raw(" WHERE ").Name(f.Column).In(distinct(docs)).Raw(" GROUP BY ").Name(f.Column)
	page, err := store.Fetch(ctx, b.Tx, q, outOf(f.StoreColumn()), store.Out{Class: store.Int})
	if err != nil {
		return err
	}
	count := map[record.ID]int64{}
	for i := range page.Len() {
		count[page.ID(i, 0)] = page.Value(i, 1).Int()
	}
	last := map[record.ID]*Row{}
	for _, r := range b.Rows {
		id := r.Get(f).ID()
		if id == "" {
			continue
		}
		count[id]++
		r.set("VersionNumber", record.OfText(strconv.FormatInt(count[id], 10)))
		if before := last[id]; before != nil {
			before.set("IsLatest", record.OfBool(false))
		}
		last[id] = r
	}
	return nil
}

// fileType names the kind of a file as the API does, by its extension.
func fileType(ext string) string {
	switch ext = strings.ToUpper(ext); ext {
	case "":
		return "UNKNOWN"
	case "DOC", "XLS", "PPT":
		return map[string]string{"DOC": "WORD", "XLS": "EXCEL", "PPT": "POWER_POINT"}[ext]
	case "DOCX", "XLSX", "PPTX":
		return map[string]string{"DOCX": "WORD_X", "XLSX": "EXCEL_X", "PPTX": "POWER_POINT_X"}[ext]
	case "TXT":
		return "TEXT"
	case "JPEG":
		return "JPG"
	default:
		return cut(ext, 20)
	}
}

// documents writes the documents of first versions, has those of further ones
// point to their newest, and links a file to the record that it was published on.
func documents(ctx context.Context, b *Batch) error {
	doc := b.Env.Snapshot.Object("ContentDocument")
	if !b.Insert || doc == nil {
		return nil
	}
	var made, links []record.Draft
	var old []*Row
	for _, r := range b.Rows {
		id := r.get("ContentDocumentId")
		if !b.brought[id.ID()] {
			old = append(old, r)
		} else {
			d := record.Draft{Object: doc.Name, ID: id.ID()}
			for _, name := range []string{"Title", "Description", "OwnerId", "ContentSize", "FileType", "FileExtension", "SharingOption", "SharingPrivacy", "PublishStatus", "ContentModifiedDate"} {
				d.Set(name, r.get(name))
			}
			d.Set("LatestPublishedVersionId", record.OfID(r.ID))
			made = append(made, d)
		}
		if at := r.get("FirstPublishLocationId"); !at.IsNull() {
			links = append(links, *(&record.Draft{Object: "ContentDocumentLink"}).Set("ContentDocumentId", id).Set("LinkedEntityId", at).
				Set("ShareType", record.OfText("V")).Set("Visibility", record.OfText("AllUsers")))
		}
	}
	if err := b.plant(ctx, made); err != nil {
		return err
	}
	if err := b.supersede(ctx, old); err != nil {
		return err
	}
	return b.bring(ctx, links)
}

// supersede makes new versions the latest of their documents.
func (b *Batch) supersede(ctx context.Context, rows []*Row) error {
	if len(rows) == 0 {
		return nil
	}
	doc, latest := b.Field("ContentDocumentId"), b.Field("IsLatest")
	var docs, ids []record.ID
	newest := map[record.ID]*Row{}
	for _, r := range rows {
		newest[r.Get(doc).ID()] = r
		ids = append(ids, r.ID)
	}
	var values [][]record.Value
	for _, r := range rows {
		if id := r.Get(doc).ID(); newest[id] == r {
			docs = append(docs, id)
			values = append(values, []record.Value{record.OfID(r.ID), r.get("Title"), r.get("ContentSize"), r.get("FileType"), r.get("FileExtension")})
		}
	}
	q := store.NewSQL(b.Tx.Dialect()).Raw("UPDATE ").Table(b.Object.Table).Raw(" SET ").Name(latest.Column).Raw(" = ").Arg(store.Bool, record.OfBool(false)).
		Raw(" WHERE ").Name(doc.Column).In(docs).Raw(" AND NOT ").Name("Id").In(ids)
	if _, err := b.Tx.Exec(ctx, q); err != nil {
		return err
	}
	o := b.Env.Snapshot.Object("ContentDocument")
	var cols []store.Column
	for _, name := range []string{"LatestPublishedVersionId", "Title", "ContentSize", "FileType", "FileExtension"} {
		cols = append(cols, o.Field(name).StoreColumn())
	}
	return b.Tx.Update(ctx, o.Table, cols, docs, values)
}
