package web

import (
	"net/url"
	"testing"

	"portico/store"
	"portico/store/storetest"
)

// What a request made the portal call is found by the ID that its page and the log show.
func TestCallsBearTheRequest(t *testing.T) {
	d, path := connecting(t)
	slot := d.get(path).value("form[data-dialog] input[name=slot]")
	r := d.answer("POST", "/in"+path+"/open", url.Values{"slot": {slot}}, "Sec-Fetch-Site", "same-origin", "Accept", "application/json")
	calls := storetest.Must[[]store.UpstreamCall](t)(d.store.RequestCalls(d.ctx, r.Header.Get("X-Request-Id")))
	if r.StatusCode != 200 || len(calls) < 2 {
		t.Fatalf("got %s, and %d calls of the request", r.Status, len(calls))
	}
	for _, call := range calls {
		if call.InstanceID == "" {
			t.Errorf("%s is of no instance", call.Operation)
		}
	}
}
