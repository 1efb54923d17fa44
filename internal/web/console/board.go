package console

import (
	"strconv"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
)

// boardOf reads a board: one query a lane, each of at most laneRows records.
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
	b := &kit.Board{Label: v.ui.T("board.label", "what", plural(o), "by", field.Label), Field: field.Name, Hidden: []kit.Hidden{{Name: "back", Value: st.path("list")}}}
	move := o.Updateable && v.s.Rights(o).Edit && editable(v.s, field)
	lanes := 0
	for _, val := range field.Values {
		if !val.Active || lanes == maxLanes {
			continue
		}
		lanes++
		where, err := st.where(v, field.Name+" = "+quote(val.Value))
		if err != nil {
			return nil, err
		}
		res, err := v.s.Query(v.ctx(), "SELECT "+rd.list()+" FROM "+o.Name+where+order, org.QueryOptions{BatchSize: laneRows, NoTotal: true})
		if err != nil {
			return nil, err
		}
		lane := kit.Lane{Value: val.Value, Label: kit.Label(field, val.Value), Count: strconv.Itoa(res.Len())}
		if !res.Done() {
			lane.Count += "+"
			lane.All = st.with(func(s *listState) {
				s.board, s.filters = false, append(s.filters, filter{field.Name, opEqual, val.Value})
			}).path("list")
		}
		for i := range res.Len() {
			lane.Tiles = append(lane.Tiles, v.tile(rd, res, i, title, marks, owner, created, move))
		}
		b.Lanes = append(b.Lanes, lane)
	}
	return b, nil
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
			t.Owner = &kit.Person{ID: val.Ref.ID, Name: val.Ref.Name}
		}
	}
	for _, f := range created {
		t.Foot = rd.value(res, i, f)
	}
	t.Title = strings.TrimSpace(t.Title)
	return t
}
