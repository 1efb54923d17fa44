package rest

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/record"
)

// contacts is a result with all that a record can hold: cells of each kind, a
// compound, parents, a polymorphic parent, TYPEOF, and children with more to come.
func contacts() *record.Result {
	p := record.NewPage(16, 2)
	row := func(cells ...record.Value) {
		for _, c := range cells {
			p.Add(c)
		}
	}
	null := record.Value{}
	row(record.OfID("003000000000001AAA"), record.OfText("Ng \"<b>\"\n"), record.OfBool(false), record.OfDate(3711), record.OfDateTime(1714557600),
		record.OfText("Oslo"), null, record.OfDecimal(5995, 2), record.OfID("001000000000001AAA"), record.OfText("Acme"),
		record.OfID("005000000000001AAA"), record.OfText("User"), record.OfText("Ann"), record.OfDecimal(100, 1), record.OfInt(12), record.OfTime(33_307_000))
	row(record.OfID("003000000000002AAA"), null, record.OfBool(true), null, null,
		null, null, null, null, null, null, null, null, record.OfInt(-5), record.OfDecimal(70, 1), null)
	cases := record.NewPage(1, 1)
	cases.Add(record.OfID("500000000000001AAA"))
	parent := func(object string, typeCol, idCol int, key string, col int) *record.Shape {
		return &record.Shape{Object: object, TypeCol: typeCol, IDCol: idCol, Items: []record.Item{{Key: key, Type: "string", Col: col}}}
	}
	return &record.Result{
		Total: 5, Next: "01g000000000001AAA-2", Page: p,
		Shape: &record.Shape{Object: "Contact", TypeCol: -1, IDCol: 0, Items: []record.Item{
			{Key: "Id", Type: "id", Col: 0},
			{Key: "LastName", Type: "string", Col: 1},
			{Key: "IsEmailBounced", Type: "boolean", Col: 2},
			{Key: "Birthdate", Type: "date", Col: 3},
			{Key: "CreatedDate", Type: "datetime", Col: 4},
			{Key: "MailingAddress", Role: record.Compound, Type: "address", Parts: []record.Item{
				{Key: "city", Type: "string", Col: 5}, {Key: "country", Type: "string", Col: 6}, {Key: "latitude", Type: "double", Col: 7},
			}},
			{Key: "Account", Role: record.Parent, Col: 8, Parent: parent("Account", -1, 8, "Name", 9)},
			{Key: "Owner", Role: record.Parent, Col: 10, Parent: parent("Name", 11, 10, "Name", 12)},
			{Key: "Boss", Role: record.Parent, Col: 10, Cases: map[string]*record.Shape{"User": parent("User", 11, 10, "Name", 12)}},
			{Key: "Score__c", Type: "double", Col: 13},
			{Key: "Count__c", Type: "int", Col: 14},
			{Key: "At__c", Type: "time", Col: 15},
			{Key: "Cases", Role: record.Child, Child: 0},
		}},
		Children: []record.Children{{
			Result: &record.Result{Page: cases, Shape: &record.Shape{Object: "Case", TypeCol: -1, IDCol: 0, Items: []record.Item{{Key: "Id", Type: "id"}}}},
			Spans:  []record.Span{{From: 0, To: 1, Total: 3, Next: "01g000000000002AAA-1"}, {From: 1, To: 1}},
		}},
	}
}

func TestRecordsAreWrittenAsClientsReadThem(t *testing.T) {
	got := string(newEncoder("/services/data/v66.0", contacts()).appendQuery(nil))
	want := strings.ReplaceAll(`{"totalSize":5,"done":false,"nextRecordsUrl":"/services/data/v66.0/query/01g000000000001AAA-2","records":[
{"attributes":{"type":"Contact","url":"/services/data/v66.0/sobjects/Contact/003000000000001AAA"},
"Id":"003000000000001AAA","LastName":"Ng \"\u003cb>\"\n","IsEmailBounced":false,"Birthdate":"1980-02-29","CreatedDate":"2024-05-01T10:00:00.000+0000",
"MailingAddress":{"city":"Oslo","country":null,"latitude":59.95},
"Account":{"attributes":{"type":"Account","url":"/services/data/v66.0/sobjects/Account/001000000000001AAA"},"Name":"Acme"},
"Owner":{"attributes":{"type":"Name","url":"/services/data/v66.0/sobjects/User/005000000000001AAA"},"Name":"Ann"},
"Boss":{"attributes":{"type":"User","url":"/services/data/v66.0/sobjects/User/005000000000001AAA"},"Name":"Ann"},
"Score__c":10.0,"Count__c":12,"At__c":"09:15:07.000Z",
"Cases":{"totalSize":3,"done":false,"nextRecordsUrl":"/services/data/v66.0/query/01g000000000002AAA-1","records":[
{"attributes":{"type":"Case","url":"/services/data/v66.0/sobjects/Case/500000000000001AAA"},"Id":"500000000000001AAA"}]}},
{"attributes":{"type":"Contact","url":"/services/data/v66.0/sobjects/Contact/003000000000002AAA"},
"Id":"003000000000002AAA","LastName":null,"IsEmailBounced":true,"Birthdate":null,"CreatedDate":null,
"MailingAddress":null,"Account":null,"Owner":null,"Boss":null,"Score__c":-5.0,"Count__c":7,"At__c":null,"Cases":null}]}`, "\n", "")
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s\n%s", d, got)
	}
	if !json.Valid([]byte(got)) {
		t.Error("not JSON")
	}
}

func TestGroupedRowsHaveNoURL(t *testing.T) {
	p := record.NewPage(1, 1)
	p.Add(record.OfInt(3))
	r := &record.Result{Total: 1, Page: p, Shape: &record.Shape{Object: "AggregateResult", TypeCol: -1, IDCol: -1, Items: []record.Item{{Key: "expr0", Type: "int"}}}}
	want := `{"totalSize":1,"done":true,"records":[{"attributes":{"type":"AggregateResult"},"expr0":3}]}`
	if got := string(newEncoder("", r).appendQuery(nil)); got != want {
		t.Error(got)
	}
	count := &record.Result{Total: 7, Shape: r.Shape}
	if got := string(newEncoder("", count).appendQuery(nil)); got != `{"totalSize":7,"done":true,"records":[]}` {
		t.Error(got)
	}
}

func TestXMLIsWellFormedAndLeavesOutNulls(t *testing.T) {
	got := newEncoder("/services/data/v66.0", contacts()).appendQueryXML(nil)
	for d := xml.NewDecoder(strings.NewReader(string(got))); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%v in %s", err, got)
		}
	}
	if n := strings.Count(string(got), "<Birthdate>"); n != 1 {
		t.Errorf("%d birth dates", n)
	}
}

// BenchmarkAppendQuery writes 2,000 records of 20 fields, the page that clients read most.
func BenchmarkAppendQuery(b *testing.B) {
	const fields = 20
	p := record.NewPage(fields, 2000)
	s := &record.Shape{Object: "Case", TypeCol: -1, IDCol: 0}
	for i := range fields {
		s.Items = append(s.Items, record.Item{Key: "Field" + string(rune('A'+i)) + "__c", Type: "string", Col: i})
	}
	for range 2000 {
		p.Add(record.OfID("500000000000001AAA"))
		for i := range fields - 1 {
			switch i % 4 {
			case 0:
				p.Add(record.OfDateTime(1714557600))
			case 1:
				p.Add(record.OfDecimal(12345, 2))
			default:
				p.Add(record.OfText("a text of usual length"))
			}
		}
	}
	r := &record.Result{Total: 2000, Page: p, Shape: s}
	var out []byte
	for b.Loop() {
		out = newEncoder("/services/data/v66.0", r).appendQuery(out[:0])
	}
	b.SetBytes(int64(len(out)))
}
