package traysim

import (
	"fmt"
	"log/slog"
	"net/http"

	"portico/sandbox/control"
)

// problem is an error in Tray's terms: extensions.name, and code or errorId where there is one
// (Tray's error page, intro-to-the-apis/errors).
type problem struct {
	Name, Code, ErrorID, Message string
}

func (p *problem) Error() string { return p.Message }

func (p *problem) extensions() map[string]string {
	out := map[string]string{"name": p.Name}
	if p.Code != "" {
		out["code"] = p.Code
	}
	if p.ErrorID != "" {
		out["errorId"] = p.ErrorID
	}
	return out
}

// NotThere says that the control API answers 404: what it is asked to change does not exist.
func (p *problem) NotThere() bool { return true }

// refuse is a PreconditionError: the request is well-formed but not possible. An empty code is left out.
func refuse(code, format string, args ...any) error {
	return &problem{Name: "PreconditionError", Code: code, Message: fmt.Sprintf(format, args...)}
}

// crash is an InternalError with a fresh ID to quote.
func crash(message string) error {
	return &problem{Name: "InternalError", ErrorID: newID(), Message: message}
}

func noSuch(what, id string) error {
	return refuse("resource_does_not_exist", "The %s %s does not exist", what, id)
}

// writeMessage answers in the shape of Tray's REST errors.
func writeMessage(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, map[string]string{"message": message})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	control.WriteJSON(w, status, v)
}

func logError(message string, err error) { slog.Error(message, "err", err) }
