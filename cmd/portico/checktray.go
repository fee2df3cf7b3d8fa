package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"

	"portico/store"
	"portico/upstream"
	"portico/upstream/tray"
)

// tray tests one Tray account.
func (c *checks) tray(ctx context.Context, a store.Account) {
	what := "Tray account " + a.Name + ", "
	who, err := whoAmI(ctx, a)
	c.line(what+"token", "accepted, it is "+who+"'s", tokenFault(a, err))
	c.line(what+"region", "the token is known at "+a.APIURL, regionFault(a, err))
	c.line(what+"dialog host", a.DialogURL+" answers", answers(ctx, a.DialogURL))
	for _, h := range a.WebhookHosts {
		well, err := webhookHost(ctx, h)
		c.line(what+"webhook host "+h, well, err)
	}
}

func whoAmI(ctx context.Context, a store.Account) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	return tray.New(tray.Config{Account: a.Name, APIURL: a.APIURL, DialogURL: a.DialogURL, EmbeddedID: a.EmbeddedID, MasterToken: a.Token}).WhoAmI(ctx)
}

func refusedToken(err error) bool {
	return upstream.IsKind(err, upstream.Unauthorized) || upstream.IsKind(err, upstream.Forbidden)
}

func tokenFault(a store.Account, err error) error {
	switch {
	case err == nil:
		return nil
	case refusedToken(err):
		return fmt.Errorf("refused by Tray (%w); make a new master token in Tray's Embedded settings and check that all of it was copied", err)
	}
	return fmt.Errorf("could not be tested: %w", err)
}

// regionFault is what can be told of the region without showing the token to the other regions.
func regionFault(a store.Account, err error) error {
	switch {
	case err == nil:
		return nil
	case refusedToken(err):
		return fmt.Errorf("%s does not know the token; Tray's regions share nothing, so if the token is right the organisation lives in another one than %s (us, eu1 or ap1)", a.APIURL, regionName(a))
	case upstream.IsKind(err, upstream.Unavailable):
		return fmt.Errorf("no answer from %s; check the region, PORTICO_TRAY_API_URL and that this machine can reach it", a.APIURL)
	}
	return fmt.Errorf("%s does not answer as Tray does: %w", a.APIURL, err)
}

func regionName(a store.Account) string {
	if a.Region == "" {
		return "the one configured"
	}
	return a.Region
}

// answers tests whether an address answers anything at all.
func answers(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultTransport.RoundTrip(r) // a redirect is an answer too
	if err != nil {
		return fmt.Errorf("%s does not answer (%w); check the region, PORTICO_TRAY_DIALOG_URL and the network", address, err)
	}
	return resp.Body.Close()
}

// webhookHost tests a host that trigger URLs may lead to. Of *.host there is nothing to ask before an instance exists.
func webhookHost(ctx context.Context, host string) (well string, err error) {
	if strings.HasPrefix(host, "*.") {
		return "any host below may be called", nil
	}
	address := host
	if _, _, err := net.SplitHostPort(host); err != nil {
		address = net.JoinHostPort(host, "443")
	}
	d := net.Dialer{Timeout: checkPatience}
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return "", fmt.Errorf("cannot be reached (%w); check PORTICO_TRAY_WEBHOOK_HOSTS", err)
	}
	return "can be reached", conn.Close()
}
