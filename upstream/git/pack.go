package git

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
)

// Limits of what is read to find a file, in bytes.
const (
	maxPack     = 64 << 20 // as sent
	maxObjects  = 64 << 20 // what is kept of it, uncompressed
	maxPassed   = 1 << 30  // of files that are passed over, uncompressed
	manyObjects = 1 << 20  // how many there may be
)

// objects are those of a pack, by their names.
type objects map[hash]object

type object struct {
	kind    plumbing.ObjectType
	content []byte
}

// difference is an object that a pack gives as changes to another.
type difference struct {
	from    hash  // its name, where that is given
	at      int64 // else its place in the pack
	offset  int64 // of the difference itself
	changes []byte
}

// unpacker reads a pack. Files too large to be what is looked for are passed over.
type unpacker struct {
	max     int64 // bytes of the file that is looked for
	left    int64 // bytes that may still be kept
	passed  int64 // bytes that were passed over
	objects objects
	places  map[int64]hash
	waiting []difference
}

// unpack reads the objects of a pack.
func unpack(from io.Reader, limit int64) (objects, error) {
	u := unpacker{max: limit, left: maxObjects, objects: objects{}, places: map[int64]hash{}}
	pack := packfile.NewScanner(onlyReader{&limited{from: from, left: maxPack}})
	_, count, err := pack.Header()
	if err == nil && count > manyObjects {
		return nil, fail(TooLarge, "the repository has too many files")
	}
	for i := uint32(0); err == nil && i < count; i++ {
		err = u.next(pack)
	}
	if err == nil {
		_, err = pack.Checksum()
	}
	if err == nil {
		err = u.resolve()
	}
	return u.objects, unpacked(err)
}

// onlyReader hides what else a reader can do: the scanner would go back in it.
type onlyReader struct{ io.Reader }

func unpacked(err error) error {
	_, ours := errors.AsType[*Error](err)
	switch {
	case err == nil, ours:
		return err
	case errors.Is(err, errLimit):
		return fail(TooLarge, fmt.Sprintf("the server would send more than %d MiB", maxPack>>20))
	}
	return broken("the server's pack cannot be read", errors.New(words(err.Error())))
}

// next reads one object.
func (u *unpacker) next(pack *packfile.Scanner) error {
	header, err := pack.NextObjectHeader()
	if err != nil {
		return err
	}
	if header.Type == plumbing.BlobObject && header.Length > 4*u.max { // a file near it may be written as changes to this one
		return u.passOver(pack, header.Length)
	}
	if err := u.spend(header.Length); err != nil {
		return err
	}
	var content bytes.Buffer
	if _, _, err := pack.NextObject(&content); err != nil {
		return err
	}
	switch header.Type {
	case plumbing.OFSDeltaObject:
		u.waiting = append(u.waiting, difference{at: header.OffsetReference, offset: header.Offset, changes: content.Bytes()})
	case plumbing.REFDeltaObject:
		u.waiting = append(u.waiting, difference{from: header.Reference, offset: header.Offset, changes: content.Bytes()})
	case plumbing.CommitObject, plumbing.TreeObject, plumbing.BlobObject, plumbing.TagObject:
		u.keep(header.Offset, object{header.Type, content.Bytes()})
	default:
		return packfile.ErrMalformedPackFile
	}
	return nil
}

// passOver reads a file and forgets it.
func (u *unpacker) passOver(pack *packfile.Scanner, size int64) error {
	if size > maxPassed-u.passed {
		return fail(TooLarge, "the repository has too much in this commit")
	}
	u.passed += size
	_, _, err := pack.NextObject(io.Discard)
	return err
}

// spend takes bytes of what may be kept.
func (u *unpacker) spend(bytes int64) error {
	if u.left -= bytes; bytes < 0 || u.left < 0 {
		return fail(TooLarge, "the repository has too much in this commit")
	}
	return nil
}

func (u *unpacker) keep(offset int64, o object) {
	name := plumbing.ComputeHash(o.kind, o.content)
	u.objects[name], u.places[offset] = o, name
}

// resolve works the differences out, those first whose object is there. What hangs
// on a file that was passed over stays out.
func (u *unpacker) resolve() error {
	for progress := true; progress; {
		var waiting []difference
		for _, d := range u.waiting {
			base, known := u.base(d)
			if !known {
				waiting = append(waiting, d)
				continue
			}
			if err := u.apply(base, d); err != nil {
				return err
			}
		}
		progress, u.waiting = len(waiting) < len(u.waiting), waiting
	}
	return nil
}

func (u *unpacker) base(d difference) (object, bool) {
	name, placed := d.from, true
	if name.IsZero() {
		name, placed = u.places[d.at]
	}
	base, known := u.objects[name]
	return base, placed && known
}

// apply works one difference out. Few changes can make a huge object, so that its
// size is looked at before.
func (u *unpacker) apply(base object, d difference) error {
	_, rest := size(d.changes)
	result, _ := size(rest)
	if base.kind == plumbing.BlobObject && result > 4*u.max {
		return nil
	}
	if err := u.spend(result); err != nil {
		return err
	}
	content, err := packfile.PatchDelta(base.content, d.changes)
	if err != nil {
		return err
	}
	u.keep(d.offset, object{base.kind, content})
	return nil
}

// size reads a number of seven bits a byte, the lowest first.
func size(b []byte) (n int64, rest []byte) {
	for i, c := range b {
		if i > 8 {
			break
		}
		n |= int64(c&0x7F) << (7 * i)
		if c&0x80 == 0 {
			return n, b[i+1:]
		}
	}
	return -1, nil
}
