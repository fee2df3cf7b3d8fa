package upstream_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"portico/secret"
	"portico/upstream"
)

const canary = "canary/7f3a+x\"<y" // with what JSON and URLs escape

func TestRedactHides(t *testing.T) {
	hex64 := strings.Repeat("0123456789abcdef", 4)
	for name, text := range map[string]string{
		"access token":           `{"data":{"authorize":{"accessToken":"canary"}}}`,
		"authorization code":     `{"data":{"generateAuthorizationCode":{"authorizationCode":"canary"}}}`,
		"spelling":               `{"ACCESS_TOKEN":"canary","Api-Key":"canary","clientSecret":"canary","pass.word":"canary"}`,
		"credentials":            `{"variables":{"input":{"data":"{\"api_key\":\"canary\"}","formData":{"sub":"canary"}}}}`,
		"data that is an object": `{"input":{"data":{"whatever":"canary"}}}`,
		"numbers and lists":      `[{"password":1234,"token":["canary"],"secret":{"a":"canary"}}]`,
		"one-time code":          `{"code":"canary"}`,
		"code in an error":       `{"message":"m","code":"canary-7"}`,
		"JSON in a string":       `{"input":"{\"deep\":{\"token\":\"canary\"}}"}`,
		"JSON in JSON in JSON":   `{"a":"{\"b\":\"{\\\"token\\\":\\\"canary\\\"}\"}"}`,
		"named pairs":            `{"configValues":[{"externalId":"external_api_key","value":"\"canary\""}]}`,
		"pairs of headers":       `[{"key":"Authorization","value":"canary"}]`,
		"escaped names":          `{"\u0061ccessToken":"canary"}`,
		"cut JSON":               `{"data":{"authorize":{"accessToken":"canary`,
		"cut JSON with a quote":  `{"data":{"authorize":{"accessToken":"a\"canary`,
		"two JSONs":              `{"a":1}{"accessToken":"canary"}`,
		"cut JSON in a string":   `{"input":"{\"token\":\"canary"}`,
		"cut data":               `{"input":{"data":"{\"x\":\"canary`,
		"a connection":           `{"type":"BASIC_AUTH","value":{"type":"BASIC_AUTH","username":"canary","password":"canary"}}`,
		"a custom connection":    `{"value":{"type":"CUSTOM_AUTH","props":{"any name":"canary","n":{"m":["canary"]}}}}`,
		"a connection's secret":  `{"secret_text":"canary","code_challenge":"canary","codeVerifier":"canary"}`,
		"a cut connection":       `{"value":{"type":"CUSTOM_AUTH","props":{"any name":"canary`,
		"cut props":              `"props":{"any name":"canary`,
		"a form":                 `grant_type=x&client_secret=canary&code=canary`,
		"headers":                "Authorization: Bearer canary-canary",
		"basic":                  "Basic Y2FuYXJ5OmNhbmFyeQcanary",
		"a JWT":                  "eyJhbGciOiJub25lIn0.canary.canary",
		"hex":                    "token " + hex64 + "canary"[:0],
		"secured, short":         `{"securedConfiguration":[{"key":"LOCALE","value":"can"},{"key":"PIN","value":"canary"}]}`,
		"a telling key":          `{"standardConfiguration":[{"key":"KLAVIYO_AUTH_KEY","value":"x"},{"key":"API_KEY_2","value":"canary"}]}`,
		"a telling word inside":  `{"standardConfiguration":[{"key":"DB_CREDENTIALS_JSON","value":{"canary":"canary"}}]}`,
		"cut configuration":      `{"securedConfiguration":[{"key":"PIN","value":"canary`,
		"hex in JSON":            `{"message":"unknown token ` + hex64 + `"}`,
	} {
		got := upstream.Redact(text)
		if strings.Contains(got, "canary") || strings.Contains(got, "0123456789abcdef") {
			t.Errorf("%s: %s became %s", name, text, got)
		}
		if !strings.Contains(got, secret.Mask) {
			t.Errorf("%s: %s has no mask", name, got)
		}
	}
}

func TestRedactKeepsWhatHelps(t *testing.T) {
	for _, text := range []string{
		`{"data":{"viewer":{"solutions":{"edges":[]}}}}`,
		`{"errors":[{"extensions":{"code":"user_already_exists","name":"PreconditionError"},"message":"Cannot query field \"authSlots\" on type \"Solution\""}]}`,
		`{"code":404,"message":"The request is not found"}`,
		`{"code":"FEATURE_DISABLED","params":{"message":"Feature is disabled"}}`,
		`{"value":{"channel":"leads","type":"select"}}`,
		`{"props":{"email":{"displayName":"Agent Email"}}}`,
		`{"configValues":[{"externalId":"external_channel","value":"\"leads\""}]}`,
		`{"securedConfiguration":[{"description":"HTTP basic auth password","key":"BASIC_AUTH_SECRET","required":true}]}`,
		`{"standardConfiguration":[{"key":"CTP_REGION","value":"us-central1.gcp"}]}`,
		`{"big":12345678901234567890,"html":"<b>&</b>"}`,
		`{"accessToken":null,"password":"","token":false}`,
		`{"id":"97fa58fe-0d67-423b-817a-e73d21887371","triggerUrl":"https://936acb30-7958-4c51-8190-05f678265258.trayapp.io"}`,
		"The request is unauthorized: unknown token",
		"", "null", "{", "[]", "not {json}",
	} {
		if got := upstream.Redact(text); got != text {
			t.Errorf("got %s, want %s", got, text)
		}
	}
}

func TestRedactKnownSecrets(t *testing.T) {
	quoted, err := json.Marshal(map[string]string{"message": "you sent " + canary})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{canary, "a" + canary + "b", string(quoted), "?x=canary%2F7f3a%2Bx%22%3Cy"} {
		if got := upstream.Redact(text, canary); strings.Contains(got, "7f3a") {
			t.Errorf("%s became %s", text, got)
		}
	}
	if got := upstream.Redact("a short one", "s"); got != "a short one" {
		t.Errorf("a one-letter secret is masked: %s", got)
	}
}

// everything that the recorder gets is held against the canaries that the
// request, the answer and the options carry.
func TestRecordsHoldNoSecrets(t *testing.T) {
	echo := says(500, `{"message":"bad token canary-header and canary-option","accessToken":"canary-json","note":"`+strings.Repeat("é", 10<<10)+`"}`, "X-Request-Id", "req-1")
	for name, header := range map[string][2]string{
		"bearer":  {"Authorization", "Bearer canary-header"},
		"basic":   {"Authorization", "Basic Y2FuYXJ5OmNhbmFyeS1oZWFkZXI="}, // canary:canary-header
		"API key": {"X-Api-Key", "canary-header"},
	} {
		var call upstream.Call
		c := upstream.NewClient(upstream.Options{Platform: "test", Transport: &platform{script: []func(*http.Request) (*http.Response, error){echo}},
			Secrets: []secret.Text{"canary-option"}, Record: func(_ context.Context, got upstream.Call) { call = got }})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://canary:canary-header@p.test/a?code=canary-query&x=1",
			strings.NewReader(`{"variables":{"password":"canary-body","name":"kept"}}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(header[0], header[1])
		resp, err := c.HTTP.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		all, err := json.Marshal(call)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(all), "canary") {
			t.Errorf("%s: recorded %.600s", name, all)
		}
		if !strings.Contains(call.Request, `"name":"kept"`) || !strings.HasPrefix(call.Request, "POST https://p.test/a?code=•••&x=1\n") {
			t.Errorf("%s: request is recorded as %s", name, call.Request)
		}
		if len(call.Answer) > 16<<10 || !utf8.ValidString(call.Answer) || call.RequestID != "req-1" || call.Err == "" {
			t.Errorf("%s: answer of %d bytes, request ID %q, error %q", name, len(call.Answer), call.RequestID, call.Err)
		}
	}
}

func TestSecuredValuesAreHiddenHoweverShort(t *testing.T) {
	got := upstream.Redact(`{"securedConfiguration":[{"key":"LOCALE","value":"en"},{"key":"EMPTY","value":""}],"x":"en"}`)
	if want := `{"securedConfiguration":[{"key":"LOCALE","value":"•••"},{"key":"EMPTY","value":""}],"x":"en"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTellsSecret(t *testing.T) {
	for name, want := range map[string]bool{"CTP_CLIENT_SECRET": true, "api-key.2": true, "HMAC_1": true, "SSH_PASSPHRASE_OLD": true, "Cookie": true,
		"CTP_REGION": false, "PUBLIC_KEY": false, "": false, "ENTRY_POINT_URI_PATH": false} {
		if got := upstream.TellsSecret(name); got != want {
			t.Errorf("%q: got %v, want %v", name, got, want)
		}
	}
}

// TestTheIDOfARequestIsRecorded sends an ID of ours, which the platform's own replaces.
func TestTheIDOfARequestIsRecorded(t *testing.T) {
	for name, tt := range map[string]struct {
		answer func(*http.Request) (*http.Response, error)
		want   string
	}{
		"an answer without":    {says(200, `{}`), "ours-1"},
		"an answer with":       {says(200, `{}`, "X-Correlation-Id", "theirs-1"), "theirs-1"},
		"a failure without":    {says(400, `{}`), "ours-1"},
		"no answer whatsoever": {breaks(io.EOF), "ours-1"},
	} {
		var call upstream.Call
		c := upstream.NewClient(upstream.Options{Platform: "test", Transport: &platform{script: []func(*http.Request) (*http.Response, error){tt.answer}},
			Record: func(_ context.Context, got upstream.Call) { call = got }})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://p.test/a", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Correlation-ID", "ours-1")
		if resp, err := c.HTTP.Do(req); err == nil {
			resp.Body.Close()
		}
		if call.RequestID != tt.want {
			t.Errorf("%s: got %q, want %q", name, call.RequestID, tt.want)
		}
	}
}

func FuzzRedact(f *testing.F) {
	f.Add(`{"a":"`, `","token":"x"}`)
	f.Add(`code=`, `&b=1`)
	f.Add(`{"data":"{\"a\":\"`, `\"}"}`)
	f.Add("\xff\x00", `\u0063`)
	f.Fuzz(func(t *testing.T, before, after string) {
		const known = "canary-7f3a"
		got := upstream.Redact(before+known+after, known)
		if strings.Contains(got, known) {
			t.Errorf("%q and %q became %q", before, after, got)
		}
		member, err := json.Marshal(map[string]any{"x": before, "list": []any{map[string]string{"api_key": known, "y": after}}})
		if err != nil {
			t.Fatal(err)
		}
		if got := upstream.Redact(string(member)); strings.Contains(got, known) || !json.Valid([]byte(got)) {
			t.Errorf("%s became %s", member, got)
		}
	})
}
