package piecesim

import "time"

// apiKey lets a program act as the platform's owner.
type apiKey struct {
	ID, DisplayName  string
	Value            string
	Created, Updated time.Time
}

func (k *apiKey) key() string { return k.ID }

func (k *apiKey) show(platformID string) object {
	return object{
		"id": k.ID, "created": stamp(k.Created), "updated": stamp(k.Updated), "platformId": platformID,
		"displayName": k.DisplayName, "truncatedValue": k.Value[len(k.Value)-4:], "lastUsedAt": nil,
	}
}

// keyEndpoints are from source: no recording shows a licensed server. A key cannot manage keys.
func keyEndpoints() []endpoint {
	const feature = "apiKeysEnabled"
	return []endpoint{
		{pattern: "GET /api/v1/api-keys", name: "listAPIKeys", who: byUser, admin: true, feature: feature, do: listKeys},
		{pattern: "POST /api/v1/api-keys", name: "createAPIKey", who: byUser, admin: true, feature: feature, status: 201, check: checkDisplayName, do: createKey},
		{pattern: "DELETE /api/v1/api-keys/{id}", name: "deleteAPIKey", who: byUser, admin: true, feature: feature, status: 204, do: deleteKey},
	}
}

func checkDisplayName(c *call) error {
	k := c.checkBody()
	k.text(c.body, "displayName")
	return k.err()
}

func listKeys(c *call) (any, error) {
	data := []any{}
	for _, k := range c.st.keys.rows {
		data = append(data, k.show(c.st.ID))
	}
	return object{"data": data, "next": nil, "previous": nil}, nil
}

// createKey shows the value this once.
func createKey(c *call) (any, error) {
	k := c.st.keys.put(&apiKey{
		ID: newID(), DisplayName: c.text("displayName"), Value: "sk-" + randomText(61), Created: c.now, Updated: c.now,
	})
	out := k.show(c.st.ID)
	out["value"] = k.Value
	return out, nil
}

func deleteKey(c *call) (any, error) {
	if _, ok := c.st.keys.get(c.id); !ok {
		return nil, notFound("api_key", c.id)
	}
	c.st.keys.remove(c.id)
	return nil, nil
}
