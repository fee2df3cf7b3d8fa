package portal

import (
	"context"
	"errors"
	"time"

	"portico/store"
)

// engine is what the journeys ask of whoever runs the instances of an account. Its methods call and tell; what comes of
// it is kept by the steps. A method takes the ID of the identity that it acts as, or an instance that has one.
type engine interface {
	name() string
	// upstreamName is what an instance is called there.
	upstreamName(in store.Instance) string
	// enableDelay is how long after its creation an instance may be enabled.
	enableDelay() time.Duration

	// provision makes an identity known there under its external ID, or finds that it is.
	provision(ctx context.Context, i store.Identity, name string) (id string, found bool, err error)
	// follow gives it there the name that it has here.
	follow(ctx context.Context, i store.Identity, name string) error
	// ready says whether calls can be made as an identity.
	ready(ctx context.Context, identityID string) error
	signIns(ctx context.Context, identityID string) ([]store.Authentication, error)

	// offers copies what the account offers into the store.
	offers(ctx context.Context) error
	// each gives the instances of all identities, some of one owner at a time.
	each(ctx context.Context, give func(owner string, theirs []remote) error) error
	// list is an identity's instances, of one integration where of is not "".
	list(ctx context.Context, identityID, of string) ([]remote, error)
	one(ctx context.Context, in store.Instance) (remote, error)
	create(ctx context.Context, in store.Instance, g store.Integration) (remote, error)
	// attach gives an instance the sign-ins of its slots. It fails with errAsksMore when these are not all that it needs by now.
	attach(ctx context.Context, in store.Instance, g store.Integration, slots []store.Slot) error
	// enable fails with errMissingValues when the person has to give more, and as attach does.
	enable(ctx context.Context, in store.Instance, g store.Integration, slots []store.Slot) (remote, error)
	disable(ctx context.Context, in store.Instance) (remote, error)
	rename(ctx context.Context, in store.Instance, name string) error
	remove(ctx context.Context, identityID, upstreamID string) error
}

// errMissingValues says that the platform will not enable an instance before the person has given it more.
var errMissingValues = errors.New("values are missing")

// errAsksMore says that what an instance is made from has come to ask for a sign-in that the instance has no slot for.
var errAsksMore = errors.New("another sign-in is asked for by now")

// remote is an instance as its platform has it.
type remote struct {
	ID      string
	Name    string // there
	Title   string // for people
	Mark    string // the ID of ours that it was made with; "" = made elsewhere
	Of      string // the platform's ID of what it is an instance of, and its title
	OfTitle string
	Enabled bool
	Created time.Time
	Version store.VersionFlags
	SignIns []value
	Values  []value

	Workflows []store.Workflow
}

// value is what a slot holds: the ID of a sign-in, or JSON.
type value struct{ Slot, Value string }

// at is what runs the instances of an account.
func (p *Portal) at(ctx context.Context, accountID string) (engine, error) {
	c, err := p.client(ctx, accountID)
	if err != nil {
		return nil, err
	}
	if c.pieces != nil {
		return piecesEngine{p, c}, nil
	}
	return trayEngine{p, c}, nil
}
