package traysim

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"time"

	"portico/sandbox/control"
)

// dialogLife is how long a dialog stays open. The code is used up by then, so that a reload needs a fresh one.
const dialogLife = time.Hour

// The types of the messages that dialogs post, in Tray's spelling: the two kinds of dialog differ in their case and in
// the name of the member that holds an error (Tray's sample app; developer portal, auth dialog events).
const (
	wizardReady     = "tray.configPopup.ready"
	wizardCancelled = "tray.configPopup.cancel"
	wizardFinished  = "tray.configPopup.finish"
	wizardFailed    = "tray.configPopup.error"
	authClosed      = "tray.authpopup.close"
	authFinished    = "tray.authpopup.finish"
	authFailed      = "tray.authPopup.error"
)

// dialog is one window that a code has opened. Its ID travels in hidden fields: dialogs hold no cookie, since in a frame
// they would not get it back.
type dialog struct {
	ID         string
	Wizard     bool
	UserID     string
	InstanceID string
	Service    string   // that is signed in to
	AuthID     string   // the authentication to edit; once finished, the one that came of it
	Name       string   // of the authentication
	Scopes     []string // asked for by a free-standing dialog

	SkipTitle bool
	Validate  bool // the host page is asked before each Next

	Screens        []screen
	Auths, Configs []slotValue // what the wizard has gathered

	Finished, Cancelled bool
	Expires             time.Time
}

// view is what a page shows; each template takes what it needs.
type view struct {
	Template, Title, Heading, Text, Error string
	Status                                int // 0 is 200
	Post                                  string
	Dialog                                *dialog
	Service                               service
	Screen                                *screenView
	ScreenNumber                          int // of the screen to come back to from a sign-in within the wizard
}

// Kind tells a form's answer, when its dialog is gone, which error to post.
func (v view) Kind() string {
	if v.Dialog.Wizard {
		return "wizard"
	}
	return "auth"
}

// desk is what a dialog's handler works with. The state is locked.
type desk struct {
	st  *state
	r   *http.Request
	now time.Time
}

//go:embed pages
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// dialog makes a handler of a dialog's page.
func (s *Server) dialog(h func(desk) view) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			return // looking does not use a code up
		}
		entry := s.desk.Journal.Open("dialog", s.clock.Now())
		defer entry.Close()
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		if err := r.ParseForm(); err != nil {
			http.Error(w, "the form cannot be read", http.StatusBadRequest)
			return
		}
		s.desk.Perform(control.Watch(w, entry), r, entry, []string{"dialog"}, func(w http.ResponseWriter) {
			var raw []byte
			var v view
			var err error
			s.change(func(st *state, now time.Time) {
				v = h(desk{st, r, now})
				raw, err = v.render() // here, since a view points into the state
			})
			if err != nil {
				logError("showing a dialog", err)
				http.Error(w, "the dialog cannot be shown", http.StatusInternalServerError)
				return
			}
			dialogHeaders(w)
			w.WriteHeader(max(v.Status, http.StatusOK))
			_, _ = w.Write(raw)
		})
	}
}

// dialogHeaders let any page frame or open a dialog, as Tray's do, and nothing else.
func dialogHeaders(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // the address holds a code
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'")
}

func (v view) render() ([]byte, error) {
	var b bytes.Buffer
	err := pages.ExecuteTemplate(&b, v.Template, v)
	return b.Bytes(), err
}

// asset answers GET /external/assets/{name}: the dialogs' style sheet and script.
func (s *Server) asset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	types := map[string]string{"dialog.css": "text/css; charset=utf-8", "dialog.js": "text/javascript; charset=utf-8"}
	raw, err := pageFiles.ReadFile("pages/" + name)
	if types[name] == "" || err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", types[name])
	_, _ = w.Write(raw)
}

// open uses the code of a dialog's address up and starts a dialog for its user; the view is the error page when it cannot.
func (d desk) open(wizard bool) (*dialog, *view) {
	if d.r.PathValue("embedded") != d.st.EmbeddedID {
		return nil, failed(wizard, "There is no account of this name")
	}
	u, ok := d.st.redeem(d.r.URL.Query().Get("code"), d.now)
	if !ok {
		return nil, failed(wizard, "The authorization code is invalid, has been used or has expired")
	}
	for id, old := range d.st.Dialogs {
		if !d.now.Before(old.Expires) {
			delete(d.st.Dialogs, id)
		}
	}
	q := d.r.URL.Query()
	dl := &dialog{
		ID: randomHex(16), Wizard: wizard, UserID: u.ID, Expires: d.now.Add(dialogLife),
		SkipTitle: q.Get("skipTitleField") == "true", Validate: q.Get("customValidation") == "true",
	}
	d.st.Dialogs[dl.ID] = dl
	d.st.changed = true
	return dl, nil
}

// instance finds the instance that a dialog is for, if it belongs to the code's user.
func (d desk) instance(dl *dialog, id string) (*instance, *solution, bool) {
	i, ok := d.st.Instances.get(id)
	if !ok || i.Owner != dl.UserID {
		return nil, nil, false
	}
	sol, ok := d.st.Solutions.get(i.SolutionID)
	return i, sol, ok
}

// stepDialog answers POST /external/dialog, to which every form of a dialog goes.
func (s *Server) stepDialog(d desk) view {
	wizard := d.r.PostForm.Get("kind") == "wizard"
	dl, ok := d.st.Dialogs[d.r.PostForm.Get("dialog")]
	if !ok || !d.now.Before(dl.Expires) {
		return *failed(wizard, "This window has been open for too long")
	}
	d.st.changed = true
	switch {
	case dl.Finished:
		return finished(dl)
	case dl.Cancelled || d.r.PostForm.Get("action") == "cancel" && !dl.backToScreen(d.r):
		dl.Cancelled = true
		return cancelled(dl)
	case dl.Wizard:
		return d.stepWizard(dl)
	}
	return d.stepAuth(dl)
}

func finished(dl *dialog) view {
	v := view{
		Template: "message.html", Title: "Finished", Heading: "That is done",
		Text: "You can close this window and go back.", Dialog: dl,
	}
	if dl.Wizard {
		v.Post = message(map[string]string{"type": wizardFinished})
		return v
	}
	v.Heading = "You are signed in to " + serviceByName(dl.Service).Title
	v.Post = message(map[string]string{
		"type": authFinished, "authType": serviceByName(dl.Service).AuthType, "authId": dl.AuthID,
	})
	return v
}

func cancelled(dl *dialog) view {
	kind, text := authClosed, "You were not signed in. You can close this window and go back."
	if dl.Wizard {
		kind, text = wizardCancelled, "The settings stay as they were. You can close this window and go back."
	}
	return view{
		Template: "message.html", Title: "Cancelled", Heading: "You cancelled",
		Text: text, Dialog: dl, Post: message(map[string]string{"type": kind}),
	}
}

// failed is the error page, with the message of the kind of dialog.
func failed(wizard bool, text string) *view {
	post := map[string]string{"type": authFailed, "error": text}
	if wizard {
		post = map[string]string{"type": wizardFailed, "err": text}
	}
	return &view{
		Template: "message.html", Title: "Error", Heading: "This window cannot go on", Error: text + ".",
		Text: "Close it, go back and start again.", Status: http.StatusBadRequest, Post: message(post), Dialog: &dialog{Wizard: wizard},
	}
}

func message(m map[string]string) string {
	raw, err := json.Marshal(m)
	if err != nil {
		return ""
	}
	return string(raw)
}
