package store

import (
	"cmp"
	"context"
	"fmt"
	"strings"
)

// What connecting an integration asks of the person.
const (
	KindAuth   = "auth"   // one sign-in a slot
	KindWizard = "wizard" // the platform's wizard: settings, or slots that nobody has told us
	KindNone   = "none"   // nothing
)

// When an instance is enabled.
const (
	EnableAuto    = "auto"    // as soon as it is complete
	EnableManual  = "manual"  // when the person turns it on
	EnableChecked = "checked" // after staff have checked it
)

// Integration is what the catalogue offers: at Tray, a solution.
type Integration struct {
	ID                  string
	AccountID           string
	UpstreamID          string
	UpstreamTitle       string
	UpstreamDescription string
	Title               string // the staff's words, else the platform's
	Description         string
	StaffTitle          string
	StaffDescription    string
	Tags                []string
	CustomFields        map[string]string // keys in lower case
	Kind                string            // KindAuth, KindWizard or KindNone
	AuthSlotsKnown      bool
	ForceUnique         bool
	EnableMode          string // EnableAuto, EnableManual or EnableChecked
	StaffEnableMode     string // "" = as the platform's custom fields say
	Shown               bool
	Restricted          bool // shown to the workspaces of its audience alone
	Position            int
	ImageURL            string
	ImageFetched        string
	Problem             string // why it cannot be offered, a code; "" = it can
	Icon                string // hash of an icon, "" = two letters
	GoneAt              Time
	CreatedAt           Time
	UpdatedAt           Time
}

const integrationColumns = `g.id, g.account_id, g.upstream_id, g.upstream_title, g.upstream_description, g.title, g.description, g.staff_title,
	g.staff_description, g.tags, g.custom_fields, g.kind, g.auth_slots_known, g.force_unique, g.enable_mode, g.staff_enable_mode, g.shown,
	g.restricted, g.position, g.image_url, g.image_fetched, g.problem, g.icon, g.gone_at, g.created_at, g.updated_at`

func (g *Integration) fields(tags *JSON[[]string], custom *JSON[map[string]string]) []any {
	return []any{&g.ID, &g.AccountID, &g.UpstreamID, &g.UpstreamTitle, &g.UpstreamDescription, &g.Title, &g.Description, &g.StaffTitle,
		&g.StaffDescription, tags, custom, &g.Kind, &g.AuthSlotsKnown, &g.ForceUnique, &g.EnableMode, &g.StaffEnableMode, &g.Shown,
		&g.Restricted, &g.Position, &g.ImageURL, &g.ImageFetched, &g.Problem, &g.Icon, &g.GoneAt, &g.CreatedAt, &g.UpdatedAt}
}

func scanIntegration(r row) (Integration, error) {
	var g Integration
	var tags JSON[[]string]
	var custom JSON[map[string]string]
	err := r.Scan(g.fields(&tags, &custom)...)
	g.Tags, g.CustomFields = tags.V, custom.V
	return g, err
}

// Offer is an integration as a card of the catalogue shows it.
type Offer struct {
	ID          string
	Title       string
	Description string
	Tags        []string
	Icon        string
}

func scanOffer(r row) (Offer, error) {
	var o Offer
	var tags JSON[[]string]
	err := r.Scan(&o.ID, &o.Title, &o.Description, &tags, &o.Icon)
	o.Tags = tags.V
	return o, err
}

// Browse is a question to the catalogue.
type Browse struct {
	User    User
	Account string // the workspace's
	Search  string // words, in any case
	Tag     string
	Offset  int
	Limit   int
}

// visible is the one place that says what a user may see of the catalogue; it appends its arguments.
func (r reads) visible(ctx context.Context, u User, account string, args *[]any) (string, error) {
	arg := func(v any) string { *args = append(*args, v); return fmt.Sprintf("$%d", len(*args)) }
	accounts, err := r.accountsOf(ctx, account)
	if err != nil {
		return "", err
	}
	among := []string{"''"} // no account has it, and an empty list is not SQL
	if len(accounts) > 0 {
		among = nil
	}
	for _, id := range accounts {
		among = append(among, arg(id))
	}
	// A list of one is an equation to both databases: its index gives the page that is asked for and no more.
	where := `g.account_id IN (` + strings.Join(among, ", ") + `) AND g.shown AND g.gone_at = 0
		AND (NOT g.restricted OR EXISTS (SELECT 1 FROM integration_audience a WHERE a.integration_id = g.id AND a.workspace_id = ` + arg(u.WorkspaceID) + `))`
	if u.Tags == nil {
		return where, nil
	}
	marks := []string{"''"} // no tag is empty, and an empty list is not SQL
	for _, tag := range u.Tags {
		marks = append(marks, arg(tag))
	}
	return where + ` AND EXISTS (SELECT 1 FROM integration_tags t WHERE t.integration_id = g.id AND t.tag IN (` + strings.Join(marks, ", ") + `))`, nil
}

func (r reads) browse(ctx context.Context, b Browse, args *[]any) (string, error) {
	arg := func(v any) string { *args = append(*args, v); return fmt.Sprintf("$%d", len(*args)) }
	where, err := r.visible(ctx, b.User, b.Account, args)
	if err != nil {
		return "", err
	}
	for _, word := range strings.Fields(b.Search) {
		where += ` AND g.search LIKE ` + arg(likeAnywhere(word)) + ` ESCAPE '\'`
	}
	if b.Tag != "" {
		where += ` AND EXISTS (SELECT 1 FROM integration_tags c WHERE c.integration_id = g.id AND c.tag = ` + arg(b.Tag) + `)`
	}
	user := arg(b.User.ID)
	// A list made once: looked for one integration at a time, SQLite would walk every customer's instances of it.
	return where + ` AND g.id NOT IN (SELECT n.integration_id FROM instances n WHERE n.owner_id = ` + user + ` AND n.state <> 'deleted')`, nil
}

// Offers is a page of what a user may see and has not connected yet, in the staff's order.
func (r reads) Offers(ctx context.Context, b Browse) ([]Offer, error) {
	var args []any
	where, err := r.browse(ctx, b, &args)
	if err != nil {
		return nil, err
	}
	query := `SELECT g.id, g.title, g.description, g.tags, g.icon FROM integrations g WHERE ` + where
	args = append(args, b.Offset)
	query += ` ORDER BY g.position, g.title, g.id` + atMost(b.Limit) + fmt.Sprintf(` OFFSET $%d`, len(args))
	return many(ctx, r.q, "listing the catalogue", scanOffer, query, args...)
}

// Facets is how much there is to browse: the number of integrations a user may see, and their tags.
type Facets struct {
	Total int
	Tags  []string
}

// Facets counts what a user may see of an account's catalogue.
func (r reads) Facets(ctx context.Context, u User, account string) (Facets, error) {
	var f Facets
	var args []any
	where, err := r.visible(ctx, u, account, &args)
	if err != nil {
		return f, err
	}
	total, err := one(ctx, r.q, "counting the catalogue", scalar[int], `SELECT COUNT(*) FROM integrations g WHERE `+where, args...)
	if err != nil {
		return f, err
	}
	f.Total = total
	f.Tags, err = many(ctx, r.q, "listing categories", scalar[string], `
		SELECT c.tag FROM integrations g JOIN integration_tags c ON c.integration_id = g.id WHERE `+where+` GROUP BY c.tag ORDER BY COUNT(*) DESC, c.tag LIMIT 12`, args...)
	return f, err
}

// VisibleIntegration is an integration that a user may see; ErrNotFound when there is none, or not for them.
func (r reads) VisibleIntegration(ctx context.Context, u User, account, id string) (Integration, error) {
	var args []any
	where, err := r.visible(ctx, u, account, &args)
	if err != nil {
		return Integration{}, err
	}
	args = append(args, id)
	return one(ctx, r.q, "reading an integration", scanIntegration, `SELECT `+integrationColumns+` FROM integrations g WHERE `+where+fmt.Sprintf(` AND g.id = $%d`, len(args)), args...)
}

// Integration is one integration whoever may see it, for jobs and staff; ErrNotFound when there is none.
func (r reads) Integration(ctx context.Context, id string) (Integration, error) {
	return one(ctx, r.q, "reading an integration", scanIntegration, `SELECT `+integrationColumns+` FROM integrations g WHERE g.id = $1`, id)
}

// Integrations is everything an account has offered, in the staff's order, what is gone last.
func (r reads) Integrations(ctx context.Context, accountID string) ([]Integration, error) {
	return many(ctx, r.q, "listing integrations", scanIntegration, `
		SELECT `+integrationColumns+` FROM integrations g WHERE g.account_id = $1 ORDER BY g.gone_at > 0, g.position, g.title, g.id`, accountID)
}

// LockIntegration reads an integration that the transaction is going to change, and keeps others from changing it
// meanwhile; ErrNotFound when there is none.
func (t *Tx) LockIntegration(ctx context.Context, id string) (Integration, error) {
	query := `SELECT ` + integrationColumns + ` FROM integrations g WHERE g.id = $1`
	if t.postgres { // on SQLite every transaction that writes holds the file's lock from its beginning
		query += ` FOR NO KEY UPDATE`
	}
	return one(ctx, t.q, "reading an integration", scanIntegration, query, id)
}

// LivingInstances counts the instances of an integration that customers have.
func (r reads) LivingInstances(ctx context.Context, integrationID string) (int, error) {
	return one(ctx, r.q, "counting instances", scalar[int], `SELECT COUNT(*) FROM instances WHERE integration_id = $1 AND state <> 'deleted'`, integrationID)
}

// Listing is an integration as the staff's catalogue shows it.
type Listing struct {
	Integration
	AuthSlots   int
	ConfigSlots int
	ByStaff     bool // staff entered its auth slots
	Audience    int  // workspaces, where it is restricted
}

// Listings is a page of everything an account has offered, in the staff's order, what is gone last; search is words in
// any case.
func (r reads) Listings(ctx context.Context, accountID, search string, offset, limit int) ([]Listing, error) {
	args, where := []any{accountID}, `g.account_id = $1`
	for _, word := range strings.Fields(search) {
		args = append(args, likeAnywhere(word))
		where += fmt.Sprintf(` AND (g.search LIKE $%d ESCAPE '\' OR LOWER(g.upstream_title) LIKE $%[1]d ESCAPE '\')`, len(args))
	}
	args = append(args, limit, offset)
	return many(ctx, r.q, "listing integrations", scanListing, `
		SELECT `+integrationColumns+`,
			(SELECT COUNT(*) FROM integration_slots s WHERE s.integration_id = g.id AND s.kind = 'auth'),
			(SELECT COUNT(*) FROM integration_slots s WHERE s.integration_id = g.id AND s.kind = 'config'),
			(SELECT COUNT(*) FROM integration_slots s WHERE s.integration_id = g.id AND s.kind = 'auth' AND s.source = 'staff'),
			(SELECT COUNT(*) FROM integration_audience a WHERE a.integration_id = g.id)
		FROM integrations g WHERE `+where+fmt.Sprintf(` ORDER BY g.gone_at > 0, g.position, g.title, g.id LIMIT $%d OFFSET $%d`, len(args)-1, len(args)), args...)
}

func scanListing(r row) (Listing, error) {
	var l Listing
	var tags JSON[[]string]
	var custom JSON[map[string]string]
	var byStaff int
	err := r.Scan(append(l.fields(&tags, &custom), &l.AuthSlots, &l.ConfigSlots, &byStaff, &l.Audience)...)
	l.Tags, l.CustomFields, l.ByStaff = tags.V, custom.V, byStaff > 0
	return l, err
}

// Audience is the workspaces that a restricted integration is shown to.
func (r reads) Audience(ctx context.Context, integrationID string) ([]Workspace, error) {
	return many(ctx, r.q, "reading an audience", scanWorkspace, `
		SELECT `+workspaceColumns+` FROM integration_audience a JOIN workspaces w ON w.id = a.workspace_id WHERE a.integration_id = $1 ORDER BY w.name, w.id`, integrationID)
}

// settle works out what follows from what the platform and the staff have said.
func (g *Integration) settle(configSlots, authSlots int) {
	g.Title = cmp.Or(g.StaffTitle, g.UpstreamTitle)
	g.Description = cmp.Or(g.StaffDescription, g.UpstreamDescription)
	g.ForceUnique = yes(g.CustomFields["forceunique"])
	g.EnableMode = EnableAuto
	if yes(g.CustomFields["disableautoenable"]) {
		g.EnableMode = EnableManual
	}
	g.EnableMode = cmp.Or(g.StaffEnableMode, g.EnableMode)
	g.ImageURL = cmp.Or(g.CustomFields["image"], g.CustomFields["icon"])
	switch {
	case configSlots > 0 || !g.AuthSlotsKnown:
		g.Kind = KindWizard
	case authSlots > 0:
		g.Kind = KindAuth
	default:
		g.Kind = KindNone
	}
}

// yes reads a switch as Tray's samples do.
func yes(s string) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "yes", "true":
		return true
	}
	return false
}

// PutIntegration stores an integration whose words, slots or settings were changed, with what follows from them.
func (t *Tx) PutIntegration(ctx context.Context, g Integration) (Integration, error) {
	count := func(kind string) (int, error) {
		return one(ctx, t.q, "counting slots", scalar[int], `SELECT COUNT(*) FROM integration_slots WHERE integration_id = $1 AND kind = $2`, g.ID, kind)
	}
	config, err := count(SlotConfig)
	if err != nil {
		return g, err
	}
	auth, err := count(SlotAuth)
	if err != nil {
		return g, err
	}
	g.settle(config, auth)
	g.UpdatedAt = t.Now()
	_, err = t.exec(ctx, "storing an integration", `
		UPDATE integrations SET upstream_title = $2, upstream_description = $3, title = $4, description = $5, staff_title = $6, staff_description = $7,
			tags = $8, custom_fields = $9, search = $10, kind = $11, auth_slots_known = $12, force_unique = $13, enable_mode = $14, staff_enable_mode = $15,
			shown = $16, restricted = $17, position = $18, image_url = $19, gone_at = $20, updated_at = $21, problem = $22
		WHERE id = $1`,
		g.ID, g.UpstreamTitle, g.UpstreamDescription, g.Title, g.Description, g.StaffTitle, g.StaffDescription,
		JSON[[]string]{g.Tags}, JSON[map[string]string]{g.CustomFields}, strings.ToLower(g.Title+" "+g.Description+" "+strings.Join(g.Tags, " ")),
		g.Kind, g.AuthSlotsKnown, g.ForceUnique, g.EnableMode, g.StaffEnableMode, g.Shown, g.Restricted, g.Position, g.ImageURL, g.GoneAt, g.UpdatedAt, g.Problem)
	if err != nil {
		return g, err
	}
	return g, t.putTags(ctx, g)
}

func (t *Tx) putTags(ctx context.Context, g Integration) error {
	if _, err := t.exec(ctx, "replacing tags", `DELETE FROM integration_tags WHERE integration_id = $1`, g.ID); err != nil {
		return err
	}
	for _, tag := range g.Tags {
		if tag == "" {
			continue
		}
		if _, err := t.exec(ctx, "storing a tag", `INSERT INTO integration_tags (integration_id, tag) VALUES ($1, $2) ON CONFLICT DO NOTHING`, g.ID, tag); err != nil {
			return err
		}
	}
	return nil
}

// KnowsIntegration says whether there is an integration that a platform knows by an ID.
func (r reads) KnowsIntegration(ctx context.Context, accountID, upstreamID string) (bool, error) {
	n, err := one(ctx, r.q, "looking for an integration", scalar[int], `SELECT COUNT(*) FROM integrations WHERE account_id = $1 AND upstream_id = $2`, accountID, upstreamID)
	return n > 0, err
}

// IntegrationByUpstreamID is the integration that a platform knows by an ID, made when it is new. Others are kept from
// changing it until the transaction ends.
func (t *Tx) IntegrationByUpstreamID(ctx context.Context, accountID, upstreamID, title string) (Integration, error) {
	if _, err := t.exec(ctx, "storing an integration", `
		INSERT INTO integrations (id, account_id, upstream_id, upstream_title, title, search, kind, enable_mode, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $4, '', 'wizard', 'auto', $5, $5) ON CONFLICT (account_id, upstream_id) DO NOTHING`,
		t.newID(), accountID, upstreamID, title, t.Now()); err != nil {
		return Integration{}, err
	}
	query := `SELECT ` + integrationColumns + ` FROM integrations g WHERE g.account_id = $1 AND g.upstream_id = $2`
	if t.postgres { // on SQLite every transaction that writes holds the file's lock from its beginning
		query += ` FOR NO KEY UPDATE`
	}
	return one(ctx, t.q, "reading an integration", scanIntegration, query, accountID, upstreamID)
}

// MarkIntegrationsGone marks what the platform no longer lists: all of an account but those kept. It says how many.
func (t *Tx) MarkIntegrationsGone(ctx context.Context, accountID string, kept map[string]bool) (int, error) {
	all, err := t.Integrations(ctx, accountID)
	if err != nil {
		return 0, err
	}
	gone := 0
	for _, g := range all {
		if kept[g.ID] || !g.GoneAt.IsZero() {
			continue
		}
		gone++
		if err := t.exec1(ctx, "marking an integration gone", `UPDATE integrations SET gone_at = $2 WHERE id = $1`, g.ID, t.Now()); err != nil {
			return gone, err
		}
	}
	return gone, nil
}

// SetAudience says which workspaces a restricted integration is shown to.
func (t *Tx) SetAudience(ctx context.Context, integrationID string, workspaceIDs []string) error {
	if _, err := t.exec(ctx, "replacing an audience", `DELETE FROM integration_audience WHERE integration_id = $1`, integrationID); err != nil {
		return err
	}
	for _, id := range workspaceIDs {
		if _, err := t.exec(ctx, "storing an audience", `INSERT INTO integration_audience (integration_id, workspace_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, integrationID, id); err != nil {
			return err
		}
	}
	return nil
}
