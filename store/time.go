package store

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Time is kept as Unix microseconds, the finest that both databases and Tray speak; the zero time is kept as 0.
type Time struct{ time.Time }

// At makes a Time of t, cut to what is kept.
func At(t time.Time) Time {
	if t.IsZero() {
		return Time{}
	}
	return Time{t.UTC().Truncate(time.Microsecond)}
}

// Value implements driver.Valuer.
func (t Time) Value() (driver.Value, error) {
	if t.IsZero() {
		return int64(0), nil
	}
	return t.UnixMicro(), nil
}

// Scan implements sql.Scanner.
func (t *Time) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("a time of type %T", src)
	}
	if *t = (Time{}); n != 0 {
		t.Time = time.UnixMicro(n).UTC()
	}
	return nil
}

// JSON keeps a value as JSON text.
type JSON[T any] struct{ V T }

// Value implements driver.Valuer.
func (j JSON[T]) Value() (driver.Value, error) {
	b, err := json.Marshal(j.V)
	return string(b), err
}

// Scan implements sql.Scanner, into a JSON that is new.
func (j *JSON[T]) Scan(src any) error {
	switch s := src.(type) {
	case string:
		if plain(s, &j.V) {
			return nil
		}
		return json.Unmarshal([]byte(s), &j.V)
	case []byte:
		return json.Unmarshal(s, &j.V)
	}
	return fmt.Errorf("JSON of type %T", src)
}

// plain reads lists and maps of texts that need no decoding, as tags and arguments are; false for anything else, which
// is the decoder's. Pages have one with nearly every row, and the decoder takes ten times as long.
func plain(s string, into any) bool {
	if strings.IndexByte(s, '\\') >= 0 {
		return false
	}
	switch v := into.(type) {
	case *[]string:
		return plainList(s, v)
	case *map[string]string:
		return plainMap(s, v)
	}
	return false
}

// plainList reads ["a","b"]. With no backslash, quotation marks stand around texts and nowhere else.
func plainList(s string, into *[]string) bool {
	if s == "null" {
		return true
	}
	parts := strings.Split(s, `"`)
	last := len(parts) - 1
	if last < 2 || parts[0] != "[" || parts[last] != "]" {
		return false
	}
	list := make([]string, 0, last/2)
	for n := 1; n < last; n += 2 {
		if n > 1 && parts[n-1] != "," {
			return false
		}
		list = append(list, parts[n])
	}
	*into = list
	return true
}

// plainMap reads {"a":"b","c":"d"}.
func plainMap(s string, into *map[string]string) bool {
	switch s {
	case "null":
		return true
	case "{}":
		*into = map[string]string{}
		return true
	}
	parts := strings.Split(s, `"`)
	last := len(parts) - 1
	if last < 4 || last%4 != 0 || parts[0] != "{" || parts[last] != "}" {
		return false
	}
	m := make(map[string]string, last/4)
	for n := 1; n < last; n += 4 {
		if n > 1 && parts[n-1] != "," || parts[n+1] != ":" {
			return false
		}
		m[parts[n]] = parts[n+2]
	}
	*into = m
	return true
}

// Now is the time, as it is kept.
func (r reads) Now() Time { return At(r.now()) }
