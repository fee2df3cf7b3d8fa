package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"portico/portal"
	"portico/store"
)

// release is an archive brought to some regions.
type release struct {
	ID          string          `json:"id"`
	Archive     string          `json:"archive" doc:"ID of the archive."`
	Name        string          `json:"name" doc:"Of the connector."`
	Version     string          `json:"version"`
	Emails      []string        `json:"emails" nullable:"false" doc:"Whom it is shared with as soon as it is deployed."`
	AgainOf     string          `json:"again_of,omitempty" doc:"The release whose archive is deployed again."`
	Actor       person          `json:"actor"`
	CreatedAt   time.Time       `json:"created_at"`
	Done        bool            `json:"done" doc:"Nothing of it goes on by itself any more."`
	OK          bool            `json:"ok" doc:"It is deployed in every region, and shared where that was asked for."`
	Deployments []cdkDeployment `json:"deployments" nullable:"false" doc:"One a region."`
}

// cdkDeployment is a release in one region.
type cdkDeployment struct {
	ID           string     `json:"id"`
	Release      string     `json:"release"`
	Region       string     `json:"region"`
	Account      string     `json:"account" doc:"Name of the token that it is made with."`
	Token        string     `json:"token,omitempty" enum:"gone,replaced" doc:"What has become of that token: only the same one can share. Absent: it is there still."`
	State        string     `json:"state" enum:"queued,sending,building,deploying,behind,deployed,failed,refused" doc:"behind: a deployment of the same name and version ran already, and ours was not sent."`
	Asks         bool       `json:"asks,omitempty" doc:"A person has to decide: the one that ran has ended, and ours was not sent."`
	SendAfter    bool       `json:"send_after,omitempty" doc:"It is sent when the one that ran has ended."`
	WaitedOut    bool       `json:"waited_out,omitempty" doc:"Nobody waits for it any more; it goes on at the platform."`
	UpstreamID   string     `json:"upstream_id,omitempty" doc:"The platform's."`
	Status       string     `json:"status,omitempty" doc:"The platform's own word."`
	BehindID     string     `json:"behind_id,omitempty" doc:"The platform's deployment that ran already."`
	BehindStatus string     `json:"behind_status,omitempty"`
	Problem      string     `json:"problem,omitempty" doc:"A code."`
	Message      string     `json:"message,omitempty" doc:"What happened, and what to do."`
	Detail       string     `json:"detail,omitempty" doc:"The platform's words."`
	HTTPStatus   int        `json:"http_status,omitempty"`
	RequestID    string     `json:"request_id,omitempty" doc:"What to quote to the platform's support."`
	CreatedAt    time.Time  `json:"created_at"`
	SentAt       *time.Time `json:"sent_at,omitempty"`
	AcceptedAt   *time.Time `json:"accepted_at,omitempty"`
	EndedAt      *time.Time `json:"ended_at,omitempty"`
	Shares       []cdkShare `json:"shares" nullable:"false"`
}

// cdkShare is a deployed connector shown to people.
type cdkShare struct {
	ID      string   `json:"id"`
	Emails  []string `json:"emails" nullable:"false"`
	State   string   `json:"state" enum:"waiting,done,failed"`
	Answer  string   `json:"answer,omitempty" doc:"The platform's words."`
	Problem string   `json:"problem,omitempty" doc:"A code."`
	Message string   `json:"message,omitempty" doc:"What happened, and what to do."`
}

func (a *API) releases() {
	serve(a, begins(more(of(tagCDK, "create-release", http.MethodPost, "/cdk/releases", "Deploy an archive to one or several regions"),
		"Each region goes on by itself: ask for the release until done. Who asks for the same twice before it was sent gets the release that is on its way.")), a.createRelease)
	serve(a, of(tagCDK, "list-releases", http.MethodGet, "/cdk/releases", "List releases, the newest first"), a.listReleases)
	serve(a, of(tagCDK, "get-release", http.MethodGet, "/cdk/releases/{release}", "Get a release, with what has become of it in each region"), a.getRelease)
	serve(a, begins(more(of(tagCDK, "retry-cdk-deployment", http.MethodPost, "/cdk/deployments/{deployment}/retry", "Send a deployment again"),
		"One that was refused, has failed, or was left behind another. Where an answer was lost it is looked first whether it has arrived.")), a.changeCDK(a.Portal.RetryCDK))
	serve(a, begins(more(of(tagCDK, "answer-cdk-deployment", http.MethodPost, "/cdk/deployments/{deployment}/after", "Say what becomes of a deployment that another stood in the way of"),
		"true: it is sent when that one ends. false: it is left.")), a.sendAfter)
	serve(a, begins(more(of(tagCDK, "watch-cdk-deployment", http.MethodPost, "/cdk/deployments/{deployment}/watch", "Wait for a deployment again"),
		"One that was waited for too long, or whose end may not be the last word. Nothing is sent.")), a.changeCDK(a.Portal.WatchCDK))
	serve(a, begins(of(tagCDK, "share-cdk-deployment", http.MethodPost, "/cdk/deployments/{deployment}/shares", "Share a deployed connector with people")), a.shareCDK)
}

type createRelease struct {
	Body struct {
		Archive  string   `json:"archive,omitempty" maxLength:"64" doc:"ID of an archive. Absent: that of again_of."`
		AgainOf  string   `json:"again_of,omitempty" maxLength:"64" doc:"ID of a release whose archive is deployed again: the way back."`
		Regions  []string `json:"regions,omitempty" nullable:"false" maxItems:"10" enum:"us,eu,ap" doc:"Each with the first token that is configured for it."`
		Accounts []string `json:"accounts,omitempty" nullable:"false" maxItems:"10" doc:"Names or IDs of tokens, one a region."`
		Name     string   `json:"name,omitempty" maxLength:"255" doc:"Of the connector, to be sure that it is this one."`
		Version  string   `json:"version,omitempty" maxLength:"64" doc:"Likewise."`
		Emails   []string `json:"emails,omitempty" nullable:"false" maxItems:"200" doc:"Whom to share it with as soon as it is deployed."`
	}
}

// createRelease answers POST /api/v1/cdk/releases.
func (a *API) createRelease(ctx context.Context, in *createRelease) (*document[release], error) {
	b := in.Body
	accounts, err := a.tokens(ctx, b.Accounts, b.Regions)
	if err != nil {
		return nil, err
	}
	if b.Archive == "" && b.AgainOf != "" {
		again, err := a.Store.Release(ctx, b.AgainOf)
		if err != nil {
			return nil, err
		}
		b.Archive = again.ArchiveID
	}
	x, err := a.Store.Archive(ctx, b.Archive)
	if err != nil {
		return nil, err
	}
	wish := portal.ReleaseWish{ArchiveID: x.ID, Name: orElse(b.Name, x.Name), Version: orElse(b.Version, x.Version), Accounts: accounts, Emails: b.Emails, AgainOf: b.AgainOf}
	r, err := a.Portal.DeployArchive(ctx, actor(ctx), wish)
	if err != nil {
		return nil, err
	}
	return a.release(ctx, r)
}

func orElse(text, usual string) string {
	if text == "" {
		return usual
	}
	return text
}

// release is a release with what has become of it.
func (a *API) release(ctx context.Context, r store.Release) (*document[release], error) {
	all, err := a.withDeployments(ctx, []store.Release{r})
	if err != nil {
		return nil, err
	}
	return &document[release]{all[0]}, nil
}

func (a *API) withDeployments(ctx context.Context, list []store.Release) ([]release, error) {
	var ids, deployments []string
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	rows, err := a.Store.CDKDeploymentsOf(ctx, ids...)
	if err != nil {
		return nil, err
	}
	for _, d := range rows {
		deployments = append(deployments, d.ID)
	}
	shares, err := a.Store.SharesOf(ctx, deployments...)
	if err != nil {
		return nil, err
	}
	all := make([]release, 0, len(list))
	for _, r := range list {
		out := release{ID: r.ID, Archive: r.ArchiveID, Name: r.Name, Version: r.Version, Emails: append([]string{}, r.Emails...), AgainOf: r.AgainOf,
			Actor: personOf(r.Actor), CreatedAt: r.CreatedAt.Time, Done: true, OK: true, Deployments: []cdkDeployment{}}
		for _, d := range rows {
			if d.ReleaseID == r.ID {
				if err := a.addDeployment(ctx, &out, d, shares); err != nil {
					return nil, err
				}
			}
		}
		all = append(all, out)
	}
	return all, nil
}

// addDeployment adds a deployment to its release.
func (a *API) addDeployment(ctx context.Context, to *release, d store.CDKDeployment, shares []store.CDKShare) error {
	_, token, err := a.Portal.CDKToken(ctx, d)
	if err != nil {
		return err
	}
	out := a.cdkDeploymentOf(d, token)
	to.Done, to.OK = to.Done && !d.UnderWay(), to.OK && d.State == store.CDKDeployed
	for _, s := range shares {
		if s.DeploymentID == d.ID {
			out.Shares = append(out.Shares, a.cdkShareOf(d, s))
			to.Done, to.OK = to.Done && s.State != store.ShareWaiting, to.OK && s.State == store.ShareDone
		}
	}
	to.Deployments = append(to.Deployments, out)
	return nil
}

func (a *API) cdkDeploymentOf(d store.CDKDeployment, token string) cdkDeployment {
	out := cdkDeployment{
		ID: d.ID, Release: d.ReleaseID, Region: d.Region, Account: d.Label, Token: token, State: d.State, Asks: d.Asks(), SendAfter: d.SendAfter, WaitedOut: d.WaitedOut,
		UpstreamID: d.UpstreamID, Status: d.UpstreamStatus, BehindID: d.BehindID, BehindStatus: d.BehindStatus, Problem: d.Problem, Detail: d.Detail,
		HTTPStatus: d.HTTPStatus, RequestID: d.UpstreamReq, CreatedAt: d.CreatedAt.Time, SentAt: when(d.SentAt), AcceptedAt: when(d.AcceptedAt), EndedAt: when(d.EndedAt),
		Shares: []cdkShare{},
	}
	out.Message = a.cdkMessage(d, d.Problem)
	return out
}

func (a *API) cdkShareOf(d store.CDKDeployment, s store.CDKShare) cdkShare {
	return cdkShare{ID: s.ID, Emails: append([]string{}, s.Emails...), State: s.State, Answer: s.Answer, Problem: s.Problem, Message: a.cdkMessage(d, s.Problem)}
}

// cdkMessage is a problem in words; "" where there is none.
func (a *API) cdkMessage(d store.CDKDeployment, problem string) string {
	if problem == "" {
		return ""
	}
	return a.withFix("cdk.problem."+problem, map[string]string{"status": d.UpstreamStatus, "label": d.Label})
}

// listReleases answers GET /api/v1/cdk/releases.
func (a *API) listReleases(ctx context.Context, in *archiveSearch) (*list[release], error) {
	found, err := a.Store.Releases(ctx, in.Search, in.Before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	all, err := a.withDeployments(ctx, found)
	if err != nil {
		return nil, err
	}
	return paged(all, in.Page, func(r release) string { return r.ID }), nil
}

type releasePath struct {
	Release string `path:"release" maxLength:"64"`
}

// getRelease answers GET /api/v1/cdk/releases/{release}.
func (a *API) getRelease(ctx context.Context, in *releasePath) (*document[release], error) {
	r, err := a.Store.Release(ctx, in.Release)
	if err != nil {
		return nil, err
	}
	return a.release(ctx, r)
}

// DeploymentPath names a deployment of ours.
type DeploymentPath struct {
	Deployment string `path:"deployment" maxLength:"64"`
}

// changeCDK answers POST /api/v1/cdk/deployments/{deployment}/retry and …/watch.
func (a *API) changeCDK(change func(context.Context, store.Actor, string) error) func(context.Context, *DeploymentPath) (*document[cdkDeployment], error) {
	return func(ctx context.Context, in *DeploymentPath) (*document[cdkDeployment], error) {
		if err := change(ctx, actor(ctx), in.Deployment); err != nil {
			return nil, err
		}
		return a.cdkDeployment(ctx, in.Deployment)
	}
}

func (a *API) cdkDeployment(ctx context.Context, id string) (*document[cdkDeployment], error) {
	d, err := a.Store.CDKDeployment(ctx, id)
	if err != nil {
		return nil, err
	}
	r, err := a.Store.Release(ctx, d.ReleaseID)
	if err != nil {
		return nil, err
	}
	all, err := a.withDeployments(ctx, []store.Release{r})
	if err != nil {
		return nil, err
	}
	n := slices.IndexFunc(all[0].Deployments, func(o cdkDeployment) bool { return o.ID == id })
	return &document[cdkDeployment]{all[0].Deployments[n]}, nil
}

type sendAfter struct {
	DeploymentPath
	Body struct {
		Send bool `json:"send" doc:"Whether it is sent when the one that ran has ended."`
	}
}

// sendAfter answers POST /api/v1/cdk/deployments/{deployment}/after.
func (a *API) sendAfter(ctx context.Context, in *sendAfter) (*document[cdkDeployment], error) {
	if err := a.Portal.SendAfter(ctx, actor(ctx), in.Deployment, in.Body.Send); err != nil {
		return nil, err
	}
	return a.cdkDeployment(ctx, in.Deployment)
}

type shareCDK struct {
	DeploymentPath
	Body struct {
		Emails []string `json:"emails" nullable:"false" minItems:"1" maxItems:"200" doc:"The exact addresses of people's accounts at Tray."`
	}
}

// shareCDK answers POST /api/v1/cdk/deployments/{deployment}/shares.
func (a *API) shareCDK(ctx context.Context, in *shareCDK) (*document[cdkDeployment], error) {
	if err := a.Portal.ShareCDK(ctx, actor(ctx), in.Deployment, in.Body.Emails); err != nil {
		return nil, err
	}
	return a.cdkDeployment(ctx, in.Deployment)
}
