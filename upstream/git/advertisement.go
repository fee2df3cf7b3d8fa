package git

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
)

// maxAdvertisement is the limit of what a server may say of its repository, in
// bytes: some 200,000 branches and tags.
const maxAdvertisement = 16 << 20

const (
	tags     = "refs/tags/"
	branches = "refs/heads/"
)

// ref is a name and what it stands for.
type ref struct {
	name string
	hash hash
}

// abilities are what a server offers.
type abilities []string

func (a abilities) has(name string) bool { return slices.Contains(a, name) }

// anyObject reports whether objects can be asked for by their own name.
func (a abilities) anyObject() bool {
	return a.has("allow-reachable-sha1-in-want") || a.has("allow-any-sha1-in-want")
}

// advertisement is what a server says first.
type advertisement struct {
	refs []ref
	able abilities
}

// find is the tag of a name, or else the branch.
func (a advertisement) find(name string) (ref, bool) {
	for _, folder := range []string{tags, branches} {
		if i := slices.IndexFunc(a.refs, func(r ref) bool { return r.name == folder+name }); i >= 0 {
			return a.refs[i], true
		}
	}
	return ref{}, false
}

// names are the references of a folder without it.
func (a advertisement) names(folder string) []string {
	var names []string
	for _, r := range a.refs {
		name, inside := strings.CutPrefix(r.name, folder)
		if inside && !strings.HasSuffix(name, "^{}") {
			names = append(names, name)
		}
	}
	return names
}

// readAdvertisement reads it up to its end, and not further.
func readAdvertisement(from io.Reader) (advertisement, error) {
	var a advertisement
	lines := pktline.NewScanner(&limited{from: from, left: maxAdvertisement})
	first := true
	for lines.Scan() {
		line := strings.TrimSuffix(string(lines.Bytes()), "\n")
		switch {
		case strings.HasPrefix(line, "# service="):
			if !lines.Scan() || len(lines.Bytes()) > 0 {
				return a, broken("the answer ends early", lines.Err())
			}
			continue
		case line == "":
			return a, nil
		case first:
			var able string
			line, able, _ = strings.Cut(line, "\x00")
			a.able = strings.Fields(able)
		}
		first = false
		if err := a.add(line); err != nil {
			return a, err
		}
	}
	return a, answered(lines.Err())
}

// add reads one line: a hash and a name.
func (a *advertisement) add(line string) error {
	name, rest, _ := strings.Cut(line, " ")
	switch {
	case name == "version" || name == "shallow":
		return nil
	case len(name) == 64:
		return fail(Malformed, "the repository uses SHA-256, which is not supported")
	case !plumbing.IsHash(name) || rest == "":
		return fail(Malformed, "the answer is not that of a Git server")
	case rest != "capabilities^{}": // an empty repository
		a.refs = append(a.refs, ref{rest, plumbing.NewHash(name)})
	}
	return nil
}

// answered makes an error of the end of an answer. What a server says in the words
// of the protocol is cut short: it is not ours.
func answered(err error) error {
	said, ok := errors.AsType[*pktline.ErrorLine](err)
	switch {
	case ok:
		return refusal(said.Text)
	case errors.Is(err, errLimit):
		return fail(TooLarge, "the server's answer is too long")
	case err == nil:
		return broken("the answer ends early", io.ErrUnexpectedEOF)
	case errors.Is(err, pktline.ErrInvalidPktLen), errors.Is(err, io.ErrUnexpectedEOF):
		return broken("the answer is not that of a Git server", err)
	}
	return err
}

// errLimit is a limited reader's at its limit.
var errLimit = errors.New("the limit is reached")

// limited is a reader that fails at a limit, where io.LimitedReader would end.
type limited struct {
	from io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errLimit
	}
	n, err := l.from.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}

// refusal reads what a server says in plain words.
func refusal(text string) *Error {
	lower := bytes.ToLower([]byte(text))
	said := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return bytes.Contains(lower, []byte(w)) })
	}
	kind := Unreachable
	switch {
	case said("denied", "not authorized", "unauthorized", "forbidden", "no access", "permission"):
		kind = Denied
	case said("not found", "does not exist", "no such", "could not be found", "a git repository", "doesn't exist"):
		kind = NoRepository
	}
	return fail(kind, "the server says: "+words(text))
}
