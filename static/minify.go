package static

import (
	"bytes"
	"io/fs"
	"strings"
)

// stylesheet joins the layers in the order of their names and leaves out what only people read.
func stylesheet() []byte {
	layers, _ := fs.Glob(source, "css/*.css")
	var all strings.Builder
	for _, name := range layers {
		all.Write(read(name))
	}
	return []byte(minifyCSS(all.String()))
}

// minifyCSS drops comments and the white space that CSS does not need. Strings stay as they are, and so
// do the spaces around + and - that calc() needs and the space before ":" that means "a descendant".
func minifyCSS(css string) string {
	var out strings.Builder
	space := false
	for i := 0; i < len(css); {
		c := css[i]
		switch {
		case strings.HasPrefix(css[i:], "/*"):
			i += 2 + strings.Index(css[i+2:], "*/") + 2
			continue
		case c == ' ' || c == '\n' || c == '\t':
			space = true
			i++
			continue
		}
		if space && !glued(last(out.String()), c) {
			out.WriteByte(' ')
		}
		space = false
		n := 1
		if c == '"' {
			n = 2 + strings.IndexByte(css[i+1:], '"')
		}
		out.WriteString(css[i : i+n])
		i += n
	}
	return strings.ReplaceAll(out.String(), ";}", "}")
}

// glued tells whether white space between two bytes may go.
func glued(before, after byte) bool {
	return strings.IndexByte("\x00{};,:>(", before) >= 0 || strings.IndexByte("{};,>)", after) >= 0
}

func last(s string) byte {
	if s == "" {
		return 0
	}
	return s[len(s)-1]
}

// script drops indentation, empty lines and lines that are comments. Our scripts have no template
// literal longer than a line, which a test holds, so nothing that runs is touched.
func script(js []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(js) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || bytes.HasPrefix(line, []byte("//")) {
			continue
		}
		out.Write(line)
		out.WriteByte('\n')
	}
	return out.Bytes()
}
