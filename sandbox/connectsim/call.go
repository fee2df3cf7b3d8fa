package connectsim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"portico/sandbox/control"
)

// maxBody is the most that is read of a request, in bytes [?].
const maxBody = 8 << 20

// call is one request on its way.
type call struct {
	r       *http.Request
	route   route
	region  string
	project string // of the path; empty where it has none
	ref     reference
	raw     []byte
	body    object // nil when it is not a JSON object
	query   url.Values
	entry   *control.Record

	// The following are there for do.
	st   *state
	conf *settings
	who  principal
	now  time.Time
}

func (s *Server) newCall(r *http.Request, region, path string) *call {
	e, places, otherMethod := match(r.Method, path)
	if e.do == nil {
		e.do = unknown(otherMethod)
	}
	c := &call{r: r, route: e, region: region, project: places["project"], query: r.URL.Query()}
	c.ref = readReference(places["ref"])
	c.raw, _ = io.ReadAll(io.LimitReader(r.Body, maxBody+1)) // half a body is no valid JSON
	dec := json.NewDecoder(bytes.NewReader(c.raw))
	dec.UseNumber()
	if len(c.raw) > maxBody || !json.Valid(c.raw) || dec.Decode(&c.body) != nil {
		c.body = nil
	}
	return c
}

// form is a parameter of the token service.
func (c *call) form(name string) string {
	form, _ := url.ParseQuery(string(c.raw)) // what cannot be read is not there
	if v := form.Get(name); v != "" {
		return v
	}
	return c.query.Get(name)
}

// names are the route's, the update actions' and the route's pattern.
func (c *call) names() []string {
	return slices.Compact(append(append([]string{c.route.name}, c.actionNames()...), c.route.pattern()))
}

func (c *call) actionNames() []string {
	var names []string
	list, _ := c.body["actions"].([]any)
	for _, a := range list {
		o, _ := a.(object)
		if name, ok := o["action"].(string); ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// variables are what the journal keeps of a request: of values of configuration only the keys.
func (c *call) variables() map[string]any {
	out := map[string]any{"region": c.region}
	for name, v := range map[string]string{"project": c.project, "id": c.ref.id, "ref_key": c.ref.key} {
		if v != "" {
			out[name] = v
		}
	}
	for k, v := range c.query {
		out[k] = strings.Join(v, ",")
	}
	for k, v := range c.body {
		out[k] = withoutValues(v)
	}
	return out
}

// withoutValues copies JSON without what stands under "value".
func withoutValues(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = withoutValues(e)
		}
		return out
	case object:
		out := object{}
		for k, e := range v {
			if k != "value" {
				out[k] = withoutValues(e)
			}
		}
		return out
	}
	return v
}

// reference names an object in a path: by ID, or as key={key}.
type reference struct{ id, key string }

func readReference(text string) reference {
	if key, ok := strings.CutPrefix(text, "key="); ok {
		return reference{key: key}
	}
	return reference{id: text}
}

// check refuses what cannot be an ID or a key.
func (r reference) check() error {
	switch {
	case r.id != "" && !idShape.MatchString(r.id):
		return refuse(codeInvalidPath).with("detailedErrorMessage", "id: "+r.id+" is not a UUID")
	case r.id == "" && !keyShape.MatchString(r.key):
		return refuse(codeInvalidPath).with("detailedErrorMessage", "key: does not match ^[A-Za-z0-9_-]{2,256}$")
	}
	return nil
}

// names says whether an object is meant.
func (r reference) names(id, key string) bool {
	if r.id != "" {
		return strings.EqualFold(r.id, id)
	}
	return r.key != "" && r.key == key
}
