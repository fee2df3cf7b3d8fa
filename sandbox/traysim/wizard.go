package traysim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"portico/sandbox/control"
)

// screen is one page of the wizard: an auth slot, or the config slots.
type screen struct {
	Auth    string   // external ID; empty on the screen of the config slots
	Configs []string // external IDs
}

func (s screen) slots() []string {
	if s.Auth != "" {
		return []string{s.Auth}
	}
	return s.Configs
}

// screenView is a screen with its values.
type screenView struct {
	Number, Of  int // 1-based
	Last        bool
	SlotID      string
	SlotTitle   string
	Service     service
	Choices     []*authentication
	Chosen      string
	Fields      []fieldView
	Visible     string // external IDs of this screen, as JSON, for the host's validation
	Values      string // the values of all screens, as JSON
	Previous    bool
	ChooseError string
}

// openWizard answers GET /external/solutions/{embedded}/configure/{instance}.
func (s *Server) openWizard(d desk) view {
	dl, bad := d.open(true)
	if bad != nil {
		return *bad
	}
	i, sol, ok := d.instance(dl, d.r.PathValue("instance"))
	if !ok {
		return *failed(true, "The solution instance does not exist")
	}
	q := d.r.URL.Query()
	dl.InstanceID, dl.Auths, dl.Configs = i.ID, slices.Clone(i.Auths), slices.Clone(i.Configs)
	dl.Screens = screensOf(sol, q.Get("show"))
	start, err := strconv.Atoi(q.Get("start"))
	if err != nil || start < 1 || start > len(dl.Screens) {
		start = 1
	}
	v := d.showScreen(dl, sol, start-1, nil)
	v.Post = message(map[string]string{"type": wizardReady})
	return v
}

// screensOf is a screen for each auth slot and one for the config slots, of the newest version. show is a JSON list of
// the numbers of those wanted, from 1.
func screensOf(sol *solution, show string) []screen {
	var all []screen
	for _, a := range sol.AuthSlots {
		all = append(all, screen{Auth: a.ExternalID})
	}
	var configs []string
	for _, c := range sol.ConfigSlots {
		configs = append(configs, c.ExternalID)
	}
	if len(configs) > 0 || len(all) == 0 {
		all = append(all, screen{Configs: configs})
	}
	var numbers []int
	if json.Unmarshal([]byte(show), &numbers) != nil {
		return all
	}
	var wanted []screen
	for n, s := range all {
		if slices.Contains(numbers, n+1) {
			wanted = append(wanted, s)
		}
	}
	if len(wanted) == 0 {
		return all
	}
	return wanted
}

// showScreen renders one; problems are by external ID.
func (d desk) showScreen(dl *dialog, sol *solution, n int, problems map[string]string) view {
	sc := dl.Screens[n]
	sv := &screenView{
		Number: n + 1, Of: len(dl.Screens), Last: n == len(dl.Screens)-1, Previous: n > 0,
		Visible: jsonText(control.Some(sc.slots())), Values: dl.values(sol),
	}
	v := view{Title: sol.Title, Heading: sol.Title, Dialog: dl, Screen: sv, Template: "config.html"}
	if len(problems) > 0 {
		v.Error, v.Status = "Please look at what is marked below.", http.StatusUnprocessableEntity
	}
	if sc.Auth == "" {
		sv.Fields = fieldsOf(sol, sc.Configs, dl.Configs, problems)
		return v
	}
	slot, _ := sol.authSlot(sc.Auth, sol.version())
	v.Template = "authslot.html"
	sv.SlotID, sv.SlotTitle, sv.Service, sv.ChooseError = slot.ExternalID, slot.Title, serviceByName(slot.Service), problems[sc.Auth]
	sv.Choices = d.st.Authentications.where(func(a *authentication) bool {
		return a.Owner == dl.UserID && a.Service == slot.Service && !a.Hidden
	})
	sv.Chosen = valueOf(dl.Auths, sc.Auth)
	if sv.Chosen == "" && len(sv.Choices) == 0 {
		sv.Chosen = "new"
	}
	return v
}

// values are all that the wizard holds, as the host's validation gets them.
func (dl *dialog) values(sol *solution) string {
	auths, configs := map[string]string{}, map[string]any{}
	for _, v := range dl.Auths {
		auths[v.ExternalID] = v.Value
	}
	for _, c := range sol.ConfigSlots {
		configs[c.ExternalID] = currentValue(c, dl.Configs)
	}
	return jsonText(map[string]any{"authValues": auths, "configValues": configs})
}

// backToScreen says whether a cancel is that of a sign-in within the wizard, which leads back to its screen.
func (dl *dialog) backToScreen(r *http.Request) bool {
	return dl.Wizard && r.PostForm.Get("page") == "consent"
}

// stepWizard heeds a form of the wizard. It goes by the screen that the form was on, so that the browser's back button
// does no harm.
func (d desk) stepWizard(dl *dialog) view {
	i, sol, ok := d.instance(dl, dl.InstanceID)
	if !ok {
		return *failed(true, "The solution instance does not exist any more")
	}
	form := d.r.PostForm
	n, err := strconv.Atoi(form.Get("screen"))
	if n--; err != nil || n < 0 || n >= len(dl.Screens) {
		n = 0
	}
	sc := dl.Screens[n]
	if form.Get("page") == "consent" {
		return d.signInWithin(dl, i, sol, n)
	}
	if form.Get("action") == "back" && n > 0 {
		return d.showScreen(dl, sol, n-1, nil)
	}
	if sc.Auth != "" {
		return d.chooseAuth(dl, i, sol, n, form.Get("choice"))
	}
	values, problems := readFields(sol, sc.Configs, form)
	for _, v := range values {
		dl.Configs = setValue(dl.Configs, v.ExternalID, v.Value)
	}
	if len(problems) > 0 {
		return d.showScreen(dl, sol, n, problems)
	}
	return d.nextScreen(dl, i, sol, n)
}

// chooseAuth takes one of the user's authentications for a slot, or leads to a new sign-in.
func (d desk) chooseAuth(dl *dialog, i *instance, sol *solution, n int, choice string) view {
	slotID := dl.Screens[n].Auth
	slot, _ := sol.authSlot(slotID, sol.version())
	if choice == "new" {
		dl.Service = slot.Service
		return consent(dl, n+1, "")
	}
	a, ok := d.st.Authentications.get(choice)
	if !ok || a.Owner != dl.UserID || a.Service != slot.Service {
		return d.showScreen(dl, sol, n, map[string]string{slotID: "Choose an account, or sign in with another one."})
	}
	dl.Auths = setValue(dl.Auths, slotID, a.ID)
	return d.nextScreen(dl, i, sol, n)
}

// signInWithin is the third party's page when the wizard has led to it.
func (d desk) signInWithin(dl *dialog, i *instance, sol *solution, n int) view {
	slot, ok := sol.authSlot(dl.Screens[n].Auth, sol.version())
	form := d.r.PostForm
	if !ok || form.Get("action") == "cancel" {
		return d.showScreen(dl, sol, n, nil)
	}
	dl.Service = slot.Service
	if wrong := signInError(form.Get("email"), form.Get("password")); wrong != "" {
		return consent(dl, n+1, wrong)
	}
	a := d.st.addAuthentication(dl.UserID, slot.Service, d.defaultName(dl), map[string]string{"email": form.Get("email")})
	dl.Auths = setValue(dl.Auths, slot.ExternalID, a.ID)
	return d.nextScreen(dl, i, sol, n)
}

// nextScreen goes on, or after the last stores the values in the instance. A wizard run also moves it to the newest
// version, which is what it asked about.
func (d desk) nextScreen(dl *dialog, i *instance, sol *solution, n int) view {
	if n+1 < len(dl.Screens) {
		return d.showScreen(dl, sol, n+1, nil)
	}
	i.Version = sol.version()
	for _, sc := range dl.Screens {
		for _, id := range sc.slots() {
			if v := valueOf(dl.Auths, id); v != "" && sc.Auth != "" {
				i.Auths = setValue(i.Auths, id, v)
			}
			if v := valueOf(dl.Configs, id); v != "" && sc.Auth == "" {
				i.Configs = setValue(i.Configs, id, v)
			}
		}
	}
	dl.Finished = true
	return finished(dl)
}
