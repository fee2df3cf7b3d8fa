package connectsim

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// ordered is what a list can be sorted by.
type ordered interface {
	times() (created, modified time.Time)
}

// filters reads the query of a list and notes what does not fit.
type filters struct {
	c      *call
	faults []*problem
}

func (f *filters) fault(name, detail string) {
	f.faults = append(f.faults, refuse(codeInvalidQuery).with("detailedErrorMessage", name+": "+detail))
}

func (f *filters) number(name string, usual, highest int) int {
	text := f.c.query.Get(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > highest {
		f.fault(name, "expected an integer from 0 to "+strconv.Itoa(highest))
	}
	return n
}

// flag is true, false or nil for not given.
func (f *filters) flag(name string) *bool {
	text := f.c.query.Get(name)
	if text != "" && text != "true" && text != "false" {
		f.fault(name, "expected true or false")
	}
	if text == "" {
		return nil
	}
	v := text == "true"
	return &v
}

// texts is a parameter that is repeated, each time with one of allowed.
func (f *filters) texts(name string, allowed []string) []string {
	for _, v := range f.c.query[name] {
		if allowed != nil && !slices.Contains(allowed, v) {
			f.fault(name, "expected "+expected(allowed))
		}
	}
	return f.c.query[name]
}

// order reads sort: "createdAt", "lastModifiedAt desc"; the official client offers no other fields [?].
func (f *filters) order() []func(a, b ordered) int {
	var by []func(a, b ordered) int
	for _, text := range f.c.query["sort"] {
		field, direction, _ := strings.Cut(text, " ")
		if field != "createdAt" && field != "lastModifiedAt" || direction != "" && direction != "asc" && direction != "desc" {
			f.fault("sort", "expected createdAt or lastModifiedAt, with asc or desc")
			continue
		}
		by = append(by, func(a, b ordered) int {
			if direction == "desc" {
				a, b = b, a
			}
			return compareTimes(a, b, field == "lastModifiedAt")
		})
	}
	return by
}

func compareTimes(a, b ordered, modified bool) int {
	ac, am := a.times()
	bc, bm := b.times()
	if modified {
		return am.Compare(bm)
	}
	return ac.Compare(bc)
}

// paged is the part of rows that the request asks for, in the shape of every list.
func paged[T ordered](f *filters, rows []T, show func(T) object) (any, error) {
	limit, offset := f.number("limit", 20, 500), f.number("offset", 0, 10_000)
	order := f.order()
	if err := together(f.faults); err != nil {
		return nil, err
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b T) int {
		for _, compare := range order {
			if d := compare(a, b); d != 0 {
				return d
			}
		}
		return 0
	})
	total := len(rows)
	rows = rows[min(offset, total):min(offset+limit, total)]
	results := make([]any, len(rows))
	for i, v := range rows {
		results[i] = show(v)
	}
	return object{"limit": limit, "offset": offset, "count": len(rows), "total": total, "results": results}, nil
}

// overlaps says whether a filter by a repeated parameter admits a row: it is not given, or names one of its values.
func overlaps(wanted, values []string) bool {
	return len(wanted) == 0 || slices.ContainsFunc(values, func(v string) bool { return slices.Contains(wanted, v) })
}
