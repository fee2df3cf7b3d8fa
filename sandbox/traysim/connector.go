package traysim

import (
	"encoding/json"
	"slices"
)

// callConnector runs one operation of a service's connector, or http-client's get_request. Nothing leaves this machine:
// the answers have the shape of the real ones and words of the simulator's own.
func (c *call) callConnector(in input) (object, error) {
	connector, operation := in.text("connector"), in.text("operation")
	if !hasOperation(connector, operation) {
		return nil, refuse("", "The connector operation %s was not found", operation)
	}
	if id := in.text("authId"); id != "" {
		a, err := c.ownAuthentication(id)
		if err != nil {
			return nil, err
		}
		if a.Expired {
			return nil, refuse("", "%s answered 401: the sign-in has expired", serviceByName(a.Service).Title)
		}
	}
	var params map[string]any
	if !decodesTo(in["input"], &params) {
		return nil, refuse("", "Connector input validation failed. The input is not a JSON object")
	}
	return object{"output": jsonText(outputOf(connector, operation, params))}, nil
}

func hasOperation(connector, operation string) bool {
	if connector == "http-client" {
		return operation == "get_request"
	}
	return slices.Contains(serviceByName(connector).Operations, operation)
}

// decodesTo reads a Json value that was sent as text or, as the server has been seen to accept, literally.
func decodesTo(v, into any) bool {
	text, ok := v.(string)
	if !ok {
		text = jsonText(v)
	}
	return json.Unmarshal([]byte(text), into) == nil
}

// outputOf follows the shapes of Tray's samples: a drop-down's result list, http-client's response with a body that is
// text itself, and for the rest what was sent.
func outputOf(connector, operation string, params map[string]any) map[string]any {
	const ddl = "_ddl"
	switch {
	case connector == "http-client":
		return map[string]any{"response": map[string]any{"statusCode": 200, "headers": object{}, "body": jsonText(object{"url": params["url"]})}}
	case len(operation) > len(ddl) && operation[len(operation)-len(ddl):] == ddl:
		title := serviceByName(connector).Title
		return map[string]any{"result": []object{
			{"value": connector + "-1", "text": title + " one"}, {"value": connector + "-2", "text": title + " two"},
		}}
	}
	return map[string]any{"ok": true, "operation": operation, "input": params}
}
