package tray

import "encoding/json"

// decodeValue reads a value of Tray's type Json, and always returns JSON. On the
// wire it usually is a string that contains JSON; a recorded answer has a bare
// word in the string instead, and the schema would allow a literal.
func decodeValue(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "null"
	}
	var text string
	if raw[0] != '"' || json.Unmarshal(raw, &text) != nil {
		return string(raw)
	}
	if json.Valid([]byte(text)) {
		return text
	}
	return string(raw)
}

// encodeValue writes JSON as Tray's type Json: as a string that contains it.
func encodeValue(value string) json.RawMessage {
	if value == "" {
		value = "null"
	}
	quoted, err := json.Marshal(value)
	if err != nil {
		return json.RawMessage(`"null"`)
	}
	return quoted
}
