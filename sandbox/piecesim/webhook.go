package piecesim

import (
	"encoding/json"
	"net/http"
	"strings"
)

// webhookEndpoints start runs. What comes in goes into the run whole, headers included.
func webhookEndpoints() []endpoint {
	var out []endpoint
	for _, method := range []string{"GET", "POST"} {
		out = append(out, endpoint{pattern: method + " /api/v1/webhooks/{id}", name: "webhook", who: public, freeID: true, do: webhook})
	}
	return out
}

// webhook answers 200 and {} for a flow that is enabled, and 404 and {} for any other (recorded).
func webhook(c *call) (any, error) {
	f, ok := c.st.flows.get(c.id)
	if !ok || f.Status != statusEnabled {
		return nil, &problem{http.StatusNotFound, object{}}
	}
	c.st.start(c.srv, f, c.request(), c.now)
	return object{}, nil
}

// request is what came in, as the trigger's output holds it.
func (c *call) request() object {
	headers, query := object{}, object{}
	for k, v := range c.r.Header {
		headers[strings.ToLower(k)] = strings.Join(v, ", ")
	}
	headers["host"] = c.r.Host
	for k := range c.query {
		query[k] = c.query.Get(k)
	}
	var body any
	if err := json.Unmarshal(c.raw, &body); err != nil {
		body = string(c.raw)
	}
	return object{
		"method": c.r.Method, "headers": headers, "body": body, "queryParams": query, "rawBody": string(c.raw),
	}
}
