package rest

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/fault"
	"stoa/internal/record"
)

func TestBodyKeepsOrderRepeatsAndExactNumbers(t *testing.T) {
	n, err := parseJSON([]byte(`{"attributes":{"type":"Account"},"Name":"x\u00e9\ud83d\ude00","Amount":1234567890123456.78,"Name":"y","Gone":null,"On":true,"Owner":{"Ext__c":"e"},"Id":"001000000000001"}`))
	if err != nil {
		t.Fatal(err)
	}
	d, err := draftOf(&n, "")
	if err != nil {
		t.Fatal(err)
	}
	want := record.Draft{Object: "Account", ID: "001000000000001AAA", Fields: []record.DraftField{
		{Name: "Name", Value: record.OfText("xé😀")},
		{Name: "Amount", Value: record.OfDecimal(123456789012345678, 2)},
		{Name: "Name", Value: record.OfText("y")},
		{Name: "Gone"},
		{Name: "On", Value: record.OfBool(true)},
		{Name: "Owner", Parent: &record.Draft{Fields: []record.DraftField{{Name: "Ext__c", Value: record.OfText("e")}}}},
	}}
	if diff := cmp.Diff(want, d, cmp.AllowUnexported(record.Value{})); diff != "" {
		t.Error(diff)
	}
}

func TestMalformedBodySaysWhere(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{``, "The HTTP entity body is required, but this request has no entity body."},
		{`  `, "The HTTP entity body is required, but this request has no entity body."},
		{"{\n \"Name\": }", "Unexpected character ('}' (code 125)): expected a value (number, text, list, object, 'true', 'false' or 'null') at [line:2, column:10]"},
		{`{"Name"`, "Unexpected end-of-input: expected a colon to separate field name and value at [line:1, column:8]"},
		{`{"é" 1}`, "Unexpected character ('1' (code 49)): expected a colon to separate field name and value at [line:1, column:6]"},
		{`{"a":1,}`, "Unexpected character ('}' (code 125)): expected double-quote to start field name at [line:1, column:8]"},
		{`{"a":01}`, "Invalid numeric value: Leading zeroes not allowed at [line:1, column:6]"},
		{`{"a":"x`, "Unexpected end-of-input in a text that begins at [line:1, column:6]"},
		{`{"a":"\x"}`, "Unrecognized character escape 'x' (code 120) at [line:1, column:8]"},
		{`{} {}`, "Unexpected character ('{' (code 123)): expected the end of the body at [line:1, column:4]"},
		{`Name=x`, "Unexpected character ('N' (code 78)): expected a value (number, text, list, object, 'true', 'false' or 'null') at [line:1, column:1]"},
	} {
		_, err := parseJSON([]byte(c.body))
		f := fault.From(err)
		if f.Code != fault.JSONParserError || f.Message != c.want {
			t.Errorf("%q: %v, want %s", c.body, f, c.want)
		}
	}
}

// FuzzParseJSON holds that what this parser takes is JSON to the standard
// library too, and that it refuses nothing that is.
func FuzzParseJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e-3,"x\n",null,true]}`, `"\ud800"`, `[[]]`, `-0`, "\"\xff\"", `{"a":{"b":{}}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, err := parseJSON([]byte(s))
		// A byte order mark, a tab or broken UTF-8 in a text are judged differently on purpose.
		if err == nil && !json.Valid([]byte(s)) && !lenient(s) {
			t.Errorf("took %q", s)
		}
	})
}

func lenient(s string) bool {
	for _, r := range s {
		if r == '\t' || r == '\ufeff' || r == '\ufffd' {
			return true
		}
	}
	return false
}
