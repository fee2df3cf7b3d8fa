package piecesim

import (
	"fmt"
	"net/http"

	"portico/sandbox/control"
)

// object is a JSON object on its way out.
type object = map[string]any

// problem is an error in one of Activepieces' two shapes, which recordings show side by side.
type problem struct {
	status int
	body   object
}

func (p *problem) Error() string {
	if m, ok := p.body["message"].(string); ok {
		return m
	}
	return fmt.Sprint(p.body["code"])
}

// refuse is an application error: a code, and parameters that may be null.
func refuse(status int, code string, params any) *problem {
	return &problem{status, object{"code": code, "params": params}}
}

// refuseWith is an application error whose one parameter is a message.
func refuseWith(status int, code, message string) *problem {
	return refuse(status, code, object{"message": message})
}

// framework is an error of the web framework's own. An empty code is left out.
func framework(status int, code, message string) *problem {
	body := object{"statusCode": status, "error": http.StatusText(status), "message": message}
	if code != "" {
		body["code"] = code
	}
	return &problem{status, body}
}

// invalid is a request that does not fit its schema.
func invalid(message string) *problem {
	return framework(http.StatusBadRequest, "FST_ERR_VALIDATION", message)
}

// noUnion is all that is said when none of several shapes fits.
func noUnion() *problem { return invalid("body/ Invalid input") }

func notFound(entity, id string) *problem {
	return refuse(http.StatusNotFound, "ENTITY_NOT_FOUND", object{"entityType": entity, "entityId": id})
}

func noRoute() *problem { return framework(http.StatusNotFound, "", "Route not found") }

func notAllowed() *problem {
	return refuseWith(http.StatusForbidden, "AUTHORIZATION", "principal is not allowed for this route")
}

func featureDisabled(message string) *problem {
	return refuseWith(http.StatusPaymentRequired, "FEATURE_DISABLED", message)
}

// crash is an error that nobody foresaw: its raw words, with the database's own code if it has one.
func crash(code, message string) *problem {
	return framework(http.StatusInternalServerError, code, message)
}

func writeProblem(w http.ResponseWriter, p *problem) { writeJSON(w, p.status, p.body) }

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	control.WriteJSON(w, status, v)
}
