package kit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Series is named numbers, in order.
type Series struct {
	Title  string // of the chart
	Says   string // one sentence of what it shows
	Label  string // head of the first column of its table
	Unit   string // head of the second
	Points []Point

	Second     []Point // of a line chart: a second line, dashed, at the same points; nil for none
	SecondUnit string  // head of its column
}

// A Point is one number of a series.
type Point struct {
	Label string
	Count int64
	Text  string // the count in words where it is not plain: "2,000+"
	Href  string // where the records are, "" for nowhere
}

// Words returns the number of a point as people read it.
func (p Point) Words(ui *UI) string {
	if p.Text != "" {
		return p.Text
	}
	return ui.Number(p.Count, 0, 0)
}

func (s Series) max() int64 {
	m := int64(1)
	for _, p := range slices.Concat(s.Points, s.Second) {
		m = max(m, p.Count)
	}
	return m
}

// A Metric is one number that matters, with where its records are.
type Metric struct {
	Name, Value, Note string
	Delta             string // against what was before, "" for none
	Up, Good          bool   // which way Delta goes, and whether that is well
	Bad               bool   // the note says that something is late
	Href              string
}

// Bars of a horizontal chart: 28 units a row, the names in the first 120.
const (
	barRow   = 30
	barLeft  = 120
	barWidth = 380
	barPad   = 50
)

type bar struct{ y, textY, width, valueX, class string }

func (s Series) bar(i int) bar {
	p := s.Points[i]
	w := float64(barWidth-barLeft-barPad) * float64(p.Count) / float64(s.max())
	if p.Count > 0 {
		w = max(w, 3)
	}
	y := i*barRow + 5
	return bar{
		y: strconv.Itoa(y), textY: strconv.Itoa(y + 15), width: fmt.Sprintf("%.1f", w),
		valueX: fmt.Sprintf("%.1f", barLeft+w+8), class: "k1",
	}
}

func (s Series) barBox() string { return fmt.Sprintf("0 0 %d %d", barWidth, len(s.Points)*barRow+6) }

// The frame of a line chart.
const (
	lineWidth, lineHeight = 380, 170
	lineLeft, lineRight   = 34, 370
	lineTop, lineBottom   = 14, 144
)

// steps returns a round step of the vertical scale, so that there are three to five lines.
func (s Series) step() int64 {
	m := s.max()
	step := int64(1)
	for m/step > 4 {
		switch {
		case strings.HasPrefix(strconv.FormatInt(step, 10), "2"):
			step = step / 2 * 5
		default:
			step *= 2
		}
	}
	return step
}

type gridLine struct{ y, textY, text string }

func (s Series) grid(ui *UI) []gridLine {
	var out []gridLine
	top := s.top()
	for v := int64(0); v <= top; v += s.step() {
		y := float64(lineBottom) - float64(lineBottom-lineTop)*float64(v)/float64(top)
		out = append(out, gridLine{fmt.Sprintf("%.1f", y), fmt.Sprintf("%.1f", y+4), ui.Number(v, 0, 0)})
	}
	return out
}

// top returns the end of the vertical scale.
func (s Series) top() int64 {
	step := s.step()
	return (s.max() + step - 1) / step * step
}

func (s Series) at(i int) (x, y float64) { return s.place(s.Points, i) }

func (s Series) place(points []Point, i int) (x, y float64) {
	x = lineLeft
	if n := len(points) - 1; n > 0 {
		x += float64(lineRight-lineLeft) * float64(i) / float64(n)
	}
	return x, float64(lineBottom) - float64(lineBottom-lineTop)*float64(points[i].Count)/float64(s.top())
}

// line returns the path through the points, second that of the other line; area the one that closes along the base.
func (s Series) line() string   { return s.through(s.Points) }
func (s Series) second() string { return s.through(s.Second) }

func (s Series) through(points []Point) string {
	var b strings.Builder
	for i := range points {
		x, y := s.place(points, i)
		verb := "L"
		if i == 0 {
			verb = "M"
		}
		fmt.Fprintf(&b, "%s%.1f %.1f", verb, x, y)
	}
	return b.String()
}

func (s Series) area() string {
	return s.line() + fmt.Sprintf("L%d %dL%d %dZ", lineRight, lineBottom, lineLeft, lineBottom)
}

type tick struct{ x, text, anchor string }

// ticks labels every third or fourth point, the last one always.
func (s Series) ticks() []tick {
	every := max(1, (len(s.Points)+3)/4)
	var out []tick
	for i := len(s.Points) - 1; i >= 0; i -= every {
		x, _ := s.at(i)
		anchor := "middle"
		switch i {
		case len(s.Points) - 1:
			anchor = "end"
		case 0:
			anchor = "start"
		}
		out = append(out, tick{fmt.Sprintf("%.1f", x), s.Points[i].Label, anchor})
	}
	return out
}

type dot struct{ x, y, textY, text string }

func (s Series) last(ui *UI) dot {
	i := len(s.Points) - 1
	x, y := s.at(i)
	return dot{fmt.Sprintf("%.1f", x), fmt.Sprintf("%.1f", y), fmt.Sprintf("%.1f", y-9), ui.Number(s.Points[i].Count, 0, 0)}
}
