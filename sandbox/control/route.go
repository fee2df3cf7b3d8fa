package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
)

// maxBody is the most that is read of a control request, in bytes.
const maxBody = 4 << 20

// Done is the answer to what has nothing to say.
var Done = map[string]bool{"ok": true}

// missing is an error about something that is not there.
type missing struct{ message string }

func (m missing) Error() string { return m.message }

// NotThere says that the control API answers 404.
func (missing) NotThere() bool { return true }

// Missing is an error that the control API answers with 404; any other is 400. A simulator's own errors are read so
// too, when they have a method NotThere that says true.
func Missing(format string, args ...any) error { return missing{fmt.Sprintf(format, args...)} }

// Route adds one control. It answers only this machine and no page of another origin, since whoever has the controls
// has everything.
func Route(mux *http.ServeMux, pattern string, h func(r *http.Request) (any, error)) {
	mux.Handle(pattern, http.NewCrossOriginProtection().Handler(loopbackOnly(answering(h))))
}

func answering(h func(r *http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := h(r)
		if err == nil {
			WriteJSON(w, http.StatusOK, v)
			return
		}
		status := http.StatusBadRequest
		if m := (interface{ NotThere() bool })(nil); errors.As(err, &m) && m.NotThere() {
			status = http.StatusNotFound
		}
		writeMessage(w, status, err.Error())
	})
}

func loopbackOnly(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
			writeMessage(w, http.StatusForbidden, "the controls answer only to this machine")
			return
		}
		h.ServeHTTP(w, r)
	})
}

// ReadInto reads a control request's JSON; an empty body leaves v as it is, an unknown field is an error.
func ReadInto(r *http.Request, v any) error { return Merge(r.Body, v) }

// Merge changes what the JSON names in v and leaves the rest. An unknown field is an error, so that a misspelt setting
// is heard of.
func Merge(body io.Reader, v any) error {
	dec := json.NewDecoder(io.LimitReader(body, maxBody))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading the request: %w", err)
	}
	return nil
}

// Frozen is a value as JSON, so that nothing of a state is read after it is unlocked.
func Frozen(v any) (any, error) {
	raw, err := json.Marshal(v)
	return json.RawMessage(raw), err
}

// Some is a list that is [] and not null when it is empty.
func Some[T any](rows []T) []T {
	if rows == nil {
		return []T{}
	}
	return rows
}

// WriteJSON answers with a value as JSON.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		slog.Error("a simulator cannot write an answer", "err", err)
		status, raw = http.StatusInternalServerError, []byte(`{"message":"Internal error"}`)
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	_, _ = w.Write(append(raw, '\n')) // the client may be gone: nothing to do about it
}

func writeMessage(w http.ResponseWriter, status int, message string) {
	WriteJSON(w, status, map[string]string{"message": message})
}
