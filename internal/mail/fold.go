package mail

import (
	"regexp"
	"strings"
)

// A Span is a stretch of a text that Fold tells apart.
type Span struct {
	Kind SpanKind
	Text string
}

// A SpanKind says what a stretch of a mail is.
type SpanKind string

// The kinds of spans.
const (
	New       SpanKind = "new"       // what the sender wrote now
	Quoted    SpanKind = "quoted"    // what was written before, with the line that introduces it
	Signature SpanKind = "signature" // who the sender is, or which program it was
)

// Fold tells in a message's text what is new from what is quoted and from
// signatures. The texts of the spans joined are the text, byte for byte: what
// is folded is still there.
func Fold(text string) []Span {
	f := folder{lines: strings.SplitAfter(text, "\n"), tries: maxTries}
	f.kinds = make([]SpanKind, len(f.lines))
	for i := range f.kinds {
		f.kinds[i] = New
	}
	end := f.quotes()
	f.signatures(end)
	return f.spans()
}

// NewText returns the new spans of a text, or the whole where all of it seems
// quoted: a message that says nothing was read wrongly.
func NewText(text string) string {
	var b strings.Builder
	for _, s := range Fold(text) {
		if s.Kind == New {
			b.WriteString(s.Text)
		}
	}
	if s := strings.TrimSpace(b.String()); s != "" {
		return s
	}
	return strings.TrimSpace(text)
}

// Bounds of the search for quotations: longer lines introduce none, and a text
// with more lines that might is somebody's attempt to keep us busy.
const (
	maxIntroduction = 400
	maxHeaderLine   = 4000 // recipients may be many
	maxTries        = 500
)

type folder struct {
	lines []string
	kinds []SpanKind
	tries int // introductions that may still be tried
}

func (f *folder) line(i int) string {
	if i < 0 || i >= len(f.lines) {
		return ""
	}
	return strings.TrimSpace(f.lines[i])
}

func (f *folder) mark(from, to int, k SpanKind) {
	for i := from; i < to && i < len(f.kinds); i++ {
		f.kinds[i] = k
	}
}

// quotes marks quoted lines. It returns the line from which on everything is
// quoted, or the number of lines.
func (f *folder) quotes() int {
	for i := 0; i < len(f.lines); i++ {
		if f.divider(i) {
			f.mark(i, len(f.lines), Quoted)
			return i
		}
		if n := f.introduction(i); n > 0 {
			next := f.skipBlank(i + n)
			if !quoteMark(f.line(next)) {
				// The quotation is not marked: all that follows is one.
				f.mark(i, len(f.lines), Quoted)
				return i
			}
			f.mark(i, next, Quoted)
			i = next
		}
		if quoteMark(f.line(i)) {
			f.mark(i, i+1, Quoted)
		}
	}
	return len(f.lines)
}

func (f *folder) skipBlank(i int) int {
	for i < len(f.lines) && f.line(i) == "" {
		i++
	}
	return i
}

func quoteMark(line string) bool {
	return strings.HasPrefix(line, ">") || strings.HasPrefix(line, "|>")
}

// dividers are lines after which programs put an older message unmarked.
var dividers = regexp.MustCompile(`(?i)^(-{2,}|_{2,})\s*(original message|forwarded message|original appointment|` +
	`mensaje original|mensaje reenviado|ursprüngliche nachricht|weitergeleitete nachricht|message d'origine|message original|` +
	`message transféré|mensagem original|mensagem encaminhada|messaggio originale|messaggio inoltrato|oorspronkelijk bericht|` +
	`doorgestuurd bericht|oprindelig meddelelse|ursprungligt meddelande|opprinnelig melding|alkuperäinen viesti|` +
	`wiadomość oryginalna|исходное сообщение|пересылаемое сообщение|原始邮件|原始郵件|转发邮件|元のメッセージ|원본 메일|` +
	`thư gốc|orihinal na mensahe)\s*(-*|_*)$|` +
	`^(begin forwarded message|inicio del mensaje reenviado|anfang der weitergeleiteten nachricht|début du message (réexpédié|transféré)|` +
	`início da mensagem (encaminhada|reencaminhada)|inizio messaggio inoltrato|begin doorgestuurd bericht)\s*:$|` +
	`^##-.*(reply above this line|escriba su respuesta|type your reply).*-##$`)

// headerFields are the labels of the header block that Outlook and others
// write above a quoted message, by what they stand for.
var headerFields = regexp.MustCompile(`(?i)^[*_>\s]*(` +
	`(?P<from>from|de|von|da|van|od|från|fra|lähettäjä|от|发件人|寄件者|差出人|보낸 사람|từ|mula kay)|` +
	`(?P<date>sent|date|enviado(?: el| em)?|fecha|gesendet|datum|envoyé|data|inviato|verzonden|wysłano|skickat|sendt|lähetetty|дата|отправлено|发送时间|寄件日期|送信日時|보낸 날짜|đã gửi|ngày)|` +
	`(?P<to>to|para|an|à|a|aan|do|till|til|vastaanottaja|кому|收件人|宛先|받는 사람|đến|cc|kopie|copie)|` +
	`(?P<subject>subject|asunto|betreff|objet|assunto|oggetto|onderwerp|temat|ämne|emne|aihe|тема|主题|主旨|件名|제목|chủ đề|paksa)` +
	`)\s*[*_]*\s*[:：]`)

// divider reports whether an older message starts at line i: a line that says
// so, or a block of header fields.
func (f *folder) divider(i int) bool {
	line := f.line(i)
	if line == "" || len(line) > maxIntroduction {
		return false
	}
	if dividers.MatchString(strings.TrimLeft(line, "*> ")) && !strings.HasPrefix(line, ">") {
		return true
	}
	start := i
	if strings.Trim(line, "_-") == "" && len(line) >= 10 { // Outlook's rule above the block
		start = f.skipBlank(i + 1)
	}
	return f.headerBlock(start)
}

// headerBlock reports whether at least three different fields stand within six
// lines from i, the first at i. One or two are how people write, too.
func (f *folder) headerBlock(i int) bool {
	seen := map[string]bool{}
	for k := i; k < i+6 && k < len(f.lines) && len(f.line(k)) <= maxHeaderLine; k++ {
		m := headerFields.FindStringSubmatch(f.line(k))
		if m == nil || strings.HasPrefix(f.line(k), ">") {
			if k == i {
				return false
			}
			continue
		}
		for n, name := range headerFields.SubexpNames() {
			if name != "" && m[n] != "" {
				seen[name] = true
			}
		}
	}
	return len(seen) >= 3
}

// introductions are the ways to say "on that day she wrote:", over what may be
// several lines joined.
var introductions = regexp.MustCompile(`(?i)^(` +
	`on\b.+\bwrote|` + // English
	`(el|en|a las|con fecha)\b.+\b(escribió|escribio)|` + // Spanish
	`(am|den|vom)\b.+\b(schrieb|hat .+ geschrieben)\b.*|.+ schrieb am .+|` + // German
	`le\b.+\b(a écrit|écrit)|` + // French
	`(em|no dia|a)\b.+\b(escreveu)|` + // Portuguese
	`(il|in data|il giorno)\b.+\b(ha scritto|scrive)|` + // Italian
	`op\b.+\b(schreef)\b.*|` + // Dutch
	`(w dniu|dnia)?.+\b(napisał\(a\)|napisał|napisała|pisze)|` + // Polish
	`(den|på|le)?.+\b(skrev|kirjoitti)\b.*|` + // Nordic
	`.+(пишет|написал|написала|писал\(а\)|пише|написав)|` + // Russian, Ukrainian
	`(vào|ngày)\b.+\b(đã viết|viết)|` + // Vietnamese
	`(noong|nang|sa)\b.+\b(sumulat|isinulat ni .+|sinulat ni .+)|` + // Tagalog
	`.+(写道|寫道|のメール|님이 작성)` +
	`)[\s\x{a0}\x{202f}]*[:：]$`)

// dated requires of an introduction what a sentence of a person hardly has:
// an address or a day.
var dated = regexp.MustCompile(`@|\d{1,4}[./-]\d{1,2}|\b\d{4}\b|\d{1,2}:\d{2}`)

// introduction returns over how many lines from i an introduction stands, or 0.
func (f *folder) introduction(i int) int {
	if f.line(i) == "" || strings.HasPrefix(f.line(i), ">") {
		return 0
	}
	joined := ""
	for n := 1; n <= 4 && i+n-1 < len(f.lines); n++ {
		line := f.line(i + n - 1)
		if line == "" || quoteMark(line) || len(joined)+len(line) > maxIntroduction {
			return 0
		}
		joined = strings.TrimSpace(joined + " " + line)
		if (strings.HasSuffix(joined, ":") || strings.HasSuffix(joined, "：")) && f.tries > 0 {
			f.tries--
			if introductions.MatchString(joined) && dated.MatchString(joined) {
				return n
			}
		}
	}
	return 0
}

// signatureMark is the delimiter of signatures (RFC 3676, 4.3), also as those
// programs leave it that cut the space at a line's end.
func signatureMark(line string) bool {
	line = strings.TrimRight(line, "\r\n")
	return line == "-- " || line == "--" || line == "__" || line == "—"
}

var device = regexp.MustCompile(`(?i)^(sent|get|envoyé|enviado|von meinem|gesendet|diese nachricht wurde von|inviato|verstuurd|verzonden|wysłane|skickat|sendt|` +
	`lähetetty|отправлено|obtener|obtenez|télécharge[rz]|holen sie sich|gửi từ|ipinadala|发自|從我的|iPhoneから|나의).{0,60}` +
	`(iphone|ipad|android|samsung|galaxy|huawei|xiaomi|blackberry|windows|outlook|yahoo|gmail|mail|phone|móvil|movil|handy|smartphone|mobile|telefon|mobilgerät|телефон)`)

// maxSignature is in lines: what is longer after a delimiter is a text.
const maxSignature = 30

// signatures marks them in the new lines before end: from a delimiter on, or
// the last line that names a device.
func (f *folder) signatures(end int) {
	for i := 0; i < len(f.lines); i++ {
		if f.kinds[i] != New {
			continue
		}
		stop := i
		for stop < len(f.lines) && f.kinds[stop] == New {
			stop++
		}
		if at := f.signatureIn(i, stop); at >= 0 {
			f.mark(at, stop, Signature)
		}
		i = stop
	}
}

// signatureIn returns where the signature of the new lines [from, to) begins, or -1.
func (f *folder) signatureIn(from, to int) int {
	for i := to - 1; i >= from; i-- {
		if signatureMark(f.lines[i]) && to-i <= maxSignature && f.skipBlank(i+1) <= to {
			return i
		}
	}
	last := to - 1
	for last >= from && f.line(last) == "" {
		last--
	}
	if last >= from && device.MatchString(f.line(last)) && len(f.line(last)) <= 120 {
		return last
	}
	return -1
}

// spans joins neighbouring lines of one kind. Blank lines between two
// quotations belong to them.
func (f *folder) spans() []Span {
	f.bridge()
	var out []Span
	start := 0
	for i := 1; i <= len(f.lines); i++ {
		if i < len(f.lines) && f.kinds[i] == f.kinds[start] {
			continue
		}
		if text := strings.Join(f.lines[start:i], ""); text != "" {
			out = append(out, Span{Kind: f.kinds[start], Text: text})
		}
		start = i
	}
	return out
}

func (f *folder) bridge() {
	for i := 0; i < len(f.lines); i++ {
		if f.line(i) != "" || f.kinds[i] != New {
			continue
		}
		j := f.skipBlank(i)
		if (i == 0 || f.kinds[i-1] == Quoted) && (j == len(f.lines) || f.kinds[j] == Quoted) && (i > 0 || j < len(f.lines)) {
			f.mark(i, j, Quoted)
		}
		i = max(i, j-1)
	}
}
