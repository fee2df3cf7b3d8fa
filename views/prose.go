package views

import (
	"bytes"
	"context"
	"io"
	"regexp"
	"strings"

	"github.com/a-h/templ"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// prose makes HTML of what services write about their sign-ins: Markdown, in which no HTML of theirs counts, nor an
// address that could run a script.
var prose = goldmark.New(goldmark.WithExtensions(extension.Linkify), goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(tame{}, 100))))

var lineBreak = regexp.MustCompile(`(?i)<br\s*/?>`)

// Prose is a text that a service has written in Markdown.
func Prose(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b bytes.Buffer
		if err := prose.Convert([]byte(lineBreak.ReplaceAllString(strings.TrimSpace(text), "\n\n")), &b); err != nil {
			return err
		}
		_, err := io.WriteString(w, `<div class="prose small">`+b.String()+`</div>`)
		return err
	})
}

// tame renders what would not fit in a page of ours: headings are no sections of it, pictures of others are not fetched,
// and links lead out of it.
type tame struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (tame) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindHeading, around(`<p><strong>`, `</strong></p>`))
	r.Register(ast.KindImage, around(``, ``))
	r.Register(ast.KindLink, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		return link(w, n.(*ast.Link).Destination, entering, true)
	})
	r.Register(ast.KindAutoLink, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		a := n.(*ast.AutoLink)
		if !entering {
			return ast.WalkContinue, nil
		}
		if _, err := link(w, a.URL(source), true, false); err != nil {
			return ast.WalkStop, err
		}
		_, _ = w.Write(util.EscapeHTML(a.Label(source)))
		return link(w, a.URL(source), false, false)
	})
}

func around(before, after string) renderer.NodeRendererFunc {
	return func(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
		text := after
		if entering {
			text = before
		}
		_, err := w.WriteString(text)
		return ast.WalkContinue, err
	}
}

// link writes an end of a link, where it leads to a page of the web.
func link(w util.BufWriter, to []byte, entering, escape bool) (ast.WalkStatus, error) {
	if !bytes.HasPrefix(to, []byte("https://")) && !bytes.HasPrefix(to, []byte("http://")) {
		return ast.WalkContinue, nil
	}
	text := `</a>`
	if entering {
		text = `<a href="` + string(util.EscapeHTML(util.URLEscape(to, escape))) + `" target="_blank" rel="noopener noreferrer">`
	}
	_, err := w.WriteString(text)
	return ast.WalkContinue, err
}
