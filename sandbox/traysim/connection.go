package traysim

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sort"
)

// paging are the Relay arguments; nil is "not given".
type paging struct {
	First  *int   `json:"first"`
	Last   *int   `json:"last"`
	After  string `json:"after"`
	Before string `json:"before"`
}

func pagingOf(args map[string]any) (paging, error) {
	var p paging
	raw, err := json.Marshal(args)
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	if err != nil {
		return p, refuse("", "The paging arguments do not fit: %v", err)
	}
	if p.First != nil && *p.First < 0 || p.Last != nil && *p.Last < 0 {
		return p, refuse("", "first and last cannot be negative")
	}
	return p, nil
}

// connection is one page of rows, which are in order of place. size is the page's length unless asked for less: Tray
// documents neither its default nor its maximum, so one number is both.
func connection[T row](args map[string]any, on *shelf[T], rows []T, size int, show func(T) object) (object, error) {
	p, err := pagingOf(args)
	if err != nil {
		return nil, err
	}
	from, to, err := cut(p, on, rows)
	if err != nil {
		return nil, err
	}
	if p.Last != nil && p.First == nil {
		from = max(from, to-min(*p.Last, size))
	} else {
		if p.First != nil {
			size = min(*p.First, size)
		}
		to = min(to, from+size)
	}
	return page(rows, from, to, show), nil
}

func page[T row](rows []T, from, to int, show func(T) object) object {
	edges := make([]object, 0, to-from)
	for _, r := range rows[from:to] {
		id, _ := r.key()
		edges = append(edges, object{"cursor": cursor(id), "node": show(r)})
	}
	info := object{"hasNextPage": to < len(rows), "hasPreviousPage": from > 0, "startCursor": nil, "endCursor": nil}
	if len(edges) > 0 {
		info["startCursor"], info["endCursor"] = edges[0]["cursor"], edges[len(edges)-1]["cursor"]
	}
	return object{"edges": edges, "pageInfo": info, "totalCount": len(rows)}
}

// cut finds the range that after and before leave.
func cut[T row](p paging, on *shelf[T], rows []T) (from, to int, err error) {
	to = len(rows)
	if p.After != "" {
		at, err := placeOf(on, p.After)
		if err != nil {
			return 0, 0, err
		}
		from = sort.Search(len(rows), func(i int) bool { _, n := rows[i].key(); return n > at })
	}
	if p.Before != "" {
		at, err := placeOf(on, p.Before)
		if err != nil {
			return 0, 0, err
		}
		to = sort.Search(len(rows), func(i int) bool { _, n := rows[i].key(); return n >= at })
	}
	return from, max(from, to), nil
}

// cursor is base64 of the ID, as in Tray's recorded answers.
func cursor(id string) string { return base64.StdEncoding.EncodeToString([]byte(id)) }

func placeOf[T row](on *shelf[T], cursor string) (int64, error) {
	id, err := base64.StdEncoding.DecodeString(cursor)
	if err == nil {
		if at, ok := on.place(string(id)); ok {
			return at, nil
		}
	}
	return 0, refuse("resource_does_not_exist", "The cursor %s is not one of this list", fmt.Sprintf("%q", cursor))
}
