package connectsim

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Of many who take a key, or change a version, at once, one wins.
func TestOneOfManyWins(t *testing.T) {
	m := start(t)
	m.published("one", nil)
	var made, changed atomic.Int64
	var all sync.WaitGroup
	post := func(path string, body string, won *atomic.Int64) {
		req, err := http.NewRequest("POST", m.url+path, strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return
		}
		req.Header.Set("Authorization", "Bearer "+m.token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
			return
		}
		defer res.Body.Close()
		if res.StatusCode == http.StatusCreated {
			won.Add(1)
		}
	}
	version := m.at("one").at("version").num()
	for i := range 20 {
		all.Go(func() {
			post("/connectors/drafts", `{"key": "taken", "name": "x", "creator": {"email": "x"}, "repository": {"url": "git@github.com:acme/loyalty.git", "tag": "v1.0.0"}}`, &made)
			post("/connectors/drafts/key=one", fmt.Sprintf(`{"version": %d, "actions": [{"action": "setName", "name": "%d"}]}`, version, i), &changed)
		})
	}
	all.Wait()
	if made.Load() != 1 || changed.Load() != 1 {
		t.Errorf("%d drafts were made and %d changes accepted, want one of each", made.Load(), changed.Load())
	}
}
