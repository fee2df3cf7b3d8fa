package traycdk

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"unicode/utf8"
)

// IsPayload reports whether a file that begins so is to be read by Payload, and not
// by Inspect: an object of JSON, in whatever encoding.
func IsPayload(head []byte) bool {
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return true
	}
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(head, byteOrderMark), " \t\r\n"), []byte("{"))
}

// sourceMember is the member of a body that holds the archive.
const sourceMember = "connectorSourceCode"

// Payload reads the body of a deploy that somebody has made ready, as Tray's
// documentation shows: {"connectorSourceCode":"<base64>"}. What it returns reads as
// the archive in it. Other members are passed over. The errors, of Payload and of
// reading, are those of r and *Problem; until io.EOF the body may still turn out to
// be wrong. A few kilobytes lie in memory, whatever r holds; how much r holds is to be
// limited by whoever opens it.
func Payload(r io.Reader) (*PayloadReader, error) {
	p := &PayloadReader{in: bufio.NewReaderSize(r, 32<<10)}
	if err := p.begin(); err != nil {
		return nil, err
	}
	p.archive = base64.NewDecoder(base64.StdEncoding, digits{p})
	return p, nil
}

// PayloadReader reads the archive in a ready body.
type PayloadReader struct {
	in      *bufio.Reader
	at      int64     // bytes read of in
	archive io.Reader // decodes digits
	decoded int64
	count   int // digits so far, in the last four
	padding int // that was left out and is put back
	ended   bool
	wrapped bool
	err     error
}

// Wrapped reports, at the end, whether there was white space inside the base64, as
// GNU base64 puts it unless called with -w0. Tray refuses such a body.
func (p *PayloadReader) Wrapped() bool { return p.wrapped }

// Read reads of the archive.
func (p *PayloadReader) Read(b []byte) (int, error) {
	n, err := p.archive.Read(b)
	p.decoded += int64(n)
	switch {
	case p.err != nil:
		return n, p.err // the decoder may have words of its own for it
	case err == nil || errors.Is(err, io.EOF):
		return n, err
	}
	bad := newProblem("payload_bad_base64", "", "at", decimal(p.decoded+1))
	p.err = &bad
	return n, p.err
}

// fault is a *Problem about the byte that was read last.
func (p *PayloadReader) fault(code string) error {
	problem := newProblem(code, "")
	if code == "payload_not_json" {
		problem.Args = map[string]string{"at": decimal(p.at)}
	}
	return &problem
}

// begin reads up to the first digit.
func (p *PayloadReader) begin() error {
	head, err := p.in.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return p.fault("payload_utf16")
	}
	if bytes.Equal(head, byteOrderMark) {
		p.at += 3
		_, _ = p.in.Discard(3) // they have been seen
	}
	if err := p.expect('{'); err != nil {
		return err
	}
	c, err := p.token()
	switch {
	case err != nil:
		return err
	case c == '}':
		return p.fault("payload_no_source")
	}
	return p.members(c, true)
}

// digits reads as the base64 inside the string, and as its end when all the rest of
// the body is in order.
type digits struct{ p *PayloadReader }

func (d digits) Read(b []byte) (int, error) {
	p := d.p
	for n := range b {
		c, err := p.digit()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				p.err = err
			}
			return n, err
		}
		b[n] = c
		p.count = (p.count + 1) % 4
	}
	return len(b), nil
}

// digit is the next one that is not white space.
func (p *PayloadReader) digit() (byte, error) {
	for !p.ended {
		c, err := p.next()
		if err != nil {
			return 0, err
		}
		r := rune(c)
		switch c {
		case '"':
			if err := p.end(); err != nil {
				return 0, err
			}
			continue
		case '\\':
			if r, err = p.escaped(); err != nil {
				return 0, err
			}
		}
		if r < utf8.RuneSelf && isSpace(byte(r)) {
			p.wrapped = true
			continue
		}
		return byte(min(r, utf8.RuneSelf)), nil // no digit either
	}
	if p.padding == 0 {
		return 0, io.EOF
	}
	p.padding--
	return '=', nil
}

// end reads what follows the string, and puts back padding that some encoders leave
// out.
func (p *PayloadReader) end() error {
	p.ended = true
	if p.count > 1 {
		p.padding = 4 - p.count
	}
	c, err := p.token()
	if err == nil && c == ',' {
		if c, err = p.token(); err == nil {
			err = p.members(c, false)
		}
	} else if err == nil && c != '}' {
		err = p.fault("payload_not_json")
	}
	if err != nil {
		return err
	}
	return p.nothingMore()
}

func (p *PayloadReader) nothingMore() error {
	for {
		c, err := p.in.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		p.at++
		if !isSpace(c) {
			return p.fault("payload_not_json")
		}
	}
}
