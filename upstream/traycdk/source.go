package traycdk

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
)

// What stands before and after the archive in the body of a deploy.
const (
	sourceHead = `{"connectorSourceCode":"`
	sourceTail = `"}`
)

// sourceBody is the body of a deploy, encoded while it is sent.
func sourceBody(open func() (io.ReadCloser, error), size int64, sum string) body {
	return body{
		open: func() (io.ReadCloser, error) {
			archive, err := open()
			if err != nil {
				return nil, err
			}
			encoded := &encoder{from: archive, left: size}
			return &stream{from: io.MultiReader(strings.NewReader(sourceHead), encoded, strings.NewReader(sourceTail)), archive: archive}, nil
		},
		length: int64(len(sourceHead)+len(sourceTail)) + (size+2)/3*4,
		words:  fmt.Sprintf(`%s(base64 of %d bytes, sha256 %.16s…)%s`, sourceHead, size, sum, sourceTail),
	}
}

// stream is a body under way. A server that answers early has it closed while it is
// read; the archive itself never sees both at a time, nor a second Close.
type stream struct {
	mu      sync.Mutex
	from    io.Reader
	archive io.Closer // nil when closed
}

func (s *stream) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.archive == nil {
		return 0, fs.ErrClosed
	}
	return s.from.Read(p)
}

func (s *stream) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.archive == nil {
		return nil
	}
	archive := s.archive
	s.archive = nil
	return archive.Close()
}

var errSize = errors.New("the archive has not as many bytes as it should")

// digest reads an archive to its end, so that a broken one is found before anything
// is sent, and returns its SHA-256 in hex.
func digest(open func() (io.ReadCloser, error), size int64) (string, error) {
	archive, err := open()
	if err != nil {
		return "", err
	}
	defer archive.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(archive, size+1))
	if err == nil && n != size {
		err = errSize
	}
	return hex.EncodeToString(sum.Sum(nil)), err
}

// encoder reads as the base64 of what it reads from, a few kilobytes at a time.
type encoder struct {
	from  io.Reader
	left  int64 // bytes of from to come
	plain [12 << 10]byte
	coded [16 << 10]byte
	ready []byte // of coded, not yet read
}

func (e *encoder) Read(p []byte) (int, error) {
	if len(e.ready) == 0 {
		if err := e.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, e.ready)
	e.ready = e.ready[n:]
	return n, nil
}

// fill encodes the next piece. Only the last one may end within a group of three.
func (e *encoder) fill() error {
	if e.left == 0 {
		return io.EOF
	}
	plain := e.plain[:min(e.left, int64(len(e.plain)))]
	if _, err := io.ReadFull(e.from, plain); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errSize // an end here would be taken for the end of the body
		}
		return err
	}
	e.left -= int64(len(plain))
	e.ready = e.coded[:base64.StdEncoding.EncodedLen(len(plain))]
	base64.StdEncoding.Encode(e.ready, plain)
	return nil
}
