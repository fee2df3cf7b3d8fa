package hostapp

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
)

// home answers GET /.
func (h *host) home(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/dashboard", http.StatusSeeOther)
}

// entry is what the login and the register page show.
type entry struct {
	Next, Error          string
	Name, Email, Company string // as typed, when something is to be corrected
	Demo                 []*person
	Password             string // of the demo logins
}

// loginPage answers GET /login.
func (h *host) loginPage(w http.ResponseWriter, r *http.Request) {
	h.showLogin(w, r, http.StatusOK, "")
}

func (h *host) showLogin(w http.ResponseWriter, r *http.Request, status int, problem string) {
	h.show(w, status, "login.html", view{Title: "Sign in", Entry: entry{
		Next: ownPage(r.FormValue("next")), Error: problem, Email: r.PostFormValue("email"),
		Demo: h.people.demo, Password: demoPassword,
	}})
}

// login answers POST /login.
func (h *host) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	p := h.people.check(r.PostFormValue("email"), r.PostFormValue("password"))
	if p == nil {
		h.showLogin(w, r, http.StatusUnprocessableEntity, "This e-mail address and password do not belong together.")
		return
	}
	h.enter(w, r, p)
}

// registerPage answers GET /register.
func (h *host) registerPage(w http.ResponseWriter, r *http.Request) {
	h.show(w, http.StatusOK, "register.html", view{Title: "Start a trial"})
}

// register answers POST /register.
func (h *host) register(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	name, company := strings.TrimSpace(r.PostFormValue("name")), strings.TrimSpace(r.PostFormValue("company"))
	email, password := r.PostFormValue("email"), r.PostFormValue("password")
	problem := registerProblem(name, company, email, password)
	if problem == "" {
		p, err := h.people.add(name, email, password, company)
		switch {
		case err == nil:
			h.enter(w, r, p)
			return
		case errors.Is(err, errTaken):
			problem = "There is a login with this e-mail address already."
		default:
			slog.Error("sample host: registering", "error", err)
			h.problem(w, http.StatusInternalServerError, "Something went wrong on our side. Try again.")
			return
		}
	}
	h.show(w, http.StatusUnprocessableEntity, "register.html", view{Title: "Start a trial", Entry: entry{
		Error: problem, Name: name, Email: email, Company: company,
	}})
}

// registerProblem says what is to be corrected, "" when nothing is. bcrypt reads no more than 72 bytes.
func registerProblem(name, company, email, password string) string {
	switch {
	case name == "" || company == "":
		return "Tell us your name and your company's."
	case !strings.Contains(email, "@"):
		return "This is not an e-mail address."
	case len(password) < 8 || len(password) > 72:
		return "Choose a password of 8 to 72 characters."
	}
	return ""
}
