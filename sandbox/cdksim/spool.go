package cdksim

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

// spool is an archive on its way in: a temporary file, since a zip is read from its end.
type spool struct {
	file *os.File
	size int64
	sum  string // sha256, in hexadecimal
	left bool   // the file's name is there to be removed
}

// newSpool makes the file without a name where the system lets it, so that a kill leaves nothing behind.
func newSpool() (*spool, error) {
	f, err := os.CreateTemp("", "portico-cdk-*.zip")
	if err != nil {
		return nil, fmt.Errorf("taking an archive in: %w", err)
	}
	return &spool{file: f, left: os.Remove(f.Name()) != nil}, nil
}

// decode takes base64 in. It forgets what it took before: of a field that is there twice, the last counts.
func (s *spool) decode(text *stringReader) error {
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := s.file.Truncate(0); err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(s.file, sum), base64.NewDecoder(base64.StdEncoding, text))
	s.size, s.sum = n, hex.EncodeToString(sum.Sum(nil))
	if text.err != nil && text.err != io.EOF { //nolint:errorlint // the reader's own, never wrapped
		return text.err
	}
	bad := base64.CorruptInputError(0)
	if errors.As(err, &bad) || errors.Is(err, io.ErrUnexpectedEOF) {
		return invalid("connectorSourceCode is not base64 of the standard alphabet, with its padding")
	}
	return err
}

// close removes the file. A nil spool has none.
func (s *spool) close() {
	if s == nil {
		return
	}
	_ = s.file.Close() // only read from by now
	if s.left {
		_ = os.Remove(s.file.Name())
	}
}
