package piecesim

import (
	"net/http"
	"strconv"

	"portico/sandbox/clock"
	"portico/sandbox/control"
)

// secretVariables carry credentials.
var secretVariables = []string{
	"value", "secret_text", "password", "props", "client_secret", "code", "code_challenge", "token", "externalAccessToken", "privateKey",
}

// newDesk is the controls of an Activepieces. A fault's operation is an endpoint's name such as "createProject", its
// pattern such as "POST /api/v1/projects", the type of an operation on a flow such as "LOCK_AND_PUBLISH", or "image";
// "*" is every call of the API.
func newDesk(c *clock.Clock) *control.Desk {
	return &control.Desk{
		Clock: c, Journal: control.NewJournal(secretVariables...), Held: control.NewHolds(),
		Faults: &control.Faults{
			Kinds:  map[string]string{"reject": "answers the given status with an error of the given code and message"},
			Apart:  []string{"image"},
			Answer: answerFault,
		},
	}
}

// answerFault words faults as Activepieces does.
func answerFault(w http.ResponseWriter, f control.Fault) {
	switch f.Kind {
	case "401":
		writeProblem(w, refuseWith(http.StatusUnauthorized, "INVALID_BEARER_TOKEN", "invalid access token or session expired"))
	case "429":
		w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		writeProblem(w, framework(http.StatusTooManyRequests, "", "Rate limit exceeded, retry in "+strconv.Itoa(f.RetryAfter)+" seconds"))
	case "status":
		writeProblem(w, framework(f.Status, f.Code, f.Message))
	case "reject":
		status := f.Status
		if status == 0 {
			status = http.StatusBadRequest
		}
		writeProblem(w, refuseWith(status, f.Code, f.Message))
	default:
		writeProblem(w, crash("", "Internal Server Error"))
	}
}
