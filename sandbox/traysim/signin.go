package traysim

import (
	"strings"
)

// refusedPassword is the one that the simulated third parties do not accept.
const refusedPassword = "wrong"

// openSlotAuth answers GET /external/auth/create/{embedded}/{instance}/{slot}. What comes of it is not attached to the
// instance: that is the caller's to do.
func (s *Server) openSlotAuth(d desk) view {
	dl, bad := d.open(false)
	if bad != nil {
		return *bad
	}
	i, sol, ok := d.instance(dl, d.r.PathValue("instance"))
	if !ok {
		return *failed(false, "The solution instance does not exist")
	}
	slot, ok := sol.authSlot(d.r.PathValue("slot"), sol.version())
	if !ok {
		return *failed(false, "The solution has no such authentication")
	}
	dl.InstanceID, dl.Service = i.ID, slot.Service
	return d.firstPage(dl)
}

// openFreeAuth answers GET /external/auth/create/{embedded}, for an authentication that belongs to no instance.
func (s *Server) openFreeAuth(d desk) view {
	dl, bad := d.open(false)
	if bad != nil {
		return *bad
	}
	q := d.r.URL.Query()
	svc, ok := serviceByID(q.Get("serviceId"))
	if !ok || q.Get("serviceEnvironmentId") != svc.environmentID() {
		return *failed(false, "The service and its environment do not match")
	}
	dl.Service, dl.Scopes = svc.Name, q["scopes[]"]
	return d.firstPage(dl)
}

// openAuthEdit answers GET /external/auth/edit/{embedded}/{auth}: the same sign-in again, under the same ID.
func (s *Server) openAuthEdit(d desk) view {
	dl, bad := d.open(false)
	if bad != nil {
		return *bad
	}
	a, ok := d.st.Authentications.get(d.r.PathValue("auth"))
	if !ok || a.Owner != dl.UserID {
		return *failed(false, "The authentication does not exist")
	}
	dl.Service, dl.AuthID, dl.Name = a.Service, a.ID, a.Name
	return d.firstPage(dl)
}

// firstPage is the one that asks for a name, unless skipAuthSettings leads straight to the third party.
func (d desk) firstPage(dl *dialog) view {
	if dl.Name == "" {
		dl.Name = d.defaultName(dl)
	}
	if d.r.URL.Query().Get("skipAuthSettings") == "true" {
		return consent(dl, 0, "")
	}
	svc := serviceByName(dl.Service)
	return view{Template: "name.html", Title: svc.Title, Heading: "Connect your " + svc.Title + " account", Dialog: dl, Service: svc}
}

func (d desk) defaultName(dl *dialog) string {
	u, ok := d.st.Users.get(dl.UserID)
	title := serviceByName(dl.Service).Title
	if !ok || u.Name == "" {
		return title + " account"
	}
	return u.Name + "'s " + title + " account"
}

// consent is the third party's own page: a sign-in and a question.
func consent(dl *dialog, screen int, wrong string) view {
	svc := serviceByName(dl.Service)
	return view{
		Template: "consent.html", Title: "Sign in to " + svc.Title, Heading: "Sign in to " + svc.Title,
		Dialog: dl, Service: svc, Error: wrong, ScreenNumber: screen,
	}
}

func (d desk) stepAuth(dl *dialog) view {
	form := d.r.PostForm
	if form.Get("page") == "name" {
		if name := strings.TrimSpace(form.Get("name")); name != "" && !dl.SkipTitle {
			dl.Name = name
		}
		return consent(dl, 0, "")
	}
	if wrong := signInError(form.Get("email"), form.Get("password")); wrong != "" {
		return consent(dl, 0, wrong)
	}
	if !d.finishAuth(dl, form.Get("email")) {
		return *failed(false, "The authentication does not exist")
	}
	return finished(dl)
}

func signInError(email, password string) string {
	if !strings.Contains(email, "@") || password == "" {
		return "Enter an e-mail address and a password."
	}
	if password == refusedPassword {
		return "The e-mail address or the password is not right."
	}
	return ""
}

// finishAuth stores the authentication; false when the one to edit has gone.
func (d desk) finishAuth(dl *dialog, email string) bool {
	fields := map[string]string{"email": email}
	if dl.AuthID == "" {
		dl.AuthID = d.st.addAuthentication(dl.UserID, dl.Service, dl.Name, fields).ID
	} else {
		a, ok := d.st.Authentications.get(dl.AuthID)
		if !ok {
			return false
		}
		a.Name, a.Expired, a.CustomFields = dl.Name, false, jsonText(fields)
	}
	dl.Finished = true
	return true
}
