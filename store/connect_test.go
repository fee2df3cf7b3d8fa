package store_test

import (
	"errors"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"portico/secret"
	"portico/store"
	"portico/store/storetest"
)

// putDraft stores a copy of a draft under the platform's ID.
func putDraft(t *testing.T, s *store.Store, accountID, upstreamID string, change func(*store.ConnectorDraft)) store.ConnectorDraft {
	t.Helper()
	var d store.ConnectorDraft
	storetest.Update(t, s, func(tx *store.Tx) (err error) {
		if d, err = tx.TakeConnectorDraft(ctx, accountID, upstreamID); err != nil {
			return err
		}
		d.Document, d.Name = "{}", "Name of "+upstreamID
		change(&d)
		return tx.PutConnectorDraft(ctx, d)
	})
	return storetest.Must[store.ConnectorDraft](t)(s.ConnectorDraft(ctx, d.ID))
}

// putDeployment is putDraft for a deployment.
func putDeployment(t *testing.T, s *store.Store, accountID, upstreamID string, change func(*store.ConnectDeployment)) store.ConnectDeployment {
	t.Helper()
	var d store.ConnectDeployment
	storetest.Update(t, s, func(tx *store.Tx) (err error) {
		if d, err = tx.TakeConnectDeployment(ctx, accountID, upstreamID); err != nil {
			return err
		}
		d.Document = "{}"
		change(&d)
		return tx.PutConnectDeployment(ctx, d)
	})
	return storetest.Must[store.ConnectDeployment](t)(s.ConnectDeployment(ctx, d.ID))
}

func TestConnectorDraftComesBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		a := putDeployAccount(t, s, connectAccount("shop"))
		at := func(seconds int) store.Time { return store.At(c.Now().Add(time.Duration(seconds) * time.Second)) }
		want := store.ConnectorDraft{
			UpstreamKey: "loyalty", Version: 7, Name: "Loyalty", Status: "Published", Previewable: "true", Tag: "v1", HasChanges: true, Listed: true, Comments: 3,
			CommentsRead: 1, ConnectorVersion: 4, ConnectorTag: "v0", Document: `{"id":"x"}`, Connector: `{"id":"y"}`, SeenAt: at(1), MovedAt: at(2), GoneAt: at(3),
			NotBefore: at(4), WatchFrom: at(5),
		}
		got := putDraft(t, s, a.ID, "u1", func(d *store.ConnectorDraft) {
			if !d.CreatedAt.IsZero() || d.Version != 0 {
				t.Errorf("a draft that was never seen: %+v", d)
			}
			want.ID, want.AccountID, want.UpstreamID = d.ID, d.AccountID, d.UpstreamID
			*d = want
		})
		want.CreatedAt = at(0)
		if !reflect.DeepEqual(got, want) || got.Unread() != 2 {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
		again := putDraft(t, s, a.ID, "u1", func(d *store.ConnectorDraft) { d.GoneAt = store.Time{} })
		if again.ID != got.ID || !again.CreatedAt.Equal(got.CreatedAt.Time) {
			t.Errorf("the same draft is another row: %+v", again)
		}
		storetest.Update(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.ReadComments(ctx, got.ID, 9), tx.ReadComments(ctx, got.ID, 2))
		})
		if d := storetest.Must[store.ConnectorDraft](t)(s.ConnectorDraftByUpstreamID(ctx, a.ID, "u1")); d.CommentsRead != 2 {
			t.Errorf("got %d comments read, want 2: nobody has seen more than there are", d.CommentsRead)
		}
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.ReadComments(ctx, got.ID, 1) })
		if d := storetest.Must[store.ConnectorDraft](t)(s.ConnectorDraft(ctx, got.ID)); d.CommentsRead != 2 {
			t.Errorf("got %d comments read, want 2: what was read stays so", d.CommentsRead)
		}
	})
}

// A row that is made and not written in the end leaves nothing.
func TestTakenDraftThatIsNotKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		a := putDeployAccount(t, s, connectAccount("shop"))
		failed := errors.New("it was not to be")
		err := s.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.TakeConnectorDraft(ctx, a.ID, "u1")
			return errors.Join(err, failed)
		})
		if !errors.Is(err, failed) {
			t.Fatal(err)
		}
		if _, err := s.ConnectorDraftByUpstreamID(ctx, a.ID, "u1"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("got %v, want nothing", err)
		}
	})
}

// Lists hold what is there, in order, of one account or of all.
func TestListsOfCopies(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		a, b := putDeployAccount(t, s, connectAccount("a")), putDeployAccount(t, s, connectAccount("b"))
		for n, name := range []string{"Z", "A", "gone"} {
			putDraft(t, s, a.ID, name, func(d *store.ConnectorDraft) {
				if d.Name = name; n == 2 {
					d.GoneAt = store.At(c.Now())
				}
			})
		}
		putDraft(t, s, b.ID, "Z", func(d *store.ConnectorDraft) { d.Name = "B" })
		names := func(accountID string) (names []string) {
			for _, d := range storetest.Must[[]store.ConnectorDraft](t)(s.ConnectorDrafts(ctx, accountID)) {
				names = append(names, d.Name)
			}
			return names
		}
		if got := names(a.ID); !slices.Equal(got, []string{"A", "Z"}) {
			t.Errorf("got %v of one account", got)
		}
		if got := names(""); !slices.Equal(got, []string{"A", "B", "Z"}) {
			t.Errorf("got %v of all accounts", got)
		}
		old := putDeployment(t, s, a.ID, "d1", func(d *store.ConnectDeployment) {
			d.UpstreamKey, d.ConnectorID, d.GoneAt = "key", "c1", store.At(c.Now())
		})
		now := putDeployment(t, s, a.ID, "d2", func(d *store.ConnectDeployment) { d.UpstreamKey, d.ConnectorID = "key", "c1" })
		other := putDeployment(t, s, b.ID, "d3", func(d *store.ConnectDeployment) { d.ConnectorID = "c1" })
		if got := storetest.Must[store.ConnectDeployment](t)(s.ConnectDeploymentByKey(ctx, a.ID, "key")); got.ID != now.ID || got.ID == old.ID {
			t.Errorf("got %+v by key, want the one that is there", got)
		}
		if _, err := s.ConnectDeploymentByKey(ctx, b.ID, ""); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an empty key: %v", err)
		}
		all := storetest.Must[[]store.ConnectDeployment](t)(s.DeploymentsOfConnector(ctx, "c1"))
		if len(all) != 2 || all[0].ID == old.ID || all[1].ID == old.ID || all[0].ID != other.ID && all[1].ID != other.ID {
			t.Errorf("got %+v of the connector", all)
		}
		if got := storetest.Must[[]store.ConnectDeployment](t)(s.ConnectDeployments(ctx, a.ID)); len(got) != 1 || got[0].ID != now.ID {
			t.Errorf("got %+v of the account", got)
		}
	})
}

func TestConnectDeploymentComesBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		a := putDeployAccount(t, s, connectAccount("shop"))
		at := store.At(c.Now())
		want := store.ConnectDeployment{
			UpstreamKey: "loyalty-us", Version: 11, Status: "Deployed", Type: "production", Region: "us-central1.gcp", ConnectorID: "c1", ConnectorName: "Loyalty",
			ConnectorVersion: 4, Tag: "v1", Warnings: 2, Document: `{"id":"x"}`, SeenAt: at, MovedAt: at, GoneAt: at, NotBefore: at, WatchFrom: at,
		}
		got := putDeployment(t, s, a.ID, "u1", func(d *store.ConnectDeployment) {
			want.ID, want.AccountID, want.UpstreamID = d.ID, d.AccountID, d.UpstreamID
			*d = want
		})
		want.CreatedAt = at
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
	})
}

// One look is one process's; nobody looks before it is due, at what nobody watches, or a moment after somebody else.
func TestLooksAreReserved(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		a := putDeployAccount(t, s, connectAccount("shop"))
		due := func() store.Time { return store.At(c.Now().Add(-time.Second)) }
		draft := putDraft(t, s, a.ID, "u1", func(d *store.ConnectorDraft) { d.NotBefore, d.WatchFrom = due(), due() })
		rest := putDraft(t, s, a.ID, "u2", func(*store.ConnectorDraft) {})
		deployment := putDeployment(t, s, a.ID, "u3", func(d *store.ConnectDeployment) { d.NotBefore, d.WatchFrom = due(), due() })
		reserve := func(extra bool, kind, id string) (mine bool) {
			storetest.Update(t, s, func(tx *store.Tx) (err error) {
				next, since := c.Now().Add(5*time.Second), c.Now().Add(-5*time.Second)
				if extra {
					mine, err = tx.ReserveExtraLook(ctx, kind, id, next, since)
				} else {
					mine, err = tx.ReserveLook(ctx, kind, id, next, since)
				}
				return err
			})
			return mine
		}
		for _, x := range []struct{ kind, id string }{{store.SubjectDraft, draft.ID}, {store.SubjectDeployment, deployment.ID}} {
			if !reserve(false, x.kind, x.id) || reserve(false, x.kind, x.id) || reserve(true, x.kind, x.id) {
				t.Errorf("%s: more or less than one process has the look", x.kind)
			}
		}
		c.Advance(5 * time.Second)
		if !reserve(true, store.SubjectDraft, draft.ID) || reserve(false, store.SubjectDraft, draft.ID) {
			t.Error("a look that somebody asked for does not put the next one off")
		}
		if reserve(false, store.SubjectDraft, rest.ID) || !reserve(true, store.SubjectDraft, rest.ID) {
			t.Error("what nobody watches is looked at when somebody asks, and only then")
		}
		if d := storetest.Must[store.ConnectorDraft](t)(s.ConnectorDraft(ctx, rest.ID)); !d.NotBefore.IsZero() {
			t.Error("a look that somebody asked for has begun a watch")
		}
		left := func() []store.WatchConnect {
			return storetest.Must[[]store.WatchConnect](t)(s.LeftWatches(ctx, c.Now().Add(-time.Minute), 10))
		}
		if got := left(); len(got) != 0 {
			t.Errorf("got %v left at once", got)
		}
		c.Advance(2 * time.Minute)
		if got := left(); len(got) != 2 || got[0] != (store.WatchConnect{SubjectKind: store.SubjectDraft, ID: draft.ID}) {
			t.Errorf("got %v left, want the draft and the deployment", got)
		}
		storetest.Update(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.PutOffLook(ctx, store.SubjectDraft, draft.ID, c.Now().Add(time.Hour)), tx.PutOffLook(ctx, store.SubjectDraft, rest.ID, c.Now().Add(time.Hour)),
				tx.EndWatch(ctx, store.SubjectDeployment, deployment.ID, deployment.WatchFrom))
		})
		if got := left(); len(got) != 0 || reserve(false, store.SubjectDeployment, deployment.ID) {
			t.Errorf("got %v left after one was put off and one ended", got)
		}
		storetest.Update(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.WatchAgain(ctx, store.SubjectDeployment, deployment.ID), tx.WatchAgain(ctx, store.SubjectDraft, rest.ID))
		})
		if !reserve(false, store.SubjectDeployment, deployment.ID) || reserve(false, store.SubjectDraft, rest.ID) {
			t.Error("what was given up can be watched again, what was never watched cannot")
		}
	})
}

// What a person saw can be told for as long as the newest versions are kept.
func TestDocumentsAreKeptForAWhile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		for version := range 60 {
			c.Advance(time.Second)
			storetest.Update(t, s, func(tx *store.Tx) error {
				return tx.KeepDocument(ctx, store.SubjectDraft, "d1", version, strconv.Itoa(version))
			})
		}
		storetest.Update(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.KeepDocument(ctx, store.SubjectDraft, "d1", 59, "again"), tx.KeepDocument(ctx, store.SubjectDeployment, "d1", 1, "other"))
		})
		for version, want := range map[int]string{10: "10", 59: "again"} {
			if got := storetest.Must[string](t)(s.DocumentAt(ctx, store.SubjectDraft, "d1", version)); got != want {
				t.Errorf("got %q at version %d, want %q", got, version, want)
			}
		}
		if _, err := s.DocumentAt(ctx, store.SubjectDraft, "d1", 9); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an old version is kept: %v", err)
		}
	})
}

func TestConnectSyncKeepsWhenItLastSucceeded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		a := putDeployAccount(t, s, connectAccount("shop"))
		if got := storetest.Must[store.ConnectSync](t)(s.ConnectSync(ctx, a.ID)); got != (store.ConnectSync{AccountID: a.ID}) {
			t.Errorf("got %+v before anybody has tried", got)
		}
		done := store.At(c.Now())
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.SetConnectSync(ctx, a.ID, "") })
		c.Advance(time.Minute)
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.SetConnectSync(ctx, a.ID, "it is silent") })
		want := store.ConnectSync{AccountID: a.ID, TriedAt: store.At(c.Now()), DoneAt: done, Error: "it is silent"}
		if got := storetest.Must[store.ConnectSync](t)(s.ConnectSync(ctx, a.ID)); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

func addOperation(t *testing.T, s *store.Store, o store.Operation, body secret.Text) store.Operation {
	t.Helper()
	storetest.Update(t, s, func(tx *store.Tx) (err error) {
		o, err = tx.AddOperation(ctx, o, body)
		return err
	})
	return o
}

// An operation comes back whole; what it sends is sealed, and forgotten when that is asked for.
func TestOperationComesBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		a := putDeployAccount(t, s, connectAccount("shop"))
		o := addOperation(t, s, store.Operation{
			AccountID: a.ID, Kind: store.OpDraftUpdate, SubjectKind: store.SubjectDraft, SubjectID: "d1", SubjectKey: "key", PipelineID: "p1", State: store.OpWaiting,
			Body: `[]`, BaseVersion: 3, Actor: store.Actor{Kind: store.ActorStaff, ID: "s1", Name: "Sam", RequestID: "r1"},
		}, "canary-body")
		want := o
		want.State, want.Intent, want.SentVersion, want.Problem, want.Detail, want.HTTPStatus = store.OpMoved, `{"x":1}`, 4, "moved", "words", 409
		want.UpstreamRequest, want.Tries, want.Moved = "req", 2, []store.Moved{{Field: "name", Old: "a", New: "b"}}
		want.NotBefore, want.SentAt, want.EndedAt, want.DroppedAt = store.At(c.Now()), store.At(c.Now()), store.At(c.Now()), store.At(c.Now())
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.PutOperation(ctx, want, "") })
		if got := storetest.Must[store.Operation](t)(s.Operation(ctx, o.ID)); !reflect.DeepEqual(got, want) || got.Journey() != "p1" {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
		body := func() string { return storetest.Must[secret.Text](t)(s.OperationBody(ctx, o.ID)).Reveal() }
		if body() != "canary-body" {
			t.Errorf("got the body %q", body())
		}
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.ForgetBodies(ctx, c.Now()) })
		if body() != "canary-body" {
			t.Error("a body was forgotten too soon")
		}
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.ForgetBodies(ctx, c.Now().Add(time.Second)) })
		if body() != "" {
			t.Error("a body is kept")
		}
	})
}

// A step writes while its claim holds; a person does not write over a step.
func TestOperationsAreWrittenUnderAClaim(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		a := putDeployAccount(t, s, connectAccount("shop"))
		o := addOperation(t, s, store.Operation{AccountID: a.ID, Kind: store.OpDraftUpdate, SubjectKind: store.SubjectDraft, State: store.OpWaiting}, "")
		storetest.Update(t, s, func(tx *store.Tx) error {
			_, err := tx.ClaimRow(ctx, store.Operations, o.ID, "one", c.Now().Add(time.Minute))
			return err
		})
		put := func(by string) error {
			return s.Update(ctx, func(tx *store.Tx) error { return tx.PutOperation(ctx, o, by) })
		}
		for by, want := range map[string]error{"one": nil, "two": store.ErrLost, "": store.ErrLost} {
			if err := put(by); !errors.Is(err, want) {
				t.Errorf("by %q: got %v, want %v", by, err, want)
			}
		}
		c.Advance(2 * time.Minute)
		if err := put(""); err != nil {
			t.Errorf("a claim that has run out keeps a person from writing: %v", err)
		}
	})
}

// Lists hold those that somebody works on, those that ask a person, and those that nobody works on any more.
func TestListsOfOperations(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		a := putDeployAccount(t, s, connectAccount("shop"))
		made := map[string]store.Operation{}
		add := func(name, state, subject, pipeline string, change func(*store.Operation)) {
			c.Advance(time.Millisecond)
			o := addOperation(t, s, store.Operation{AccountID: a.ID, Kind: store.OpDraftUpdate, SubjectKind: store.SubjectDraft, SubjectID: subject, PipelineID: pipeline, State: state}, "")
			if change != nil {
				change(&o)
				storetest.Update(t, s, func(tx *store.Tx) error { return tx.PutOperation(ctx, o, "") })
			}
			made[name] = o
		}
		ended := func(o *store.Operation) { o.EndedAt = store.At(c.Now()) }
		add("first", store.OpSending, "d1", "", nil)
		add("second", store.OpWaiting, "d1", "", nil)
		add("later", store.OpWaiting, "d2", "", func(o *store.Operation) { o.NotBefore = store.At(c.Now().Add(time.Hour)) })
		add("moved", store.OpMoved, "d1", "", nil)
		add("failed", store.OpFailed, "d3", "", ended)
		add("left", store.OpFailed, "d3", "", func(o *store.Operation) { ended(o); o.DroppedAt = o.EndedAt })
		add("of a pipeline", store.OpFailed, "d3", "p1", ended)
		add("done", store.OpDone, "d3", "", ended)
		wantNamed := func(what string, got []store.Operation, want ...string) {
			t.Helper()
			var ids, names []string
			for _, name := range want {
				ids = append(ids, made[name].ID)
			}
			for _, o := range got {
				names = append(names, o.ID)
			}
			if !slices.Equal(names, ids) {
				t.Errorf("%s: got %v, want %v, which are %v", what, names, ids, want)
			}
		}
		list := storetest.Must[[]store.Operation](t)
		wantNamed("under way", list(s.OperationsUnderWay(ctx, 10)), "first", "second", "later")
		wantNamed("asking", list(s.OperationsAsking(ctx, 10)), "failed", "moved")
		wantNamed("of a draft", list(s.OperationsOf(ctx, store.SubjectDraft, "d1", made["moved"].ID, 10)), "second", "first")
		wantNamed("of nothing", list(s.OperationsOf(ctx, store.SubjectDraft, "", "", 10)))
		wantNamed("of a pipeline", list(s.PipelineOperations(ctx, "p1")), "of a pipeline")
		wantNamed("before", list(s.OperationsBefore(ctx, made["left"].ID, 2)), "failed", "moved")
		ahead := storetest.Must[store.Operation](t)(s.OperationAhead(ctx, made["second"]))
		if _, err := s.OperationAhead(ctx, made["first"]); ahead.ID != made["first"].ID || !errors.Is(err, store.ErrNotFound) {
			t.Errorf("got %s ahead of the second and %v ahead of the first", ahead.ID, err)
		}
		c.Advance(10 * time.Minute)
		left := storetest.Must[[]string](t)(s.LeftOperations(ctx, c.Now().Add(-time.Minute), 10))
		if !slices.Equal(left, []string{made["first"].ID}) {
			t.Errorf("got %v left, want the first: the second waits for it, the others are not due or wait for nobody", left)
		}
	})
}
