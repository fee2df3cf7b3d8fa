// Package secret holds the one type in which tokens, codes and keys travel
// through Portico, so that none of them can be printed by accident.
package secret

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// Mask is what a secret looks like wherever it is printed.
const Mask = "•••"

// Text is a secret string. Every way of printing, logging or marshalling it
// gives Mask; an empty Text stays empty, so that "not set" can be told from
// "hidden". Only Reveal gives the value, which makes its uses easy to find.
//
// Two traps: encoding/json writes string keys of maps as they are, so never key
// a map by it; and fmt calls no methods of unexported fields, so a struct that
// somebody might print keeps its secrets in exported fields or behind a pointer.
type Text string

// Reveal returns the secret itself.
func (t Text) Reveal() string { return string(t) }

// String returns Mask, or "" for an empty secret.
func (t Text) String() string {
	if t == "" {
		return ""
	}
	return Mask
}

// GoString returns what String does, for %#v.
func (t Text) GoString() string { return t.String() }

// Format writes what String returns whatever the verb: without it %x and %q
// would show the bytes.
func (t Text) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// LogValue returns what String does, for slog.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalJSON returns what String does as a JSON string.
func (t Text) MarshalJSON() ([]byte, error) { return json.Marshal(t.String()) }

// MarshalText returns what String does, which also covers XML.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }
