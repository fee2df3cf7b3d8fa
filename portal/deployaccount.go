package portal

import (
	"context"
	"errors"
	"slices"
	"sync"

	"portico/store"
	"portico/upstream"
	"portico/upstream/commercetools"
	"portico/upstream/traycdk"
)

// deployClient is how we call one account that connectors are deployed to: its platform's client on the account's
// transport, which holds its rate limit and breaker.
type deployClient struct {
	account   store.DeployAccount
	transport *upstream.Client
	cdk       *traycdk.Client       // one of these
	connect   *commercetools.Client // is set
}

// deployClients are those made so far.
type deployClients struct {
	mu    sync.Mutex
	known map[string]deployClient
}

// ids is the accounts at a platform that were configured at the start, sorted.
func (d *deployClients) ids(platform string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var ids []string
	for id, c := range d.known {
		if c.account.Platform == platform {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// breakers adds what each account's circuit breaker says.
func (d *deployClients) breakers(states map[string]string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.known {
		states[c.account.Platform+" "+c.account.Name] = c.transport.Breaker()
	}
}

// knowDeployAccounts makes the clients of the accounts that are configured.
func (p *Portal) knowDeployAccounts(ctx context.Context) error {
	all, err := p.store.DeployAccounts(ctx, "")
	if err != nil {
		return err
	}
	p.deploys.known = map[string]deployClient{}
	for _, a := range all {
		p.deploys.known[a.ID] = p.newDeployClient(a)
	}
	return nil
}

// deployClient is an account's, made when it is first used and again when it is configured otherwise. Of an account that is
// configured no more it is a Refusal: its secret is not ours to use any longer.
func (p *Portal) deployClient(ctx context.Context, accountID string) (deployClient, error) {
	a, err := p.store.DeployAccount(ctx, accountID)
	if err != nil {
		return deployClient{}, err
	}
	p.deploys.mu.Lock()
	defer p.deploys.mu.Unlock()
	if !a.GoneAt.IsZero() {
		delete(p.deploys.known, a.ID)
		return deployClient{}, refuse("deploy_account_gone", "account", a.Name)
	}
	if c, ok := p.deploys.known[a.ID]; ok && c.account.UpdatedAt.Equal(a.UpdatedAt.Time) {
		c.account = a // with what has been found out about it
		return c, nil
	}
	c := p.newDeployClient(a)
	p.deploys.known[a.ID] = c
	return c, nil
}

func (p *Portal) newDeployClient(a store.DeployAccount) deployClient {
	o := traycdk.Options(a.Name, a.Secret)
	if a.Platform == store.PlatformCommercetools {
		o = commercetools.Options(a.Name, a.Secret, a.GitKey)
	}
	o.Now, o.Record, o.Transport, o.BreakerDelay = p.Now, p.recorder(a.ID), p.Transport, p.BreakerDelay
	c := deployClient{account: a, transport: upstream.NewClient(o)}
	if a.Platform == store.PlatformCommercetools {
		c.connect = commercetools.New(commercetools.Config{
			Account: a.Name, Region: a.Region, ProjectKey: a.ProjectKey, ClientID: a.ClientID, ClientSecret: a.Secret,
			ConnectURL: a.APIURL, AuthURL: a.AuthURL, HTTP: c.transport.HTTP, Now: p.Now,
		})
		return c
	}
	o.Timeout = traycdk.SlowTimeout
	slow := upstream.NewClient(o)
	c.cdk = traycdk.New(traycdk.Config{Account: a.Name, URL: a.APIURL, Token: a.Secret, HTTP: c.transport.HTTP, SlowHTTP: slow.HTTP})
	return c
}

// CheckDeployAccounts finds out of every account at commercetools what its API client may do, one after the other. The
// errors of all that failed are joined.
func (p *Portal) CheckDeployAccounts(ctx context.Context) error {
	all, err := p.store.DeployAccounts(ctx, store.PlatformCommercetools)
	for _, a := range all {
		err = errors.Join(err, p.CheckDeployAccount(ctx, a.ID))
	}
	return err
}

// CheckDeployAccount finds out what an account's API client may do, and keeps that, or why it could not be found out.
// Tray's tokens cannot be asked. An account that is configured no more is left alone.
func (p *Portal) CheckDeployAccount(ctx context.Context, accountID string) error {
	c, err := p.deployClient(ctx, accountID)
	var gone *Refusal
	if errors.As(err, &gone) || err == nil && c.connect == nil {
		return nil
	}
	if err != nil {
		return err
	}
	scopes, failed := c.connect.Scopes(ctx)
	problem := ""
	if failed != nil {
		scopes, problem = nil, failed.Error()
	} else if scopes == nil {
		scopes = []string{} // the service does not say
	}
	err = p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		return tx.SetDeployAccountCheck(ctx, c.account.ID, scopes, problem)
	})
	return errors.Join(refusedForGood(failed), err)
}

// refusedForGood leaves out what only somebody at the platform can mend: it is kept with the account, and asked again when
// it is due.
func refusedForGood(err error) error {
	if e, ok := errors.AsType[*upstream.Error](err); ok && !e.Temporary() {
		return nil
	}
	return err
}
