package cdksim

import (
	"errors"
	"fmt"
	"net/http"

	"portico/sandbox/control"
)

// problem is an error in Tray's REST terms: a status, a message and, rarely, a code.
type problem struct {
	status  int
	Message string `json:"message"`
	Code    string `json:"code,omitempty"`
}

func (p *problem) Error() string { return p.Message }

func refuse(status int, format string, args ...any) error {
	return &problem{status: status, Message: fmt.Sprintf(format, args...)}
}

// invalid is a body that does not fit, in the words of Tray's API description.
func invalid(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "Invalid value for: body (%s)", fmt.Sprintf(format, args...))
}

// unfit is an archive that fails the preliminary validation. The wording is ours [?].
func unfit(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "Connector validation failed. "+format, args...)
}

func forbidden() error { return refuse(http.StatusForbidden, "The request is forbidden") }

func tooLarge() error { return refuse(http.StatusRequestEntityTooLarge, "Request entity too large") }

// problemOf is any error as one to answer; one that nobody foresaw is Tray's own fault.
func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	return &problem{status: http.StatusInternalServerError, Message: "Internal server error: " + err.Error()}
}

func writeProblem(w http.ResponseWriter, err error) {
	p := problemOf(err)
	control.WriteJSON(w, p.status, p)
}
