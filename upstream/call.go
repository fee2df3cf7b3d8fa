package upstream

import (
	"context"
	"slices"
	"time"

	"portico/secret"
)

// Call is the record of one call, whatever number of tries it took. Request and
// Answer are redacted, and cut at 16 kB each.
type Call struct {
	Platform  string
	Account   string
	Operation string
	Started   time.Time     // by Options.Now
	Duration  time.Duration // with all tries and waits
	Tries     int           // 0 when nothing was sent
	Status    int           // of the last answer; 0 without one
	Request   string        // method and address, then the body
	Answer    string
	Err       string // "" when the call succeeded
	RequestID string // the platform's, for its support
}

// Recorder keeps a Call. It is called once a call, also for calls that failed or
// were never sent, with a context that outlives the caller's; see Quietly.
type Recorder func(ctx context.Context, c Call)

// mark is what the caller of a request says about it, through its context.
type mark struct {
	operation string
	safe      bool
	check     func(status int, body []byte) *Error
	secrets   []secret.Text
	unkept    bool   // the answer is not recorded
	body      string // what is recorded instead of the request's body
	quiet     bool   // a success is not recorded
	once      bool   // never sent again
}

type markKey struct{}

func markOf(ctx context.Context) mark {
	m, _ := ctx.Value(markKey{}).(mark)
	return m
}

func marked(ctx context.Context, change func(*mark)) context.Context {
	m := markOf(ctx)
	change(&m)
	return context.WithValue(ctx, markKey{}, m)
}

// Safe marks the requests of ctx as changing nothing, so that they may be sent
// again. GET and HEAD need no mark; a GraphQL query, which is a POST, does.
func Safe(ctx context.Context) context.Context {
	return marked(ctx, func(m *mark) { m.safe = true })
}

// Named gives the requests of ctx the name under which they are recorded and
// reported; without it they are called by method and path.
func Named(ctx context.Context, operation string) context.Context {
	return marked(ctx, func(m *mark) { m.operation = operation })
}

// Checked lets the adapter find failures inside answers that look well, such as
// GraphQL errors under HTTP 200: check returns nil when there is none. What it
// finds is recorded, and decides whether a safe request is sent again (when it is
// Temporary) and whether a 5xx counts as a failure of the platform (when it is
// Unavailable). The adapter still gets the answer and makes its own error of it.
func Checked(ctx context.Context, check func(status int, body []byte) *Error) context.Context {
	return marked(ctx, func(m *mark) { m.check = check })
}

// Hiding keeps secrets that only this call knows, such as a password in its body,
// out of its record, wherever they appear.
func Hiding(ctx context.Context, secrets ...secret.Text) context.Context {
	return marked(ctx, func(m *mark) { m.secrets = slices.Concat(m.secrets, secrets) })
}

// WithoutAnswer keeps the answer out of the record: it holds data of the host's
// customers, which nobody needs there.
func WithoutAnswer(ctx context.Context) context.Context {
	return marked(ctx, func(m *mark) { m.unkept = true })
}

// RecordedAs gives what is recorded in the place of a request's body, which then
// is not read for the record: of a long one, words about it say more.
func RecordedAs(ctx context.Context, body string) context.Context {
	return marked(ctx, func(m *mark) { m.body = body })
}

// Quietly keeps calls that succeed out of the record: of a thousand looks that
// find nothing new, the one that failed is worth keeping.
func Quietly(ctx context.Context) context.Context {
	return marked(ctx, func(m *mark) { m.quiet = true })
}

// Once marks the requests of ctx as sent one time only, also where that would be
// safe: of those that come again by themselves, each is sent when it is due.
func Once(ctx context.Context) context.Context {
	return marked(ctx, func(m *mark) { m.once = true })
}
