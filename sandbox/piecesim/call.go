package piecesim

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// maxBody is the most that is read of a request, in bytes [?].
const maxBody = 25 << 20

// call is one request on its way.
type call struct {
	srv   *Server
	r     *http.Request
	raw   []byte
	body  object // nil when it is not an object
	query url.Values
	id    string // the {id} of the path

	// The following are there for do.
	st     *state
	who    principal
	now    time.Time
	conf   settings
	worked bool // a worker has done what do asked for
	memo   any  // what do found before it asked for a worker
	header http.Header
}

// read takes the body in; what it returns comes before any check.
func (c *call) read(r *http.Request) error {
	var err error
	if c.raw, err = io.ReadAll(io.LimitReader(r.Body, maxBody+1)); err != nil {
		return framework(http.StatusBadRequest, "FST_ERR_CTP_INVALID_CONTENT_LENGTH", "Request body size did not match Content-Length")
	}
	if len(c.raw) > maxBody {
		return framework(http.StatusRequestEntityTooLarge, "FST_ERR_CTP_BODY_TOO_LARGE", "Request body is too large")
	}
	if len(c.raw) == 0 {
		return nil
	}
	isJSON := strings.HasPrefix(r.Header.Get("Content-Type"), "application/json")
	if err := json.Unmarshal(c.raw, &c.body); err != nil && isJSON && !json.Valid(c.raw) {
		return framework(http.StatusBadRequest, "FST_ERR_CTP_INVALID_JSON_BODY",
			"Body is not valid JSON but content-type is set to 'application/json'")
	}
	return nil
}

// names are the endpoint's; an operation on a flow goes by its type.
func (c *call) names(e endpoint) []string {
	if op, ok := c.body["type"].(string); ok && e.name == opFlow {
		return []string{op, e.name}
	}
	return []string{e.name}
}

// variables are what the journal keeps of a request.
func (c *call) variables() map[string]any {
	out := map[string]any{}
	for k, v := range c.query {
		out[k] = strings.Join(v, ",")
	}
	for k, v := range c.body {
		out[k] = brief(v)
	}
	return out
}

// brief is a value without the steps of flows, which would fill the journal.
func brief(v any) any {
	o, ok := v.(object)
	if _, isFlow := o["trigger"]; !ok || !isFlow {
		return v
	}
	o = maps.Clone(o)
	delete(o, "trigger")
	return o
}

// wants says whether a repeatable query parameter admits a value: it is not given, or names it.
func (c *call) wants(parameter, value string) bool {
	list, given := c.query[parameter]
	return !given || slices.Contains(list, value)
}
