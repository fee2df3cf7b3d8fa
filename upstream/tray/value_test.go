package tray

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

func TestDecodeValue(t *testing.T) {
	for raw, want := range map[string]string{
		`"\"leads\""`:     `"leads"`,
		`"7"`:             `7`,
		`"true"`:          `true`,
		`"{\"a\": [1]}"`:  `{"a": [1]}`,
		`"Zx86yu9P"`:      `"Zx86yu9P"`,
		`"two words"`:     `"two words"`,
		`""`:              `""`,
		`null`:            `null`,
		``:                `null`,
		`{"a":1}`:         `{"a":1}`,
		`7`:               `7`,
		`"{\"a\": "`:      `"{\"a\": "`,
		`"\u0022x\u0022"`: `"x"`,
	} {
		if got := decodeValue(json.RawMessage(raw)); got != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
}

// What is read is always JSON, and survives being written and read again.
func FuzzDecodeValue(f *testing.F) {
	for _, seed := range []string{`"\"leads\""`, `"Zx86yu9P"`, `{"a":1}`, `null`, `"{"`, `"\ud800"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if !json.Valid([]byte(raw)) {
			return
		}
		compact := json.RawMessage{}
		if json.Unmarshal([]byte(raw), &compact) != nil {
			return
		}
		got := decodeValue(compact)
		if !json.Valid([]byte(got)) {
			t.Fatalf("%q became %q, which is not JSON", raw, got)
		}
		// A string in JSON holds UTF-8 only.
		if again := decodeValue(encodeValue(got)); again != got && utf8.ValidString(got) {
			t.Errorf("%q became %q", got, again)
		}
	})
}
