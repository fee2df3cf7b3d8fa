package store

import "context"

// What a platform says of a sign-in.
const (
	AuthGood    = ""
	AuthError   = "error"   // the service no longer takes it
	AuthMissing = "missing" // it holds nothing
)

// Authentication is a user's sign-in at a third party, kept at the platform; any number of slots use it.
type Authentication struct {
	ID           string
	AccountID    string
	IdentityID   string
	UpstreamID   string
	Name         string
	Service      string // technical name, e.g. "slack"
	ServiceTitle string // e.g. "Slack"
	ServiceIcon  string
	ExternalID   string // by which flows name it, at Activepieces
	Status       string // AuthGood, AuthError or AuthMissing
	CreatedAt    Time   // when we first saw it: the platform does not say
	GoneAt       Time
}

const authenticationColumns = `a.id, a.account_id, a.identity_id, a.upstream_id, a.name, a.service, a.service_title, a.service_icon, a.external_id, a.status, a.created_at, a.gone_at`

func scanAuthentication(r row) (Authentication, error) {
	var a Authentication
	return a, r.Scan(&a.ID, &a.AccountID, &a.IdentityID, &a.UpstreamID, &a.Name, &a.Service, &a.ServiceTitle, &a.ServiceIcon, &a.ExternalID, &a.Status, &a.CreatedAt, &a.GoneAt)
}

// Authentications is the living sign-ins of an identity, newest first.
func (r reads) Authentications(ctx context.Context, identityID string) ([]Authentication, error) {
	return many(ctx, r.q, "listing sign-ins", scanAuthentication, `
		SELECT `+authenticationColumns+` FROM authentications a WHERE a.identity_id = $1 AND a.gone_at = 0 ORDER BY a.created_at DESC, a.id DESC`, identityID)
}

// PutAuthentications stores the sign-ins that the platform lists for an identity; those it no longer lists are marked gone.
func (t *Tx) PutAuthentications(ctx context.Context, identity Identity, listed []Authentication) error {
	for _, a := range listed {
		if _, err := t.exec(ctx, "storing a sign-in", `
			INSERT INTO authentications (id, account_id, identity_id, upstream_id, name, service, service_title, service_icon, external_id, status, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
			ON CONFLICT (account_id, upstream_id) DO UPDATE SET identity_id = $3, name = $5, service = $6, service_title = $7, service_icon = $8,
				external_id = $9, status = $10, gone_at = 0`,
			t.newID(), identity.AccountID, identity.ID, a.UpstreamID, a.Name, a.Service, a.ServiceTitle, a.ServiceIcon, a.ExternalID, a.Status, t.Now()); err != nil {
			return err
		}
	}
	known, err := t.Authentications(ctx, identity.ID)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, a := range listed {
		there[a.UpstreamID] = true
	}
	for _, a := range known {
		if there[a.UpstreamID] {
			continue
		}
		if err := t.exec1(ctx, "marking a sign-in gone", `UPDATE authentications SET gone_at = $2 WHERE id = $1`, a.ID, t.Now()); err != nil {
			return err
		}
	}
	return nil
}
