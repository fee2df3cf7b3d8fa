package piecesim

import "time"

// Roles on the platform, and in a project.
const (
	roleAdmin  = "ADMIN"
	roleMember = "MEMBER"

	memberViewer = "Viewer"
)

// user is a person: the owner, or somebody whom an external token brought.
type user struct {
	ID, Identity                   string
	Email, Password                string // no password: cannot sign in
	FirstName, LastName            string
	ExternalID                     string
	Role, Status                   string
	TokenVersion                   string // another one ends all sessions
	Created, Updated, LastActiveAt time.Time
}

func (u *user) key() string { return u.ID }

// member is a user's role in a project.
type member struct {
	ID, UserID, ProjectID string
	Role                  string // "Admin", "Editor" or "Viewer"
	Created, Updated      time.Time
}

func (m *member) key() string { return m.ID }

// setMember gives a user a role in a project, or another one.
func (st *state) setMember(userID, projectID, role string, now time.Time) *member {
	m, ok := st.memberOf(userID, projectID)
	if !ok {
		m = &member{ID: newID(), UserID: userID, ProjectID: projectID, Created: now}
	}
	m.Role, m.Updated = role, now
	return st.members.put(m)
}

func (st *state) memberOf(userID, projectID string) (*member, bool) {
	return st.members.find(func(m *member) bool { return m.UserID == userID && m.ProjectID == projectID })
}

// removeUser forgets a person and what they may do. What they made stays.
func (st *state) removeUser(id string) {
	for _, m := range st.members.where(func(m *member) bool { return m.UserID == id }) {
		st.members.remove(m.ID)
	}
	st.users.remove(id)
}

// showOwner is a user as other rows carry one.
func (st *state) showOwner(id string) any {
	u, ok := st.users.get(id)
	if !ok {
		return nil
	}
	return object{
		"id": u.ID, "email": u.Email, "firstName": u.FirstName, "lastName": u.LastName, "status": u.Status,
		"externalId": textOrNull(u.ExternalID), "platformId": st.ID, "platformRole": u.Role,
		"created": stamp(u.Created), "updated": stamp(u.Updated),
	}
}

func (st *state) showUser(u *user) object {
	out, _ := st.showOwner(u.ID).(object)
	out["lastActiveDate"], out["imageUrl"] = stampOrNull(u.LastActiveAt), nil
	return out
}

func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func userEndpoints() []endpoint {
	return []endpoint{
		{pattern: "GET /api/v1/users", name: "listUsers", admin: true, check: needQuery(), do: listUsers},
		{pattern: "GET /api/v1/users/{id}", name: "getUser", admin: true, do: getUser},
		{pattern: "POST /api/v1/users/{id}", name: "updateUser", admin: true, check: checkUser, do: updateUser},
		{pattern: "DELETE /api/v1/users/{id}", name: "deleteUser", admin: true, status: 204, do: deleteUser},
	}
}

func listUsers(c *call) (any, error) {
	rows := c.st.users.where(func(u *user) bool {
		return !c.query.Has("externalId") || u.ExternalID == c.query.Get("externalId")
	})
	created := func(u *user) time.Time { return u.Created }
	return page(c, rows, byCreated(created), 10, func(u *user) any { return c.st.showUser(u) }), nil
}

func (c *call) theUser() (*user, error) {
	u, ok := c.st.users.get(c.id)
	if !ok {
		return nil, notFound("user", c.id)
	}
	return u, nil
}

func getUser(c *call) (any, error) {
	u, err := c.theUser()
	if err != nil {
		return nil, err
	}
	return c.st.showUser(u), nil
}

func checkUser(c *call) error {
	k := c.checkBody()
	for _, key := range []string{"status", "platformRole", "externalId"} {
		k.maybeText(c.body, key)
	}
	return k.err()
}

func updateUser(c *call) (any, error) {
	u, err := c.theUser()
	if err != nil {
		return nil, err
	}
	for key, field := range map[string]*string{"status": &u.Status, "platformRole": &u.Role, "externalId": &u.ExternalID} {
		if v, ok := c.body[key].(string); ok {
			*field = v
		}
	}
	u.Updated = c.now
	return c.st.showUser(c.st.users.put(u)), nil
}

func deleteUser(c *call) (any, error) {
	u, err := c.theUser()
	if err != nil {
		return nil, err
	}
	if u.ID == c.st.Owner { // the platform needs one [?]
		return nil, refuseWith(409, "VALIDATION", "The platform's owner cannot be deleted")
	}
	c.st.removeUser(u.ID)
	return nil, nil
}
