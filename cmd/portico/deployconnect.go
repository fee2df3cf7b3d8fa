package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"portico/portal"
	"portico/store"
	"portico/upstream/commercetools"
)

// What -redeploy may be instead of keys.
const (
	redeployAll  = "all"
	redeployNone = "none"
)

type deployConnectCommand struct {
	Project    string        `required:"" help:"Key of the commercetools project, or name of its account." placeholder:"KEY"`
	Key        string        `required:"" help:"Key of the connector's draft there, or its name where it has no key." placeholder:"KEY"`
	Tag        string        `required:"" help:"The tag of the repository to bring out." placeholder:"v1.2.0"`
	PreviewKey string        `help:"Also deploy the draft for tests, as the preview deployment of this key, which is made where it is not there." placeholder:"KEY"`
	Publish    string        `enum:"private,certify,none" default:"private" help:"Publish it for its private projects, ask for certification, or do not publish it (${enum})."`
	Redeploy   []string      `help:"Keys of the deployments to bring to what was published; all of the project, or none. Without it, all, or with -deploy that one alone." placeholder:"KEY,…|all|none"`
	Deploy     string        `help:"Deploy what was published as the deployment of this key, which is made where it is not there." placeholder:"KEY"`
	Region     string        `help:"Region of a deployment that is made; without it, the project's." placeholder:"REGION"`
	Type       string        `enum:"sandbox,production,preview," default:"" help:"Type of the deployment that -deploy makes: sandbox, production, or preview, which is -preview-key." placeholder:"TYPE"`
	Values     string        `help:"File with values for -preview-key and -deploy, as .env or JSON. What is left out stays as it is." placeholder:"FILE"`
	Wait       time.Duration `default:"60m" help:"How long to wait for the end. What runs at commercetools then goes on."`
	Data       string        `placeholder:"DIR" help:"Folder to keep the history in, and to go on from when this command was interrupted; without it, nothing is kept."`
	JSON       bool          `name:"json" help:"Print one JSON object at the end, and nothing else on standard output."`
}

// Run brings a tag to what runs it, and waits for what becomes of it.
func (c *deployConnectCommand) Run(ctx context.Context, p *program, all *commands) error {
	pasted, err := c.check()
	if err != nil {
		return usageError{err}
	}
	w, err := openWorkshop(ctx, p, all, c.Data)
	if err != nil {
		return err
	}
	result := connectResult{Project: c.Project, Draft: c.Key, Tag: c.Tag, Steps: []connectStep{}, Deployments: []connectTarget{}}
	err = w.work(ctx, func(ctx context.Context) error {
		waiting, stop := context.WithTimeout(ctx, c.Wait)
		defer stop()
		d := connectDelivery{deployConnectCommand: *c, p: p, w: w, pasted: pasted, actor: commandActor(p.getenv), result: &result, told: map[string]string{}}
		err := w.inWords(d.deliver(waiting))
		if waiting.Err() != nil {
			err = fmt.Errorf("%w: nobody waits any more, and what commercetools works on goes on there; the same command goes on where it is then", errNotDeployed)
		}
		return err
	})
	result.OK = err == nil
	return errors.Join(result.print(p, c.JSON, err), w.done())
}

// check finds what is wrong with the command line, and reads the values.
func (c *deployConnectCommand) check() ([]portal.Pasted, error) {
	if c.Type == commercetools.DeployPreview {
		if c.PreviewKey != "" || c.Deploy == "" {
			return nil, errors.New("-type preview is for -deploy alone, which then is -preview-key")
		}
		c.PreviewKey, c.Deploy, c.Type = c.Deploy, "", ""
	}
	switch {
	case c.Publish == redeployNone && c.Deploy != "":
		return nil, errors.New("-deploy deploys what is published, and -publish none publishes nothing: use -preview-key")
	case c.Publish == redeployNone && len(c.Redeploy) > 0 && !slices.Equal(c.Redeploy, []string{redeployNone}):
		return nil, errors.New("-redeploy brings deployments to what is published, and -publish none publishes nothing")
	case c.Publish == redeployNone && c.PreviewKey == "":
		return nil, errors.New("nothing would be deployed: -publish none goes with -preview-key")
	case c.Values != "" && c.PreviewKey == "" && c.Deploy == "":
		return nil, errors.New("-values is for what -preview-key or -deploy deploys")
	case c.Type != "" && c.Deploy == "":
		return nil, errors.New("-type is for what -deploy deploys")
	}
	if c.Values == "" {
		return nil, nil
	}
	text, err := os.ReadFile(c.Values)
	if err != nil {
		return nil, err
	}
	pasted, err := portal.ParseValues(string(text))
	var r *portal.Refusal
	if errors.As(err, &r) {
		return nil, fmt.Errorf("-values %s: line %s is neither of a .env file nor of JSON", c.Values, r.Args["line"])
	}
	return pasted, err
}

// connectDelivery is one run of the command.
type connectDelivery struct {
	deployConnectCommand
	p       *program
	w       *workshop
	actor   store.Actor
	pasted  []portal.Pasted
	account store.DeployAccount
	draft   store.ConnectorDraft
	result  *connectResult
	told    map[string]string // what was told last, by what it was about
}

// deliver does all that the command is for.
func (d *connectDelivery) deliver(ctx context.Context) error {
	if err := d.find(ctx); err != nil {
		return err
	}
	wish, err := d.wish(ctx)
	if err != nil {
		return err
	}
	if err := d.look(ctx, &wish); err != nil {
		return err
	}
	pipeline, err := d.begin(ctx, wish)
	if err != nil {
		return err
	}
	if err := d.followPipeline(ctx, pipeline); err != nil {
		return errors.Join(err, d.targets(context.WithoutCancel(ctx), wish))
	}
	if d.Deploy != "" {
		err = d.deployPublished(ctx)
	}
	return errors.Join(err, d.targets(context.WithoutCancel(ctx), wish))
}

// find copies what the project has, and finds the draft there.
func (d *connectDelivery) find(ctx context.Context) error {
	accounts, err := d.w.store.DeployAccounts(ctx, store.PlatformCommercetools)
	if err != nil {
		return err
	}
	var fitting []store.DeployAccount
	for _, a := range accounts {
		if a.Name == d.Project || a.ProjectKey == d.Project {
			fitting = append(fitting, a)
		}
	}
	switch len(fitting) {
	case 0:
		return usageError{fmt.Errorf("-project %s: no account of this project is configured: set PORTICO_COMMERCETOOLS_PROJECT_KEY, …_REGION, …_CLIENT_ID and …_CLIENT_SECRET or its _FILE", d.Project)}
	case 1:
		d.account = fitting[0]
	default:
		return usageError{fmt.Errorf("-project %s: there are %d accounts of this project; name one of them", d.Project, len(fitting))}
	}
	if err := d.w.portal.CopyConnect(ctx, d.account.ID); err != nil {
		return fmt.Errorf("copying what the project has: %w", err)
	}
	return d.findDraft(ctx)
}

func (d *connectDelivery) findDraft(ctx context.Context) error {
	drafts, err := d.w.store.ConnectorDrafts(ctx, d.account.ID)
	if err != nil {
		return err
	}
	var names []string
	for _, one := range drafts {
		if portal.TypedName(one) == d.Key {
			d.draft, d.result.Connector = one, one.Name
			return nil
		}
		names = append(names, portal.TypedName(one))
	}
	if len(names) == 0 {
		return usageError{fmt.Errorf("-key %s: the project has no drafts, or the API client may not see them", d.Key)}
	}
	return usageError{fmt.Errorf("-key %s: the project has no such draft, but %s", d.Key, strings.Join(names, ", "))}
}

// wish is the pipeline that the command line asks for, without a stop.
func (d *connectDelivery) wish(ctx context.Context) (portal.PipelineWish, error) {
	w := portal.PipelineWish{DraftID: d.draft.ID, Tag: d.Tag, Preview: d.PreviewKey != "", Key: d.PreviewKey, Region: d.Region, Publish: d.Publish}
	if w.Publish == redeployNone {
		w.Publish = ""
		return w, nil
	}
	all, err := d.w.store.ConnectDeployments(ctx, d.account.ID)
	if err != nil {
		return w, err
	}
	all = slices.DeleteFunc(all, func(o store.ConnectDeployment) bool {
		return o.ConnectorID != d.draft.UpstreamID || o.Type == commercetools.DeployPreview || d.Deploy != "" && o.UpstreamKey == d.Deploy
	})
	if w.Redeploy, err = d.chosen(all); err != nil {
		return w, err
	}
	if len(d.Redeploy) == 0 && len(w.Redeploy) == 0 && d.Deploy == "" && d.PreviewKey == "" {
		return w, usageError{errors.New("nothing would be deployed: no deployment of the project runs this connector. -deploy KEY makes one, and -redeploy none publishes alone")}
	}
	return w, nil
}

// chosen is the deployments that -redeploy means.
func (d *connectDelivery) chosen(all []store.ConnectDeployment) (ids []string, err error) {
	switch {
	case slices.Equal(d.Redeploy, []string{redeployNone}), len(d.Redeploy) == 0 && d.Deploy != "":
		return nil, nil
	case len(d.Redeploy) == 0, slices.Equal(d.Redeploy, []string{redeployAll}):
		for _, o := range all {
			ids = append(ids, o.ID)
		}
		return ids, nil
	}
	for _, key := range d.Redeploy {
		n := slices.IndexFunc(all, func(o store.ConnectDeployment) bool { return portal.TypedDeployment(o) == key })
		if n < 0 {
			return nil, usageError{fmt.Errorf("-redeploy %s: the project has no deployment of this connector with this key", key)}
		}
		ids = append(ids, all[n].ID)
	}
	return ids, nil
}

// look reads the repository at the tag before anything is sent, and arranges the values by what it asks for there.
func (d *connectDelivery) look(ctx context.Context, w *portal.PipelineWish) error {
	sight, err := d.w.portal.PlanPipeline(ctx, *w)
	if err != nil {
		return err
	}
	d.result.Commit = sight.Commit
	if sight.Branch {
		d.p.tell("! %s", d.w.words.T("connect.pipeline.branch", "tag", d.Tag))
	}
	if !sight.Result.Valid {
		d.p.tell("%s", sight.Result.Official("connect.yaml"))
		return errors.New(d.w.words.T("refusal.pipeline_yaml"))
	}
	if len(sight.NewKeys) > 0 {
		d.p.tell("! %s %s", d.w.words.T("connect.pipeline.new_keys"), strings.Join(sight.NewKeys, ", "))
	}
	w.Values, err = d.arranged(portal.FormOfFile(sight.Result.File))
	return err
}

// arranged is the values of the file as a connector asks for them.
func (d *connectDelivery) arranged(f portal.ConfigForm) (store.Values, error) {
	none := store.Values{Applications: map[string][]store.SetValue{}, Schedules: map[string]string{}}
	v, match := f.Match(none, d.pasted, d.actor.Name, d.p.now())
	if len(match.Unmatched) > 0 {
		return v, usageError{fmt.Errorf("-values %s: the connector asks for none of %s", d.Values, strings.Join(match.Unmatched, ", "))}
	}
	return v, nil
}

// begin starts the pipeline, or goes on with the same one that an interrupted command has left.
func (d *connectDelivery) begin(ctx context.Context, w portal.PipelineWish) (store.Pipeline, error) {
	all, err := d.w.store.PipelinesOf(ctx, d.draft.ID, 1)
	if err != nil {
		return store.Pipeline{}, err
	}
	if len(all) == 1 && all[0].EndedAt.IsZero() {
		left := all[0]
		resumable := left.State == store.PipelineFailed || left.State == store.PipelineStopped
		switch {
		case samePipeline(left, w) && left.State == store.PipelineRunning:
			return left, nil
		case samePipeline(left, w) && resumable && d.pasted == nil:
			return left, d.w.portal.ResumePipeline(ctx, d.actor, left.ID)
		case resumable && left.Actor.Kind == d.actor.Kind && left.Actor.Name == d.actor.Name: // what this command has left, with other wishes now
			if err := d.w.portal.EndPipeline(ctx, d.actor, left.ID); err != nil {
				return left, err
			}
		}
	}
	return d.w.portal.StartPipeline(ctx, d.actor, w)
}

// samePipeline says whether a pipeline is what is wished for.
func samePipeline(p store.Pipeline, w portal.PipelineWish) bool {
	return p.Tag == w.Tag && p.Plan.Preview == w.Preview && p.Plan.Key == w.Key && p.Plan.Region == w.Region && p.Plan.Publish == w.Publish &&
		slices.Equal(p.Plan.Redeploy, w.Redeploy) && len(p.Plan.AskBefore) == 0
}
