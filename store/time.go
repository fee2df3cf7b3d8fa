package store

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
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

// Scan implements sql.Scanner.
func (j *JSON[T]) Scan(src any) error {
	switch s := src.(type) {
	case string:
		if v, ok := any(&j.V).(*[]string); ok && plainList(s, v) {
			return nil
		}
		return json.Unmarshal([]byte(s), &j.V)
	case []byte:
		return json.Unmarshal(s, &j.V)
	}
	return fmt.Errorf("JSON of type %T", src)
}

// plainList reads a list of texts that need no decoding, as tags are; false for any other. Each card of each page has
// such a list, and the decoder of all JSON takes ten times as long.
func plainList(s string, into *[]string) bool {
	if s == "null" {
		*into = nil
		return true
	}
	inner, ok := strings.CutPrefix(s, `["`)
	if !ok || strings.ContainsRune(s, '\\') {
		return false
	}
	if inner, ok = strings.CutSuffix(inner, `"]`); !ok {
		return false
	}
	parts := strings.Split(inner, `","`)
	for _, p := range parts {
		if strings.ContainsRune(p, '"') {
			return false
		}
	}
	*into = parts
	return true
}

// NewID makes an ID: a lower-case ULID, so that IDs sort by the time they were made.
func NewID(now time.Time) string {
	return strings.ToLower(ulid.MustNewDefault(now).String())
}

// Now is the time, as it is kept.
func (r reads) Now() Time { return At(r.now()) }

// newID makes an ID by the store's clock.
func (r reads) newID() string { return NewID(r.now()) }
