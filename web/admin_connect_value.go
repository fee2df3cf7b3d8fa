package web

import (
	"cmp"
	"net/url"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/views"
)

// What a form with values is sent for, by its field step.
const (
	stepFill    = "fill"    // only shown anew
	stepProfile = "profile" // with the values of a profile
	stepCopy    = "copy"    // with those of another deployment
	stepPaste   = "paste"   // with pasted ones
	stepSave    = "save"    // and kept as a profile
	stepReview  = "review"  // what would be sent is shown
	stepSend    = "send"
)

// valueForm is a form with values while a request is answered.
type valueForm struct {
	form    portal.ConfigForm
	purpose string // of the form, as it is kept
	id      string // under which it is kept; "" before it was
	values  store.Values
	outcome *views.PasteOutcome
	saved   string              // the name of the profile that was saved
	begin   func() store.Values // with what a form that is not kept yet has begun; nil = with values
}

// readValues brings a form up to what a request says: what was kept of it, over that what was entered, and what the step
// asks for. What is entered is kept sealed, before anything can be refused. A *portal.Refusal when a step cannot be done: the
// values are then those that were entered.
func (s *Server) readValues(c echo.Context, f *valueForm) error {
	ctx, actor := c.Request().Context(), staffActor(c)
	post, err := c.FormParams()
	if err != nil {
		return err
	}
	var gone error
	if id := post.Get("form"); id != "" {
		kept, err := s.Portal.OpenForm(ctx, actor, id, f.purpose)
		switch {
		case err == nil:
			f.id, f.values = id, kept
		case post.Get("step") == stepSend:
			return err
		default:
			gone = err
		}
	}
	if post.Get("step") == stepSend {
		return nil
	}
	if post.Get("form") == "" && f.begin != nil {
		f.values = f.begin()
	}
	f.values = f.form.Enter(f.values, entriesOf(f.form, post), actor.Name, s.Now())
	err = s.stepValues(c, f, post)
	kept, keepErr := s.Portal.KeepForm(ctx, actor, f.id, f.purpose, f.values)
	if keepErr != nil {
		return keepErr
	}
	f.id = kept
	return cmp.Or(err, gone)
}

// stepValues does what a form's step asks for with its values.
func (s *Server) stepValues(c echo.Context, f *valueForm, post url.Values) (err error) {
	ctx, actor := c.Request().Context(), staffActor(c)
	switch post.Get("step") {
	case stepProfile:
		f.values, err = s.Portal.ApplyProfile(ctx, f.form, f.values, post.Get("profile"))
	case stepCopy:
		f.values, err = s.Portal.CopyValues(ctx, f.form, f.values, post.Get("copy"))
	case stepPaste:
		err = s.pasteValues(f, post.Get("paste"), actor.Name)
	case stepSave:
		var set store.ValueSet
		if set, err = s.Portal.SaveProfile(ctx, actor, post.Get("save_as"), f.values); err == nil {
			f.saved = set.Name
		}
	}
	return err
}

func (s *Server) pasteValues(f *valueForm, text, by string) error {
	pasted, err := portal.ParseValues(text)
	if err != nil {
		return err
	}
	values, match := f.form.Match(f.values, pasted, by, s.Now())
	f.values, f.outcome = values, &views.PasteOutcome{Matched: match.Matched, Unmatched: match.Unmatched}
	return nil
}
