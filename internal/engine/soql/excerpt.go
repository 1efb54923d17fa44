package soql

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// excerptWidth is how many characters of a line Excerpt shows on each side of the mistake.
const excerptWidth = 40

// Excerpt returns message behind the lines that point at byte offset pos of a query's text:
//
//	⏎
//	SELECT Foo FROM Account⏎
//	       ^⏎
//	ERROR at Row:1:Column:8⏎
//	message
//
// Rows and columns count from 1, columns in characters. An offset outside of text is taken for its nearer end.
func Excerpt(text string, pos int, message string) string {
	pos = min(max(pos, 0), len(text))
	start := strings.LastIndexByte(text[:pos], '\n') + 1
	row := 1 + strings.Count(text[:start], "\n")
	column := 1 + utf8.RuneCountInString(text[start:pos])

	before := text[start:pos]
	for cut := column - 1 - excerptWidth; cut > 0; cut-- {
		_, n := utf8.DecodeRuneInString(before)
		before = before[n:]
	}
	after, _, _ := strings.Cut(text[pos:], "\n")
	for i, n := 0, 0; i < len(after); n++ {
		if n == excerptWidth {
			after = after[:i]
			break
		}
		_, size := utf8.DecodeRuneInString(after[i:])
		i += size
	}
	var b strings.Builder
	b.WriteByte('\n')
	b.WriteString(strings.TrimRight(oneLine.Replace(before+after), " "))
	b.WriteByte('\n')
	b.WriteString(strings.Repeat(" ", utf8.RuneCountInString(before)))
	b.WriteString("^\nERROR at Row:")
	b.WriteString(strconv.Itoa(row))
	b.WriteString(":Column:")
	b.WriteString(strconv.Itoa(column))
	b.WriteByte('\n')
	b.WriteString(message)
	return b.String()
}

// oneLine keeps the caret below its character.
var oneLine = strings.NewReplacer("\t", " ", "\r", " ")

// lineAndColumn returns "line 1:57": the line from 1, the column from 0, in characters.
func lineAndColumn(text string, pos int) string {
	start := strings.LastIndexByte(text[:pos], '\n') + 1
	return "line " + strconv.Itoa(1+strings.Count(text[:start], "\n")) + ":" + strconv.Itoa(utf8.RuneCountInString(text[start:pos]))
}
