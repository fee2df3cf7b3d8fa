package views

import (
	"bytes"
	"strings"
	"testing"
)

func TestProse(t *testing.T) {
	for _, tt := range []struct{ text, want, not string }{
		{"\nSteps:\n1. Go to https://discord.com/developers/applications\n2. Copy **the token**\n", `<li>Go to <a href="https://discord.com/developers/applications" target="_blank" rel="noopener noreferrer">https://discord.com/developers/applications</a></li>`, "**"},
		{"# Title\ntext", "<p><strong>Title</strong></p>", "<h1"},
		{"<script>alert(1)</script> <img src=x onerror=alert(1)>", "", "<script"},
		{"a <b onclick=x>b</b>", "b", "onclick"},
		{"[x](javascript:alert(1)) [y](data:text/html,x)", "x", "href"},
		{`[x](https://a.test/"onmouseover="alert(1))`, "x", `"onmouseover="`},
		{"![pixel](https://track.test/1.png)", "pixel", "track.test"},
		{"one<br> <br>two", "<p>one</p>", "br"},
	} {
		var b bytes.Buffer
		if err := Prose(tt.text).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); !strings.Contains(got, tt.want) || strings.Contains(got, tt.not) {
			t.Errorf("%q: got %s, want %q and not %q", tt.text, got, tt.want, tt.not)
		}
	}
}
