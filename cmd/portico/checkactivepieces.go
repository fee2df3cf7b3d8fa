package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"portico/store"
	"portico/upstream"
	"portico/upstream/activepieces"
)

// piecesCheck tests one Activepieces account.
type piecesCheck struct {
	*checks
	what    string // begins each line
	account store.Account
	origins []string             // of the pages that hold the builder
	client  *activepieces.Client // as the portal calls it
	admin   *activepieces.Client // as the person whose password is configured; nil when there is none
}

// activepieces tests one Activepieces account.
func (c *checks) activepieces(ctx context.Context, a store.Account, origins []string, prove bool) {
	p := &piecesCheck{checks: c, what: "Activepieces account " + a.Name + ", ", account: a, origins: origins}
	flags, err := within(ctx, p.public().Flags)
	p.line(p.what+"address", fmt.Sprintf("%s is Activepieces %s, %s", a.APIURL, flags.Version, editionName(flags.Edition)), addressFault(a, err))
	if err != nil {
		return // nothing else can be told
	}
	p.version(flags.Version)
	if !p.credentials(ctx) {
		return
	}
	plan, known := p.plan(ctx, flags.Edition)
	if a.SigningKey != "" {
		p.embedding(ctx, plan, known)
	}
	if prove {
		p.prove(ctx, plan, known)
	}
}

// within calls a platform with the time that one answer may take.
func within[T any](ctx context.Context, call func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	return call(ctx)
}

func editionName(edition string) string {
	switch edition {
	case activepieces.Community:
		return "community edition"
	case activepieces.Enterprise:
		return "enterprise edition"
	case activepieces.Cloud:
		return "the vendor's cloud"
	}
	return "edition " + strconv.Quote(edition)
}

func addressFault(a store.Account, err error) error {
	switch {
	case err == nil:
		return nil
	case upstream.IsKind(err, upstream.Unavailable), upstream.IsKind(err, upstream.Canceled):
		return fmt.Errorf("no answer from %s (%w); check PORTICO_ACTIVEPIECES_URL and that this machine can reach it", a.APIURL, err)
	}
	return fmt.Errorf("%s is not Activepieces, or a proxy in front of it keeps /api back: %w; check PORTICO_ACTIVEPIECES_URL", a.APIURL, err)
}

// version tells what is better in a later version than the one that answers.
func (p *piecesCheck) version(version string) {
	var major, minor int
	_, err := fmt.Sscanf(version, "%d.%d", &major, &minor)
	switch {
	case err != nil:
		p.warn(p.what+"version", fmt.Sprintf("%q is none that can be compared; Portico is made for 0.82 and later", version))
	case major == 0 && minor < 82:
		p.warn(p.what+"version", version+" is older than 0.82, from which on templates name pieces by exact versions; templates may stop working or change by themselves: upgrade Activepieces")
	case major == 0 && minor <= 86:
		p.warn(p.what+"version", version+" loses rows between the pages of its lists, as all versions up to 0.86 do; Portico asks for one long page instead, other programs may not: upgrade when you can")
	default:
		p.line(p.what+"version", version, nil)
	}
}

// credentials tests each way in that is configured, and says whether the portal's own one works.
func (p *piecesCheck) credentials(ctx context.Context) (in bool) {
	a := p.account
	if a.Email != "" {
		p.admin = activepieces.New(activepieces.Config{Account: a.Name, URL: a.APIURL, Email: a.Email, Password: a.Password})
		_, err := within(ctx, p.admin.PlatformID)
		p.line(p.what+"password", "accepted, "+a.Email+" can sign in", refusal(err, "check PORTICO_ACTIVEPIECES_EMAIL and _PASSWORD, and that this person is active and may sign in by password"))
		in = entered(err)
	}
	if a.Token != "" {
		p.client = activepieces.New(activepieces.Config{Account: a.Name, URL: a.APIURL, APIKey: a.Token})
		_, err := within(ctx, p.client.PlatformID)
		p.line(p.what+"API key", "accepted", refusal(err, "make a new one in Activepieces under Platform Admin, Security, API Keys, and check that all of it was copied"))
		return entered(err)
	}
	p.client = p.admin
	return in
}

// entered says whether a call was let in: an instance may have no project yet.
func entered(err error) bool { return err == nil || upstream.IsKind(err, upstream.NotFound) }

// refusal is what to do about credentials that were not taken.
func refusal(err error, todo string) error {
	switch {
	case entered(err):
		return nil
	case refusedToken(err):
		return fmt.Errorf("refused by Activepieces (%w); %s", err, todo)
	case upstream.IsKind(err, upstream.Limited):
		return fmt.Errorf("could not be tested: %w; Activepieces counts sign-ins a minute: try again in a minute", err)
	}
	return fmt.Errorf("could not be tested: %w", err)
}

// plan tells what the instance's licence lacks; known is false when the instance does not say.
func (p *piecesCheck) plan(ctx context.Context, edition string) (plan activepieces.Plan, known bool) {
	id, err := within(ctx, p.client.PlatformID)
	if upstream.IsKind(err, upstream.NotFound) {
		p.warn(p.what+"licence", "cannot be asked for before there is a project; sign in at "+p.account.DialogURL+" once, or let Portico make the first one")
		return plan, false
	}
	if err == nil {
		plan, err = within(ctx, func(ctx context.Context) (activepieces.Plan, error) { return p.client.Plan(ctx, id) })
	}
	if err != nil {
		p.line(p.what+"licence", "", fmt.Errorf("could not be read: %w", err))
		return plan, false
	}
	p.projects(plan, edition)
	p.predefined(plan, edition)
	return plan, true
}

func (p *piecesCheck) projects(plan activepieces.Plan, edition string) {
	what := p.what + "projects"
	switch {
	case plan.TeamProjects == activepieces.UnlimitedTeamProjects:
		p.line(what, "any number, one for each workspace", nil)
	case edition == activepieces.Community:
		p.warn(what, "a community edition has one: only one workspace can connect. Take it for trying; many workspaces need an enterprise edition whose licence has unlimited projects")
	case plan.TeamProjects == activepieces.OneTeamProject:
		p.warn(what, "the licence allows one: only one workspace can connect. Ask Activepieces for a licence with unlimited projects")
	default:
		p.line(what, "", errors.New("the licence allows none: no workspace can connect. Ask Activepieces for a licence with unlimited projects"))
	}
}

func (p *piecesCheck) predefined(plan activepieces.Plan, edition string) {
	what := p.what + "predefined connections"
	switch {
	case plan.GlobalConnections:
		p.line(what, "licensed", nil)
	case edition == activepieces.Community:
		p.warn(what, "a community edition has none; workspaces are asked for each sign-in themselves")
	default:
		p.warn(what, "not in the licence (global connections); workspaces are asked for each sign-in themselves. Ask Activepieces for a licence that has them")
	}
}

// public calls what the instance tells everybody.
func (p *piecesCheck) public() *activepieces.Client {
	return activepieces.New(activepieces.Config{Account: p.account.Name, URL: p.account.APIURL})
}
