package githost

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
)

// writer writes the lines of Git's protocol. Whom it writes to may be gone, which
// nobody is left to tell.
type writer struct{ to io.Writer }

func (w writer) text(s string) { _ = pktline.NewEncoder(w.to).EncodeString(s) }
func (w writer) flush()        { _ = pktline.NewEncoder(w.to).Flush() }

// Advertise writes what the repository has and can do: how every conversation begins.
func (r *Repository) Advertise(w io.Writer) {
	lines := writer{w}
	abilities := "side-band-64k ofs-delta shallow no-progress agent=githost"
	if !r.Plain {
		abilities += " filter allow-tip-sha1-in-want allow-reachable-sha1-in-want"
	}
	var refs []string
	if name, at, ok := r.head(); ok {
		abilities += " symref=HEAD:" + name
		refs = append(refs, at.String()+" HEAD")
	}
	for _, name := range slices.Sorted(maps.Keys(r.refs)) {
		refs = append(refs, r.refs[name].String()+" "+name)
		if target, annotated := r.peeled[name]; annotated {
			refs = append(refs, target.String()+" "+name+"^{}")
		}
	}
	if len(refs) == 0 {
		refs = []string{plumbing.ZeroHash.String() + " capabilities^{}"}
	}
	refs[0] += "\x00" + abilities
	for _, ref := range refs {
		lines.text(ref + "\n")
	}
	lines.flush()
}

// request is what a client wants.
type request struct {
	wants     []string
	abilities string
	depth     int // commits of each history; 0 = all
	noBlobs   bool
	done      bool // the pack may follow
}

// Upload reads what a client wants and writes it as a pack.
func (r *Repository) Upload(w io.Writer, from io.Reader) {
	lines := writer{w}
	req, err := read(from)
	if err != nil || len(req.wants) == 0 {
		return
	}
	var pack selection
	for _, name := range req.wants {
		h, ok := r.wanted(name)
		if !ok {
			lines.text("ERR upload-pack: not our ref " + name)
			return
		}
		pack.want(r, h, req)
	}
	if req.depth > 0 {
		for _, h := range pack.cut {
			lines.text("shallow " + h.String())
		}
		lines.flush()
	}
	if !req.done {
		return
	}
	lines.text("NAK\n")
	if !strings.Contains(req.abilities, "side-band-64k") {
		_ = r.pack(w, pack.objects)
		return
	}
	_ = r.pack(sideband.NewMuxer(sideband.Sideband64k, w), pack.objects)
	lines.flush()
}

// read reads a request up to its "done", or to its end.
func read(from io.Reader) (request, error) {
	var req request
	lines := pktline.NewScanner(from)
	for !req.done && lines.Scan() {
		word, rest, _ := strings.Cut(strings.TrimSuffix(string(lines.Bytes()), "\n"), " ")
		switch word {
		case "want":
			name, abilities, _ := strings.Cut(rest, " ")
			req.wants, req.abilities = append(req.wants, name), req.abilities+abilities
		case "deepen":
			depth, err := strconv.Atoi(rest)
			if err != nil || depth < 1 {
				return req, fmt.Errorf("deepen %q", rest)
			}
			req.depth = depth
		case "filter":
			req.noBlobs = rest == "blob:none"
		case "done":
			req.done = true
		}
	}
	return req, lines.Err()
}

// wanted finds what may be asked for: what a name stands for, and anything where
// the repository is not Plain.
func (r *Repository) wanted(name string) (plumbing.Hash, bool) {
	h, known := r.known(name)
	isRef := slices.Contains(slices.Collect(maps.Values(r.refs)), h)
	return h, known && (isRef || !r.Plain)
}

// selection are the objects of a pack.
type selection struct {
	objects []plumbing.Hash
	chosen  map[plumbing.Hash]bool
	cut     []plumbing.Hash // commits whose parents are left out
}

// want chooses an object with all that it needs. What is named is sent whatever it is.
func (s *selection) want(r *Repository, h plumbing.Hash, req request) {
	s.choose(h)
	s.history(r, h, req, 1)
}

func (s *selection) history(r *Repository, h plumbing.Hash, req request, depth int) {
	o := r.objects[h]
	for _, needed := range o.needs {
		if req.noBlobs && r.objects[needed].kind == plumbing.BlobObject {
			continue
		}
		if s.choose(needed) {
			s.history(r, needed, req, depth)
		}
	}
	switch {
	case o.parent.IsZero():
	case depth == req.depth:
		s.cut = append(s.cut, h)
	case s.choose(o.parent):
		s.history(r, o.parent, req, depth+1)
	}
}

// choose adds an object, unless it is there already.
func (s *selection) choose(h plumbing.Hash) bool {
	if s.chosen[h] {
		return false
	}
	if s.chosen == nil {
		s.chosen = map[plumbing.Hash]bool{}
	}
	s.chosen[h] = true
	s.objects = append(s.objects, h)
	return true
}
