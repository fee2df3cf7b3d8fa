// Package portal is what Portico does: the journeys of customers and staff, from the host's sign-in to an integration
// that works. It writes what a person wants into the store first and then does it, so that nothing is lost whatever
// becomes of the browser or the process. It knows nothing of HTTP requests.
package portal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"portico/store"
)

// patience is how long a person's request waits to see a step happen before the job goes on alone.
const patience = 2 * time.Second

// Options are what a Portal needs.
type Options struct {
	Store *store.Store
	Now   func() time.Time // the program's clock
	Log   *slog.Logger
	URL   string    // the portal's own address
	Host  HostLogin // who may sign people in

	// ArchiveLimit is the most bytes of a connector's archive; 0 is 10 MiB.
	ArchiveLimit int64
	// DeploysAlone has Run work on what deploys connectors alone, and begin nothing by itself: for a command in a terminal.
	DeploysAlone bool
	// LocalRepositories lets repositories be read from loopback addresses without TLS, as they are in the sandbox.
	LocalRepositories bool

	// LocalIcons lets icons come from loopback addresses, as they do in the sandbox.
	LocalIcons bool
	// Transport is below every call to a platform; nil is the standard one.
	Transport http.RoundTripper
	// RescueAfter is when a job whose process was killed runs again; 0 is a minute.
	RescueAfter time.Duration
	// BreakerDelay is how long a platform that fails is left alone, on the machine's own clock; 0 is 5 s. It is short in the
	// sandbox, whose clock people move on.
	BreakerDelay time.Duration
	// AnswerWithin is how long a person waits for a question to a platform, with all its tries, until they are told that it
	// is silent; 0 is 12 s: longer than one try, and twice in a request still less than a browser is given for its answer.
	AnswerWithin time.Duration
}

// Portal does the journeys. Any number of processes may do them side by side.
type Portal struct {
	Options
	store   *store.Store
	clients clients
	deploys deployClients
	icons   *http.Client

	refusals *rate.Limiter // of events at the door

	hold    sync.WaitGroup // steps that a request has begun
	stop    chan struct{}
	stopped sync.Once
}

// New makes a Portal over the accounts that the store holds.
func New(o Options) (*Portal, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.RescueAfter == 0 {
		o.RescueAfter = time.Minute
	}
	if o.ArchiveLimit == 0 {
		o.ArchiveLimit = 10 << 20
	}
	if o.AnswerWithin == 0 {
		o.AnswerWithin = 12 * time.Second
	}
	p := &Portal{Options: o, store: o.Store, icons: iconClient(o.LocalIcons), stop: make(chan struct{})}
	p.refusals = rate.NewLimiter(refusalsPerSecond, refusalsAtOnce)
	p.clients.known = map[string]client{}
	accounts, err := p.store.Accounts(context.Background())
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		p.clients.known[a.ID] = p.newClient(a)
	}
	if err := p.knowDeployAccounts(context.Background()); err != nil {
		return nil, err
	}
	return p, nil
}

// Close lets no new step begin and waits for those under way.
func (p *Portal) Close() {
	p.stopped.Do(func() { close(p.stop) })
	p.hold.Wait()
}

func (p *Portal) stopping() bool {
	select {
	case <-p.stop:
		return true
	default:
		return false
	}
}

// Account is one of the configured accounts.
func (p *Portal) Account(ctx context.Context, id string) (store.Account, error) {
	return p.store.Account(ctx, id)
}

// nudge lets an instance's journey go on and waits until it rests, but for no longer than a person would.
func (p *Portal) nudge(ctx context.Context, instanceID string) {
	p.patiently(ctx, "advancing an instance", instanceID, func(ctx context.Context) error {
		_, err := p.Advance(ctx, instanceID)
		return err
	})
}

// patiently does what a request has begun, to its end, and waits for that, but for no longer than a person would.
func (p *Portal) patiently(ctx context.Context, what, subject string, do func(context.Context) error) {
	if p.stopping() {
		return
	}
	done := make(chan struct{})
	p.hold.Go(func() {
		defer close(done)
		defer func() { // as the jobs do, which try it again: one subject must not end the process
			if r := recover(); r != nil {
				p.Log.ErrorContext(ctx, "panic", "panic", fmt.Sprint(r), "stack", string(debug.Stack()), "what", what, "subject", subject)
			}
		}()
		if err := do(context.WithoutCancel(ctx)); err != nil {
			p.Log.ErrorContext(ctx, what, "subject", subject, "err", err)
		}
	})
	enough := time.NewTimer(patience)
	defer enough.Stop()
	select {
	case <-done:
	case <-enough.C:
	case <-ctx.Done():
	}
}

// own is the instance that who may change. Those who only look are told so, others find nothing.
func (p *Portal) own(ctx context.Context, tx *store.Tx, who Who, instanceID string) (store.Instance, error) {
	in, err := tx.OwnInstance(ctx, who.User, instanceID)
	if errors.Is(err, store.ErrNotFound) {
		if _, seen := tx.SeenInstance(ctx, who.User, instanceID); seen == nil {
			return in, refuse("read_only")
		}
		return in, err
	}
	if err != nil {
		return in, err
	}
	return tx.LockInstance(ctx, in.ID)
}

// change lets a person change an instance of theirs, with what it leaves in the timeline, the audit and the jobs.
func (p *Portal) change(ctx context.Context, who Who, instanceID string, do func(*store.Tx, *store.Instance) error) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		in, err := p.own(ctx, tx, who, instanceID)
		if err != nil {
			return err
		}
		before := in
		if err := do(tx, &in); err != nil {
			return err
		}
		if in == before {
			return nil
		}
		if err := tx.PutInstance(ctx, in, ""); err != nil {
			return err
		}
		return tx.Enqueue(ctx, store.AdvanceInstance{InstanceID: in.ID}, time.Time{})
	})
}

// instance reads an instance that who may change, outside a transaction.
func (p *Portal) instance(ctx context.Context, who Who, instanceID string) (store.Instance, error) {
	in, err := p.store.OwnInstance(ctx, who.User, instanceID)
	if errors.Is(err, store.ErrNotFound) {
		if _, seen := p.store.SeenInstance(ctx, who.User, instanceID); seen == nil {
			return in, refuse("read_only")
		}
	}
	return in, err
}

// slot is one auth slot of an instance.
func slot(ctx context.Context, slots interface {
	Slots(context.Context, string) ([]store.Slot, error)
}, instanceID, externalID string) (store.Slot, error) {
	all, err := slots.Slots(ctx, instanceID)
	if err != nil {
		return store.Slot{}, err
	}
	for _, s := range all {
		if s.Kind == store.SlotAuth && s.ExternalID == externalID {
			return s, nil
		}
	}
	return store.Slot{}, refuse("slot_unknown")
}
