package traysim

import (
	"net/http"

	"portico/sandbox/control"
)

// user is an external user: a customer's person, or a whole customer, as the host chooses.
type user struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	ExternalID string `json:"external_user_id"`
	Test       bool   `json:"is_test_user"`
	Place      int64  `json:"place"`
}

func (u *user) key() (string, int64) { return u.ID, u.Place }

func (u *user) show() object {
	return object{"id": u.ID, "name": u.Name, "externalUserId": u.ExternalID, "isTestUser": u.Test}
}

func (st *state) userByExternalID(id string) *user {
	for _, u := range st.Users.Rows {
		if u.ExternalID == id {
			return u
		}
	}
	return nil
}

func (st *state) addUser(name, externalID string, test bool) *user {
	u := &user{ID: newID(), Name: name, ExternalID: externalID, Test: test, Place: st.next()}
	st.Users.add(u)
	return u
}

// users answers Query.users. All criteria are exact: Tray does not say it of name.
func (c *call) users(args map[string]any) (any, error) {
	if err := c.admit("users", master); err != nil {
		return nil, err
	}
	criteria, _ := args["criteria"].(map[string]any)
	rows := c.st.Users.where(func(u *user) bool {
		return matches(criteria, "externalUserId", u.ExternalID) && matches(criteria, "name", u.Name) &&
			matches(criteria, "userId", u.ID) && (criteria["isTestUser"] == nil || criteria["isTestUser"] == u.Test)
	})
	return connection(args, &c.st.Users, rows, c.conf.PageSize, (*user).show)
}

// matches says whether a criterion is absent or equal.
func matches(criteria map[string]any, name, value string) bool {
	want, ok := criteria[name]
	return !ok || want == nil || want == value
}

func (c *call) findUser(id string) (*user, error) {
	if u, ok := c.st.Users.get(id); ok {
		return u, nil
	}
	return nil, refuse("user_does_not_exist", "The user %s does not exist", id)
}

func (c *call) createExternalUser(in input) (object, error) {
	external := in.text("externalUserId")
	if c.st.userByExternalID(external) != nil {
		return nil, refuse("user_already_exists", "A user with the external id %s already exists", external)
	}
	test, _ := in["isTestUser"].(bool)
	u := c.st.addUser(in.text("name"), external, test)
	return object{"userId": u.ID}, nil
}

func (c *call) updateExternalUser(in input) (object, error) {
	u, err := c.findUser(in.text("userId"))
	if err != nil {
		return nil, err
	}
	if test, ok := in["isTestUser"].(bool); ok {
		u.Test, c.st.changed = test, true
	}
	return object{"user": u.show()}, nil
}

func (c *call) removeExternalUser(in input) (object, error) {
	u, err := c.findUser(in.text("userId"))
	if err != nil {
		return nil, err
	}
	c.st.removeUser(u)
	return object{}, nil
}

// removeUser takes everything of the user along. Tray does not say what it does.
func (st *state) removeUser(u *user) {
	for _, i := range st.Instances.where(func(i *instance) bool { return i.Owner == u.ID }) {
		st.Instances.remove(i.ID)
	}
	for _, a := range st.Authentications.where(func(a *authentication) bool { return a.Owner == u.ID }) {
		st.Authentications.remove(a.ID)
	}
	for id, d := range st.Dialogs {
		if d.UserID == u.ID {
			delete(st.Dialogs, id)
		}
	}
	dropGrants(st.Tokens, u.ID)
	dropGrants(st.Codes, u.ID)
	st.Users.remove(u.ID)
	st.changed = true
}

func (c *call) authorize(in input) (object, error) {
	u, err := c.findUser(in.text("userId"))
	if err != nil {
		return nil, err
	}
	return object{"accessToken": c.st.issueToken(u.ID, c.now)}, nil
}

func (c *call) generateAuthorizationCode(in input) (object, error) {
	u, err := c.findUser(in.text("userId"))
	if err != nil {
		return nil, err
	}
	return object{"authorizationCode": c.st.issueCode(u.ID, c.now)}, nil
}

// details is whom the token belongs to. An end user has no login at Tray: the words are made up from the external ID.
func (b bearer) details() object {
	if b.user == nil {
		return object{"username": "sandbox-admin", "email": "admin@tray.example", "name": "Sandbox admin"}
	}
	return object{"username": b.user.ExternalID, "email": b.user.ID + "@users.tray.example", "name": b.user.Name}
}

// me answers GET /v1/me, the REST way to test a master token.
func (s *Server) me(w http.ResponseWriter, r *http.Request) {
	entry := s.desk.Journal.Open("me", s.clock.Now())
	defer entry.Close()
	s.mu.Lock()
	who, ok := s.state.bearer(r, s.clock.Now())
	s.mu.Unlock()
	entry.From(who.kind.String(), who.userID())
	s.desk.Perform(control.Watch(w, entry), r, entry, []string{"me"}, func(w http.ResponseWriter) {
		switch {
		case !ok:
			writeMessage(w, http.StatusUnauthorized, "The request is unauthorized")
		case who.kind != master:
			writeMessage(w, http.StatusForbidden, "The request is forbidden")
		default:
			writeJSON(w, http.StatusOK, who.details())
		}
	})
}
