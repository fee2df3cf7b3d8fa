package git

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// reading reads one file.
type reading struct {
	remote remote
	able   abilities
	max    int64 // bytes of the file
}

// file finds the commit that a reference stands for, and the file in it.
func (r reading) file(ctx context.Context, from hash, path string) (commit hash, data []byte, err error) {
	w := want{hash: from, able: r.able, depth: r.able.has("shallow"), noBlobs: r.able.has("filter") && r.able.anyObject()}
	all, err := r.fetch(ctx, w)
	if err != nil {
		return commit, nil, err
	}
	commit, tree, err := all.commit(from)
	if err != nil {
		return commit, nil, err
	}
	name, err := all.find(tree, path)
	if err != nil {
		return commit, nil, err
	}
	data, err = r.content(ctx, all, name, w)
	return commit, data, err
}

// content gets a file that was found: by its name, where the server has not sent it
// with the commit.
func (r reading) content(ctx context.Context, all objects, name hash, first want) ([]byte, error) {
	if o, known := all[name]; known {
		return r.fits(o)
	}
	if !first.noBlobs {
		return nil, r.tooLarge() // passed over
	}
	all, err := r.fetch(ctx, want{hash: name, able: r.able})
	if IsKind(err, Unreachable) && ctx.Err() == nil {
		first.noBlobs = false // a server that promises more than it keeps
		all, err = r.fetch(ctx, first)
	}
	if err != nil {
		return nil, err
	}
	if o, known := all[name]; known {
		return r.fits(o)
	}
	return nil, r.tooLarge()
}

func (r reading) fits(o object) ([]byte, error) {
	if int64(len(o.content)) > r.max {
		return nil, r.tooLarge()
	}
	return o.content, nil
}

func (r reading) tooLarge() error {
	return fail(TooLarge, fmt.Sprintf("the file has more than %d bytes", r.max))
}

// fetch gets an object and what belongs to it.
func (r reading) fetch(ctx context.Context, w want) (objects, error) {
	got, err := r.remote.upload(ctx, w.encode())
	if err != nil {
		return nil, err
	}
	defer got.Close() //nolint:errcheck // only read
	pack, err := w.pack(got)
	if err != nil {
		return nil, err
	}
	return unpack(pack, r.max)
}

// maxNested is how many tags of tags are followed.
const maxNested = 10

// commit follows tags to the commit, and gives it with its list of files.
func (all objects) commit(name hash) (commit, tree hash, err error) {
	for range maxNested {
		switch o := all[name]; o.kind {
		case plumbing.CommitObject:
			if tree, ok := o.line("tree "); ok {
				return name, tree, nil
			}
			return name, tree, fail(Malformed, "the commit names no files")
		case plumbing.TagObject:
			next, ok := o.line("object ")
			if !ok {
				return name, tree, fail(Malformed, "the tag names no commit")
			}
			name = next
		case plumbing.TreeObject, plumbing.BlobObject:
			return name, tree, fail(NoTag, "the tag does not stand for a commit")
		default:
			return name, tree, fail(Malformed, "the server has left the commit out")
		}
	}
	return name, tree, fail(Malformed, "the tag stands for a tag for a tag, and so on")
}

// line reads the hash behind a word at the beginning of an object.
func (o object) line(word string) (hash, bool) {
	first, _, _ := strings.Cut(string(o.content[:min(len(o.content), 100)]), "\n")
	name, ok := strings.CutPrefix(first, word)
	return plumbing.NewHash(name), ok && plumbing.IsHash(name)
}

// find goes down a path, folder by folder, to a file.
func (all objects) find(tree hash, path string) (hash, error) {
	name, rest, deeper := strings.Cut(path, "/")
	folder, known := all[tree]
	if !known || folder.kind != plumbing.TreeObject {
		return hash{}, fail(Malformed, "the server has left a folder out")
	}
	entry, ok := folder.entry(name)
	switch {
	case !ok, deeper != entry.folder:
		return hash{}, fail(NoFile, "there is no such file at the tag: "+name)
	case deeper:
		return all.find(entry.hash, rest)
	case !entry.regular:
		return hash{}, fail(NoFile, "this is a link or a repository of its own, not a file: "+name)
	}
	return entry.hash, nil
}

// entry is one line of a folder.
type entry struct {
	folder, regular bool
	hash            hash
}

// entry finds a name in a folder, whose lines are "mode name\0" and a hash of 20 bytes.
func (o object) entry(name string) (entry, bool) {
	for rest := o.content; len(rest) > 0; {
		line, after, ok := bytes.Cut(rest, []byte{0})
		mode, called, spaced := strings.Cut(string(line), " ")
		if !ok || !spaced || len(after) < len(hash{}) {
			break
		}
		if called == name {
			e := entry{folder: mode == "40000" || mode == "040000", regular: strings.HasPrefix(mode, "100")}
			copy(e.hash[:], after)
			return e, true
		}
		rest = after[len(hash{}):]
	}
	return entry{}, false
}
