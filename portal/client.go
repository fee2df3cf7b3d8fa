package portal

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"portico/store"
	"portico/upstream"
	"portico/upstream/activepieces"
	"portico/upstream/tray"
)

// client is how we call one account: its platform's client on the account's transport, which holds its rate limit and
// breaker.
type client struct {
	account   store.Account
	transport *upstream.Client
	hooks     *upstream.Webhooks
	tray      *tray.Client         // one of these
	pieces    *activepieces.Client // is set
}

type clients struct {
	mu    sync.Mutex
	known map[string]client
}

// client is the account's, made when the account has come since the start.
func (p *Portal) client(ctx context.Context, accountID string) (client, error) {
	p.clients.mu.Lock()
	defer p.clients.mu.Unlock()
	if c, ok := p.clients.known[accountID]; ok {
		return c, nil
	}
	a, err := p.store.Account(ctx, accountID)
	if err != nil {
		return client{}, err
	}
	c := p.newClient(a)
	p.clients.known[a.ID] = c
	return c, nil
}

func (p *Portal) newClient(a store.Account) client {
	pieces := a.Platform == store.PlatformActivepieces
	o := tray.Options(a.Name, a.Token)
	if pieces {
		o = activepieces.Options(a.Name, a.Token, a.Password)
	}
	o.Now, o.Record, o.Transport, o.BreakerDelay = p.Now, p.recorder(a.ID), p.Transport, p.BreakerDelay
	transport := upstream.NewClient(o)
	// A workflow that fails says nothing of Tray: triggers are recorded by a client whose breaker hardly ever opens. It
	// keeps a bit for each failure that it counts.
	o.BreakerAfter = 1 << 16
	triggers := upstream.NewClient(o)
	c := client{account: a, transport: transport, hooks: upstream.NewWebhooks(a.Platform, webhookHosts(a), triggers.HTTP)}
	if pieces {
		// What the platform has checked by a service takes its time, and says nothing of the platform either.
		o.Timeout = checkPatience
		slow := upstream.NewClient(o)
		c.pieces = activepieces.New(activepieces.Config{
			Account: a.Name, URL: a.APIURL, APIKey: a.Token, Email: a.Email, Password: a.Password, HTTP: transport.HTTP, SlowHTTP: slow.HTTP, Now: p.Now,
		})
		return c
	}
	c.tray = tray.New(tray.Config{
		Account: a.Name, APIURL: a.APIURL, DialogURL: a.DialogURL, WebhookHosts: a.WebhookHosts,
		EmbeddedID: a.EmbeddedID, MasterToken: a.Token, HTTP: transport.HTTP,
	})
	return c
}

// webhookHosts is where an account's workflows may be started: at Activepieces, the instance itself.
func webhookHosts(a store.Account) []string {
	if a.Platform != store.PlatformActivepieces {
		return a.WebhookHosts
	}
	u, err := url.Parse(a.APIURL)
	if err != nil {
		return nil
	}
	return []string{u.Host}
}

// checkPatience is how long a service has to say whether it takes a sign-in: less than a claim lasts.
const checkPatience = 30 * time.Second

// piecesClient is how we call an account at Activepieces.
func (p *Portal) piecesClient(ctx context.Context, accountID string) (*activepieces.Client, error) {
	c, err := p.client(ctx, accountID)
	if err == nil && c.pieces == nil {
		err = fmt.Errorf("the account %s is not at Activepieces", c.account.Name)
	}
	return c.pieces, err
}

// Breakers is what each account's circuit breaker says, by the account's name; that of an account to deploy to has its
// platform in front, since others may be called the same: "traycdk us".
func (p *Portal) Breakers() map[string]string {
	p.clients.mu.Lock()
	defer p.clients.mu.Unlock()
	states := map[string]string{}
	for _, c := range p.clients.known {
		states[c.account.Name] = c.transport.Breaker()
	}
	p.deploys.breakers(states)
	return states
}

// DialogHosts is the origins of all hosted dialogs, sorted.
func (p *Portal) DialogHosts() []string {
	p.clients.mu.Lock()
	defer p.clients.mu.Unlock()
	var origins []string
	for _, c := range p.clients.known {
		if c.tray != nil {
			origins = append(origins, c.tray.DialogOrigin())
		}
	}
	slices.Sort(origins)
	return slices.Compact(origins)
}

// about says, through the context, what a call to a platform is made for.
type about struct {
	instanceID, requestID, journeyID string
	// idle says of a call that it found nothing new, which is not written down.
	idle func(upstream.Call) bool
}

type aboutKey struct{}

func withAbout(ctx context.Context, a about) context.Context {
	was, _ := ctx.Value(aboutKey{}).(about)
	if a.requestID == "" {
		a.requestID = was.requestID
	}
	return context.WithValue(ctx, aboutKey{}, a)
}

// WithRequest notes which request the calls made under ctx belong to.
func WithRequest(ctx context.Context, requestID string) context.Context {
	return withAbout(ctx, about{requestID: requestID})
}

// recorder writes every call to an account down.
func (p *Portal) recorder(accountID string) upstream.Recorder {
	return func(ctx context.Context, c upstream.Call) {
		a, _ := ctx.Value(aboutKey{}).(about)
		outcome := "ok"
		if c.Err != "" {
			outcome = c.Err
		}
		if a.idle != nil && a.idle(c) {
			return
		}
		err := p.store.Update(ctx, func(tx *store.Tx) error {
			return tx.AddUpstreamCall(ctx, store.UpstreamCall{
				At: store.At(c.Started), AccountID: accountID, Operation: c.Operation, Status: c.Status, Outcome: outcome, Duration: c.Duration,
				Tries: c.Tries, Request: c.Request, Answer: c.Answer, InstanceID: a.instanceID, RequestID: a.requestID, JourneyID: a.journeyID,
			})
		})
		if err != nil {
			p.Log.ErrorContext(ctx, "writing an upstream call", "operation", c.Operation, "err", err)
		}
	}
}
