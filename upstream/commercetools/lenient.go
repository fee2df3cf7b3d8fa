package commercetools

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// read reads an answer into v. A member of another type than v's is left as it was, as a null is; encoding/json reads the
// rest all the same.
func read(raw []byte, v any) error {
	err := json.Unmarshal(raw, v)
	if _, other := errors.AsType[*json.UnmarshalTypeError](err); other {
		return nil
	}
	return err
}

// scalar is a JSON string as it is, and a number or a boolean as it is written; "" for anything else.
func scalar(raw []byte) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	trimmed := strings.TrimSpace(string(raw))
	if trimmed == "null" || strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "[") {
		return ""
	}
	return trimmed
}

// text is a string; a number or a boolean is read as it is written.
type text string

// UnmarshalJSON reads any scalar.
func (t *text) UnmarshalJSON(raw []byte) error {
	*t = text(scalar(raw))
	return nil
}

// number is a whole number, also as a string or with a fraction of zeros; 0 for what is none.
type number int

// UnmarshalJSON reads any scalar.
func (n *number) UnmarshalJSON(raw []byte) error {
	*n = 0
	value, err := strconv.ParseFloat(scalar(raw), 64)
	if err == nil && value == math.Trunc(value) && math.Abs(value) < 1<<52 {
		*n = number(value)
	}
	return nil
}

// Moment is a time of the API, in UTC. One that cannot be read is zero.
type Moment struct{ time.Time }

// UnmarshalJSON reads ISO 8601.
func (m *Moment) UnmarshalJSON(raw []byte) error {
	m.Time = time.Time{}
	at, err := time.Parse(time.RFC3339, scalar(raw))
	if at = at.UTC(); err == nil && at.Year() > 0 && at.Year() < 10_000 { // what can be written again
		m.Time = at
	}
	return nil
}

// MarshalJSON writes what the API writes, to the millisecond, and null for a zero time.
func (m Moment) MarshalJSON() ([]byte, error) {
	if m.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(m.UTC().Format("2006-01-02T15:04:05.000Z07:00"))
}
