package connectsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"portico/sandbox/control"
)

// settings choose among what a Connect may be and do, above all where no source says what the real one does. They are
// kept in the file.
type settings struct {
	// How long things take on the sandbox's clock. What has begun is not changed.
	PreviewMS  int `json:"preview_ms"`
	PublishMS  int `json:"publish_ms"`
	ReviewMS   int `json:"review_ms"` // until the certification team takes up what is ready for it
	DeployMS   int `json:"deploy_ms"`
	UndeployMS int `json:"undeploy_ms"`
	// TokenSeconds is how long a token is good.
	TokenSeconds int `json:"token_seconds"`
	// Unauthorized is the form of a 401: "invalid_token" or "AuthenticationError".
	Unauthorized string `json:"unauthorized"`
	// Forbidden is the form of a 403: "AuthorizationError" or "insufficient_scope".
	Forbidden string `json:"forbidden"`
	// ShortConflict: a 409 says neither version.
	ShortConflict bool `json:"short_conflict"`
	// ReadLater: the repository is read for the preview, not when the draft is made.
	ReadLater bool `json:"read_later"`
	// MissingKeys is what becomes of a deployment without a required value of an application: "fail" or "refuse".
	MissingKeys string `json:"missing_keys"`
	// DeployingFirst: a new deployment is Deploying at once and not Queued.
	DeployingFirst bool `json:"deploying_first"`
	// MaskByLength: a secured value shows as many asterisks as it has bytes.
	MaskByLength bool `json:"mask_by_length"`
	// LogsGone is the status of the logs' endpoints: 410 or 404.
	LogsGone int `json:"logs_gone"`
	// Nulls: optional fields without a value are null and not left out.
	Nulls bool `json:"nulls"`
	// Old: what answers of 2023 did not have is left out.
	Old bool `json:"old"`
	// Down: everything but controls and repositories answers 502.
	Down bool `json:"down"`
}

func (s *settings) rowID() string { return "settings" }

func defaultSettings() *settings {
	return &settings{
		PreviewMS: 30_000, PublishMS: 20_000, ReviewMS: 10_000, DeployMS: 40_000, UndeployMS: 15_000, TokenSeconds: 172_800,
		Unauthorized: "invalid_token", Forbidden: codeAuthorization, MissingKeys: "fail", LogsGone: http.StatusGone,
	}
}

// configure answers PATCH /_control/settings: what the JSON names changes, the rest stays.
func configure(st *state, r *http.Request, _ time.Time) (any, error) {
	changed := *st.conf()
	if err := control.Merge(r.Body, &changed); err != nil {
		return nil, err
	}
	for _, ms := range []int{changed.PreviewMS, changed.PublishMS, changed.ReviewMS, changed.DeployMS, changed.UndeployMS} {
		if ms < 0 {
			return nil, fmt.Errorf("times must be at least 0 ms")
		}
	}
	switch {
	case changed.TokenSeconds < 1:
		return nil, fmt.Errorf("token_seconds must be at least 1")
	case changed.Unauthorized != "invalid_token" && changed.Unauthorized != codeAuthentication:
		return nil, fmt.Errorf("unauthorized is invalid_token or AuthenticationError")
	case changed.Forbidden != codeAuthorization && changed.Forbidden != "insufficient_scope":
		return nil, fmt.Errorf("forbidden is AuthorizationError or insufficient_scope")
	case changed.MissingKeys != "fail" && changed.MissingKeys != "refuse":
		return nil, fmt.Errorf("missing_keys is fail or refuse")
	case changed.LogsGone != http.StatusGone && changed.LogsGone != http.StatusNotFound:
		return nil, fmt.Errorf("logs_gone is 410 or 404")
	}
	return st.settings.put(&changed), nil
}

// optional are fields that answers may have as null; recent are those that answers of 2023 did not have.
var (
	optional = map[string][]string{
		"isPreviewable":  {"key", "documentationUrl", "previewableReport", "publishingReport", "certificationInfo", "apiClient", "globalConfiguration"},
		"deployedRegion": {"key", "apiClient", "globalConfiguration"},
		"certified":      {"key", "documentationUrl", "globalConfiguration"},
		"createdAt":      {"message", "application"},
		"required":       {"default"},
	}
	recent = []string{"integrationTypes", "privateProjects", "type", "required"}
)

// shaped is an answer as the settings want it.
func (s *settings) shaped(v any) any {
	if !s.Nulls && !s.Old {
		return v
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return v
	}
	var tree any
	_ = json.Unmarshal(raw, &tree) // it has just been marshalled
	s.reshape(tree)
	return tree
}

func (s *settings) reshape(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			s.reshape(e)
		}
	case object:
		for _, e := range v {
			s.reshape(e)
		}
		s.reshapeObject(v)
	}
}

func (s *settings) reshapeObject(o object) {
	for mark, names := range optional {
		if _, marked := o[mark]; !s.Nulls || !marked {
			continue
		}
		for _, name := range names {
			if _, there := o[name]; !there {
				o[name] = nil
			}
		}
	}
	_, entry := o["createdAt"] // of a report, whose type is not a deployment's
	for _, name := range recent {
		if s.Old && !entry {
			delete(o, name)
		}
	}
}
