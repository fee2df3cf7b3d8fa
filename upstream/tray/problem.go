package tray

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"portico/upstream"
)

// problem is one member of errors[]. Members that we do not know are ignored,
// and those of an unexpected type count as missing.
type problem struct {
	Message    json.RawMessage `json:"message"`
	Extensions json.RawMessage `json:"extensions"`
}

// examine reads an answer: either its data, or what is wrong with it. An HTTP
// error without GraphQL errors inside gives neither. Where there are data and
// errors, the errors win.
func (c caller) examine(operation string, status int, body []byte) (json.RawMessage, *upstream.Error) {
	var answer struct {
		Data   json.RawMessage `json:"data"`
		Errors json.RawMessage `json:"errors"`
	}
	err := json.Unmarshal(body, &answer)
	var problems []problem
	if err == nil && len(answer.Errors) > 0 {
		err = json.Unmarshal(answer.Errors, &problems)
	}
	switch {
	case err == nil && len(problems) > 0:
		return nil, c.problems(operation, status, problems)
	case status != http.StatusOK:
		return nil, nil
	case err != nil:
		return nil, malformed(operation, errors.New("the answer is not GraphQL's JSON"))
	case len(answer.Data) == 0 || string(answer.Data) == "null":
		return nil, malformed(operation, errors.New("the answer has neither data nor errors"))
	}
	return answer.Data, nil
}

// problems makes one error of errors[]: the first decides what it is.
func (c caller) problems(operation string, status int, problems []problem) *upstream.Error {
	var messages []string
	for _, p := range problems {
		if message := text(p.Message); message != "" {
			messages = append(messages, message)
		}
	}
	var extensions struct{ Name, Code, ErrorID json.RawMessage }
	// A null or a text instead of an object leaves the members empty, as it should.
	_ = json.Unmarshal(problems[0].Extensions, &extensions)
	name, code := text(extensions.Name), text(extensions.Code)
	return &upstream.Error{
		Platform:  Platform,
		Operation: operation,
		Kind:      kindOf(status, name, code),
		Status:    status,
		Code:      upstream.Words(code, c.secrets()...),
		Message:   upstream.Words(strings.Join(messages, "; "), c.secrets()...),
		RequestID: upstream.Words(text(extensions.ErrorID), c.secrets()...),
	}
}

func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// kindOf says what an error is. The names and codes are those of Tray's error
// page; UNAUTHENTICATED is GraphQL servers' usual word. A telling HTTP status
// comes first.
func kindOf(status int, name, code string) upstream.Kind {
	switch kind := upstream.KindOf(status); kind {
	case upstream.Unauthorized, upstream.Forbidden, upstream.Limited, upstream.Unavailable:
		return kind
	}
	switch code {
	case "access_not_allowed":
		return upstream.Forbidden
	case "resource_does_not_exist", "user_does_not_exist", "workflow_does_not_exist":
		return upstream.NotFound
	case "resource_already_exists", "user_already_exists":
		return upstream.Exists
	case "UNAUTHENTICATED":
		return upstream.Unauthorized
	}
	switch name {
	case "GraphQLError":
		return upstream.Invalid
	case "InternalError":
		return upstream.Unavailable
	}
	if status != http.StatusOK {
		return upstream.KindOf(status)
	}
	return upstream.Refused
}
