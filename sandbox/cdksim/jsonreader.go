package cdksim

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// maxDepth is how deep ignored values may be nested, and maxLiteral how long their numbers may be and names of fields.
const (
	maxDepth   = 1000
	maxLiteral = 1024
)

// jsonReader reads JSON as it comes, with nothing held: encoding/json would hold the one string that makes up almost all
// of a deploy's body.
type jsonReader struct {
	in *bufio.Reader
	at int64 // bytes read
}

// broken is what is said of a body that is no JSON.
func (p *jsonReader) broken(what string) error {
	return invalid("invalid JSON at byte %d: %s", p.at, what)
}

func (p *jsonReader) byte() (byte, error) {
	b, err := p.in.ReadByte()
	if err != nil {
		return 0, p.broken("it ends too early")
	}
	p.at++
	return b, nil
}

// next is the next byte that is no white space.
func (p *jsonReader) next() (byte, error) {
	for {
		b, err := p.byte()
		if err != nil || !strings.ContainsRune(" \t\r\n", rune(b)) {
			return b, err
		}
	}
}

func (p *jsonReader) unread() {
	if p.in.UnreadByte() == nil {
		p.at--
	}
}

// members reads the rest of an object whose brace has been read; value reads what belongs to a key.
func (p *jsonReader) members(value func(key string) error) error {
	return p.list('}', func() error {
		if b, err := p.next(); err != nil || b != '"' {
			return p.broken("a name in quotes was expected")
		}
		key, err := p.text()
		if err != nil {
			return err
		}
		if b, err := p.next(); err != nil || b != ':' {
			return p.broken("a colon was expected")
		}
		return value(key)
	})
}

// list reads what commas part, up to its end.
func (p *jsonReader) list(end byte, item func() error) error {
	b, err := p.next()
	if err != nil || b == end {
		return err
	}
	p.unread()
	for {
		if err := item(); err != nil {
			return err
		}
		switch b, err := p.next(); {
		case err != nil:
			return err
		case b == end:
			return nil
		case b != ',':
			return p.broken(fmt.Sprintf("a comma or %c was expected", end))
		}
	}
}

// skip reads a value that nobody wants.
func (p *jsonReader) skip(depth int) error {
	if depth > maxDepth {
		return p.broken("it is nested too deep")
	}
	b, err := p.next()
	switch {
	case err != nil:
		return err
	case b == '{':
		return p.members(func(string) error { return p.skip(depth + 1) })
	case b == '[':
		return p.list(']', func() error { return p.skip(depth + 1) })
	case b == '"':
		return p.skipString()
	}
	p.unread()
	return p.literal()
}

// literal reads a number, true, false or null.
func (p *jsonReader) literal() error {
	var text []byte
	for len(text) < maxLiteral {
		b, err := p.byte()
		if err != nil {
			return err // an object is still open
		}
		if strings.ContainsRune(" \t\r\n,]}", rune(b)) {
			p.unread()
			break
		}
		text = append(text, b)
	}
	if !json.Valid(text) {
		return p.broken("a value was expected")
	}
	return nil
}

func (p *jsonReader) skipString() error {
	for {
		if _, err := p.char(); err == io.EOF { //nolint:errorlint // char's own, never wrapped
			return nil
		} else if err != nil {
			return err
		}
	}
}

// text is a string whose opening quote has been read.
func (p *jsonReader) text() (string, error) {
	var out strings.Builder
	for {
		r, err := p.char()
		if err == io.EOF { //nolint:errorlint // char's own, never wrapped
			return out.String(), nil
		}
		if err != nil {
			return "", err
		}
		if out.Len() > maxLiteral {
			return "", p.broken("the name of a field is too long")
		}
		out.WriteRune(r)
	}
}
