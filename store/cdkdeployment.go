package store

import (
	"context"
	"time"
)

// States of a connector's deployment in a region.
const (
	CDKQueued    = "queued"    // nothing was sent yet
	CDKSending   = "sending"   // it is on its way, or it is not known whether it arrived
	CDKBuilding  = "building"  // the platform has taken it
	CDKDeploying = "deploying" // likewise, a phase later
	CDKBehind    = "behind"    // another of the same name and version ran already: ours was not taken
	CDKDeployed  = "deployed"  // it can be used
	CDKFailed    = "failed"    // the platform's build ended otherwise, or what became of it was never found out
	CDKRefused   = "refused"   // the platform or we would not: nothing was deployed
)

// Problems of a CDKDeployment. Those of one that has not ended say what stands in the way at the moment.
const (
	CDKRejected      = "rejected"       // 400: the platform's preliminary check; Detail has its words
	CDKUnauthorized  = "unauthorized"   // 401: the platform does not know the token
	CDKForbidden     = "forbidden"      // 403: the token's role does not allow it, or the connector is another token's
	CDKNotFound      = "not_found"      // 404
	CDKTooLarge      = "too_large"      // 413: the archive, for the platform
	CDKDeclined      = "declined"       // any other answer that says no
	CDKLimited       = "limited"        // 429: too many calls; nothing was sent
	CDKUnreachable   = "unreachable"    // no answer, or none that can be read
	CDKLost          = "lost"           // it was sent, and what became of it was not found out
	CDKBuildFailed   = "build_failed"   // Failed: the platform says no more than that
	CDKUnknownStatus = "unknown_status" // UpstreamStatus is a word that is not known
	CDKUnknownThere  = "unknown_there"  // 404 when it was asked for: the platform does not know it (any more)
	CDKTokenGone     = "token_gone"     // the token is configured no more
	CDKTokenReplaced = "token_replaced" // another token is configured in its place, which may not share
	CDKNotOwner      = "not_owner"      // 403 or 404 when it was shared: the connector is not the token's
	CDKArchive       = "archive"        // our copy of the archive cannot be read
)

// CDKProblems is every code that CDKDeployment.Problem and CDKShare.Problem may have.
var CDKProblems = []string{
	CDKRejected, CDKUnauthorized, CDKForbidden, CDKNotFound, CDKTooLarge, CDKDeclined, CDKLimited, CDKUnreachable, CDKLost, CDKBuildFailed,
	CDKUnknownStatus, CDKUnknownThere, CDKTokenGone, CDKTokenReplaced, CDKNotOwner, CDKArchive,
}

// CDKDeployment is a release in one region. It is under way until EndedAt.
type CDKDeployment struct {
	ID             string
	ReleaseID      string
	AccountID      string
	Region         string
	Label          string // of the token that it is made with
	Fingerprint    string // of that token
	Name           string // of the connector
	Version        string
	State          string // CDKQueued, …
	UpstreamID     string // the platform's; "" = it was not taken yet
	UpstreamStatus string // the platform's own word
	LatestBefore   string // the platform's newest deployment when ours was about to be sent; "" = none; "?" = not known
	BehindID       string // the platform's deployment that ran already, so that ours was not taken
	BehindStatus   string // the platform's own word for that one, as last seen
	SendAfter      bool   // send ours when that one has ended
	Problem        string // one of CDKProblems, or ""
	Detail         string // the platform's words on it
	HTTPStatus     int    // of that answer; 0 = there was none
	UpstreamReq    string // what to quote to the platform's support
	Tries          int    // how often it was sent for the present wish
	SentAt         Time   // the last time that it was about to be sent
	AcceptedAt     Time   // zero: what was last sent was not taken, or that is not known
	PolledAt       Time   // when it was last asked for
	WatchFrom      Time   // since when it is waited for; zero where only a person can decide what is next
	WaitedOut      bool   // nobody waits for it any more; it goes on at the platform
	EndedAt        Time   // zero: it is under way
	NotBefore      Time   // of the next call
	CreatedAt      Time
	UpdatedAt      Time
}

// LatestUnknown is the LatestBefore of a deployment of which the platform would not say what was there before.
const LatestUnknown = "?"

// UnderWay says whether it goes on by itself: neither ended, nor given up waiting for, nor a person's to decide.
func (d CDKDeployment) UnderWay() bool {
	return d.EndedAt.IsZero() && !d.WaitedOut && !d.Asks()
}

// Asks says whether a person has to decide: the deployment that stood in the way has ended, and ours was not sent.
func (d CDKDeployment) Asks() bool {
	return d.State == CDKBehind && d.EndedAt.IsZero() && !d.SendAfter && d.WatchFrom.IsZero()
}

// Unsure says whether it ended without anybody knowing if what was sent has arrived.
func (d CDKDeployment) Unsure() bool {
	return d.State == CDKFailed && d.AcceptedAt.IsZero()
}

const cdkColumns = `d.id, d.release_id, d.account_id, d.region, d.label, d.fingerprint, d.name, d.version, d.state, d.upstream_id, d.upstream_status,
	d.latest_before, d.behind_id, d.behind_status, d.send_after, d.problem, d.detail, d.http_status, d.upstream_request, d.tries, d.sent_at, d.accepted_at,
	d.polled_at, d.watch_from, d.waited_out, d.ended_at, d.not_before, d.created_at, d.updated_at`

// cdkWaits is SQL for what goes on by itself, as UnderWay says it.
const cdkWaits = `d.ended_at = 0 AND NOT d.waited_out AND NOT (d.state = 'behind' AND NOT d.send_after AND d.watch_from = 0)`

func scanCDKDeployment(r row) (CDKDeployment, error) {
	var d CDKDeployment
	return d, r.Scan(&d.ID, &d.ReleaseID, &d.AccountID, &d.Region, &d.Label, &d.Fingerprint, &d.Name, &d.Version, &d.State, &d.UpstreamID, &d.UpstreamStatus,
		&d.LatestBefore, &d.BehindID, &d.BehindStatus, &d.SendAfter, &d.Problem, &d.Detail, &d.HTTPStatus, &d.UpstreamReq, &d.Tries, &d.SentAt, &d.AcceptedAt,
		&d.PolledAt, &d.WatchFrom, &d.WaitedOut, &d.EndedAt, &d.NotBefore, &d.CreatedAt, &d.UpdatedAt)
}

// CDKDeployment is one deployment; ErrNotFound when there is none.
func (r reads) CDKDeployment(ctx context.Context, id string) (CDKDeployment, error) {
	return one(ctx, r.q, "reading a deployment", scanCDKDeployment, `SELECT `+cdkColumns+` FROM cdk_deployments d WHERE d.id = $1`, id)
}

// CDKDeploymentsOf is those of some releases, in the order in which the releases were made and their regions were chosen.
func (r reads) CDKDeploymentsOf(ctx context.Context, releaseIDs ...string) ([]CDKDeployment, error) {
	where, args := among("d.release_id", releaseIDs)
	return many(ctx, r.q, "listing deployments", scanCDKDeployment, `SELECT `+cdkColumns+` FROM cdk_deployments d WHERE `+where+` ORDER BY d.release_id, d.id`, args...)
}

// CDKUnderWay is every deployment that has not ended, oldest first: also those that nobody waits for any more, and those
// that ask a person.
func (r reads) CDKUnderWay(ctx context.Context) ([]CDKDeployment, error) {
	return many(ctx, r.q, "listing deployments under way", scanCDKDeployment, `SELECT `+cdkColumns+` FROM cdk_deployments d WHERE d.ended_at = 0 ORDER BY d.id`)
}

// LeftCDK is deployments that have gone on by themselves, but not since a time: their job was lost. Those left longest
// come first.
func (r reads) LeftCDK(ctx context.Context, before time.Time, limit int) ([]CDKDeployment, error) {
	return many(ctx, r.q, "listing deployments that were left", scanCDKDeployment, `
		SELECT `+cdkColumns+` FROM cdk_deployments d WHERE `+cdkWaits+` AND d.updated_at < $1 AND d.not_before < $1
		ORDER BY d.updated_at LIMIT $2`, At(before), limit)
}

// CDKAhead is our deployments of the same region, name and version that have to be answered before one is sent: one that
// is on its way, and those asked for earlier that wait as it does.
func (r reads) CDKAhead(ctx context.Context, d CDKDeployment) ([]CDKDeployment, error) {
	return many(ctx, r.q, "listing deployments that come first", scanCDKDeployment, `
		SELECT `+cdkColumns+` FROM cdk_deployments d
		WHERE d.region = $1 AND d.name = $2 AND d.version = $3 AND d.id <> $4 AND (d.state = 'sending' OR d.state = 'queued' AND d.id < $4) ORDER BY d.id`,
		d.Region, d.Name, d.Version, d.ID)
}

// CDKAbout is our deployments of d's region, name and version that have to do with one of the platform's: the one that it
// is, and those that it stood in the way of. The oldest come first.
func (r reads) CDKAbout(ctx context.Context, d CDKDeployment, upstreamID string) ([]CDKDeployment, error) {
	return many(ctx, r.q, "listing deployments", scanCDKDeployment, `
		SELECT `+cdkColumns+` FROM cdk_deployments d
		WHERE d.region = $1 AND d.name = $2 AND d.version = $3 AND (LOWER(d.upstream_id) = LOWER($4) OR LOWER(d.behind_id) = LOWER($4)) ORDER BY d.id`,
		d.Region, d.Name, d.Version, upstreamID)
}

// AddCDKDeployment stores what is to be deployed.
func (t *Tx) AddCDKDeployment(ctx context.Context, d CDKDeployment) (CDKDeployment, error) {
	d.ID, d.State, d.CreatedAt = t.newID(), CDKQueued, t.Now()
	d.UpdatedAt, d.WatchFrom = d.CreatedAt, d.CreatedAt
	_, err := t.exec(ctx, "storing a deployment", `
		INSERT INTO cdk_deployments (id, release_id, account_id, region, label, fingerprint, name, version, state, watch_from, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $10)`,
		d.ID, d.ReleaseID, d.AccountID, d.Region, d.Label, d.Fingerprint, d.Name, d.Version, d.State, d.CreatedAt)
	return d, err
}

// LockCDKDeployment reads a deployment so that nobody changes it before the transaction ends. Who holds a claim says so in
// by, and gets ErrLost when it holds it no more; "" is a person.
func (t *Tx) LockCDKDeployment(ctx context.Context, id, by string) (CDKDeployment, error) {
	query := `SELECT d.claimed_by FROM cdk_deployments d WHERE d.id = $1`
	if t.postgres {
		query += ` FOR UPDATE`
	}
	holder, err := one(ctx, t.q, "locking a deployment", scalar[string], query, id)
	if err != nil {
		return CDKDeployment{}, err
	}
	if by != "" && by != holder {
		return CDKDeployment{}, ErrLost
	}
	return t.CDKDeployment(ctx, id)
}

// PutCDKDeployment writes a deployment as LockCDKDeployment has read it, with what has changed. ErrExists when it is to be
// sent while another of the same region, name and version is.
func (t *Tx) PutCDKDeployment(ctx context.Context, d CDKDeployment) error {
	return t.exec1(ctx, "storing a deployment", `
		UPDATE cdk_deployments SET label = $2, fingerprint = $3, state = $4, upstream_id = $5, upstream_status = $6, latest_before = $7, behind_id = $8,
			behind_status = $9, send_after = $10, problem = $11, detail = $12, http_status = $13, upstream_request = $14, tries = $15, sent_at = $16,
			accepted_at = $17, polled_at = $18, watch_from = $19, waited_out = $20, ended_at = $21, not_before = $22, updated_at = $23 WHERE id = $1`,
		d.ID, d.Label, d.Fingerprint, d.State, clip(d.UpstreamID), clip(d.UpstreamStatus), d.LatestBefore, d.BehindID,
		clip(d.BehindStatus), d.SendAfter, d.Problem, clip(d.Detail), d.HTTPStatus, clip(d.UpstreamReq), d.Tries, d.SentAt,
		d.AcceptedAt, d.PolledAt, d.WatchFrom, d.WaitedOut, d.EndedAt, d.NotBefore, t.Now())
}
