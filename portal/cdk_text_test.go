package portal

import (
	"encoding/json"
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

// transportLog counts what is sent, and may look on.
type transportLog struct {
	base http.RoundTripper
	mu   sync.Mutex
	look func(*http.Request)
}

// RoundTrip implements http.RoundTripper.
func (l *transportLog) RoundTrip(r *http.Request) (*http.Response, error) {
	l.mu.Lock()
	look := l.look
	l.mu.Unlock()
	if look != nil {
		look(r)
	}
	return l.base.RoundTrip(r)
}

func (l *transportLog) watch(look func(*http.Request)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.look = look
}
