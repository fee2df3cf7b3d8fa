package traysim

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// authentication is an end user's sign-in at a service.
type authentication struct {
	ID           string `json:"id"`
	Owner        string `json:"owner"`
	Name         string `json:"name"`
	Service      string `json:"service"`
	CustomFields string `json:"custom_fields"` // JSON text
	Place        int64  `json:"place"`
	Hidden       bool   `json:"hidden"`
	Expired      bool   `json:"expired"`
}

func (a *authentication) key() (string, int64) { return a.ID, a.Place }

func (a *authentication) show(base string) object {
	svc := serviceByName(a.Service)
	return object{
		"id": a.ID, "name": a.Name, "customFields": a.CustomFields,
		"service": svc.show(base), "serviceEnvironment": svc.showEnvironment(),
	}
}

func (st *state) addAuthentication(owner, serviceName, name string, fields map[string]string) *authentication {
	if fields == nil {
		fields = map[string]string{}
	}
	a := &authentication{ID: newID(), Owner: owner, Name: name, Service: serviceName, CustomFields: jsonText(fields), Place: st.next()}
	st.Authentications.add(a)
	return a
}

// removeAuthentication takes it out of the instances that use it: their slots are empty then, and they stay enabled.
// Tray does not say what it does.
func (st *state) removeAuthentication(id string) {
	for _, i := range st.Instances.Rows {
		uses := func(v slotValue) bool { return v.Value == id }
		if slices.ContainsFunc(i.Auths, uses) {
			i.Auths = slices.DeleteFunc(slices.Clone(i.Auths), uses)
		}
	}
	st.Authentications.remove(id)
	st.changed = true
}

// ownAuthentication finds one of the caller's; that of another is refused.
func (c *call) ownAuthentication(id string) (*authentication, error) {
	a, ok := c.st.Authentications.get(id)
	if !ok {
		return nil, noSuch("authentication", id)
	}
	if a.Owner != c.who.userID() {
		return nil, refuse("access_not_allowed", "The authentication %s is not one of this user", id)
	}
	return a, nil
}

// createUserAuthentication imports credentials that the host has already.
func (c *call) createUserAuthentication(in input) (object, error) {
	svc, ok := serviceByID(in.text("serviceId"))
	if !ok {
		return nil, noSuch("service", in.text("serviceId"))
	}
	if in.text("serviceEnvironmentId") != svc.environmentID() {
		return nil, noSuch("service environment", in.text("serviceEnvironmentId"))
	}
	var credentials map[string]any
	if json.Unmarshal([]byte(in.text("data")), &credentials) != nil {
		return nil, refuse("", "The data is not a JSON object in a string")
	}
	a := c.st.addAuthentication(c.who.user.ID, svc.Name, in.text("name"), nil)
	a.Hidden, _ = in["hidden"].(bool)
	return object{"authenticationId": a.ID}, nil
}

func (c *call) removeAuthentication(in input) (object, error) {
	a, err := c.ownAuthentication(in.text("authenticationId"))
	if err != nil {
		return nil, err
	}
	c.st.removeAuthentication(a.ID)
	return object{}, nil
}

// announceExpiry posts what Tray posts when an authentication is about to break (managing-expired-auths). Nothing signs it.
func announceExpiry(ctx context.Context, url string, a *authentication, owner *user) error {
	raw, err := json.Marshal(map[string]string{
		"authentication_name": a.Name, "service_name": a.Service, "user_id": a.Owner, "authId": a.ID,
		"external_user_id": owner.ExternalID,
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return res.Body.Close()
}
