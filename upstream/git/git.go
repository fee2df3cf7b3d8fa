// Package git reads a file of a remote repository at a tag, without a git program
// and without a copy of the repository: it asks for one commit, its list of files
// and the one file. Nothing of the machine that it runs on takes part but its proxy:
// no keys, agents, configuration or saved passwords.
package git

import (
	"context"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"portico/secret"
)

// longest is how long a reading may take when the caller sets no shorter limit.
const longest = 2 * time.Minute

// Source is a repository, and how to get at it.
type Source struct {
	// URL is https://host/path.git, git@host:path.git or ssh://git@host:port/path.git.
	// A user's name in front of an HTTPS host is ignored.
	URL string
	// Tag is what ReadFile reads at. A branch of that name is taken when there is
	// no such tag.
	Tag string
	// SSHKey is a private key in PEM, without a passphrase; for SSH only.
	SSHKey secret.Text
	// KnownHosts are lines of a known_hosts file with the host's keys; for SSH only,
	// and needed there.
	KnownHosts string
	// AllowLoopback permits http:// where the host is this machine.
	AllowLoopback bool

	trusted *trust // by tests
}

// File is a file of a repository.
type File struct {
	Data   []byte
	Commit string // in hexadecimal
	Ref    string // what the tag is: "refs/tags/v1.0.0"
	// Branch says that there is a branch of that name, and no tag. It was read all
	// the same; commercetools does not support it.
	Branch bool
}

// ReadFile reads the file at a path of the repository, "connect.yaml", at the tag.
// It takes at most limit bytes, and two minutes unless ctx ends sooner. Errors are
// *Error.
func ReadFile(ctx context.Context, s Source, path string, limit int64) (File, error) {
	if err := CheckTag(s.Tag); err != nil {
		return File{}, err
	}
	var file File
	err := s.talk(ctx, func(ctx context.Context, r remote, begin advertisement) error {
		ref, ok := begin.find(s.Tag)
		if !ok {
			return fail(NoTag, "the repository has neither a tag nor a branch named "+s.Tag)
		}
		file = File{Ref: ref.name, Branch: strings.HasPrefix(ref.name, branches)}
		reading := reading{remote: r, able: begin.able, max: limit}
		commit, data, err := reading.file(ctx, ref.hash, path)
		file.Commit, file.Data = commit.String(), data
		return err
	})
	if err != nil {
		return File{}, err
	}
	return file, nil
}

// maxTags is how many tags Tags returns.
const maxTags = 200

// Tags returns the names of a repository's tags: those that look like versions
// first, the newest in front; at most 200. Errors are *Error.
func Tags(ctx context.Context, s Source) ([]string, error) {
	var names []string
	err := s.talk(ctx, func(_ context.Context, _ remote, begin advertisement) error {
		names = begin.names(tags)
		return nil
	})
	if err != nil {
		return nil, err
	}
	newestFirst(names)
	return names[:min(len(names), maxTags)], nil
}

// talk has a conversation with the repository's server.
func (s Source) talk(ctx context.Context, about func(context.Context, remote, advertisement) error) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	at, err := parse(s.URL, s.AllowLoopback)
	if err != nil {
		return err
	}
	var r remote
	if at.scheme == "ssh" {
		r, err = dialSSH(ctx, s, at)
		if err != nil {
			return explain(ctx, err)
		}
	} else {
		r = newHTTP(s, at)
	}
	defer r.close()
	begin, err := r.begin(ctx)
	if err == nil {
		err = about(ctx, r, begin)
	}
	return explain(ctx, err)
}

// remote is the server of a repository.
type remote interface {
	// begin reads what the repository has and the server can do.
	begin(context.Context) (advertisement, error)
	// upload sends what is wanted and returns the answer.
	upload(ctx context.Context, request []byte) (answer, error)
	close()
}

// hash is the name of an object.
type hash = plumbing.Hash
