package traycdk

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"strconv"
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
