package console

import (
	"strconv"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
)

// boardOf reads a board and arranges it in lanes of at most laneRows records.
func (v *visit) boardOf(st listState) (*kit.Board, error) {
	o, field := st.object, st.boardField(v.s)
	rd := newReader(v.s, o)
	fields := rd.fields(st.columns...)
	marks := rd.fields(st.layout.Tile...)
	rd.fields(field.Name)
	owner := rd.fields("OwnerId")
	created := rd.fields("CreatedDate")
	var title *catalog.Field
	if len(fields) > 0 {
		title = fields[primaryColumn(fields)]
	}
	order, _ := st.order(v.s)
	b := &kit.Board{By: field.Label, Label: v.ui.T("board.label", "what", plural(o), "by", field.Label), Field: field.Name, Hidden: []kit.Hidden{{Name: "back", Value: st.path("list")}}}
	move := o.Updateable && v.s.Rights(o).Edit && editable(v.s, field)
	var lanes []string
	for _, val := range field.Values {
		if val.Active && len(lanes) < maxLanes {
			lanes = append(lanes, val.Value)
		}
	}
	found, err := v.laneRows(st, rd, field, lanes, order)
	if err != nil {
		return nil, err
	}
	if len(found[""].at) > 0 {
		lanes = append([]string{""}, lanes...)
	}
	for _, value := range lanes {
		rows := found[value]
		label := kit.Label(field, value)
		if value == "" {
			label = v.ui.T("board.none", "field", field.Label)
		}
		lane := kit.Lane{Value: value, Label: label, Count: strconv.Itoa(min(len(rows.at), laneRows))}
		if len(rows.at) > laneRows || rows.more {
			if lane.Count, err = v.laneCount(st, field, value); err != nil {
				return nil, err
			}
			lane.All = st.with(func(s *listState) {
				s.board, s.filters = false, append(s.filters, laneFilter(field, value))
			}).path("list")
		}
		for _, i := range rows.at[:min(len(rows.at), laneRows)] {
			lane.Tiles = append(lane.Tiles, v.tile(rd, rows.res, i, title, marks, owner, created, move))
		}
		b.Lanes = append(b.Lanes, lane)
	}
	return b, nil
}

// laneCap is as far as a lane is counted.
const laneCap = 500

// laneCount returns how many records a lane has, in figures.
func (v *visit) laneCount(st listState, field *catalog.Field, value string) (string, error) {
	where, words, err := st.where(v, laneCondition(field, value))
	if err != nil {
		return "", err
	}
	n, err := v.capped("SELECT COUNT() FROM "+st.object.Name+where, laneCap, words)
	return plus(min(n, laneCap), n > laneCap), err
}

// laneCondition and laneFilter keep to the records of one lane; "" is the lane of those without a value.
func laneCondition(field *catalog.Field, value string) string {
	if value == "" {
		return field.Name + " = null"
	}
	return field.Name + " = " + quote(value)
}

func laneFilter(field *catalog.Field, value string) filter {
	if value == "" {
		return filter{Field: field.Name, Op: opBlank}
	}
	return filter{Field: field.Name, Op: opEqual, Value: value}
}

// A laneOf is the rows of one lane within a result.
type laneOf struct {
	res  *record.Result
	at   []int
	more bool
}

// boardRows is how many records a board reads at once before it asks lane by lane.
const boardRows = 200

// laneRows reads the rows of all lanes: one query for the first of all of them,
// then one for each lane that it did not fill. The others need none.
func (v *visit) laneRows(st listState, rd *reader, field *catalog.Field, lanes []string, order string) (map[string]laneOf, error) {
	read := func(size int, more ...string) (*record.Result, error) {
		where, words, err := st.where(v, more...)
		if err != nil {
			return nil, err
		}
		return v.s.Query(v.ctx(), "SELECT "+rd.list()+" FROM "+st.object.Name+where+order, org.QueryOptions{BatchSize: size, NoTotal: true, Words: words})
	}
	all, err := read(boardRows)
	if err != nil {
		return nil, err
	}
	found := map[string]laneOf{}
	for i := range all.Len() {
		value := get(all, i, field.Name).Text()
		l := found[value]
		l.res, l.at = all, append(l.at, i)
		found[value] = l
	}
	if all.Done() {
		return found, nil
	}
	if field.Nillable {
		lanes = append([]string{""}, lanes...)
	}
	for _, value := range lanes {
		if len(found[value].at) >= laneRows {
			l := found[value]
			l.more = true
			found[value] = l
			continue
		}
		res, err := read(laneRows, laneCondition(field, value))
		if err != nil {
			return nil, err
		}
		l := laneOf{res: res, more: !res.Done()}
		for i := range res.Len() {
			l.at = append(l.at, i)
		}
		found[value] = l
	}
	return found, nil
}

func (v *visit) tile(rd *reader, res *record.Result, i int, title *catalog.Field, marks, owner, created []*catalog.Field, move bool) kit.Tile {
	id := rd.id(res, i)
	t := kit.Tile{ID: string(id), Href: recordPath(id), Version: rd.version(res, i), Title: rd.name(v.ui, res, i)}
	if title != nil && !title.IsName {
		if s := kit.Text(v.ui, rd.value(res, i, title)); s != "" {
			t.Number, t.Title = t.Title, s
		}
	}
	if move {
		t.Move = recordPath(id) + "/set"
	}
	for _, f := range marks {
		// The usual value says nothing on a tile: only what stands out is shown.
		if val := rd.value(res, i, f); !val.Blank() && (!f.Type.Picklist || kit.Tone(val.Value.Text()) != "") {
			t.Badges = append(t.Badges, kit.Option{Value: val.Value.Text(), Label: kit.Text(v.ui, val)})
		}
	}
	for _, f := range owner {
		if val := rd.value(res, i, f); val.Ref.Name != "" {
			t.Owner = &kit.Person{ID: val.Ref.ID, Name: val.Ref.Name, Team: val.Ref.Team}
		}
	}
	for _, f := range created {
		t.Foot = rd.value(res, i, f)
	}
	t.Title = strings.TrimSpace(t.Title)
	return t
}
