package connectsim

import (
	"cmp"
	"net/http"
	"strconv"

	"portico/sandbox/clock"
	"portico/sandbox/control"
)

// newDesk is the controls of a Connect. A fault's operation is a route's name such as "createDraft", its pattern such as
// "POST /connectors/drafts", or the name of an update action such as "updatePreviewable"; "*" is every call.
func newDesk(c *clock.Clock) *control.Desk {
	return &control.Desk{
		Clock: c, Journal: control.NewJournal("client_secret", "token"), Held: control.NewHolds(),
		Faults: &control.Faults{
			Kinds:  map[string]string{"reject": "answers with the error of the given code, such as GitRepositoryNotReachable"},
			Answer: answerFault,
		},
	}
}

// answerFault words faults as Connect does.
func answerFault(w http.ResponseWriter, f control.Fault) {
	switch f.Kind {
	case "401":
		writeProblem(w, unauthenticated(defaultSettings()))
	case "429":
		w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		writeProblem(w, sample("TooManyRequests", "Too many requests", http.StatusTooManyRequests)) // [?]
	case "status":
		writeProblem(w, sample(cmp.Or(f.Code, codeOf(f.Status)), f.Message, f.Status))
	case "reject":
		writeProblem(w, sample(f.Code, f.Message, f.Status))
	default:
		writeProblem(w, sample(codeGeneral, cmp.Or(f.Message, "Write operations are temporarily unavailable"), 0))
	}
}

// codeOf is the code that usually comes with a status.
func codeOf(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return codeAuthentication
	case http.StatusForbidden:
		return codeAuthorization
	case http.StatusNotFound:
		return codeNotFound
	case http.StatusConflict:
		return codeConflict
	case http.StatusBadGateway:
		return codeBadGateway
	}
	return codeGeneral
}
