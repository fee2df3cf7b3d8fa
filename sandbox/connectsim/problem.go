package connectsim

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"strings"

	"portico/sandbox/control"
)

// object is a JSON object on its way in or out.
type object = map[string]any

// problem is an error answer: one or more errors of the catalogue that share a status.
type problem struct {
	status int
	errors []object
	more   object // members beside statusCode, message and errors
}

func (p *problem) Error() string { return fmt.Sprint(p.errors[0]["message"]) }

// code is that of its first error.
func (p *problem) code() string { return fmt.Sprint(p.errors[0]["code"]) }

// refuse is an error of the catalogue, its words filled in.
func refuse(code string, args ...any) *problem {
	k := catalogue[code]
	return &problem{status: k.status, errors: []object{{"code": code, "message": fmt.Sprintf(k.pattern, args...)}}}
}

// with adds a field that the catalogue gives to the code.
func (p *problem) with(field string, value any) *problem {
	p.errors[0][field] = value
	return p
}

// together makes one answer of several errors: those of the first one's status.
func together(all []*problem) error {
	if len(all) == 0 {
		return nil
	}
	whole := &problem{status: all[0].status}
	for _, p := range all {
		if p.status == whole.status {
			whole.errors = append(whole.errors, p.errors...)
		}
	}
	return whole
}

// invalidJSON has an error for each fault, as the catalogue's example does.
func invalidJSON(faults ...string) error {
	var all []*problem
	for _, f := range faults {
		all = append(all, refuse(codeInvalidJSON).with("detailedErrorMessage", f))
	}
	return together(all)
}

// oauthProblem is an error of the token service.
func oauthProblem(status int, code, message string) *problem {
	return &problem{
		status: status, errors: []object{{"code": code, "message": message}},
		more: object{"error": code, "error_description": message},
	}
}

// unauthenticated is one of the two forms that the API description has for 401; which is sent when nobody says, so that
// it is a setting.
func unauthenticated(conf *settings) *problem {
	if conf.Unauthorized == codeAuthentication {
		return refuse(codeAuthentication)
	}
	return &problem{
		status: http.StatusUnauthorized, errors: []object{{"code": "invalid_token", "message": "invalid_token"}},
		more: object{"error": "invalid_token"},
	}
}

// forbidden is the catalogue's 403, or by setting that of the core API.
func forbidden(conf *settings, scopes []string, projectKey string) *problem {
	if conf.Forbidden != "insufficient_scope" {
		return refuse(codeAuthorization)
	}
	missing := make([]string, len(scopes))
	for i, s := range scopes {
		missing[i] = s + ":" + projectKey
	}
	return oauthProblem(http.StatusForbidden, "insufficient_scope",
		"Insufficient scope. One of the following scopes is missing: "+strings.Join(missing, ", ")+".")
}

// notThere is the catalogue's 404 about an object that a path names.
func notThere(kind string, ref reference) *problem {
	return refuse(codeNotFound, kind, ref.id, ref.key)
}

func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	return refuse(codeGeneral, err.Error())
}

func writeProblem(w http.ResponseWriter, p *problem) {
	body := object{"statusCode": p.status, "message": p.errors[0]["message"], "errors": p.errors}
	maps.Copy(body, p.more)
	control.WriteJSON(w, p.status, body)
}

var verbs = regexp.MustCompile(`%[a-z]`)

// sample is any error of the catalogue, for a fault: with the words given, or with those of the pattern.
func sample(code, message string, status int) *problem {
	k, known := catalogue[code]
	if !known {
		k = kind{http.StatusBadRequest, cmp.Or(message, code), nil}
	}
	p := &problem{status: cmp.Or(status, k.status)}
	p.errors = []object{{"code": code, "message": cmp.Or(message, verbs.ReplaceAllString(k.pattern, "x"))}}
	for _, field := range k.fields {
		p.errors[0][field] = cmp.Or(message, "x")
	}
	if code == codeConflict {
		return p.with("expectedVersion", 1).with("currentVersion", 2)
	}
	return p
}
