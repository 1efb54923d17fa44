package rest

import (
	"stoa/internal/fault"
	"stoa/internal/record"
)

// appendErrors appends a list of errors. code is the name of the member that
// holds the code: errorCode at the top, statusCode inside a list of results.
func appendErrors(dst []byte, all []*fault.Error, code string) []byte {
	dst = append(dst, '[')
	for i, f := range all {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"message":`...)
		dst = record.AppendJSON(dst, []byte(f.Message))
		dst = append(append(append(dst, `,"`...), code...), `":`...)
		dst = record.AppendJSON(dst, []byte(f.Code))
		if len(f.Fields) > 0 || code == "statusCode" {
			dst = append(dst, `,"fields":`...)
			dst = appendTexts(dst, f.Fields)
		}
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

func appendErrorsXML(dst []byte, all []*fault.Error) []byte {
	dst = append(dst, xmlHead+"<Errors>"...)
	for _, f := range all {
		dst = append(dst, "<Error>"...)
		for _, field := range f.Fields {
			dst = appendElement(dst, "fields", []byte(field))
		}
		dst = appendElement(dst, "errorCode", []byte(f.Code))
		dst = appendElement(dst, "message", []byte(f.Message))
		dst = append(dst, "</Error>"...)
	}
	return append(dst, "</Errors>"...)
}

// appendTexts appends a list of texts.
func appendTexts(dst []byte, texts []string) []byte {
	dst = append(dst, '[')
	for i, t := range texts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = record.AppendJSON(dst, []byte(t))
	}
	return append(dst, ']')
}
