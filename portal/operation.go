package portal

import (
	"context"
	"encoding/json"
	"time"

	"portico/secret"
	"portico/store"
	"portico/upstream/commercetools"
)

// operationKind is how one kind of operation is done at commercetools. Its functions make one call at the most, and keep
// nothing: what they return is kept with the operation. body is what was wished for, as JSON and whole.
type operationKind struct {
	// scopes are those of which the API client needs one; the first is named to people.
	scopes []string
	// settle is how long after it was sent a look that finds nothing may be mistaken, because the platform may still be
	// working on it. 0 where sending it twice does no harm: an update names the version that it changes.
	settle time.Duration
	// prepare looks what is there before something new is made, so that it can be told from what was made; nil = that is not
	// needed. It is asked once, before the first try, and its answer is in the intent as Known.
	prepare func(ctx context.Context, p *Portal, c *commercetools.Client, o store.Operation, body []byte) (known []string, err error)
	// send makes the call. version is that of the subject, where the call names one.
	send func(ctx context.Context, p *Portal, c *commercetools.Client, o store.Operation, body []byte, version int) (result any, err error)
	// already looks whether what is wanted is there: after an answer was lost, and before it is sent again. result is then what
	// send would have returned.
	already func(ctx context.Context, p *Portal, c *commercetools.Client, o store.Operation, body []byte) (found bool, result any, err error)
	// fits reads the subject again because it has, or may have, another version than the person saw: its version, what they did
	// not see of it, and whether the wish still fits by itself. nil where no version is named.
	fits func(ctx context.Context, p *Portal, c *commercetools.Client, o store.Operation, body []byte) (version int, moved []store.Moved, fits bool, err error)
	// keep writes what came of it into the copies; it may set the operation's subject.
	keep func(ctx context.Context, p *Portal, tx *store.Tx, o *store.Operation, body []byte, result any, asked time.Time) error
	// gone says that a subject which is not found means that it is done.
	gone bool
}

// operationKindOf finds a kind.
func operationKindOf(kind string) (operationKind, bool) {
	switch kind {
	case store.OpDraftCreate:
		return draftCreation(), true
	case store.OpDraftUpdate:
		return draftUpdate(), true
	case store.OpDraftDelete:
		return draftRemoval(), true
	}
	return deploymentKind(kind)
}

// intent is what an operation remembers between its steps, beside its columns.
type intent struct {
	Seen      map[string]string `json:"seen,omitempty"`      // the subject as the person saw it, by field
	Known     []string          `json:"known,omitempty"`     // what was there before something new was made
	Prepared  bool              `json:"prepared,omitempty"`  // Known was asked for
	Version   int               `json:"version,omitempty"`   // of the subject, to name when it is sent
	Read      bool              `json:"read,omitempty"`      // the subject has to be read again before
	Conflicts int               `json:"conflicts,omitempty"` // how often another version was there
	Unsure    bool              `json:"unsure,omitempty"`    // it was sent, and nobody knows what came of it
	Refused   bool              `json:"refused,omitempty"`   // after that it was refused, as Problem says: unless it turns out to be there, it failed
	Waits     int               `json:"waits,omitempty"`     // how often in a row the platform was silent
	Silent    store.Time        `json:"silent"`              // since when
	Extra     json.RawMessage   `json:"extra,omitempty"`     // of the kind
}

// intentOf reads what an operation remembers.
func intentOf(o store.Operation) (i intent) {
	_ = json.Unmarshal([]byte(o.Intent), &i) // we have written it
	return i
}

// wish is an operation as a person asks for it.
type wish struct {
	kind        string
	subjectKind string
	subjectID   string // ours; "" for something new
	subjectKey  string
	pipelineID  string
	body        any               // what is sent
	redacted    any               // body without its secrets; nil = there is none in it
	base        int               // the version that the person saw; 0 where none is named
	seen        map[string]string // what they saw of it, by field
	read        bool              // what is there has moved since
	extra       any               // for the kind, with the intent
	request     store.PlannedRequest
	before      any               // what the audit log keeps of the subject
	args        map[string]string // of the event
}

// ask stores a wish: the operation, a line of the timeline, one of the audit log and the job, in one transaction.
func (p *Portal) ask(ctx context.Context, tx *store.Tx, actor store.Actor, a store.DeployAccount, w wish) (store.Operation, error) {
	o, body, err := w.operation(actor, a)
	if err != nil {
		return o, err
	}
	if o, err = tx.AddOperation(ctx, o, body); err != nil {
		return o, err
	}
	if err := p.audit(ctx, tx, actor, o, ".asked", w); err != nil {
		return o, err
	}
	return o, tx.Enqueue(ctx, store.AdvanceOperation{ID: o.ID}, time.Time{})
}

func (w wish) operation(actor store.Actor, a store.DeployAccount) (o store.Operation, body secret.Text, err error) {
	whole, err := json.Marshal(w.body)
	if err != nil {
		return o, "", err
	}
	shown := whole
	if w.redacted != nil {
		if shown, err = json.Marshal(w.redacted); err != nil {
			return o, "", err
		}
	}
	i := intent{Seen: w.seen, Version: w.base, Read: w.read}
	if w.extra != nil {
		if i.Extra, err = json.Marshal(w.extra); err != nil {
			return o, "", err
		}
	}
	remembered, err := json.Marshal(i)
	return store.Operation{
		AccountID: a.ID, Kind: w.kind, SubjectKind: w.subjectKind, SubjectID: w.subjectID, SubjectKey: w.subjectKey, PipelineID: w.pipelineID,
		State: store.OpWaiting, Body: string(shown), Intent: string(remembered), BaseVersion: w.base, Actor: actor,
	}, secret.Text(whole), err
}

// audit writes what a person asks of an operation into its timeline and into the audit log. The code is the kind's, with
// what was asked at its end.
func (p *Portal) audit(ctx context.Context, tx *store.Tx, actor store.Actor, o store.Operation, asked string, w wish) error {
	before, err := asText(w.before)
	if err != nil {
		return err
	}
	if err := tellOf(ctx, tx, actor, o, asked, w.args); err != nil {
		return err
	}
	e := eventOf(o, asked)
	return tx.AddAudit(ctx, store.Audit{
		Code: e.Code, Actor: actor, SubjectKind: e.SubjectKind, SubjectID: e.SubjectID, Before: before, After: o.Body, Request: w.request,
	})
}

// tellOf adds a line to an operation's timeline: that of its subject, or its own while there is none.
func tellOf(ctx context.Context, tx *store.Tx, actor store.Actor, o store.Operation, end string, args map[string]string) error {
	e := eventOf(o, end)
	e.Actor, e.Args = actor, args
	return tx.AddEvent(ctx, e)
}

func eventOf(o store.Operation, end string) store.Event {
	e := store.Event{Code: o.Kind + end, SubjectKind: o.SubjectKind, SubjectID: o.SubjectID, JourneyID: o.Journey()}
	if o.SubjectID == "" {
		e.SubjectKind, e.SubjectID = "operation", o.ID
	}
	return e
}

// hurry does what is due for an operation while the person waits, and gives it back as it then is.
func (p *Portal) hurry(ctx context.Context, o store.Operation) (store.Operation, error) {
	p.patiently(ctx, "advancing an operation", o.ID, func(ctx context.Context) error {
		_, err := p.AdvanceOperation(ctx, o.ID)
		return err
	})
	return p.store.Operation(context.WithoutCancel(ctx), o.ID)
}
