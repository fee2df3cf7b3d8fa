package views

import (
	"strconv"
	"strings"
	"time"

	"portico/store"
)

// CDKRelease is a release with what came of it in each region.
type CDKRelease struct {
	store.Release
	Archive     store.Archive
	Deployments []store.CDKDeployment
}

// UnderWay says whether any region goes on by itself.
func (r CDKRelease) UnderWay() bool {
	for _, d := range r.Deployments {
		if d.UnderWay() {
			return true
		}
	}
	return false
}

// cdkRegion is a region as people call it.
func cdkRegion(id string) string {
	if id == "ap" {
		return "APAC"
	}
	return strings.ToUpper(id)
}

// cdkTone is the colour of a deployment's state.
func cdkTone(d store.CDKDeployment) string {
	switch {
	case d.State == store.CDKDeployed:
		return "good"
	case d.State == store.CDKFailed, d.State == store.CDKRefused:
		return "bad"
	case d.State == store.CDKBehind, d.WaitedOut:
		return "warn"
	}
	return "busy"
}

// cdkProblem is the key of what stands in the way of a deployment, "" = nothing, and whether that is said instead of how far
// it is. The same answer means something else when Tray was only asked how far it is, for it goes on there all the same,
// and when Portico has given up: nothing is tried by itself any more.
func cdkProblem(a AdminPage, d store.CDKDeployment) (key string, instead bool) {
	if d.Problem == "" {
		return "", false
	}
	watched := d.State == store.CDKBuilding || d.State == store.CDKDeploying || d.State == store.CDKBehind
	if key = "cdk.watching." + d.Problem; watched && d.EndedAt.IsZero() && a.Has(key) {
		return key, false
	}
	if key = "cdk.ended." + d.Problem; !d.EndedAt.IsZero() && a.Has(key) {
		return key, true
	}
	return "cdk.problem." + d.Problem, true
}

// cdkStep is how far a deployment has come, of cdkSteps.
func cdkStep(d store.CDKDeployment) int {
	switch d.State {
	case store.CDKSending:
		return 1
	case store.CDKBuilding:
		return 2
	case store.CDKDeploying:
		return 3
	case store.CDKDeployed:
		return cdkSteps
	}
	return 0
}

const cdkSteps = 4

// cdkTook is how long a deployment has taken, or takes so far; 0 before it was sent.
func cdkTook(d store.CDKDeployment, now time.Time) time.Duration {
	from, to := d.SentAt.Time, d.EndedAt.Time
	if !d.AcceptedAt.IsZero() {
		from = d.AcceptedAt.Time
	}
	if from.IsZero() {
		return 0
	}
	if to.IsZero() {
		to = now
	}
	return max(0, to.Sub(from)).Truncate(time.Second)
}

// deployLasting is a time that something takes, in words: "48 s", "4 min", "1 h 5 min".
func deployLasting(p Page, d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return p.T("deploy.seconds", "n", p.Number(int(d.Seconds())))
	case d < time.Hour:
		return p.T("deploy.minutes", "n", p.Number(int(d.Minutes())))
	}
	return p.T("deploy.hours", "h", p.Number(int(d.Hours())), "m", p.Number(int(d.Minutes())%60))
}

// deploySize is a size in words: "48 kB", "9.5 MB"; whole mebibytes, as limits are configured, "10 MiB".
func deploySize(p Page, bytes int64) string {
	switch {
	case bytes > 0 && bytes%(1<<20) == 0:
		return p.T("deploy.mib", "n", p.Number(int(bytes>>20)))
	case bytes < 1000:
		return p.T("deploy.bytes", "n", p.Number(int(bytes)))
	case bytes < 999_500:
		return p.T("deploy.kb", "n", p.Number(int((bytes+500)/1000)))
	}
	tenths := (bytes + 50_000) / 100_000
	return p.T("deploy.mb", "n", p.Number(int(tenths/10)), "tenth", p.Number(int(tenths%10)))
}

// shortSum is the beginning of a SHA-256, by which people tell archives apart.
func shortSum(sum string) string { return sum[:min(12, len(sum))] }

// problemArgs are the values of an archive's problem as its text wants them: sizes in words.
func problemArgs(p Page, problem store.ArchiveProblem) []any {
	var pairs []any
	for name, value := range problem.Args {
		if name == "size" || name == "limit" {
			value = sizeInWords(p, problem.Code, value)
		}
		pairs = append(pairs, name, value)
	}
	return pairs
}

func sizeInWords(p Page, code, value string) string {
	n, err := strconv.ParseInt(value, 10, 64)
	switch {
	case err != nil:
		return value
	case code == "too_many_files":
		return p.Number(int(n))
	}
	return deploySize(p, n)
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// cdkActs are what a person can do about a deployment as it stands.
type cdkActs struct {
	Answer bool // whether ours is sent when the one in its way has ended
	Forget bool // that it is to be sent then
	Watch  bool
	Retry  bool
}

func (r CDKRow) acts() cdkActs {
	ended := !r.EndedAt.IsZero()
	behind := r.State == store.CDKBehind && !ended
	return cdkActs{
		Answer: behind && (!r.SendAfter || r.WaitedOut),
		Forget: behind && r.SendAfter && !r.WaitedOut,
		Watch:  r.Token != "gone" && (!behind && r.WaitedOut || r.Unsure() || r.State == store.CDKFailed && r.Problem == store.CDKUnknownStatus),
		Retry:  r.Token != "gone" && ended && r.State != store.CDKDeployed,
	}
}
