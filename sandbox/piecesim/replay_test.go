package piecesim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"portico/sandbox/clock"
)

// recordings are the pairs of a real 0.86.0 server that the client is held to as well.
const recordings = "../../upstream/activepieces/testdata/recordings"

// pair is one recorded request and its answer.
type pair struct {
	name, edition string
	Request       struct {
		Method, Path string
		Headers      map[string]string
		Body         any
	}
	Response struct {
		Status  int
		Headers map[string]string
		Body    any
	}
}

// notSimulated are the endpoints that the portal does not use, with the pairs that only they could answer.
var notSimulated = []string{
	"audit-events-list", "embed-subdomain-get", "license-get", "platforms-create-onboarding", "project-members",
	"project-members-list", "project-roles-list", "sign-in-onboarding", "sign-up-duplicate", "sign-up-first-user",
	"sign-up-missing-fields", "sign-up-second-user", "sign-up-weak-password", "user-invitations-create", "user-invitations-list",
}

func readPairs(t *testing.T) []pair {
	t.Helper()
	files, err := filepath.Glob(recordings + "/*.json")
	if err != nil || len(files) < 200 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	var out []pair
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var p pair
		if err := json.Unmarshal(raw, &p); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		p.edition, p.name, _ = strings.Cut(strings.TrimSuffix(filepath.Base(f), ".json"), "-")
		out = append(out, p)
	}
	return out
}

// TestRecordingsReplay arranges for each pair the state that it was recorded in, asks again, and wants the same status, the
// same error word for word, and an answer of the same members and types.
func TestRecordingsReplay(t *testing.T) {
	replayed, all := 0, readPairs(t)
	for _, p := range all {
		if slices.Contains(notSimulated, p.name) {
			continue
		}
		replayed++
		t.Run(p.edition+"-"+p.name, func(t *testing.T) {
			w := newStage(t, p, all)
			w.arrange()
			got := w.ask()
			if got.Code != p.Response.Status {
				t.Fatalf("%s %s: status %d, want %d: %s", p.Request.Method, p.Request.Path, got.Code, p.Response.Status, got.Body)
			}
			compareHeaders(t, p, got)
			compareBody(t, p, got.Body.Bytes())
		})
	}
	if replayed < 220 {
		t.Errorf("only %d pairs were replayed", replayed)
	}
}

func compareHeaders(t *testing.T, p pair, got *httptest.ResponseRecorder) {
	t.Helper()
	for name, want := range p.Response.Headers {
		have := got.Header().Get(name)
		if have == "" || name != "content-security-policy" && !strings.HasPrefix(name, "x-ratelimit-re") && have != want {
			t.Errorf("header %s: %q, want %q", name, have, want)
		}
	}
}

func compareBody(t *testing.T, p pair, raw []byte) {
	t.Helper()
	var got any
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatalf("%v: %s", err, raw)
		}
	}
	if p.Response.Status >= 400 {
		if !reflect.DeepEqual(got, p.Response.Body) {
			t.Errorf("error %s, want %v", raw, p.Response.Body)
		}
		return
	}
	for _, fault := range differences("", got, p.Response.Body) {
		t.Error(fault)
	}
}

// free are members whose own members are data and not shape.
var free = []string{
	"trigger", "steps", "actions", "triggers", "metadata", "flowVersion_trigger", "auth", "input", "pieces", "authorizationUrl",
	"THIRD_PARTY_AUTH_PROVIDERS_TO_SHOW_MAP", "i18n",
}

// differences are the members that one JSON has and the other has not, and the types that differ. Null stands for any type,
// and the first element for a list.
func differences(path string, got, want any) []string {
	if got == nil || want == nil {
		return nil
	}
	if reflect.TypeOf(got) != reflect.TypeOf(want) {
		return []string{fmt.Sprintf("%s is %T, want %T", path, got, want)}
	}
	var out []string
	switch want := want.(type) {
	case map[string]any:
		got, _ := got.(map[string]any)
		for k, v := range want {
			if mine, ok := got[k]; !ok {
				out = append(out, fmt.Sprintf("%s/%s is missing", path, k))
			} else if !slices.Contains(free, k) {
				out = append(out, differences(path+"/"+k, mine, v)...)
			}
		}
		for k := range got {
			if _, ok := want[k]; !ok {
				out = append(out, fmt.Sprintf("%s/%s is not in the recording", path, k))
			}
		}
	case []any:
		got, _ := got.([]any)
		if len(want) > 0 && len(got) == 0 {
			return []string{path + " is empty"}
		}
		if len(want) > 0 {
			out = differences(path+"/0", got[0], want[0])
		}
	}
	return out
}

// stage is a server in the state that a pair was recorded in.
type stage struct {
	t   *testing.T
	p   pair
	all []pair // for what other answers show of the state
	s   *Server
	st  *state
}

func newStage(t *testing.T, p pair, all []pair) *stage {
	t.Helper()
	at := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	s := New(Options{
		Clock: clock.From(func() time.Time { return at }), Edition: p.edition, Unlicensed: true, AdminEmail: "dev@ap.com",
		AdminPassword: "<PASSWORD>", Templates: []Template{}, URL: "http://localhost:53000",
	})
	w := &stage{t, p, all, s, s.state}
	w.asRecorded()
	return w
}

// asRecorded gives the platform and its owner the IDs of the recordings.
func (w *stage) asRecorded() {
	platformID, ownerID := "k8fuhdVP0LcHHnhS8s4gD", "0CFW4O4HvkNTFhhuGTh36"
	if w.p.edition == "ce" {
		platformID, ownerID = "gkWBMxo4nBkPublvxABac", "AWD2TzaQ37PrVlI6xFloA"
	}
	owner := w.st.owner()
	w.st.users.remove(owner.ID)
	owner.ID = ownerID
	w.st.users.put(owner)
	w.st.ID, w.st.Owner = platformID, ownerID
	personal := w.st.projects.rows[0]
	w.st.projects.remove(personal.ID)
	personal.OwnerID, personal.ID = ownerID, map[string]string{"ce": "QILhpZn6j2v5fVyncuDi6", "ee": "AMW8g95PpVp1YgttYmPnT"}[w.p.edition]
	personal.DisplayName = "dev's Platform's Project"
	w.st.projects.put(personal)
}

// ask sends the recorded request, with the secrets that the recording has taken out.
func (w *stage) ask() *httptest.ResponseRecorder {
	text := ""
	if w.p.Request.Body != nil {
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false) // the marks of what was taken out are in angle brackets
		if err := enc.Encode(w.p.Request.Body); err != nil {
			w.t.Fatal(err)
		}
		text = out.String()
	}
	switch w.p.name {
	case "malformed-json":
		text = `{"displayName": `
	case "sign-in-wrong":
		text = strings.Replace(text, "<PASSWORD>", "wrong", 1)
	case "managed-authn-unknown-kid":
		token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{})
		token.Header["kid"] = strings.Repeat("a", 21)
		signed, err := token.SignedString([]byte("any"))
		if err != nil {
			w.t.Fatal(err)
		}
		text = strings.Replace(text, "<JWT>", signed, 1)
	}
	req := httptest.NewRequest(w.p.Request.Method, w.p.Request.Path, strings.NewReader(text))
	for k, v := range w.p.Request.Headers {
		if strings.Contains(v, "<TOKEN>") {
			v = "Bearer " + w.token()
		}
		req.Header.Set(k, v)
	}
	got := httptest.NewRecorder()
	w.s.ServeHTTP(got, req)
	return got
}

func (w *stage) token() string {
	switch w.p.name {
	case "apikey-invalid":
		return "sk-unknown"
	case "bad-user-jwt":
		return "eyJhbGciOiJIUzI1NiJ9.e30.x"
	}
	return w.st.newSession(w.st.owner(), w.s.now())
}
