package traycdk

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
)

// source reads an archive within its size, notes the first failure, and lets only so
// much of it be taken for the directory, which is kept in memory.
type source struct {
	r      io.ReaderAt
	size   int64
	left   int64 // of the directory
	whole  bool  // the directory has been read
	failed error
}

var errLongDirectory = errors.New("the directory is too long")

// ReadAt is that of r, except that past the end is no failure: an archive may point
// there.
func (s *source) ReadAt(p []byte, off int64) (int, error) {
	if s.failed != nil {
		return 0, s.failed
	}
	if off < 0 || off >= s.size {
		return 0, io.EOF
	}
	want := p[:min(int64(len(p)), s.size-off)]
	if s.left -= int64(len(want)); s.left < 0 && !s.whole {
		return 0, errLongDirectory
	}
	n, err := s.r.ReadAt(want, off)
	switch {
	case n == len(want) && n < len(p):
		return n, io.EOF
	case n == len(want):
		return n, nil
	case err == nil || errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	}
	s.failed = err
	return n, err
}

// directory reads the list of entries. What zip makes of an entry takes about six
// times the least that one takes in the file, so it gets no more than long names for
// as many as may be.
func (s *source) directory(files int) (*zip.Reader, error) {
	const search, each = 256 << 10, 256
	s.left, s.whole = search+each*int64(files), false
	defer func() { s.whole = true }()
	archive, err := zip.NewReader(s, s.size)
	if errors.Is(err, zip.ErrInsecurePath) {
		err = nil // entry finds those by itself
	}
	return archive, err
}

// kinds are what people upload instead of a zip archive, by its first bytes.
var kinds = []struct{ magic, kind string }{
	{"PK", "zip"}, {"\x1f\x8b", "gzip"}, {"BZh", "bzip2"}, {"\xfd7zXZ", "xz"}, {"7z\xbc\xaf", "7z"}, {"Rar!", "rar"},
}

// kind says what the file is by its beginning.
func (s *source) kind() string {
	s.whole = true
	head := make([]byte, min(s.size, 512))
	n, _ := s.ReadAt(head, 0) // a failure is noted, and there is nothing to tell
	head = head[:n]
	for _, k := range kinds {
		if bytes.HasPrefix(head, []byte(k.magic)) {
			return k.kind
		}
	}
	detected := http.DetectContentType(head)
	switch {
	case len(head) == 0:
		return "empty"
	case IsPayload(head):
		return "json"
	case strings.HasPrefix(detected, "text/html"):
		return "html"
	case strings.HasPrefix(detected, "text/"):
		return "text"
	}
	return "unknown"
}
