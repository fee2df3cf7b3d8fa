package control

import (
	"bytes"
	"maps"
	"net/http"
)

// Buffer holds an answer back.
type Buffer struct {
	Status int
	Body   bytes.Buffer
	header http.Header
}

// NewBuffer is an answer of 200 with nothing in it yet.
func NewBuffer() *Buffer { return &Buffer{Status: http.StatusOK, header: http.Header{}} }

// Header is the answer's header.
func (b *Buffer) Header() http.Header { return b.header }

// WriteHeader keeps the status.
func (b *Buffer) WriteHeader(status int) { b.Status = status }

// Write keeps a part of the body.
func (b *Buffer) Write(p []byte) (int, error) { return b.Body.Write(p) }

// CopyTo gives the answer at last.
func (b *Buffer) CopyTo(w http.ResponseWriter) {
	maps.Copy(w.Header(), b.header)
	w.WriteHeader(b.Status)
	_, _ = w.Write(b.Body.Bytes())
}
