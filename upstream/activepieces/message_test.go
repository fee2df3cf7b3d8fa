package activepieces

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// thrown is a failed step's message as the platform stores it: cut at 700
// characters.
func thrown(t testing.TB, message, name, raw string) string {
	t.Helper()
	envelope, err := json.Marshal(struct {
		Version   int    `json:"__apErrorVersion"`
		Message   string `json:"message"`
		ErrorName string `json:"errorName"`
		Raw       string `json:"raw"`
	}{1, message, name, raw})
	if err != nil {
		t.Fatal(err)
	}
	if runes := []rune(string(envelope)); len(runes) > 700 {
		return string(runes[:699]) + "…"
	}
	return string(envelope)
}

func TestStepMessage(t *testing.T) {
	stack := "[TypeError: fetch failed] {\n    at fetch (/srv/activepieces/packages/pieces/common/dist/http.js:54:34)" + strings.Repeat("\n    at next (<anonymous>)", 40)
	refused := `{"response":{"status":422,"body":{"error":{"message":"No such customer"},"debug":"payload"}},"request":{"body":{"email":"payload@example.com"}}}`
	for name, tt := range map[string]struct{ raw, want string }{
		"none":                         {"", ""},
		"plain":                        {"Invalid token", "Invalid token"},
		"whole":                        {thrown(t, "fetch failed", "TypeError", "x"), "fetch failed"},
		"cut in the stack":             {thrown(t, "fetch failed", "TypeError", stack), "fetch failed"},
		"cut in the message":           {thrown(t, strings.Repeat("long ", 200), "TypeError", stack), strings.Repeat("long ", 59) + "long…"},
		"cut in an escape":             {`{"__apErrorVersion":1,"message":"a \u26`, "a"},
		"cut at a backslash":           {`{"__apErrorVersion":1,"message":"a\`, "a"},
		"quotes in it":                 {thrown(t, `no "customer" \ here`, "Error", stack), `no "customer" \ here`},
		"no message":                   {thrown(t, "", "TypeError", stack), "TypeError"},
		"a third party":                {thrown(t, refused, "HttpError", "x"), "No such customer"},
		"a third party, cut":           {thrown(t, refused[:60]+strings.Repeat("payload", 200), "HttpError", "x"), "HTTP 422"},
		"a third party's page":         {thrown(t, `{"response":{"status":502,"body":"<html>payload</html>"}}`, "HttpError", ""), "HTTP 502"},
		"a third party's text":         {thrown(t, `{"response":{"status":400,"body":"Bad key"}}`, "HttpError", ""), "Bad key"},
		"JSON without sense":           {thrown(t, `{"payload":[1]}`, "HttpError", ""), "HttpError"},
		"bare JSON of a third party":   {refused, "No such customer"},
		"bare JSON, cut":               {`{"response":{"body":{"email":"payload`, ""},
		"JSON after words":             {thrown(t, `Request failed: {"email":"payload@example.com"}`, "Error", ""), "Request failed: …"},
		"a page":                       {thrown(t, `Unexpected <!doctype html><p>payload`, "Error", ""), "Unexpected …"},
		"a stack in the message":       {thrown(t, "boom\n    at run (/srv/app/main.js:1:2)\n    at next", "Error", ""), "boom"},
		"a path":                       {thrown(t, "ENOENT: no such file, open '/srv/activepieces/cache/x.json'", "Error", ""), "ENOENT: no such file, open '…'"},
		"a path after a colon":         {thrown(t, "Error:/usr/src/app/dist/main.js:54:34 failed", "Error", ""), "Error:… failed"},
		"a file URL":                   {thrown(t, "in file:///usr/src/app/main.js", "Error", ""), "in …"},
		"a path of Windows":            {thrown(t, `in C:\activepieces\packages\main.js`, "Error", ""), "in …"},
		"a web address":                {thrown(t, "GET https://api.example.com/v1/customers said no", "Error", ""), "GET https://api.example.com/v1/customers said no"},
		"a token":                      {thrown(t, "Bearer abcdefghijklmnop is not valid", "Error", ""), "••• is not valid"},
		"lines":                        {thrown(t, "one\n\ttwo   three", "Error", ""), "one two three"},
		"envelope with another member": {`{"message":7,"x":{}}`, "7"},
		"null":                         {`{"message":null,"errorName":null}`, ""},
	} {
		if got := stepMessage(tt.raw); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func FuzzStepMessage(f *testing.F) {
	f.Add("fetch failed", "TypeError", 700)
	f.Add(`{"response":{"status":422,"body":{"message":"m"}}}`, "HttpError", 90)
	f.Add("\xff\\u0000\n    at x (/srv/y)", "", 20)
	f.Fuzz(func(t *testing.T, message, name string, cut int) {
		envelope, err := json.Marshal(map[string]string{"message": message, "errorName": name, "raw": "STACK of /srv/activepieces/packages/x.js"})
		if err != nil {
			t.Fatal(err)
		}
		for _, raw := range []string{message, string(envelope), string(envelope[:min(max(cut, 0), len(envelope))])} {
			got := stepMessage(raw)
			if utf8.RuneCountInString(got) > maxStepMessage || !utf8.ValidString(got) || strings.ContainsAny(got, "\n\x00") {
				t.Errorf("%q became %q", raw, got)
			}
			if !strings.Contains(message+name, "STACK") && strings.Contains(got, "STACK") {
				t.Errorf("%q became %q, with the stack", raw, got)
			}
		}
	})
}
