package upstream

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	triggerTimeout = 10 * time.Second
	maxAnswer      = 64 << 10 // bytes
)

// ErrNotWebhookHost says that an address is not one of the platform's webhooks,
// and was not called.
var ErrNotWebhookHost = errors.New("the address is not at one of the platform's webhook hosts")

// Webhooks starts runs of workflows by their trigger URLs.
type Webhooks struct {
	platform string
	hosts    []string
	http     *http.Client
}

// NewWebhooks calls the hosts given alone: "*.trayapp.io" for any host below, or
// a host, with its port where that is not the usual one. base is a client of
// its own, so that a broken workflow does not open the platform's breaker.
func NewWebhooks(platform string, hosts []string, base *http.Client) *Webhooks {
	return &Webhooks{platform: platform, hosts: hosts, http: triggerClient(base)}
}

// Answer is what a workflow answered to its trigger. Its status may be an error
// of the workflow's own.
type Answer struct {
	Status    int
	Body      string // valid UTF-8, at most 64 kB
	Truncated bool
	Duration  time.Duration
}

// Trigger starts a run by a POST of {} to a workflow's trigger URL, with no
// credentials. It calls the platform's webhook hosts only, by HTTPS (by HTTP only a
// configured host on this machine), and follows no redirect. It is never sent
// twice: each call is a run.
func (w *Webhooks) Trigger(ctx context.Context, address string) (Answer, error) {
	if !w.isWebhook(address) {
		return Answer{}, ErrNotWebhookHost
	}
	const operation = "trigger"
	ctx, cancel := context.WithTimeout(Named(ctx, operation), triggerTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader("{}"))
	if err != nil {
		return Answer{}, ErrNotWebhookHost
	}
	r.Header.Set("Content-Type", "application/json")
	started := time.Now()
	response, err := w.http.Do(r)
	if err != nil {
		return Answer{}, Failed(w.platform, operation, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return Answer{}, Failed(w.platform, operation, err)
	}
	answer := Answer{Status: response.StatusCode, Duration: time.Since(started), Truncated: len(body) > maxAnswer}
	// ToValidUTF8 with nothing in its place cannot make the text longer.
	answer.Body = strings.ToValidUTF8(string(body[:min(len(body), maxAnswer)]), "")
	return answer, nil
}

func (w *Webhooks) isWebhook(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Host == "" {
		return false
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())) {
		return false
	}
	host := strings.ToLower(u.Host)
	if u.Scheme == "https" {
		host = strings.TrimSuffix(host, ":443")
	}
	for _, allowed := range w.hosts {
		if allowed = strings.ToLower(allowed); u.Scheme == "https" {
			allowed = strings.TrimSuffix(allowed, ":443")
		}
		if below, ok := strings.CutPrefix(allowed, "*."); ok && len(host) > len(below)+1 && strings.HasSuffix(host, "."+below) || host == allowed {
			return true
		}
	}
	return false
}

func isLoopback(host string) bool {
	host = strings.ToLower(host)
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// triggerClient follows no redirects and keeps no cookies, whatever base does.
func triggerClient(base *http.Client) *http.Client {
	client := &http.Client{}
	if base != nil {
		client.Transport = base.Transport
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client
}
