package activepieces

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"portico/upstream"
)

// pair is a request that a real Activepieces 0.86.0 got, and its answer.
type pair struct {
	name    string
	Request struct {
		Method  string
		Path    string // with the query
		Headers map[string]string
		Body    json.RawMessage
	}
	Response struct {
		Status  int
		Headers map[string]string
		Body    json.RawMessage
	}
}

func (p *pair) address(t testing.TB) *url.URL {
	t.Helper()
	u, err := url.Parse(p.Request.Path)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// path is the pair's path below /api/v1.
func (p *pair) path(t testing.TB) string {
	t.Helper()
	return strings.TrimPrefix(p.address(t).Path, "/api/v1")
}

// body reads the body of the pair's request into v.
func (p *pair) body(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(p.Request.Body, v); err != nil {
		t.Fatal(err)
	}
}

func recordings(t testing.TB) map[string]*pair {
	t.Helper()
	files, err := filepath.Glob("testdata/recordings/*.json")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*pair{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p := &pair{name: strings.TrimSuffix(filepath.Base(file), ".json")}
		if err := json.Unmarshal(raw, p); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all[p.name] = p
	}
	if len(all) != 249 {
		t.Fatalf("there are %d recordings, want 249", len(all))
	}
	return all
}

// TestReplay makes every recorded request that a method of ours can make, to a
// server that answers what was recorded; the other answers go through the error
// classifier alone. The table says what must come of each.
func TestReplay(t *testing.T) {
	all := recordings(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		got := outcome(t, all, all[name])
		if want, ok := replayed[name]; !ok || got != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
	for name := range replayed {
		if all[name] == nil {
			t.Errorf("%s is not recorded", name)
		}
	}
}

// outcome is what comes of a pair, in words.
func outcome(t *testing.T, all map[string]*pair, p *pair) string {
	t.Helper()
	method := methodFor(t, p)
	if method == nil {
		k := call{operation: p.name, method: p.Request.Method, path: p.path(t), bare: p.Response.Status == http.StatusNoContent}
		return "classified: " + inWords("an answer", errorOf(k.examine(p.Response.Status, sent(p.Response.Body), nil)))
	}
	r := &replayer{t: t, all: all, first: p}
	server := httptest.NewServer(r)
	defer server.Close()
	said, err := method(t.Context(), r.client(server.URL))
	if !r.made {
		t.Errorf("%s: no request was made", p.name)
	}
	if failed, ok := errors.AsType[*upstream.Error](err); err != nil && (!ok || failed.Platform != Platform || failed.Operation == "" || failed.Status != p.Response.Status && failed.Status != 0) {
		t.Errorf("%s: got the error %+v, want an *upstream.Error with the status %d", p.name, err, p.Response.Status)
	}
	return strings.Join(append(r.notes, inWords(said, err)), "; ")
}

func errorOf(e *upstream.Error) error {
	if e == nil {
		return nil
	}
	return e
}

func inWords(said string, err error) string {
	failed, ok := errors.AsType[*upstream.Error](err)
	if !ok {
		return said
	}
	words := []string{string(failed.Kind)}
	for _, word := range []string{failed.Code, failed.Message} {
		if word != "" {
			words = append(words, word)
		}
	}
	if failed.RetryAfter > 0 {
		words = append(words, "in "+failed.RetryAfter.String())
	}
	if failed.Err != nil {
		words = append(words, "("+failed.Err.Error()+")")
	}
	return strings.Join(words, ": ")
}

func sent(body json.RawMessage) []byte {
	if string(body) == "null" {
		return nil
	}
	return body
}

// replayer answers one pair, and the pages that follow it.
type replayer struct {
	t     *testing.T
	all   map[string]*pair
	first *pair

	mu    sync.Mutex
	made  bool
	notes []string
}

func (r *replayer) client(address string) *Client {
	options := Options("main")
	options.MaxTries = 1
	config := Config{URL: address + "/", HTTP: upstream.NewClient(options).HTTP}
	if r.first.Request.Headers["Authorization"] != "" {
		config.APIKey = "sk-of-the-test"
	}
	if strings.HasSuffix(r.first.path(r.t), "/sign-in") {
		var body struct{ Email, Password text }
		r.first.body(r.t, &body)
		config.Email, config.Password = string(body.Email), secretOf(body.Password)
	}
	c := New(config)
	c.page = 0
	if limit := r.first.address(r.t).Query().Get("limit"); limit != "" {
		c.page = atoi(r.t, limit)
	}
	return c
}

func (r *replayer) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	body, err := io.ReadAll(req.Body)
	if err != nil {
		r.t.Error(err)
	}
	if r.made {
		r.next(w, req)
		return
	}
	r.made = true
	if differences := r.differences(req, body); len(differences) > 0 {
		r.notes = append(r.notes, "differs in "+strings.Join(differences, ", "))
	}
	r.answer(w, r.first)
}

// next answers a page after the first: the one that is recorded, or an empty one.
func (r *replayer) next(w http.ResponseWriter, req *http.Request) {
	for _, name := range slices.Sorted(maps.Keys(r.all)) {
		p := r.all[name]
		if p.Request.Method == req.Method && p.address(r.t).Path == req.URL.Path && reflect.DeepEqual(p.address(r.t).Query(), req.URL.Query()) {
			r.notes = append(r.notes, "then "+name)
			r.answer(w, p)
			return
		}
	}
	if req.URL.Query().Get("cursor") == "" {
		r.t.Errorf("%s: a second request: %s %s", r.first.name, req.Method, req.URL)
	}
	r.notes = append(r.notes, "then a page that is not recorded")
	fmt.Fprint(w, `{"data":[],"next":null,"previous":null}`)
}

func (r *replayer) answer(w http.ResponseWriter, p *pair) {
	for name, value := range p.Response.Headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(p.Response.Status)
	if _, err := w.Write(sent(p.Response.Body)); err != nil {
		r.t.Error(err)
	}
}

// differences names what of our request is not as recorded.
func (r *replayer) differences(req *http.Request, body []byte) []string {
	var all []string
	want := r.first.address(r.t)
	if req.Method != r.first.Request.Method || req.URL.Path != want.Path {
		all = append(all, req.Method+" "+req.URL.Path)
	}
	for name, value := range r.first.Request.Headers {
		got := req.Header.Get(name)
		if name == "Authorization" && strings.HasPrefix(got, "Bearer ") {
			got = value
		}
		if got != value {
			all = append(all, name+" "+got)
		}
	}
	if req.Header.Get("Authorization") != "" && r.first.Request.Headers["Authorization"] == "" {
		all = append(all, "Authorization")
	}
	all = append(all, differ("query.", values(want.Query()), values(req.URL.Query()))...)
	var got, recorded any
	if len(body) > 0 {
		if err := json.Unmarshal(body, &got); err != nil {
			r.t.Error(err)
		}
	}
	r.first.body(r.t, &recorded)
	return append(all, differ("body.", recorded, got)...)
}

func values(query url.Values) any {
	all := map[string]any{}
	for name, values := range query {
		all[name] = slices.Sorted(slices.Values(values))
	}
	return all
}

// differ names the members in which two JSON values are not the same.
func differ(at string, a, b any) []string {
	if reflect.DeepEqual(a, b) {
		return nil
	}
	left, ok := a.(map[string]any)
	right, also := b.(map[string]any)
	if !ok || !also {
		return []string{strings.TrimSuffix(at, ".")}
	}
	names := maps.Clone(left)
	maps.Copy(names, right)
	var all []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		all = append(all, differ(at+name+".", left[name], right[name])...)
	}
	return all
}
