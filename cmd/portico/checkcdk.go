package main

import (
	"context"
	"fmt"

	"portico/secret"
	"portico/store"
	"portico/upstream"
	"portico/upstream/traycdk"
)

// Who asks for the deployment of a connector that nobody has is told whether the token is known; a token that nobody has is
// what it should not be told for.
const (
	nobodysConnector = "portico-check"
	nobodysToken     = "portico-check-portico-check-portico-check"
)

// trayCDK tests one token of one of Tray's regions, as far as that can be done without deploying anything.
func (c *checks) trayCDK(ctx context.Context, a store.DeployAccount) {
	what := "Tray CDK account " + a.Name + ", token"
	err := latestOfNobody(ctx, a, a.Secret)
	switch {
	case err != nil && !upstream.IsKind(err, upstream.NotFound) && !upstream.IsKind(err, upstream.Forbidden):
		c.line(what, "", trayCDKFault(a, err))
	case !refusedToken(latestOfNobody(ctx, a, nobodysToken)):
		c.warn(what, a.APIURL+" answers alike whatever the token: nothing can be told of it before something is deployed. Check that this is the address of Tray's API")
	case upstream.IsKind(err, upstream.Forbidden):
		c.warn(what, fmt.Sprintf("known at %s%s, and may not look at deployments (%v); if deploying is refused too, give its API user a role that may deploy connectors", a.APIURL, trayUser(ctx, a), err))
	default:
		c.line(what, "known at "+a.APIURL+trayUser(ctx, a)+"; whether it may deploy shows when it does", nil)
	}
}

func trayCDKClient(a store.DeployAccount, token secret.Text) *traycdk.Client {
	return traycdk.New(traycdk.Config{Account: a.Name, URL: a.APIURL, Token: token})
}

func latestOfNobody(ctx context.Context, a store.DeployAccount, token secret.Text) error {
	_, err := within(ctx, func(ctx context.Context) (traycdk.Deployment, error) {
		return trayCDKClient(a, token).Latest(ctx, nobodysConnector, "1.0")
	})
	return err
}

// trayUser is whose token it is, where Tray says so: the call is not documented, and may be refused.
func trayUser(ctx context.Context, a store.DeployAccount) string {
	name, err := within(ctx, trayCDKClient(a, a.Secret).Me)
	if err != nil {
		return ""
	}
	return " as " + name + "'s"
}

func trayCDKFault(a store.DeployAccount, err error) error {
	switch {
	case upstream.IsKind(err, upstream.Unauthorized):
		return fmt.Errorf("refused by Tray (%w); Tray's regions share nothing, so check that it is a token of an API user of the region %s, not Embedded's master token, and that all of it was copied", err, a.Region)
	case upstream.IsKind(err, upstream.Unavailable), upstream.IsKind(err, upstream.Canceled):
		return fmt.Errorf("no answer from %s (%w); check the region, the url and that this machine can reach it", a.APIURL, err)
	}
	return fmt.Errorf("could not be tested at %s: %w", a.APIURL, err)
}
