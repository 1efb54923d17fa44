// Package metadata reads metadata in Salesforce's source format: folders of
// objects, fields, queues, permission sets and templates become changes of the
// catalog and rows of setup objects. It reads and writes nothing of an org;
// its one invariant is that what it does not understand is an error with a
// file's name, never skipped in silence.
package metadata

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
)

// A Package is what a source folder holds, in the order in which it can be put into an org.
type Package struct {
	Changes []catalog.Change // objects before their fields, fields before indexes of them
	Rows    []Row            // of setup objects; those that others refer to come first
	Wholes  []Whole
}

// A Whole says that an object has rows with these values of a field and no others.
type Whole struct {
	Object, Field string
	Values        []string
}

// A Row is a record that metadata describes. An org has one of a name: putting
// it again changes it.
type Row struct {
	Object string
	Key    []string // fields that tell the row apart, set in Draft
	Draft  record.Draft
	// Parents are lookups to be filled, by field: another row, named by object and a field's value.
	Parents map[string]Ref
	// Kept rows are what an org may change: put in once, never overwritten.
	Kept bool
}

// A Ref names a row of a setup object by the value of one of its fields.
type Ref struct{ Object, Field, Value string }

// A kind is a type of metadata: the ending of its files and what reads them.
type kind struct {
	suffix string // .object-meta.xml
	read   func(p *Package, file string, b []byte, r reader) error
}

// reader reads another file of the source folder.
type reader func(name string) ([]byte, error)

// kinds lists the types in the order in which they are put into an org.
var kinds = []kind{
	{".object-meta.xml", readObject},
	{".field-meta.xml", readField},
	{".index-meta.xml", readIndex},
	{".standardValueSet-meta.xml", readStandardValueSet},
	{".datacategorygroup-meta.xml", readCategoryGroup},
	{".customPermission-meta.xml", readCustomPermission},
	{".permissionset-meta.xml", readPermissionSet},
	{".queue-meta.xml", readQueue},
	{".milestoneType-meta.xml", readMilestoneType},
	{"BusinessHours.settings-meta.xml", readBusinessHours},
	{".email-meta.xml", readEmailTemplate},
}

// Read reads a source folder.
func Read(source fs.FS) (*Package, error) {
	found := make([][]string, len(kinds))
	err := fs.WalkDir(source, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		i := slices.IndexFunc(kinds, func(k kind) bool { return strings.HasSuffix(name, k.suffix) })
		switch {
		case i >= 0:
			found[i] = append(found[i], name)
		case strings.HasSuffix(name, ".email"): // the body beside its .email-meta.xml
		default:
			return fmt.Errorf("%s: metadata of this type is not known", name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read metadata: %w", err)
	}
	p := &Package{}
	for i, k := range kinds {
		for _, name := range found[i] {
			b, err := fs.ReadFile(source, name)
			if err == nil {
				err = k.read(p, name, b, func(other string) ([]byte, error) { return fs.ReadFile(source, other) })
			}
			if err != nil {
				return nil, fmt.Errorf("read metadata %s: %w", name, err)
			}
		}
	}
	return p, nil
}

// strict unmarshals XML and refuses elements that into has no place for: each
// struct ends in an Unknown field that takes what is left.
func strict(b []byte, into any, unknown func() []element) error {
	if err := xml.Unmarshal(b, into); err != nil {
		return err
	}
	var errs []error
	for _, e := range unknown() {
		errs = append(errs, fmt.Errorf("the element %s is not known", e.XMLName.Local))
	}
	return errors.Join(errs...)
}

// An element is one that nobody asked for.
type element struct {
	XMLName xml.Name
}

// named returns the name that a file has without its folder and its ending.
func named(file, suffix string) string { return strings.TrimSuffix(path.Base(file), suffix) }

// row makes a row whose key is the value of one field.
func row(object, key, name string) Row {
	r := Row{Object: object, Key: []string{key}, Draft: record.Draft{Object: object}}
	r.set(key, name)
	return r
}

// set gives the row a text, an empty one is left out.
func (r *Row) set(field, value string) {
	if value != "" {
		r.Draft.Set(field, record.OfText(value))
	}
}

func (r *Row) setBool(field string, value bool) { r.Draft.Set(field, record.OfBool(value)) }
