package store

import (
	"context"

	"portico/secret"
)

// Kinds of slots.
const (
	SlotAuth   = "auth"
	SlotConfig = "config"
)

// Who told us of an integration's slot.
const (
	FromPlatform = "platform"
	FromStaff    = "staff"
)

// IntegrationSlot is what every instance of an integration has to be given: a sign-in, or a value.
type IntegrationSlot struct {
	Kind       string // SlotAuth or SlotConfig
	ExternalID string // the platform's name for it
	Title      string
	Service    string // e.g. "Slack"; "" = not known
	Default    string // JSON; config slots only
	Position   int
	Source     string // FromPlatform or FromStaff
}

// IntegrationSlots is the slots of an integration, sign-ins first, each kind in order.
func (r reads) IntegrationSlots(ctx context.Context, integrationID string) ([]IntegrationSlot, error) {
	return many(ctx, r.q, "listing an integration's slots", func(row row) (IntegrationSlot, error) {
		var s IntegrationSlot
		return s, row.Scan(&s.Kind, &s.ExternalID, &s.Title, &s.Service, &s.Default, &s.Position, &s.Source)
	}, `SELECT kind, external_id, title, service, default_value, position, source FROM integration_slots
		WHERE integration_id = $1 ORDER BY kind, position, external_id`, integrationID)
}

// SetIntegrationSlots replaces an integration's slots of one kind.
func (t *Tx) SetIntegrationSlots(ctx context.Context, integrationID, kind string, slots []IntegrationSlot) error {
	if _, err := t.exec(ctx, "replacing slots", `DELETE FROM integration_slots WHERE integration_id = $1 AND kind = $2`, integrationID, kind); err != nil {
		return err
	}
	for n, s := range slots {
		if _, err := t.exec(ctx, "storing a slot", `
			INSERT INTO integration_slots (integration_id, kind, external_id, title, service, default_value, position, source) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			integrationID, kind, s.ExternalID, s.Title, s.Service, s.Default, n, s.Source); err != nil {
			return err
		}
	}
	return nil
}

// SuggestedSlots is the auth slots that existing instances of an integration have, to prefill what staff enter.
func (r reads) SuggestedSlots(ctx context.Context, integrationID string) ([]IntegrationSlot, error) {
	return many(ctx, r.q, "suggesting slots", func(row row) (IntegrationSlot, error) {
		s := IntegrationSlot{Kind: SlotAuth, Source: FromStaff}
		return s, row.Scan(&s.ExternalID, &s.Title, &s.Service)
	}, `SELECT s.external_id, MIN(s.title), MIN(COALESCE(a.service_title, ''))
		FROM instances n JOIN slots s ON s.instance_id = n.id AND s.kind = 'auth'
		LEFT JOIN authentications a ON a.account_id = n.account_id AND a.upstream_id = s.authentication_id
		WHERE n.integration_id = $1 GROUP BY s.external_id ORDER BY MIN(s.position), s.external_id LIMIT 20`, integrationID)
}

// Slot is a step of an instance: a sign-in or a value, and how far it has come.
type Slot struct {
	InstanceID       string
	Kind             string // SlotAuth or SlotConfig
	ExternalID       string
	Title            string
	Service          string
	Position         int
	AuthenticationID string   // the platform's ID of the sign-in chosen, "" = none yet
	AttachedID       string   // the one the platform has confirmed
	Found            bool     // chosen by comparing, so "not this one" is offered
	Baseline         []string // sign-ins there were when the dialog was first opened; nil = never opened
	Rejected         []string // sign-ins of which the person said "not this one"
	Value            string   // JSON; config slots only
	PredefinedID     string   // the predefined connection that fills it, "" = the person does
	Given            bool     // the person has entered something that the platform does not have yet
	GivenAt          Time
	Problem          string // why what was entered was not taken, in the service's own words

	AuthenticationName string // as last synced, "" = not known
	ServiceTitle       string
}

// Done says whether the slot has what it needs as far as the person is concerned.
func (s Slot) Done() bool { return s.Kind != SlotAuth || s.AuthenticationID != "" }

const slotColumns = `s.instance_id, s.kind, s.external_id, s.title, s.service, s.position, s.authentication_id, s.attached_id, s.found, s.baseline, s.rejected, s.value, s.predefined_id, s.given_at, s.problem,
	COALESCE(a.name, ''), COALESCE(a.service_title, '')`

func scanSlot(r row) (Slot, error) {
	var s Slot
	var baseline, rejected JSON[[]string]
	err := r.Scan(&s.InstanceID, &s.Kind, &s.ExternalID, &s.Title, &s.Service, &s.Position, &s.AuthenticationID, &s.AttachedID, &s.Found, &baseline, &rejected, &s.Value, &s.PredefinedID, &s.GivenAt, &s.Problem, &s.AuthenticationName, &s.ServiceTitle)
	s.Baseline, s.Rejected, s.Given = baseline.V, rejected.V, !s.GivenAt.IsZero()
	return s, err
}

// Slots is the slots of an instance, sign-ins first, each kind in order.
func (r reads) Slots(ctx context.Context, instanceID string) ([]Slot, error) {
	return many(ctx, r.q, "listing slots", scanSlot, `
		SELECT `+slotColumns+` FROM slots s JOIN instances n ON n.id = s.instance_id
		LEFT JOIN authentications a ON a.account_id = n.account_id AND a.upstream_id = s.authentication_id AND s.authentication_id <> ''
		WHERE s.instance_id = $1 ORDER BY s.kind, s.position, s.external_id`, instanceID)
}

// PutSlot stores a slot of an instance.
func (t *Tx) PutSlot(ctx context.Context, s Slot) error {
	_, err := t.exec(ctx, "storing a slot", `
		INSERT INTO slots (instance_id, kind, external_id, title, service, position, authentication_id, attached_id, found, baseline, rejected, value, predefined_id, problem)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (instance_id, kind, external_id) DO UPDATE SET title = $4, service = $5, position = $6, authentication_id = $7, attached_id = $8,
			found = $9, baseline = $10, rejected = $11, value = $12, predefined_id = $13, problem = $14`,
		s.InstanceID, s.Kind, s.ExternalID, s.Title, s.Service, s.Position, s.AuthenticationID, s.AttachedID, s.Found, JSON[[]string]{s.Baseline}, JSON[[]string]{s.Rejected}, s.Value, s.PredefinedID, s.Problem)
	return err
}

// UsedAuthentications is the sign-ins that slots of an identity's living instances use, but for one instance.
func (r reads) UsedAuthentications(ctx context.Context, identityID, exceptInstanceID string) ([]string, error) {
	return many(ctx, r.q, "listing used sign-ins", scalar[string], `
		SELECT DISTINCT s.authentication_id FROM instances n JOIN slots s ON s.instance_id = n.id
		WHERE n.identity_id = $1 AND n.id <> $2 AND n.state <> 'deleted' AND s.authentication_id <> ''`, identityID, exceptInstanceID)
}

// OthersAuthentications is the sign-ins of an identity that only personal instances of other people use, or have used: where a
// workspace is one user at the platform, they are nobody else's to choose.
func (r reads) OthersAuthentications(ctx context.Context, identityID, userID string) ([]string, error) {
	return many(ctx, r.q, "listing other people's sign-ins", scalar[string], `
		SELECT s.authentication_id FROM instances n JOIN slots s ON s.instance_id = n.id
		WHERE n.identity_id = $1 AND s.authentication_id <> ''
		GROUP BY s.authentication_id HAVING MAX(CASE WHEN n.owner_id = $2 OR n.shared THEN 1 ELSE 0 END) = 0`, identityID, userID)
}

// RemoveSlot takes a slot from an instance.
func (t *Tx) RemoveSlot(ctx context.Context, instanceID, kind, externalID string) error {
	_, err := t.exec(ctx, "removing a slot", `DELETE FROM slots WHERE instance_id = $1 AND kind = $2 AND external_id = $3`, instanceID, kind, externalID)
	return err
}

// givenRow is what the values entered for a slot are sealed for.
func (s Slot) givenRow() string { return "slots/" + s.InstanceID + "/" + s.ExternalID }

// SetGiven seals what a person has entered for a slot, until the platform has it; "" takes it away.
func (t *Tx) SetGiven(ctx context.Context, workspaceID string, s Slot, values secret.Text) error {
	sealed, err := t.keys.seal(ctx, t.q, workspaceID, s.givenRow(), values)
	if err != nil {
		return err
	}
	at := t.Now()
	if values == "" {
		at = Time{}
	}
	return t.exec1(ctx, "storing what was entered", `UPDATE slots SET given = $4, given_at = $5 WHERE instance_id = $1 AND kind = $2 AND external_id = $3`,
		s.InstanceID, s.Kind, s.ExternalID, sealed, at)
}

// GivenValues opens what a person has entered for a slot; "" when there is nothing, or no longer.
func (r reads) GivenValues(ctx context.Context, s Slot) (secret.Text, error) {
	sealed, err := one(ctx, r.q, "reading what was entered", scalar[[]byte], `SELECT given FROM slots WHERE instance_id = $1 AND kind = $2 AND external_id = $3`,
		s.InstanceID, s.Kind, s.ExternalID)
	if err != nil {
		return "", err
	}
	return r.keys.open(ctx, r.q, s.givenRow(), sealed)
}

// AskedInstances is the living instances of a workspace that have a slot which a predefined connection fills and that is
// not filled.
func (r reads) AskedInstances(ctx context.Context, workspaceID, predefinedID string) ([]string, error) {
	return many(ctx, r.q, "listing instances that wait for a connection", scalar[string], `
		SELECT DISTINCT n.id FROM instances n JOIN slots s ON s.instance_id = n.id
		WHERE n.workspace_id = $1 AND n.state <> 'deleted' AND s.predefined_id = $2 AND s.authentication_id = '' ORDER BY n.id`, workspaceID, predefinedID)
}
