package record

import "strings"

// A Draft is a record as a client sent it, before the engine knows whether it
// fits: values have the kind that the wire gave them (Text, Number, Bool, Null).
type Draft struct {
	Object string // API name in any letter case
	ID     ID     // "" on insert
	Fields []DraftField
}

// A DraftField is one key of a Draft in the order sent.
type DraftField struct {
	Name  string
	Value Value
	// Parent names a parent by an external id instead of by id: {"Owner":{"Ext__c":"x"}}.
	// Name is then the relationship's name and Value is null.
	Parent *Draft
}

// Set gives a field a value, replacing an earlier one.
func (d *Draft) Set(name string, v Value) *Draft {
	for i := range d.Fields {
		if strings.EqualFold(d.Fields[i].Name, name) {
			d.Fields[i] = DraftField{Name: name, Value: v}
			return d
		}
	}
	d.Fields = append(d.Fields, DraftField{Name: name, Value: v})
	return d
}

// Get returns the value sent for a field and whether there was one.
func (d *Draft) Get(name string) (Value, bool) {
	for i := range d.Fields {
		if strings.EqualFold(d.Fields[i].Name, name) {
			return d.Fields[i].Value, true
		}
	}
	return Value{}, false
}
