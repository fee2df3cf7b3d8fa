package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"portico/secret"
)

// Kinds of value sets.
const (
	SetDeployment = "deployment" // what was last sent to a deployment
	SetProfile    = "profile"    // what staff keep under a name, to use again
	SetForm       = "form"       // what was entered into a form that has not been sent yet
)

// ValueSet is configuration values of a connector. They are sealed at rest, the standard ones too.
type ValueSet struct {
	ID           string
	Kind         string // SetDeployment, SetProfile or SetForm
	DeploymentID string // ours, of SetDeployment
	Name         string // of SetProfile, and of the form of SetForm
	Values       Values
	UpdatedBy    string
	CreatedAt    Time
	UpdatedAt    Time
}

// Values are those that all applications of a connector share, and those of each.
type Values struct {
	Shared       []SetValue
	Applications map[string][]SetValue // by the application's name
	Schedules    map[string]string     // of jobs, by the application's name, where they differ from connect.yaml
}

// SetValue is one value, and who has set it last.
type SetValue struct {
	Key     string
	Secured bool
	Value   secret.Text
	At      Time
	By      string
}

// sealedValue is a SetValue as it lies under its seal.
type sealedValue struct {
	Key     string `json:"key"`
	Secured bool   `json:"secured,omitempty"`
	Value   string `json:"value"`
	At      Time   `json:"at"`
	By      string `json:"by,omitempty"`
}

type sealedValues struct {
	Shared       []sealedValue            `json:"shared,omitempty"`
	Applications map[string][]sealedValue `json:"applications,omitempty"`
	Schedules    map[string]string        `json:"schedules,omitempty"`
}

func (v Values) text() (secret.Text, error) {
	clear := sealedValues{Shared: revealed(v.Shared), Schedules: v.Schedules, Applications: map[string][]sealedValue{}}
	for name, values := range v.Applications {
		clear.Applications[name] = revealed(values)
	}
	b, err := json.Marshal(clear)
	return secret.Text(b), err
}

func revealed(values []SetValue) []sealedValue {
	var all []sealedValue
	for _, v := range values {
		all = append(all, sealedValue{v.Key, v.Secured, v.Value.Reveal(), v.At, v.By})
	}
	return all
}

func valuesOf(text secret.Text) (v Values, err error) {
	var clear sealedValues
	if text == "" {
		return v, nil
	}
	if err := json.Unmarshal([]byte(text.Reveal()), &clear); err != nil {
		return v, errors.New("what was sealed is no set of values") // the parser's own words would quote it
	}
	v = Values{Shared: covered(clear.Shared), Schedules: clear.Schedules, Applications: map[string][]SetValue{}}
	for name, values := range clear.Applications {
		v.Applications[name] = covered(values)
	}
	return v, nil
}

func covered(values []sealedValue) []SetValue {
	var all []SetValue
	for _, v := range values {
		all = append(all, SetValue{v.Key, v.Secured, secret.Text(v.Value), v.At, v.By})
	}
	return all
}

const valueSetColumns = `id, kind, deployment_id, name, sealed, updated_by, created_at, updated_at`

func (r reads) scanValueSet(ctx context.Context) func(row) (ValueSet, error) {
	return func(row row) (ValueSet, error) {
		var s ValueSet
		var sealed []byte
		if err := row.Scan(&s.ID, &s.Kind, &s.DeploymentID, &s.Name, &sealed, &s.UpdatedBy, &s.CreatedAt, &s.UpdatedAt); err != nil {
			return s, err
		}
		text, err := r.keys.open(ctx, r.q, "value_sets/"+s.ID, sealed)
		if err != nil {
			return s, err
		}
		s.Values, err = valuesOf(text)
		return s, err
	}
}

// DeploymentValues is what was last sent to a deployment of ours; ErrNotFound when nothing was.
func (r reads) DeploymentValues(ctx context.Context, deploymentID string) (ValueSet, error) {
	return one(ctx, r.q, "reading a deployment's values", r.scanValueSet(ctx), `
		SELECT `+valueSetColumns+` FROM value_sets WHERE kind = 'deployment' AND deployment_id = $1`, deploymentID)
}

// ValueSet is one set; ErrNotFound when there is none.
func (r reads) ValueSet(ctx context.Context, id string) (ValueSet, error) {
	return one(ctx, r.q, "reading a set of values", r.scanValueSet(ctx), `SELECT `+valueSetColumns+` FROM value_sets WHERE id = $1`, id)
}

// Profiles is the sets that staff keep under a name, by name.
func (r reads) Profiles(ctx context.Context) ([]ValueSet, error) {
	return many(ctx, r.q, "listing profiles", r.scanValueSet(ctx), `SELECT `+valueSetColumns+` FROM value_sets WHERE kind = 'profile' ORDER BY name, id`)
}

// ProfileNamed is the profile of a name; ErrNotFound when there is none.
func (r reads) ProfileNamed(ctx context.Context, name string) (ValueSet, error) {
	return one(ctx, r.q, "reading a profile", r.scanValueSet(ctx), `SELECT `+valueSetColumns+` FROM value_sets WHERE kind = 'profile' AND name = $1`, name)
}

// PutValueSet stores a set: a deployment's or a profile's takes the place of the one before, a form's that of its ID.
func (t *Tx) PutValueSet(ctx context.Context, s ValueSet) (ValueSet, error) {
	was, err := t.valueSetBefore(ctx, s)
	switch {
	case errors.Is(err, ErrNotFound):
		s.ID, s.CreatedAt = t.newID(), t.Now()
	case err != nil:
		return s, err
	default:
		s.ID, s.CreatedAt = was.ID, was.CreatedAt
	}
	s.UpdatedAt = t.Now()
	text, err := s.Values.text()
	if err != nil {
		return s, fmt.Errorf("storing a set of values: %w", err)
	}
	sealed, err := t.keys.seal(ctx, t.q, "", "value_sets/"+s.ID, text)
	if err != nil {
		return s, err
	}
	_, err = t.exec(ctx, "storing a set of values", `
		INSERT INTO value_sets (`+valueSetColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed, updated_by = excluded.updated_by, updated_at = excluded.updated_at`,
		s.ID, s.Kind, s.DeploymentID, s.Name, sealed, s.UpdatedBy, s.CreatedAt, s.UpdatedAt)
	return s, err
}

// valueSetBefore is the set whose place another takes.
func (t *Tx) valueSetBefore(ctx context.Context, s ValueSet) (ValueSet, error) {
	switch {
	case s.Kind == SetDeployment:
		return t.DeploymentValues(ctx, s.DeploymentID)
	case s.Kind == SetProfile:
		return t.ProfileNamed(ctx, s.Name)
	case s.ID != "":
		return t.ValueSet(ctx, s.ID)
	}
	return ValueSet{}, ErrNotFound
}

// DocumentsAfter is a draft or deployment as it was in each version that was seen after one, oldest first, as JSON. Old ones
// are forgotten: see KeepDocument.
func (r reads) DocumentsAfter(ctx context.Context, subjectKind, subjectID string, version int) ([]string, error) {
	return many(ctx, r.q, "listing documents", scalar[string], `
		SELECT document FROM connect_documents WHERE subject_kind = $1 AND subject_id = $2 AND version > $3 ORDER BY version`, subjectKind, subjectID, version)
}

// RemoveValueSet forgets a set.
func (t *Tx) RemoveValueSet(ctx context.Context, id string) error {
	return t.exec1(ctx, "removing a set of values", `DELETE FROM value_sets WHERE id = $1`, id)
}
