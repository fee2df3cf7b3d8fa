package cdksim

import (
	"cmp"
	"io"
	"net/http"
	"strconv"

	"portico/sandbox/clock"
	"portico/sandbox/control"
)

// newDesk is the controls of a CDK service. A fault's operation is "deploy", "deployment", "latest", "share", "me" or
// "connectors"; any of these with a region such as "deploy:eu", or with a connector too, "deploy:eu:my-connector"; "*:eu"
// for all of a region, and "*" for every call.
func newDesk(c *clock.Clock) *control.Desk {
	return &control.Desk{
		Clock: c, Journal: control.NewJournal(), Held: control.NewHolds(), // no variable is secret: bodies are not kept
		Faults: &control.Faults{
			Kinds: map[string]string{
				"403":   "refuses what the token's role does not allow",
				"text":  "fails with the given status (500 if none) and message, which is no JSON",
				"empty": "answers the given status (500 if none) with nothing",
			},
			Answer: answerFault,
		},
	}
}

// answerFault words faults as Tray does.
func answerFault(w http.ResponseWriter, f control.Fault) {
	switch f.Kind {
	case "401":
		writeProblem(w, refuse(http.StatusUnauthorized, "The request is unauthorized"))
	case "403":
		writeProblem(w, forbidden())
	case "429":
		if f.RetryAfter > 0 { // Tray is not known to say when
			w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		}
		writeProblem(w, refuse(http.StatusTooManyRequests, "Too many requests"))
	case "status":
		writeProblem(w, &problem{status: f.Status, Message: f.Message, Code: f.Code})
	case "text", "empty":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(cmp.Or(f.Status, http.StatusInternalServerError))
		if f.Kind == "text" {
			_, _ = io.WriteString(w, f.Message)
		}
	default:
		writeProblem(w, refuse(http.StatusInternalServerError, "Internal server error"))
	}
}
