package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"portico/portal"
)

// sessionClaims is the claims of the host's token as the body of a request. Those that only a token needs may be there
// too, so that one object serves both ways.
type sessionClaims struct {
	Subject   string         `json:"sub" minLength:"1" maxLength:"255" doc:"Your ID of the user." example:"user-17"`
	Name      string         `json:"name,omitempty" maxLength:"255" doc:"What the user is called." example:"Ada Ames"`
	Email     string         `json:"email,omitempty" maxLength:"255" doc:"The user's e-mail address." example:"ada@example.com"`
	Role      string         `json:"role,omitempty" enum:"viewer,member,admin" default:"member" doc:"What the user may do in the workspace: look, connect their own, or act on shared ones of others too."`
	Locale    string         `json:"locale,omitempty" maxLength:"64" doc:"The user's language, BCP 47." example:"de-CH"`
	Tags      tagNames       `json:"tags,omitempty" nullable:"false" maxItems:"50" doc:"Tags of the integrations that the user may see. Absent: all. Empty: none."`
	Workspace *workspaceBody `json:"workspace,omitempty" doc:"The customer that the user belongs to. Absent: a workspace of the user's own."`
	Path      string         `json:"path,omitempty" maxLength:"2000" doc:"Where in the portal the address leads." example:"/integrations"`

	Issuer   any `json:"iss,omitempty" doc:"Not looked at."`
	Audience any `json:"aud,omitempty" doc:"Not looked at."`
	IssuedAt any `json:"iat,omitempty" doc:"Not looked at."`
	Expires  any `json:"exp,omitempty" doc:"Not looked at."`
	Before   any `json:"nbf,omitempty" doc:"Not looked at."`
	TokenID  any `json:"jti,omitempty" doc:"Not looked at."`
}

// tagNames is a list that may be absent or empty, which are the opposite of each other: null could mean either.
type tagNames []string

// UnmarshalJSON implements json.Unmarshaler.
func (t *tagNames) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return errors.New("tags is null: leave it out for all integrations, or give an empty list for none")
	}
	return json.Unmarshal(b, (*[]string)(t))
}

type workspaceBody struct {
	ID         string            `json:"id" minLength:"1" maxLength:"255" doc:"Your ID of the customer." example:"acme"`
	Name       string            `json:"name,omitempty" maxLength:"255" doc:"What the customer is called." example:"Acme Ltd"`
	Attributes map[string]string `json:"attributes,omitempty" maxProperties:"50" doc:"What else you say of the customer, as pairs of text."`
	Account    string            `json:"account,omitempty" maxLength:"255" doc:"The account, by its configured name, that the customer belongs to from its first user on. Absent: the default one."`
}

type createSession struct {
	Body sessionClaims
}

type sessionAddress struct {
	Body struct {
		URL     string    `json:"url" format:"uri" doc:"Signs the user in, once: open it in their browser, and nowhere else."`
		Expires time.Time `json:"expires_at" doc:"Until when the address is good."`
	}
}

type endSessions struct {
	User string `query:"user" required:"true" minLength:"1" maxLength:"255" doc:"Your ID of the user."`
}

type endedSessions struct {
	Body struct {
		Ended int64 `json:"ended" doc:"How many sessions there were."`
	}
}

func (a *API) sessions() {
	huma.Register(a.huma, huma.Operation{
		OperationID: "create-session", Tags: []string{tagSessions}, Method: http.MethodPost, Path: prefix + "/sessions", MaxBodyBytes: maxBody,
		Summary:       "Make a one-time address that signs a user in, good for 60 seconds",
		DefaultStatus: http.StatusCreated,
		Errors:        []int{http.StatusUnauthorized, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity, http.StatusTooManyRequests},
	}, a.createSession)
	huma.Register(a.huma, huma.Operation{
		OperationID: "end-sessions", Tags: []string{tagSessions}, Method: http.MethodDelete, Path: prefix + "/sessions",
		Summary: "End all sessions of a user at once",
		Errors:  []int{http.StatusUnauthorized, http.StatusUnprocessableEntity, http.StatusTooManyRequests},
	}, a.endSessions)
}

// createSession answers POST /api/v1/sessions.
func (a *API) createSession(ctx context.Context, in *createSession) (*sessionAddress, error) {
	i, err := a.Portal.Invite(ctx, in.Body.claims(), in.Body.Path, actor(ctx))
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	var out sessionAddress
	out.Body.URL, out.Body.Expires = a.URL+"/session/"+i.Ticket.Reveal(), i.Expires.UTC().Truncate(time.Second)
	return &out, nil
}

func (b sessionClaims) claims() portal.Claims {
	c := portal.Claims{Subject: b.Subject, Name: b.Name, Email: b.Email, Role: b.Role, Locale: b.Locale, Tags: b.Tags}
	if w := b.Workspace; w != nil {
		c.Workspace = &portal.WorkspaceClaim{ID: w.ID, Name: w.Name, Attributes: w.Attributes, Account: w.Account}
	}
	return c
}

// endSessions answers DELETE /api/v1/sessions?user=….
func (a *API) endSessions(ctx context.Context, in *endSessions) (*endedSessions, error) {
	n, err := a.Portal.EndSessions(ctx, in.User, actor(ctx))
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	var out endedSessions
	out.Body.Ended = n
	return &out, nil
}
