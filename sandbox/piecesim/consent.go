package piecesim

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// consentLife is how long a code that a third party grants can be used.
const consentLife = 10 * time.Minute

// refusedPassword is the one that the simulated third parties do not accept.
const refusedPassword = "wrong"

// consentFields travel from the address of a consent through its form.
var consentFields = []string{"app", "client_id", "redirect_uri", "state", "scope"}

// consentView is what the page of a third party shows.
type consentView struct {
	Title, Error string
	Scopes       []string
	Hidden       map[string]string
}

// showConsent answers GET /consent: the page of a simulated third party, which asks who one is and whether Activepieces
// may use the account. Its address is that of any OAuth provider, and "app" the provider's name.
func (s *Server) showConsent(w http.ResponseWriter, r *http.Request) {
	if _, ok := redirectBack(r.FormValue("redirect_uri")); !ok || r.FormValue("client_id") == "" {
		http.Error(w, "client_id and redirect_uri are needed", http.StatusBadRequest)
		return
	}
	s.writeConsent(w, r, "")
}

func (s *Server) writeConsent(w http.ResponseWriter, r *http.Request, wrong string) {
	v := consentView{Title: r.FormValue("app"), Error: wrong, Scopes: strings.Fields(r.FormValue("scope")), Hidden: map[string]string{}}
	if v.Title == "" {
		v.Title = "the service"
	}
	for _, name := range consentFields {
		v.Hidden[name] = r.FormValue(name)
	}
	var page bytes.Buffer
	if err := consentPage.Execute(&page, v); err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	pageHeaders(w.Header())
	w.Header().Set("Referrer-Policy", "no-referrer")
	_, _ = w.Write(page.Bytes())
}

// decideConsent answers POST /consent: back to where the dialog waits, with a code that works once or with a refusal.
func (s *Server) decideConsent(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	back, ok := redirectBack(r.FormValue("redirect_uri"))
	if !ok {
		http.Error(w, "redirect_uri is needed", http.StatusBadRequest)
		return
	}
	if r.FormValue("action") == "cancel" {
		goBack(w, r, back, "error", "access_denied")
		return
	}
	if wrong := consentError(r.FormValue("email"), r.FormValue("password")); wrong != "" {
		s.writeConsent(w, r, wrong)
		return
	}
	goBack(w, r, back, "code", s.grantCode())
}

// redirectBack reads the address that the browser is sent back to.
func redirectBack(text string) (*url.URL, bool) {
	u, err := url.Parse(text)
	return u, err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

func goBack(w http.ResponseWriter, r *http.Request, back *url.URL, key, value string) {
	q := back.Query()
	q.Set(key, value)
	q.Set("state", r.FormValue("state"))
	back.RawQuery = q.Encode()
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
}

func consentError(email, password string) string {
	if !strings.Contains(email, "@") || password == "" {
		return "Enter an e-mail address and a password."
	}
	if password == refusedPassword {
		return "The e-mail address or the password is not right."
	}
	return ""
}

// grantCode makes a code and drops those that are too old.
func (s *Server) grantCode() string {
	code := randomText(40)
	s.change(func(st *state, now time.Time) {
		if st.Codes == nil {
			st.Codes = map[string]time.Time{}
		}
		for old, until := range st.Codes {
			if !now.Before(until) {
				delete(st.Codes, old)
			}
		}
		st.Codes[code] = now.Add(consentLife)
		st.touch()
	})
	return code
}

// redeemCode uses a code up; false when no third party gave it, or too long ago.
func (st *state) redeemCode(code string, now time.Time) bool {
	until, ok := st.Codes[code]
	if ok {
		delete(st.Codes, code)
		st.touch()
	}
	return ok && now.Before(until)
}

// redirectPage answers GET /redirect, where a third party sends the browser back to: it says the code to the window that
// opened it, and closes.
func (s *Server) redirectPage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Referrer-Policy", "no-referrer") // the address holds the code
	s.servePage(w, r, "redirect.html")
}
