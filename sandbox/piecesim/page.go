package piecesim

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// order is how a list is sorted and what a cursor remembers of a row.
type order[T any] struct {
	compare func(a, b T) int
	cursor  func(T) string
	// past is where a row stands beside a cursor: before it, at it (0) or after it. False for a cursor that cannot be read.
	past func(row T, cursor string) (int, bool)
}

// byCreated is the order of most lists of 0.86: cursors are compared to the second, so that rows of the same second as
// the last of a page are on no page (recorded; upstream issue 9357).
func byCreated[T any](created func(T) time.Time) order[T] {
	return order[T]{
		compare: func(a, b T) int { return created(a).Compare(created(b)) },
		cursor:  func(v T) string { return "created:" + strconv.FormatInt(created(v).UnixMilli(), 10) },
		past: func(v T, cursor string) (int, bool) {
			at, ok := createdCursor(cursor)
			return created(v).Truncate(time.Second).Compare(at.Truncate(time.Second)), ok
		},
	}
}

// newestFirst is the order of runs and flows: it loses only rows of the same millisecond.
func newestFirst[T any](created func(T) time.Time) order[T] {
	o := byCreated(created)
	o.compare = func(a, b T) int { return created(b).Compare(created(a)) }
	o.past = func(v T, cursor string) (int, bool) {
		at, ok := createdCursor(cursor)
		return at.Compare(created(v)), ok
	}
	return o
}

func createdCursor(cursor string) (time.Time, bool) {
	text, ok := strings.CutPrefix(cursor, "created:")
	ms, err := strconv.ParseInt(text, 10, 64)
	return time.UnixMilli(ms).UTC(), ok && err == nil
}

// projectPlace is what a cursor remembers of a project.
type projectPlace struct {
	Type        string `json:"type"`
	DisplayName string `json:"displayName"`
	ID          string `json:"id"`
}

func (p projectPlace) compare(o projectPlace) int {
	return cmp.Or(cmp.Compare(p.Type, o.Type), cmp.Compare(p.DisplayName, o.DisplayName), cmp.Compare(p.ID, o.ID))
}

func placeOf(p *project) projectPlace { return projectPlace{p.Type, p.DisplayName, p.ID} }

// byName is the order of projects, which loses none.
var byName = order[*project]{
	compare: func(a, b *project) int { return placeOf(a).compare(placeOf(b)) },
	cursor: func(p *project) string {
		raw, _ := json.Marshal(placeOf(p)) // strings only
		return string(raw)
	},
	past: func(p *project, cursor string) (int, bool) {
		var at projectPlace
		err := json.Unmarshal([]byte(cursor), &at)
		return placeOf(p).compare(at), err == nil
	},
}

// page is the part of rows that the request asks for, in the shape of every list. A cursor that cannot be read is page one.
func page[T any](c *call, rows []T, o order[T], usual int, show func(T) any) object {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, o.compare)
	limit := usual
	if n, err := strconv.ParseFloat(c.query.Get("limit"), 64); err == nil && n >= 1 {
		limit = int(min(n, 1e9))
	}
	direction, before, after := split(rows, o, c.query.Get("cursor"))
	var taken []T
	if direction == "prev" {
		at := max(0, len(before)-limit)
		before, taken = before[:at], before[at:]
	} else {
		at := min(limit, len(after))
		taken, after = after[:at], after[at:]
	}
	data := make([]any, 0, len(taken))
	for _, v := range taken {
		data = append(data, show(v))
	}
	out := object{"data": data, "next": nil, "previous": nil}
	if len(taken) == 0 {
		return out
	}
	if direction == "prev" || len(after) > 0 {
		out["next"] = writeCursor("next", o.cursor(taken[len(taken)-1]))
	}
	if direction == "next" || len(before) > 0 {
		out["previous"] = writeCursor("prev", o.cursor(taken[0]))
	}
	return out
}

// split parts the rows before a cursor from those after it. Without one that can be read, all are after it.
func split[T any](rows []T, o order[T], cursor string) (direction string, before, after []T) {
	direction, at := readCursor(cursor)
	if direction == "" {
		return "", nil, rows
	}
	for _, v := range rows {
		where, ok := o.past(v, at)
		switch {
		case !ok:
			return "", nil, rows
		case where > 0:
			after = append(after, v)
		case where < 0:
			before = append(before, v)
		}
	}
	return direction, before, after
}

// Cursors are opaque: a direction and a place, in base64 twice, as recorded.

func writeCursor(direction, place string) string {
	inner := base64.StdEncoding.EncodeToString([]byte(place))
	return base64.StdEncoding.EncodeToString([]byte(direction + "_" + inner))
}

func readCursor(text string) (direction, place string) {
	outer, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", ""
	}
	direction, inner, ok := strings.Cut(string(outer), "_")
	raw, err := base64.StdEncoding.DecodeString(inner)
	if err != nil || !ok {
		return "", ""
	}
	return direction, string(raw)
}

func isNumber(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}
