package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"portico/secret"
)

const canary = "canary-7f3a"

func TestTextNeverPrints(t *testing.T) {
	s := secret.Text(canary)
	held := struct {
		Name  string
		Token secret.Text
		Many  map[string][]secret.Text
	}{"n", s, map[string][]secret.Text{"k": {s}}}

	ways := map[string]func() string{
		"String": s.String,
		"json":   func() string { b, err := json.Marshal(held); return text(t, b, err) },
		"xml":    func() string { b, err := xml.Marshal(s); return text(t, b, err) },
		"text":   func() string { b, err := s.MarshalText(); return text(t, b, err) },
		"slog text": func() string {
			return logged(func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) }, s)
		},
		"slog json": func() string {
			return logged(func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) }, held)
		},
		"error":       func() string { return fmt.Errorf("calling with %v", s).Error() },
		"concatenate": func() string { return "token " + s.String() },
	}
	for _, verb := range []string{"%s", "%v", "%+v", "%#v", "%q", "%x", "%X", "%d", "%10s"} {
		ways[verb] = func() string { return fmt.Sprintf(verb, s) }
		ways["struct "+verb] = func() string { return fmt.Sprintf(verb, held) }
		ways["pointer "+verb] = func() string { return fmt.Sprintf(verb, &held) }
	}
	hexed := fmt.Sprintf("%x", canary)
	for name, way := range ways {
		got := way()
		if strings.Contains(got, canary) || strings.Contains(strings.ToLower(got), hexed) {
			t.Errorf("%s shows the secret: %s", name, got)
		}
		if !strings.Contains(got, secret.Mask) {
			t.Errorf("%s: got %q, want it to contain %s", name, got, secret.Mask)
		}
	}
}

func TestRevealAndEmpty(t *testing.T) {
	if got := secret.Text(canary).Reveal(); got != canary {
		t.Errorf("Reveal: got %q, want %q", got, canary)
	}
	if got := secret.Text("").String(); got != "" {
		t.Errorf("empty String: got %q, want empty", got)
	}
	if b, err := json.Marshal(secret.Text("")); err != nil || string(b) != `""` {
		t.Errorf("empty JSON: got %s, %v; want an empty string", b, err)
	}
}

func text(t *testing.T, b []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func logged(handler func(*bytes.Buffer) slog.Handler, v any) string {
	var b bytes.Buffer
	slog.New(handler(&b)).Info("m", "v", v)
	return b.String()
}
