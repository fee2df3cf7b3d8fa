package portal

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"portico/secret"
)

// maxPaste is the longest text of pasted values, in bytes.
const maxPaste = 512 << 10

// Pasted is one value that a person has pasted.
type Pasted struct {
	Application string // "" = whichever declares the key
	Key         string
	Value       secret.Text
}

// ParseValues reads pasted values: JSON, {"KEY": "value"} or {"application": {"KEY": "value"}}, or a .env file. Such files
// are read as Node's dotenv does, which connectors' developers use: a value without quotes goes to the end of its line,
// so that JSON can stand there; in double quotes \n, \r and \t are a new line, a return and a tab; quotes may go over lines;
// nothing is replaced by variables, since a $ belongs to many a secret. A Refusal names the line, and quotes none of it.
func ParseValues(text string) ([]Pasted, error) {
	text = strings.TrimPrefix(text, "\ufeff")
	if len(text) > maxPaste || !utf8.ValidString(text) {
		return nil, refuse("values_unreadable", "line", "1")
	}
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		return parseJSONValues(text)
	}
	return parseEnv(strings.ReplaceAll(text, "\r\n", "\n"))
}

func parseJSONValues(text string) ([]Pasted, error) {
	var object map[string]any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil || decoder.More() {
		at := decoder.InputOffset()
		if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
			at = wrong.Offset
		}
		return nil, refuse("values_unreadable", "line", strconv.Itoa(1+strings.Count(text[:min(int(at), len(text))], "\n")))
	}
	var all []Pasted
	for name, value := range object {
		if of, ok := value.(map[string]any); ok && name != "" {
			for key, value := range of {
				all = append(all, Pasted{name, key, jsonValue(value)})
			}
			continue
		}
		all = append(all, Pasted{"", name, jsonValue(value)})
	}
	slices.SortFunc(all, func(a, b Pasted) int { return strings.Compare(a.Application+"\x00"+a.Key, b.Application+"\x00"+b.Key) })
	return all, nil
}

// jsonValue is a member as the platform takes it, whose values are all texts.
func jsonValue(v any) secret.Text {
	switch v := v.(type) {
	case string:
		return secret.Text(v)
	case nil:
		return ""
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(v) != nil {
		return ""
	}
	return secret.Text(strings.TrimSuffix(b.String(), "\n"))
}

// parseEnv reads a .env file. Of a key that stands there twice the last counts.
func parseEnv(text string) ([]Pasted, error) {
	var all []Pasted
	for line := 1; text != ""; {
		var head string
		head, rest, _ := strings.Cut(text, "\n")
		trimmed := strings.TrimSpace(head)
		if trimmed == "" || strings.HasPrefix(trimmed, "#") {
			text, line = rest, line+1
			continue
		}
		key, value, found := strings.Cut(head, "=")
		key = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(key), "export "))
		if !found || key == "" || strings.ContainsAny(key, " \t\"'`") {
			return nil, refuse("values_unreadable", "line", strconv.Itoa(line))
		}
		value, behind, ok := envValue(strings.TrimLeft(value, " \t"), rest)
		if !ok {
			return nil, refuse("values_unreadable", "line", strconv.Itoa(line))
		}
		line += 1 + strings.Count(rest[:len(rest)-len(behind)], "\n")
		all = slices.DeleteFunc(all, func(p Pasted) bool { return p.Key == key })
		all, text = append(all, Pasted{Key: key, Value: secret.Text(value)}), behind
	}
	return all, nil
}

// envValue is the value that begins on a line, and what is left of the text behind it.
func envValue(onLine, below string) (value, rest string, ok bool) {
	if onLine == "" || !strings.ContainsAny(onLine[:1], "\"'`") {
		value, _, _ = strings.Cut(onLine, " #")
		return strings.TrimSpace(value), below, true
	}
	quote, whole := onLine[:1], onLine[1:]
	if below != "" {
		whole += "\n" + below
	}
	end := closing(whole, quote[0])
	if end < 0 {
		return "", "", false
	}
	value = whole[:end]
	if quote == `"` {
		value = strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t", `\"`, `"`, `\\`, `\`).Replace(value)
	}
	after, rest, _ := strings.Cut(whole[end+1:], "\n")
	after = strings.TrimSpace(after)
	return value, rest, after == "" || strings.HasPrefix(after, "#")
}

// closing is where a quote is closed; -1 where it is not. Only double quotes can be escaped.
func closing(text string, quote byte) int {
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote == '"':
			i++
		case text[i] == quote:
			return i
		}
	}
	return -1
}
