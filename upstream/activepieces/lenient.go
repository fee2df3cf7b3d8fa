package activepieces

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// The types of this file read a member of an answer whatever it holds: the
// platform sends raw rows where they do not fit its own schema, so members may be
// absent, null or of another type. What cannot be read is empty.

// text is a string; a number or a boolean is read as it is written.
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	*t = text(scalar(raw))
	return nil
}

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

// flag is a boolean, also as a string or a number.
type flag bool

func (f *flag) UnmarshalJSON(raw []byte) error {
	value, err := strconv.ParseBool(strings.ToLower(scalar(raw)))
	*f = flag(err == nil && value)
	return nil
}

// number is a whole number, also as a string.
type number int

func (n *number) UnmarshalJSON(raw []byte) error {
	value, err := strconv.ParseFloat(scalar(raw), 64)
	if err != nil || value != value || value < -1<<52 || value > 1<<52 {
		value = 0
	}
	*n = number(value)
	return nil
}

// moment is a time in ISO 8601.
type moment time.Time

func (m *moment) UnmarshalJSON(raw []byte) error {
	at, err := time.Parse(time.RFC3339, scalar(raw))
	if err != nil {
		at = time.Time{}
	}
	*m = moment(at)
	return nil
}

// texts is a list of strings; a single one is a list of one.
type texts []string

func (l *texts) UnmarshalJSON(raw []byte) error {
	*l = nil
	var members []text
	if json.Unmarshal(raw, &members) != nil {
		members = []text{text(scalar(raw))}
	}
	for _, m := range members {
		if m != "" {
			*l = append(*l, string(m))
		}
	}
	return nil
}

// words are the members of an object that are strings.
type words map[string]string

func (w *words) UnmarshalJSON(raw []byte) error {
	*w = nil
	var members map[string]any
	if json.Unmarshal(raw, &members) != nil {
		return nil
	}
	for name, value := range members {
		if s, ok := value.(string); ok {
			if *w == nil {
				*w = words{}
			}
			(*w)[name] = s
		}
	}
	return nil
}

// object reads a member into v if it is an object of that shape, and leaves v as
// it is if not.
func object[T any](raw json.RawMessage, v *T) {
	var got T
	if len(raw) > 0 && json.Unmarshal(raw, &got) == nil {
		*v = got
	}
}
