package portal

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"portico/secret"
	"portico/store"
	"portico/upstream"
)

// Builder is what a browser needs to show the platform's builder to one person.
type Builder struct {
	InstanceURL string
	Token       secret.Text // of builderTokenLife: it goes to the person's browser and nowhere else
	SDKHash     string      // of the script that shows it
	ProjectID   string      // at the platform
	Locale      string      // the language that the person reads, "de"
}

// BuilderScript is what a page with the builder loads.
type BuilderScript struct {
	Origin string // of the instance, which the page frames and calls
	Hash   string // of the script, which the portal serves
}

// HasAutomations says whether a workspace has an account at a platform whose automations it may see, and whether it may
// open the builder there.
func (p *Portal) HasAutomations(w store.Workspace) (automations, builder bool) {
	p.clients.mu.Lock()
	defer p.clients.mu.Unlock()
	for _, c := range p.clients.known {
		if a := c.account; a.Platform == store.PlatformActivepieces && (a.ID == w.AccountID || a.IsDefault) {
			automations = true
			builder = builder || a.SigningKey != "" && (a.ID == w.AccountID || !p.isPieces(w.AccountID))
		}
	}
	return automations, builder
}

// isPieces says whether an account is at Activepieces; the lock of the clients is held.
func (p *Portal) isPieces(accountID string) bool {
	return p.clients.known[accountID].account.Platform == store.PlatformActivepieces
}

// BuilderScript is what the builder's page loads for a workspace, or why it cannot be shown. It asks no platform.
func (p *Portal) BuilderScript(ctx context.Context, w store.Workspace) (BuilderScript, error) {
	_, b, err := p.builderAccount(ctx, w)
	return b, err
}

// builderAccount is a workspace's account that has a builder.
func (p *Portal) builderAccount(ctx context.Context, w store.Workspace) (store.Account, BuilderScript, error) {
	a, err := p.store.WorkspaceAccount(ctx, w, store.PlatformActivepieces)
	if errors.Is(err, store.ErrNotFound) || err == nil && a.SigningKey == "" {
		return a, BuilderScript{}, refuse("builder_off")
	}
	if err != nil {
		return a, BuilderScript{}, err
	}
	b, err := p.scriptOf(ctx, a)
	return a, b, err
}

// scriptOf is the script that staff have agreed to for an account.
func (p *Portal) scriptOf(ctx context.Context, a store.Account) (BuilderScript, error) {
	s, err := p.store.ConfirmedScript(ctx, a.ID)
	if errors.Is(err, store.ErrNotFound) {
		p.Log.WarnContext(ctx, "the builder waits for staff to agree to its script", "account", a.Name)
		return BuilderScript{}, refuse("builder_not_ready")
	}
	return BuilderScript{Origin: originOf(a.APIURL), Hash: s.Hash}, err
}

// OpenBuilder makes ready what a person needs to work in the builder: their project with what the host puts into it, and a
// token. The platform is asked to take a token of the same kind first, since its script says nothing where it does not.
// around is the origins of the pages that frame the builder: the portal's own, and those that may frame the portal.
func (p *Portal) OpenBuilder(ctx context.Context, who Who, around ...string) (Builder, error) {
	a, script, err := p.builderAccount(ctx, who.Workspace)
	if err != nil {
		return Builder{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.AnswerWithin)
	defer cancel()
	if err := p.provisionWorkspace(ctx, a.ID, who.Workspace.ID); err != nil {
		return Builder{}, unlessBusy(err)
	}
	token, project, err := p.admitBuilder(ctx, a, who, around)
	return Builder{InstanceURL: a.APIURL, Token: token, SDKHash: script.Hash, ProjectID: project, Locale: languageOf(who.User.Locale)}, unlessBusy(err)
}

// unlessBusy says to the person that another process is at it, which will be over in a moment, or that the licence has no
// project for them.
func unlessBusy(err error) error {
	switch {
	case errors.Is(err, errBusy):
		return refuse("builder_busy")
	case upstream.IsKind(err, upstream.Unlicensed):
		return refuse("builder_unlicensed")
	}
	return err
}

// admitBuilder lets the platform take a token for a person, and makes another for their browser.
func (p *Portal) admitBuilder(ctx context.Context, a store.Account, who Who, around []string) (token secret.Text, project string, err error) {
	i, err := p.projectOf(ctx, a.ID, who.Workspace)
	if err != nil {
		return "", "", err
	}
	err = p.exchange(ctx, a, who.User, i)
	if noted := p.noteBuilder(ctx, a, err); err == nil {
		err = noted
	}
	if err != nil {
		return "", "", err
	}
	p.letFrame(ctx, a, around)
	token, err = builderToken(a, who.User, i.ExternalID, p.Now())
	return token, i.UpstreamID, err
}

// exchange asks the platform to take a token, and to say which project it leads to.
func (p *Portal) exchange(ctx context.Context, a store.Account, u store.User, i store.Identity) error {
	c, err := p.piecesClient(ctx, a.ID)
	if err != nil {
		return err
	}
	token, err := builderToken(a, u, i.ExternalID, p.Now())
	if err != nil {
		return &Refusal{Code: "builder_key", Err: err}
	}
	there, err := c.Exchange(ctx, token)
	if err != nil {
		return builderRefusal(err)
	}
	if there.ProjectID != i.UpstreamID {
		return &Refusal{Code: "builder_project", Err: errors.New("the platform led to another project than the workspace's")}
	}
	return nil
}

// builderRefusal says in a person's words why the platform did not take a token; silence stays what it is. The platform
// has one code for all of it, so its words decide.
func builderRefusal(err error) error {
	var e *upstream.Error
	if !errors.As(err, &e) || e.Temporary() {
		return err
	}
	code, words := "builder_refused", strings.ToLower(e.Message)
	has := func(part string) bool { return strings.Contains(words, part) }
	switch {
	case e.Kind == upstream.Unlicensed:
		code = "builder_unlicensed"
	case has("signing key"):
		code = "builder_key"
	case has("signature"):
		code = "builder_signature"
	case has("expired") || has("not active"):
		code = "builder_clock"
	case has("role"):
		code = "builder_role"
	}
	return &Refusal{Code: code, Err: err}
}

// noteBuilder keeps for staff how the last sign-in to the builder went; the log has each that failed.
func (p *Portal) noteBuilder(ctx context.Context, a store.Account, problem error) error {
	text := ""
	if problem != nil {
		text = problem.Error()
		p.Log.WarnContext(ctx, "the builder does not open", "account", a.Name, "err", problem)
	}
	return p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		return tx.SetSync(ctx, a.ID, store.OpenBuilder, text)
	})
}

// letFrame has the platform let pages of these origins frame it, once. Where it will not, the browser shows an empty frame,
// which the page notices.
func (p *Portal) letFrame(ctx context.Context, a store.Account, around []string) {
	if a.Token == "" || olderServer(a.Server.Version, 0, 84) { // API keys alone may; before 0.84 everybody may frame it
		return
	}
	var allowed []string
	for _, origin := range around {
		if mayFrame(a.Server.EmbedOrigins, origin) {
			continue
		}
		c, err := p.piecesClient(ctx, a.ID)
		if err == nil {
			err = c.AllowEmbedOrigin(ctx, origin)
		}
		if err != nil {
			p.Log.WarnContext(ctx, "letting a page frame the builder", "account", a.Name, "origin", origin, "err", err)
			continue
		}
		allowed = append(allowed, origin)
	}
	if len(allowed) == 0 {
		return
	}
	err := p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		now, err := tx.Account(ctx, a.ID)
		if err != nil {
			return err
		}
		now.Server.EmbedOrigins = append(now.Server.EmbedOrigins, allowed...)
		slices.Sort(now.Server.EmbedOrigins)
		now.Server.EmbedOrigins = slices.Compact(now.Server.EmbedOrigins)
		return tx.SetServer(ctx, a.ID, now.Server)
	})
	if err != nil {
		p.Log.ErrorContext(ctx, "keeping who may frame the builder", "account", a.Name, "err", err)
	}
}

// mayFrame says whether an origin is among those allowed, which may be like https://*.example.com.
func mayFrame(allowed []string, origin string) bool {
	for _, one := range allowed {
		scheme, domain, wild := strings.Cut(one, "://*.")
		if one == origin || wild && strings.HasPrefix(origin, scheme+"://") && strings.HasSuffix(origin, "."+domain) {
			return true
		}
	}
	return false
}

// originOf is the origin of an address.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// languageOf is the language of a locale: "de" of "de-CH", "en" where none is known.
func languageOf(locale string) string {
	lang, _, _ := strings.Cut(strings.ReplaceAll(locale, "_", "-"), "-")
	if lang = strings.ToLower(lang); len(lang) != 2 {
		return "en"
	}
	return lang
}
