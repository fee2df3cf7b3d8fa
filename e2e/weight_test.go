package e2e

import (
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

const (
	mostBytes    = 32 << 10 // of a page with all it loads, as it is sent
	mostRequests = 6        // of a page, icons apart
)

// traffic is what a page loads.
type traffic struct {
	mu      sync.Mutex
	bytes   float64
	known   map[network.RequestID]string
	headers map[network.RequestID]float64 // bytes before the body
	fetched []string
}

// traffic listens to what the tab loads from now on.
func (b *tab) traffic() *traffic {
	b.t.Helper()
	w := &traffic{known: map[network.RequestID]string{}, headers: map[network.RequestID]float64{}}
	err := chromedp.Listen(b.ctx, func(event any) {
		w.mu.Lock()
		defer w.mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			if strings.HasPrefix(e.Request.URL, "http") {
				w.known[e.RequestID] = e.Request.URL
				w.fetched = append(w.fetched, e.Request.URL)
			}
		case *network.EventLoadingFinished:
			if w.known[e.RequestID] != "" {
				w.bytes += e.EncodedDataLength - w.headers[e.RequestID]
			}
		case *network.EventResponseReceived:
			w.headers[e.RequestID] = e.Response.EncodedDataLength
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return w
}

// TestWeight loads pages as somebody who has never been here, and scrolls to their end.
func TestWeight(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	p := s.newcomer()
	p.begins("Slack alerts for Salesforce deals")
	unfinished := p.url.String()
	p.gives("Deals")
	p.begins("HubSpot contacts")
	p.gives("Contacts")
	p.isOn()
	finished := p.url.String()
	p.begins("commercetools prices")
	form := p.url.String()
	staff := s.adminOf()
	pieces := s.piecesPages(staff)
	staff.predefines(s.portal, "Gelato", "value:apiKey", canaryValue, "value:storeId", "1042")
	predefined := staff.url.String()
	p.open(p.home.portal + "/integrations")
	p.comes("the icons", func() bool { return p.doc.Find("img[loading=lazy]").Length() >= 16 })
	who := claims{"sub": p.sub, "name": p.name, "role": "admin", "workspace": map[string]any{"id": strings.Replace(p.sub, "person", "customer", 1)}}

	for name, page := range map[string]string{
		"catalogue": s.portal + "/integrations", "integration": "", "steps": unfinished, "instance": finished,
		"disconnect": finished + "/disconnect", "not found": s.portal + "/nowhere", "staff": s.portal + "/admin/instances",
		"form": form, "automations": s.portal + "/automations", "server": pieces, "projects": pieces + "/projects", "pieces": pieces + "/pieces",
		"predefined": predefined,
	} {
		t.Run(name, func(t *testing.T) {
			s := s.with(t)
			if page == "" {
				p.open(s.portal + "/integrations")
				p.follow("Shopify orders")
				page = p.url.String()
			}
			b := newTab(t, withScripts)
			b.open(s.invite(who))
			b.open(s.said("admin_sign_in"))
			b.do("forgetting what was loaded", call(network.ClearBrowserCache, struct{}{}), call(network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true}))
			w := b.traffic()
			b.open(page)
			b.until(`document.readyState === "complete"`)
			ask[bool](b, `(scrollTo(0, document.body.scrollHeight), true)`)
			b.until(`[...document.images].every((i) => i.complete)`)
			w.light(t, s.portal)
		})
	}
}

// light fails when a page weighs too much, or loads from elsewhere.
func (w *traffic) light(t *testing.T, portal string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	others := 0
	for _, address := range w.fetched {
		if !strings.HasPrefix(address, portal+"/") {
			t.Errorf("it loads %s", address)
		}
		if !strings.HasPrefix(address, portal+"/icons/") {
			others++
		}
	}
	t.Logf("%.0f bytes in %d requests, %d of them icons", w.bytes, len(w.fetched), len(w.fetched)-others)
	if w.bytes > mostBytes || w.bytes == 0 {
		t.Errorf("it weighs %.0f bytes, want %d at most", w.bytes, mostBytes)
	}
	if others > mostRequests {
		t.Errorf("it makes %d requests besides icons, want %d at most: %v", others, mostRequests, w.fetched)
	}
}
