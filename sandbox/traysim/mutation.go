package traysim

import (
	"encoding/json"
	"fmt"
	"maps"
)

// mutation is one that Tray offers: who may ask for it, and what it does.
type mutation struct {
	who kind
	do  func(*call, input) (object, error)
}

// mutationTable is the whole of it; who may ask is Tray's word (Embedded API reference, the token of each operation).
var mutationTable = map[string]mutation{
	"createExternalUser":        {master, (*call).createExternalUser},
	"updateExternalUser":        {master, (*call).updateExternalUser},
	"removeExternalUser":        {master, (*call).removeExternalUser},
	"authorize":                 {master, (*call).authorize},
	"generateAuthorizationCode": {master, (*call).generateAuthorizationCode},
	"createSolutionInstance":    {endUser, (*call).createSolutionInstance},
	"updateSolutionInstance":    {endUser, (*call).updateSolutionInstance},
	"upgradeSolutionInstance":   {endUser, (*call).upgradeSolutionInstance},
	"removeSolutionInstance":    {endUser, (*call).removeSolutionInstance},
	"createUserAuthentication":  {endUser, (*call).createUserAuthentication},
	"removeAuthentication":      {endUser, (*call).removeAuthentication},
	"callConnector":             {master | endUser, (*call).callConnector},
	"importProject":             {master, (*call).importProject},
	"exportProject":             {master, (*call).exportProject},
	"exportProjectConfig":       {master, (*call).exportProject},
	"importWorkflows":           {master, (*call).importWorkflows},
}

// mutations is the root object of a mutation. Each answer echoes clientMutationId, and nothing is deduplicated by it.
func (c *call) mutations() object {
	root := object{}
	for name, m := range mutationTable {
		root[name] = resolver(func(args map[string]any) (any, error) {
			if err := c.admit(name, m.who); err != nil {
				return nil, err
			}
			in, _ := args["input"].(map[string]any)
			out, err := m.do(c, input(in))
			if err != nil {
				return nil, err
			}
			payload := object{"clientMutationId": in["clientMutationId"]}
			maps.Copy(payload, out)
			return payload, nil
		})
	}
	return root
}

// admit refuses a token of the wrong kind.
func (c *call) admit(operation string, who kind) error {
	if c.who.kind&who != 0 {
		return nil
	}
	return refuse("access_not_allowed", "A %s token may not ask for %s", c.who.kind, operation)
}

// input is the input object of a mutation. What was not sent is not in it.
type input map[string]any

func (in input) has(name string) bool { _, ok := in[name]; return ok }

// into fills a struct whose JSON names are the input's.
func (in input) into(v any) error {
	raw, err := json.Marshal(in)
	if err == nil {
		err = json.Unmarshal(raw, v)
	}
	if err != nil {
		return &problem{Name: "GraphQLError", Message: fmt.Sprintf("The input does not fit: %v", err)}
	}
	return nil
}

func (in input) text(name string) string {
	switch v := in[name].(type) {
	case string:
		return v
	case nil:
		return ""
	default: // an ID may be sent as a number
		return fmt.Sprint(v)
	}
}
