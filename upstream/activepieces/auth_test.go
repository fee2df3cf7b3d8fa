package activepieces

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

// pieceNamed is a piece of the recorded list.
func pieceNamed(t *testing.T, name string) Piece {
	t.Helper()
	var rows []pieceBody
	if err := json.Unmarshal(recordings(t)["ce-pieces-list"].Response.Body, &rows); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if p, ok := row.piece(); ok && p.Name == "@activepieces/piece-"+name {
			return p
		}
	}
	t.Fatalf("no piece %s is recorded", name)
	return Piece{}
}

// fields says in short what an auth asks for.
func fields(a Auth) []string {
	var all []string
	for _, f := range a.Fields {
		said := f.Key + " " + f.Type + " " + f.DisplayName
		if f.Required {
			said += ", required"
		}
		if f.Secret {
			said += ", secret"
		}
		all = append(all, said)
	}
	return all
}

func TestAuthOfRecordedPieces(t *testing.T) {
	for name, want := range map[string][]string{
		"http":   nil,
		"stripe": {"SECRET_TEXT: [secret_text SECRET_TEXT Secret API Key, required, secret]"},
		"twilio": {"BASIC_AUTH: [username SHORT_TEXT Account SID, required password SECRET_TEXT Auth token, required, secret]"},
		"zendesk": {"CUSTOM_AUTH: [email SHORT_TEXT Agent Email, required token SHORT_TEXT Token, required, secret " +
			"subdomain SHORT_TEXT Organization (e.g activepieceshelp), required]"},
		"google-sheets": {"OAUTH2: []", "CUSTOM_AUTH: [serviceAccount SHORT_TEXT Service Account JSON Key, required userEmail SHORT_TEXT User Email]"},
		"slack":         {"OAUTH2: []", "CUSTOM_AUTH: [botToken SECRET_TEXT Bot Token, required, secret userToken SECRET_TEXT User Token, secret]"},
		"square":        {"OAUTH2: []"},
	} {
		var got []string
		for _, a := range pieceNamed(t, name).Auth {
			got = append(got, fmt.Sprintf("%s: %v", a.Type, fields(a)))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	sheets := pieceNamed(t, "google-sheets").Auth[0]
	if sheets.AuthURL != "https://accounts.google.com/o/oauth2/auth" || sheets.TokenURL != "https://oauth2.googleapis.com/token" || len(sheets.Scope) != 3 || sheets.PKCE {
		t.Errorf("got %+v", sheets)
	}
}

func TestAuthWithEveryKindOfField(t *testing.T) {
	got := readAuth(json.RawMessage(`{"type":"CUSTOM_AUTH","required":"true","props":{
		"z":{"type":"SHORT_TEXT","displayName":"Zed","defaultValue":"zed","required":true},
		"a":{"type":"CHECKBOX","defaultValue":true},
		"n":{"type":"NUMBER","defaultValue":7},
		"region":{"type":"STATIC_DROPDOWN","displayName":"Region","defaultValue":"eu","options":{"disabled":false,"options":[{"label":"Europe","value":"eu"},{"label":"Other","value": {"id": 7}},{"label":"No value"}]}},
		"many":{"type":"STATIC_MULTI_SELECT_DROPDOWN","options":[{"label":1,"value":1}]},
		"info":{"type":"MARKDOWN","description":"Read this"},
		"new":{"type":"SOMETHING_NEW"},
		"odd":"text",
		"a":{"type":"LONG_TEXT","displayName":"Again"}}}`))
	if len(got) != 1 || !got[0].Required {
		t.Fatalf("got %+v", got)
	}
	want := []Field{
		{Key: "z", Type: FieldShortText, DisplayName: "Zed", Required: true, Default: "zed"},
		{Key: "a", Type: FieldLongText, DisplayName: "Again"},
		{Key: "n", Type: FieldNumber, DisplayName: "n", Default: "7"},
		{Key: "region", Type: FieldStaticDropdown, DisplayName: "Region", Default: `"eu"`, Options: []Option{{"Europe", `"eu"`}, {"Other", `{"id":7}`}}},
		{Key: "many", Type: FieldStaticMultiSelect, DisplayName: "many", Options: []Option{{"1", "1"}}},
		{Key: "info", Type: FieldMarkdown, DisplayName: "info", Description: "Read this"},
		{Key: "new", Type: "SOMETHING_NEW", DisplayName: "new"},
		{Key: "odd", DisplayName: "odd"},
	}
	if fmt.Sprintf("%+v", got[0].Fields) != fmt.Sprintf("%+v", want) {
		t.Errorf("got %+v\nwant %+v", got[0].Fields, want)
	}
}

func TestAuthThatIsNone(t *testing.T) {
	for _, raw := range []string{"", "null", "{}", "[]", "[null]", `"x"`, "7", `{"type":null}`, "{"} {
		if got := readAuth(json.RawMessage(raw)); got != nil {
			t.Errorf("%q: got %+v, want nil", raw, got)
		}
	}
	if got := readAuth(json.RawMessage(`[{"type":"BASIC_AUTH"},{"x":1}]`)); len(got) != 1 || len(got[0].Fields) != 2 || got[0].Fields[1].DisplayName != "Password" || !got[0].Fields[1].Secret {
		t.Errorf("got %+v", got)
	}
}

func FuzzReadAuth(f *testing.F) {
	for _, p := range []string{"stripe", "twilio", "zendesk", "slack"} {
		f.Add(`[{"type":"CUSTOM_AUTH","props":{"` + p + `":{"type":"STATIC_DROPDOWN","options":{"options":[{"value":1}]}}}}]`)
	}
	f.Add(`{"type":"BASIC_AUTH","username":7,"password":[]}`)
	f.Fuzz(func(t *testing.T, raw string) {
		for _, a := range readAuth(json.RawMessage(raw)) {
			seen := map[string]bool{}
			for _, field := range a.Fields {
				if seen[field.Key] || field.DisplayName == "" && field.Key != "" {
					t.Errorf("%q: the field %+v comes again or has no name", raw, field)
				}
				seen[field.Key] = true
				for _, o := range field.Options {
					if !json.Valid([]byte(o.Value)) {
						t.Errorf("%q: the option %+v is no JSON", raw, o)
					}
				}
			}
			if a.Type == "" {
				t.Errorf("%q: an auth without a type", raw)
			}
		}
	})
}
