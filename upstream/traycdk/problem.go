package traycdk

import (
	"strings"
	"unicode"
)

// Problem is one thing to say about an archive: a code of Codes, what it is about,
// and what the sentence needs. Nothing in it is the content of a file.
type Problem struct {
	Code string            `json:"code"`
	Path string            `json:"path,omitempty"` // in the archive; at most 300 characters
	Args map[string]string `json:"args,omitempty"` // at most 300 characters each
}

// Error is the code and the path, for a Problem that is an error: see Payload.
func (p *Problem) Error() string {
	if p.Path == "" {
		return p.Code
	}
	return p.Code + ": " + p.Path
}

const (
	maxShown = 300 // characters of a path or an argument
	maxSame  = 10  // problems of one code that are listed
)

// list is the problems of one report, of each kind as many as people read.
type list struct {
	all  []Problem
	last map[string]int             // by code: where its last one stands
	more map[string]int             // by code: how many are left out
	seen map[string]map[string]bool // by code: the paths
}

// add lists a problem, once for each path; args are names and values in turn.
func (l *list) add(code, path string, args ...string) {
	if l.seen == nil {
		l.last, l.more, l.seen = map[string]int{}, map[string]int{}, map[string]map[string]bool{}
	}
	if l.seen[code] == nil {
		l.seen[code] = map[string]bool{}
	}
	if l.seen[code][path] {
		return
	}
	l.seen[code][path] = true
	if len(l.seen[code]) > maxSame {
		l.more[code]++
		return
	}
	l.last[code] = len(l.all)
	l.all = append(l.all, newProblem(code, path, args...))
}

// has reports whether there is a problem of the code.
func (l *list) has(code string) bool { return l.seen[code] != nil }

// listed is the problems as they were found.
func (l *list) listed() []Problem {
	for code, n := range l.more {
		p := &l.all[l.last[code]]
		if p.Args == nil {
			p.Args = map[string]string{}
		}
		p.Args["more"] = decimal(n)
	}
	return l.all
}

func newProblem(code, path string, args ...string) Problem {
	p := Problem{Code: code, Path: shown(path, maxShown)}
	for i := 0; i+1 < len(args); i += 2 {
		if p.Args == nil {
			p.Args = map[string]string{}
		}
		p.Args[args[i]] = shown(args[i+1], maxShown)
	}
	return p
}

// shown is a text of an archive as people may see it: one line, of limited length,
// without characters that hide or turn round the others.
func shown(text string, limit int) string {
	if len(text) > 4*limit {
		text = text[:4*limit]
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(text, string(unicode.ReplacementChar)))
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return text
}
