package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/upstream/commercetools"
	"portico/views"
)

// adminNewDraft answers GET /admin/connect/accounts/:account/drafts/new.
func (s *Server) adminNewDraft(c echo.Context) error {
	p, err := s.draftForm(c)
	if err != nil {
		return err
	}
	p.Fields = draftFields(map[string]string{"key": ""}, map[string]string{"creator.email": p.Staff.Email})
	return s.render(c, http.StatusOK, views.AdminDraftForm(p))
}

// adminEditDraft answers GET /admin/connect/drafts/:draft/edit.
func (s *Server) adminEditDraft(c echo.Context) error {
	p, err := s.draftForm(c)
	if err != nil {
		return err
	}
	there, err := portal.DraftDocument(p.Draft)
	if err != nil {
		return err
	}
	was := portal.DraftValues(there)
	p.Fields = draftFields(was, was)
	return s.render(c, http.StatusOK, views.AdminDraftForm(p))
}

// draftForm is the form of a draft without its fields: of the draft that the address names, else of a new one.
func (s *Server) draftForm(c echo.Context) (views.AdminDraftFormPage, error) {
	ctx := c.Request().Context()
	a, _, err := s.connectPage(c)
	p := views.AdminDraftFormPage{AdminPage: a}
	if err != nil {
		return p, err
	}
	account := c.Param("account")
	if id := c.Param("draft"); id != "" {
		if p.Draft, err = s.Store.ConnectorDraft(ctx, id); err != nil {
			return p, err
		}
		account, p.Base = p.Draft.AccountID, p.Draft.Version
	}
	p.Account, err = s.connectAccount(ctx, account)
	return p, err
}

// draftFields are the fields of a form: of a new draft, whose was has a key, with that in front.
func draftFields(was, values map[string]string) []views.DraftField {
	names := portal.DraftFields
	if _, isNew := was["key"]; isNew {
		names = append([]string{"key"}, names...)
	}
	var fields []views.DraftField
	for _, name := range names {
		f := views.DraftField{Name: name, Value: values[name], Was: was[name], Many: name == "description" || name == "privateProjects", Kind: draftKinds[name]}
		fields = append(fields, f)
	}
	return fields
}

// draftKinds are the inputs that a browser helps with; the portal's own checks decide.
var draftKinds = map[string]string{"creator.email": "email", "creator.noOfContributors": "number"}

// formValues are the fields of a draft as a form brings them.
func formValues(form url.Values) map[string]string {
	values := map[string]string{"key": strings.TrimSpace(form.Get("key"))}
	for _, name := range portal.DraftFields {
		value := strings.ReplaceAll(strings.Join(form[name], ", "), "\r\n", "\n")
		switch name {
		case "integrationTypes", "supportedRegions", "privateProjects":
			value = portal.ListOf(value)
		default:
			value = strings.TrimSpace(value)
		}
		values[name] = value
	}
	return values
}

// adminCreateDraft answers POST /admin/connect/accounts/:account/drafts/new: step=review shows what will be sent, step=send
// sends it.
func (s *Server) adminCreateDraft(c echo.Context) error {
	p, err := s.draftForm(c)
	if err != nil {
		return err
	}
	values := formValues(c.Request().PostForm)
	d := portal.NewDraft(values["key"], values)
	faults := s.Portal.CheckDraft(d)
	p.Fields = draftFields(map[string]string{"key": ""}, values)
	if len(faults) > 0 {
		return s.faultyDraft(c, p, faults)
	}
	if c.FormValue("step") == "send" {
		o, err := s.Portal.CreateDraft(c.Request().Context(), staffActor(c), p.Account.ID, d)
		return s.draftSent(c, p, o, err)
	}
	p.Review = true
	if p.Planned, err = portal.PlannedDraft(p.Account, p.Draft, d, nil); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.AdminDraftForm(p))
}

// adminUpdateDraft answers POST /admin/connect/drafts/:draft/edit in the same two steps: only what differs is sent.
func (s *Server) adminUpdateDraft(c echo.Context) error {
	p, err := s.draftForm(c)
	if err != nil {
		return err
	}
	there, err := portal.DraftDocument(p.Draft)
	if err != nil {
		return err
	}
	values := formValues(c.Request().PostForm)
	actions := portal.DraftActions(there, values)
	var faults []portal.DraftFault
	for _, a := range actions {
		faults = append(faults, s.Portal.CheckAction(there, a)...)
	}
	p.Base = baseVersion(c)
	p.Fields = draftFields(portal.DraftValues(there), values)
	if len(faults) > 0 {
		return s.faultyDraft(c, p, faults)
	}
	if c.FormValue("step") == "send" {
		return s.sendDraft(c, p, actions)
	}
	p.Review = true
	if p.Planned, err = portal.PlannedDraft(p.Account, p.Draft, commercetools.DraftDraft{}, actions); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.AdminDraftForm(p))
}

func (s *Server) sendDraft(c echo.Context, p views.AdminDraftFormPage, actions []commercetools.Action) error {
	o, err := s.Portal.UpdateDraft(c.Request().Context(), staffActor(c), p.Draft.ID, p.Base, actions)
	return s.draftSent(c, p, o, err)
}

// draftSent shows what came of a form that was sent.
func (s *Server) draftSent(c echo.Context, p views.AdminDraftFormPage, o store.Operation, err error) error {
	if err == nil {
		if o.State == store.OpDone && o.SubjectID != "" {
			return s.redirect(c, "/admin/connect/drafts/", o.SubjectID)
		}
		return s.redirect(c, "/admin/connect/operations/", o.ID)
	}
	var ok bool
	if _, p.Refused, ok = refusal(p.Page, err); !ok {
		return err
	}
	return s.render(c, http.StatusUnprocessableEntity, views.AdminDraftForm(p))
}

// faultyDraft shows a form with what is wrong beside each field.
func (s *Server) faultyDraft(c echo.Context, p views.AdminDraftFormPage, faults []portal.DraftFault) error {
	for n := range p.Fields {
		for _, f := range faults {
			if f.Field == p.Fields[n].Name || f.Field == "repository" && p.Fields[n].Name == "repository.url" {
				_, p.Fields[n].Error, _ = refusal(p.Page, f.Refusal)
			}
		}
	}
	p.Refused = p.N("connect.draft.faults", len(faults))
	return s.render(c, http.StatusUnprocessableEntity, views.AdminDraftForm(p))
}
