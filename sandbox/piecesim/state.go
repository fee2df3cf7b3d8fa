package piecesim

import "time"

// state is everything that an Activepieces remembers. Server.mu guards it.
type state struct {
	*platform
	platforms   *shelf[*platform]
	users       *shelf[*user]
	keys        *shelf[*apiKey]
	projects    *shelf[*project]
	members     *shelf[*member]
	connections *shelf[*connection]
	flows       *shelf[*flow]
	runs        *shelf[*run]
	templates   *shelf[*template]
	folders     *shelf[*folder]

	log *changeLog
}

// openState reads the file, or makes what a fresh server has: its platform, its owner with a personal project, one API
// key and the templates.
func openState(o Options, now time.Time) (*state, error) {
	now = now.UTC().Truncate(time.Millisecond)
	log := newChangeLog(o.File)
	st := &state{
		log: log, platforms: newShelf[*platform]("platform", log), users: newShelf[*user]("user", log),
		keys: newShelf[*apiKey]("api_key", log), projects: newShelf[*project]("project", log),
		members: newShelf[*member]("member", log), connections: newShelf[*connection]("connection", log),
		flows: newShelf[*flow]("flow", log), runs: newShelf[*run]("run", log),
		templates: newShelf[*template]("template", log), folders: newShelf[*folder]("folder", log),
	}
	found, err := log.read()
	if err != nil {
		return nil, err
	}
	if !found {
		st.found(o, now)
	}
	st.platform = st.platforms.rows[0]
	st.keepAccess(o, now)
	log.pending = nil // compacting writes everything
	return st, log.compact()
}

// found makes the first rows.
func (st *state) found(o Options, now time.Time) {
	st.platform = st.platforms.put(&platform{
		ID: newID(), Name: "Portico demo", Created: now, Updated: now, TokenSecret: randomText(48), OAuthApps: demoOAuthApps(),
	})
	owner := st.users.put(&user{
		ID: newID(), Identity: newID(), Email: "admin@activepieces.example", Password: randomText(20),
		FirstName: "Ash", LastName: "Admin", Role: roleAdmin, Status: "ACTIVE", Created: now, Updated: now,
	})
	st.Owner = owner.ID
	st.addProject(owner.ID, "Ash's Project", "", typePersonal, nil, now)
	offered := o.Templates
	if offered == nil {
		offered = DemoTemplates()
	}
	for _, t := range offered {
		st.addTemplate(t, now)
	}
}

// keepAccess puts the key, the address and the password that were asked for in force.
func (st *state) keepAccess(o Options, now time.Time) {
	owner := st.owner()
	if o.AdminEmail != "" {
		owner.Email = o.AdminEmail
	}
	if o.AdminPassword != "" {
		owner.Password = o.AdminPassword
	}
	wanted := o.APIKey
	if wanted == "" && st.FirstKey == "" {
		wanted = "sk-" + randomText(61)
	}
	if wanted != "" && wanted != st.FirstKey {
		st.keys.put(&apiKey{ID: newID(), DisplayName: "First key", Value: wanted, Created: now, Updated: now})
		st.FirstKey = wanted
	}
}

// touch says that the platform's own row has changed.
func (st *state) touch() { st.platforms.put(st.platform) }

// owner is the platform's first admin, in whose name API keys act.
func (st *state) owner() *user {
	u, _ := st.users.get(st.Owner)
	return u
}
