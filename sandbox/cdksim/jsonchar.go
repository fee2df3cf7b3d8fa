package cdksim

import (
	"io"
	"strconv"
)

// escapes are what may stand after a backslash, beside u and four digits.
var escapes = map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// char is the next character of a JSON string, io.EOF at its closing quote. Bytes beyond ASCII come as they are, one by
// one: what is read here is compared with ASCII only. A control character comes with an error, since it is no JSON.
func (p *jsonReader) char() (rune, error) {
	b, err := p.byte()
	switch {
	case err != nil:
		return 0, err
	case b == '"':
		return 0, io.EOF
	case b == '\\':
		return p.escape()
	case b < 0x20:
		return rune(b), p.broken("a control character stands inside a string")
	}
	return rune(b), nil
}

// escape reads what follows a backslash: encoders write "+" and "=" of base64 so, too.
func (p *jsonReader) escape() (rune, error) {
	b, err := p.byte()
	if err != nil {
		return 0, err
	}
	if r, ok := escapes[b]; ok {
		return r, nil
	}
	if b != 'u' {
		return 0, p.broken("there is no such escape")
	}
	var digits [4]byte
	for i := range digits {
		if digits[i], err = p.byte(); err != nil {
			return 0, err
		}
	}
	n, err := strconv.ParseUint(string(digits[:]), 16, 16)
	if err != nil {
		return 0, p.broken("four hexadecimal digits were expected")
	}
	return rune(n), nil
}
