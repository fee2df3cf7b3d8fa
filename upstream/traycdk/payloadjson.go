package traycdk

import (
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

func (p *PayloadReader) next() (byte, error) {
	c, err := p.in.ReadByte()
	if errors.Is(err, io.EOF) {
		return 0, p.fault("payload_cut_short")
	}
	p.at++
	return c, err
}

// token is the next byte that is not white space.
func (p *PayloadReader) token() (byte, error) {
	for {
		c, err := p.next()
		if err != nil || !isSpace(c) {
			return c, err
		}
	}
}

func (p *PayloadReader) expect(want byte) error {
	c, err := p.token()
	if err == nil && c != want {
		err = p.fault("payload_not_json")
	}
	return err
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// members reads the members of the object, from the first byte of one. When the
// source is wanted, it ends inside of its string; else at the end of the object.
func (p *PayloadReader) members(c byte, wanted bool) error {
	for {
		found, err := p.member(c, wanted)
		if found || err != nil {
			return err
		}
		if c, err = p.token(); err != nil {
			return err
		}
		switch {
		case c == '}' && wanted:
			return p.fault("payload_no_source")
		case c == '}':
			return nil
		case c != ',':
			return p.fault("payload_not_json")
		}
		if c, err = p.token(); err != nil {
			return err
		}
	}
}

// member reads one, or finds that it is the source that is wanted.
func (p *PayloadReader) member(c byte, wanted bool) (found bool, err error) {
	if c != '"' {
		return false, p.fault("payload_not_json")
	}
	name, err := p.name()
	if err == nil {
		err = p.expect(':')
	}
	if err == nil {
		c, err = p.token()
	}
	switch {
	case err != nil:
		return false, err
	case name != sourceMember:
		return false, p.skip(c)
	case !wanted:
		return false, p.fault("payload_repeated")
	case c != '"':
		return false, p.fault("payload_no_source")
	}
	return true, nil
}

// name reads the rest of a member's name, of which no more is kept than tells it.
func (p *PayloadReader) name() (string, error) {
	var name []byte
	for {
		c, err := p.next()
		switch {
		case err != nil:
			return "", err
		case c == '"':
			return string(name), nil
		case c == '\\':
			r, err := p.escaped()
			if err != nil {
				return "", err
			}
			name = utf8.AppendRune(name, r)
		default:
			name = append(name, c)
		}
		name = name[:min(len(name), len(sourceMember)+1)]
	}
}

// escapes are the short ones of JSON.
var escapes = map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped reads what follows a back slash.
func (p *PayloadReader) escaped() (rune, error) {
	c, err := p.next()
	if err != nil {
		return 0, err
	}
	if r, ok := escapes[c]; ok {
		return r, nil
	}
	if c != 'u' {
		return 0, p.fault("payload_not_json")
	}
	var hex [4]byte
	for i := range hex {
		if hex[i], err = p.next(); err != nil {
			return 0, err
		}
	}
	r, err := strconv.ParseUint(string(hex[:]), 16, 16)
	if err != nil {
		return 0, p.fault("payload_not_json")
	}
	return rune(r), nil
}

// skip passes over a value that begins with c. It counts brackets and trusts them:
// nothing is made of what is in there.
func (p *PayloadReader) skip(c byte) error {
	depth := 0
	for {
		switch c {
		case '"':
			if _, err := p.name(); err != nil {
				return err
			}
		case '{', '[':
			depth++
		case '}', ']', ',', ':':
			if depth == 0 {
				return p.fault("payload_not_json")
			}
			if c == '}' || c == ']' {
				depth--
			}
		default:
			if err := p.word(); err != nil {
				return err
			}
		}
		if depth == 0 {
			return nil
		}
		var err error
		if c, err = p.token(); err != nil {
			return err
		}
	}
}

// word passes over the rest of a number or a literal.
func (p *PayloadReader) word() error {
	for {
		c, err := p.next()
		if err != nil {
			return err
		}
		if isSpace(c) || c == ',' || c == ']' || c == '}' {
			p.at--
			return p.in.UnreadByte()
		}
	}
}
