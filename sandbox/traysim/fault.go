package traysim

import (
	"net/http"
	"strconv"

	"portico/sandbox/clock"
	"portico/sandbox/control"
)

// secretVariables carry credentials.
var secretVariables = []string{
	"accessToken", "authorizationCode", "code", "data", "formData", "password", "secret", "token",
}

// newDesk is the controls of a Tray. A fault's operation is a GraphQL field at the top level or under viewer, "dialog",
// "webhook", "image" or "me"; "*" is every GraphQL call and webhook.
func newDesk(c *clock.Clock) *control.Desk {
	return &control.Desk{
		Clock: c, Journal: control.NewJournal(secretVariables...), Held: control.NewHolds(),
		Faults: &control.Faults{
			Kinds:  map[string]string{"reject": "answers 200 with a PreconditionError of the given code and message"},
			Apart:  []string{"dialog", "image", "me"},
			Answer: answerFault,
		},
	}
}

// answerFault words faults as Tray does.
func answerFault(w http.ResponseWriter, f control.Fault) {
	switch f.Kind {
	case "401":
		writeMessage(w, http.StatusUnauthorized, "The request is unauthorized")
	case "429":
		w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		writeMessage(w, http.StatusTooManyRequests, "Too many requests")
	case "status":
		writeMessage(w, f.Status, f.Message)
	case "reject":
		p := &problem{Name: "PreconditionError", Code: f.Code, Message: f.Message}
		if p.Message == "" {
			p.Message = "The request was refused"
		}
		writeJSON(w, http.StatusOK, map[string]any{
			"data": nil, "errors": []gqlError{{Message: p.Message, Extensions: p.extensions()}},
		})
	default:
		http.Error(w, "<html><body>Internal server error</body></html>", http.StatusInternalServerError)
	}
}
