package githost

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// Commit is the hexadecimal name of a commit.
type Commit string

// author stands under every commit and tag; always the same, so that a repository
// made of the same files has the same names.
const author = "Sandbox <sandbox@example.com> 1700000000 +0000"

// Repository is one repository. It must not change while it is served.
type Repository struct {
	objects map[plumbing.Hash]object
	refs    map[string]plumbing.Hash
	peeled  map[string]plumbing.Hash // of annotated tags
	// Plain: neither parts of a commit nor objects by their name are given, as
	// with servers that are set up so.
	Plain bool
}

type object struct {
	kind    plumbing.ObjectType
	content []byte
	// needs are the objects that it is made of: of a commit its tree, of a tree
	// its entries, of a tag its commit.
	needs  []plumbing.Hash
	parent plumbing.Hash // of a commit; zero for the first
}

// NewRepository is an empty one.
func NewRepository() *Repository {
	return &Repository{objects: map[plumbing.Hash]object{}, refs: map[string]plumbing.Hash{}, peeled: map[string]plumbing.Hash{}}
}

func (r *Repository) add(o object) plumbing.Hash {
	h := plumbing.ComputeHash(o.kind, o.content)
	r.objects[h] = o
	return h
}

// Commit adds a commit of files (path to text) after another, "" for none.
func (r *Repository) Commit(after Commit, files map[string]string) Commit {
	tree := r.tree(files)
	var b strings.Builder
	fmt.Fprintf(&b, "tree %s\n", tree)
	if after != "" {
		fmt.Fprintf(&b, "parent %s\n", after)
	}
	fmt.Fprintf(&b, "author %s\ncommitter %s\n\nFiles\n", author, author)
	h := r.add(object{
		kind: plumbing.CommitObject, content: []byte(b.String()),
		needs: []plumbing.Hash{tree}, parent: plumbing.NewHash(string(after)),
	})
	return Commit(h.String())
}

// tree adds a folder with everything in it.
func (r *Repository) tree(files map[string]string) plumbing.Hash {
	folders := map[string]map[string]string{}
	entries := map[string]plumbing.Hash{} // by name, that of a folder with a slash
	for path, text := range files {
		name, rest, deeper := strings.Cut(path, "/")
		if !deeper {
			entries[name] = r.add(object{kind: plumbing.BlobObject, content: []byte(text)})
			continue
		}
		if folders[name] == nil {
			folders[name] = map[string]string{}
		}
		folders[name][rest] = text
	}
	for name, inside := range folders {
		entries[name+"/"] = r.tree(inside)
	}
	var content []byte
	var needs []plumbing.Hash
	for _, name := range slices.Sorted(maps.Keys(entries)) { // Git sorts folders with the slash, too
		mode, h := "100644", entries[name]
		if folder, is := strings.CutSuffix(name, "/"); is {
			mode, name = "40000", folder
		}
		content = append(append(content, mode+" "+name+"\x00"...), h[:]...)
		needs = append(needs, h)
	}
	return r.add(object{kind: plumbing.TreeObject, content: content, needs: needs})
}

// Branch lets a branch be a commit.
func (r *Repository) Branch(name string, c Commit) {
	r.refs["refs/heads/"+name] = plumbing.NewHash(string(c))
}

// Tag lets a tag be a commit.
func (r *Repository) Tag(name string, c Commit) {
	r.refs["refs/tags/"+name] = plumbing.NewHash(string(c))
}

// Annotate lets a tag with a message be a commit.
func (r *Repository) Annotate(name string, c Commit) {
	target := plumbing.NewHash(string(c))
	text := fmt.Sprintf("object %s\ntype commit\ntag %s\ntagger %s\n\nRelease\n", c, name, author)
	r.refs["refs/tags/"+name] = r.add(object{kind: plumbing.TagObject, content: []byte(text), needs: []plumbing.Hash{target}})
	r.peeled["refs/tags/"+name] = target
}

// head is the branch that a clone begins with.
func (r *Repository) head() (name string, at plumbing.Hash, ok bool) {
	for _, name := range []string{"refs/heads/main", "refs/heads/master"} {
		if at, ok := r.refs[name]; ok {
			return name, at, true
		}
	}
	return "", plumbing.ZeroHash, false
}

// known finds an object by its hexadecimal name.
func (r *Repository) known(name string) (plumbing.Hash, bool) {
	if raw, err := hex.DecodeString(name); err != nil || len(raw) != len(plumbing.ZeroHash) {
		return plumbing.ZeroHash, false
	}
	h := plumbing.NewHash(name)
	_, ok := r.objects[h]
	return h, ok
}
