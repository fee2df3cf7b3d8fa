package cdksim

import (
	"bufio"
	"io"
)

// sourceField is the one field of a deploy's body; others are ignored.
const sourceField = "connectorSourceCode"

// readSource reads a deploy's body as it comes and gives the source code to into, so that an archive is never held whole.
func readSource(body io.Reader, into *spool) error {
	p := &jsonReader{in: bufio.NewReaderSize(body, 32<<10)}
	if b, err := p.next(); err != nil || b != '{' {
		return invalid("an object with the field %s was expected", sourceField)
	}
	found := false
	err := p.members(func(key string) error {
		if key != sourceField {
			return p.skip(0)
		}
		b, err := p.next()
		if err != nil {
			return err
		}
		if b != '"' {
			return invalid("Got a value of the wrong type, expecting a string at '%s'", sourceField)
		}
		found = true
		return into.decode(&stringReader{p: p})
	})
	if err != nil {
		return err
	}
	if _, err := p.next(); err == nil {
		return p.broken("something follows the object")
	}
	if !found {
		return invalid("Missing required field at '%s'", sourceField)
	}
	return nil
}

// stringReader is the value of a JSON string whose opening quote has been read, one byte a character: what is no ASCII is
// no base64 either and reads as 0xff. It ends at the closing quote.
type stringReader struct {
	p   *jsonReader
	err error // why it has ended; io.EOF for the closing quote
}

// Read gives what there is of the string.
func (s *stringReader) Read(out []byte) (n int, err error) {
	for n < len(out) && s.err == nil {
		var r rune
		r, s.err = s.p.char()
		if r == '\n' || r == '\r' {
			s.err = s.p.wrapped()
		}
		if s.err != nil {
			break
		}
		if r > 0x7e {
			r = 0xff
		}
		out[n] = byte(r)
		n++
	}
	if n > 0 {
		return n, nil
	}
	return 0, s.err
}

// wrapped is what is said of base64 over several lines, as GNU base64 writes it: a line break inside a JSON string is no
// JSON, and one written as \n is no base64.
func (p *jsonReader) wrapped() error {
	return invalid("there is a line break inside the string %s, at byte %d: the base64 is wrapped over several lines, as base64 "+
		"on Linux does after 76 characters; encode it on one line, with base64 -w0", sourceField, p.at)
}
