package portal

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"portico/store"
)

// eventTexts are the events of deployments that have a text.
var eventTexts = func() map[string]bool {
	all := map[string]bool{}
	for key := range texts("event_cdk") {
		if code, ok := strings.CutPrefix(key, "event.cdk."); ok {
			all[code] = true
		}
	}
	return all
}()

// texts are the keys of a file of messages.
func texts(name string) map[string]string {
	body, err := os.ReadFile("../views/messages/" + name + ".en.json")
	if err != nil {
		panic(err)
	}
	var all map[string]string
	if err := json.Unmarshal(body, &all); err != nil {
		panic(err)
	}
	return all
}

// Every problem says what happened and whether anything changed, and what to do.
func TestCDKProblemsHaveTexts(t *testing.T) {
	found := texts("deploy_problem_cdk")
	for _, code := range store.CDKProblems {
		if found["cdk.problem."+code] == "" || found["cdk.problem."+code+".fix"] == "" {
			t.Errorf("the problem %s has no text, or none that says what to do", code)
		}
	}
}

// transportLog lets a test look at what is sent, and keep a call from its end.
type transportLog struct {
	base http.RoundTripper
	mu   sync.Mutex
	look func(*http.Request)
	hold func(r *http.Request, send func()) // nil sends at once
}

// RoundTrip implements http.RoundTripper.
func (l *transportLog) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	l.mu.Lock()
	look, hold := l.look, l.hold
	l.mu.Unlock()
	if look != nil {
		look(r)
	}
	if hold == nil {
		return l.base.RoundTrip(r)
	}
	err = errors.New("the process was killed")
	hold(r, func() { answer, err = l.base.RoundTrip(r) }) //nolint:bodyclose // the caller's
	return answer, err
}

func (l *transportLog) watch(look func(*http.Request)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.look = look
}

func (l *transportLog) holding(hold func(r *http.Request, send func())) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hold = hold
}
