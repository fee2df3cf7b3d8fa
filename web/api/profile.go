package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"portico/portal"
	"portico/store"
)

// profile is values that staff keep under a name.
type profile struct {
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Values    json.RawMessage `json:"values" doc:"By their keys, null for each secret."`
	UpdatedBy string          `json:"updated_by"`
	UpdatedAt time.Time       `json:"updated_at"`
}

func profileOf(s store.ValueSet) (profile, error) {
	text, err := portal.ExportValues(s.Values, portal.ExportJSON)
	return profile{s.ID, s.Name, raw(text), s.UpdatedBy, s.UpdatedAt.Time}, err
}

func (a *API) profiles() {
	serve(a, of(tagConnect, "list-profiles", http.MethodGet, "/connect/profiles", "List profiles of values, by name"), a.listProfiles)
	serve(a, withValues(more(of(tagConnect, "save-profile", http.MethodPost, "/connect/profiles", "Keep values under a name"),
		"One of the same name gives its place. Which values are secrets is what the connector says: name a draft, or a deployment whose values are kept.")), a.saveProfile)
	serve(a, of(tagConnect, "remove-profile", http.MethodDelete, "/connect/profiles/{profile}", "Forget a profile"), a.removeProfile)
	serve(a, more(of(tagConnect, "list-drift", http.MethodGet, "/connect/drift", "List what differs from what people may expect"),
		"Deployments that run an older connector, drafts with changes, keys that are new or gone."), a.listDrift)
}

// listProfiles answers GET /api/v1/connect/profiles.
func (a *API) listProfiles(ctx context.Context, _ *struct{}) (*list[profile], error) {
	all, err := a.Store.Profiles(ctx)
	if err != nil {
		return nil, err
	}
	var items []profile
	for _, s := range all {
		one, err := profileOf(s)
		if err != nil {
			return nil, err
		}
		items = append(items, one)
	}
	return listed(items), nil
}

type saveProfile struct {
	Body struct {
		Name       string       `json:"name" minLength:"1" maxLength:"200"`
		Deployment string       `json:"deployment,omitempty" maxLength:"64" doc:"ID of a deployment whose values are kept."`
		Draft      string       `json:"draft,omitempty" maxLength:"64" doc:"ID of a draft whose connector asks for the values."`
		Staged     bool         `json:"staged,omitempty" doc:"What the draft itself asks for, and not what is published from it."`
		Values     configValues `json:"values,omitempty"`
		Schedules  schedules    `json:"schedules,omitempty"`
	}
}

// saveProfile answers POST /api/v1/connect/profiles.
func (a *API) saveProfile(ctx context.Context, in *saveProfile) (*document[profile], error) {
	b := in.Body
	var set store.ValueSet
	var err error
	if b.Deployment != "" {
		set, err = a.Portal.SaveProfileOf(ctx, actor(ctx), b.Name, b.Deployment)
	} else {
		set, err = a.saveValues(ctx, in)
	}
	if err != nil {
		return nil, err
	}
	out, err := profileOf(set)
	return &document[profile]{out}, err
}

func (a *API) saveValues(ctx context.Context, in *saveProfile) (store.ValueSet, error) {
	f, err := a.Portal.DeployForm(ctx, in.Body.Draft, in.Body.Staged)
	if err != nil {
		return store.ValueSet{}, err
	}
	v, err := a.values(ctx, f, in.Body.Values, in.Body.Schedules)
	if err != nil {
		return store.ValueSet{}, err
	}
	return a.Portal.SaveProfile(ctx, actor(ctx), in.Body.Name, v)
}

type profilePath struct {
	Profile string `path:"profile" maxLength:"64"`
}

// removeProfile answers DELETE /api/v1/connect/profiles/{profile}.
func (a *API) removeProfile(ctx context.Context, in *profilePath) (*struct{}, error) {
	return &struct{}{}, a.Portal.RemoveProfile(ctx, actor(ctx), in.Profile)
}
