package git

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1" //nolint:gosec // packs end with it
	"encoding/binary"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
)

// packed writes packs by hand, to hold what servers may send and githost does not.
type packed struct {
	bytes.Buffer
	count uint32
}

func (p *packed) add(t testing.TB, kind plumbing.ObjectType, base, content []byte) (offset int) {
	t.Helper()
	offset = p.begin(kind, len(content))
	p.Write(base)
	z := zlib.NewWriter(p)
	if _, err := z.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return offset
}

// begin writes the type of an object and the size that it claims to have.
func (p *packed) begin(kind plumbing.ObjectType, size int) (offset int) {
	offset = 12 + p.Len()
	p.count++
	header := []byte{byte(kind)<<4 | byte(size&0x0F)}
	for size >>= 4; size > 0; size >>= 7 {
		header[len(header)-1] |= 0x80
		header = append(header, byte(size&0x7F))
	}
	p.Write(header)
	return offset
}

func (p *packed) bytes() []byte {
	b := binary.BigEndian.AppendUint32([]byte("PACK\x00\x00\x00\x02"), p.count)
	b = append(b, p.Bytes()...)
	sum := sha1.Sum(b) //nolint:gosec // see above
	return append(b, sum[:]...)
}

// back is how far an object's base lies in front of it, as packs write it.
func back(n int) []byte {
	b := []byte{byte(n & 0x7F)}
	for n >>= 7; n > 0; n >>= 7 {
		n--
		b = append([]byte{byte(n&0x7F) | 0x80}, b...)
	}
	return b
}

func name(kind plumbing.ObjectType, content []byte) []byte {
	h := plumbing.ComputeHash(kind, content)
	return h[:]
}

// TestDifferences reads objects that are written as changes to others: behind them,
// in front of them, and to one that is itself such.
func TestDifferences(t *testing.T) {
	one := []byte(strings.Repeat("a connector's file\n", 20))
	two := append([]byte("first\n"), one...)
	three := append(two, "last\n"...)
	four := append(three, "very last\n"...)
	var p packed
	p.add(t, plumbing.REFDeltaObject, name(plumbing.BlobObject, three), packfile.DiffDelta(three, four))
	at := p.add(t, plumbing.BlobObject, nil, one)
	offset := p.Len() + 12
	p.add(t, plumbing.OFSDeltaObject, back(offset-at), packfile.DiffDelta(one, two))
	p.add(t, plumbing.REFDeltaObject, name(plumbing.BlobObject, two), packfile.DiffDelta(two, three))
	all, err := unpack(bytes.NewReader(p.bytes()), 1000)
	if err != nil || len(all) != 4 {
		t.Fatalf("got %d objects, %v; want 4", len(all), err)
	}
	for i, want := range [][]byte{one, two, three, four} {
		if got := all[plumbing.ComputeHash(plumbing.BlobObject, want)]; !bytes.Equal(got.content, want) {
			t.Errorf("object %d: got %q", i+1, got.content)
		}
	}
}

// TestPacksThatHarm are packs that would take all memory or time.
func TestPacksThatHarm(t *testing.T) {
	base := bytes.Repeat([]byte("x"), 1<<16)
	bomb := func(kind plumbing.ObjectType, times int) *packed {
		var p packed
		p.add(t, kind, nil, base)
		size := binary.AppendUvarint(nil, uint64(len(base)))
		changes := append(size, binary.AppendUvarint(nil, uint64(len(base)*times))...)
		changes = append(changes, bytes.Repeat([]byte{0x80}, times)...) // each copies 64 KiB
		p.add(t, plumbing.REFDeltaObject, name(kind, base), changes)
		return &p
	}
	if _, err := unpack(bytes.NewReader(bomb(plumbing.TreeObject, 2000).bytes()), 1000); !IsKind(err, TooLarge) {
		t.Errorf("a large folder: got %v", err)
	}
	all, err := unpack(bytes.NewReader(bomb(plumbing.BlobObject, 2000).bytes()), 1<<20)
	if err != nil || len(all) != 1 {
		t.Errorf("a large file: got %d objects, %v; want it passed over", len(all), err)
	}
	var p packed
	p.add(t, plumbing.TreeObject, nil, []byte("x"))
	p.begin(plumbing.TreeObject, maxObjects)
	if _, err := unpack(bytes.NewReader(p.bytes()), 1000); !IsKind(err, TooLarge) {
		t.Errorf("much uncompressed: got %v", err)
	}
	p = packed{}
	p.add(t, plumbing.REFDeltaObject, make([]byte, 20), []byte{1, 2, 3, 4})
	if all, err := unpack(bytes.NewReader(p.bytes()), 1000); err != nil || len(all) != 0 {
		t.Errorf("changes to nothing: got %v, %v", all, err)
	}
	b := bomb(plumbing.BlobObject, 1).bytes()
	b[len(b)-1]++
	if _, err := unpack(bytes.NewReader(b), 1<<20); !IsKind(err, Malformed) {
		t.Errorf("a wrong checksum: got %v", err)
	}
}

// FuzzUnpack reads packs that servers might send.
func FuzzUnpack(f *testing.F) {
	var p packed
	f.Add([]byte("PACK\x00\x00\x00\x02\x00\x00\x00\x00"))
	one, two := []byte("deployAs: []\n"), []byte("deployAs: []\n\n")
	p.add(f, plumbing.BlobObject, nil, one)
	p.add(f, plumbing.REFDeltaObject, name(plumbing.BlobObject, one), packfile.DiffDelta(one, two))
	f.Add(p.bytes())
	f.Fuzz(func(t *testing.T, pack []byte) {
		all, err := unpack(bytes.NewReader(pack), 1000)
		if err == nil && all == nil {
			t.Error("neither objects nor an error")
		}
		for h, o := range all {
			if plumbing.ComputeHash(o.kind, o.content) != h {
				t.Errorf("an object under a wrong name: %s", h)
			}
			_, _, _ = all.commit(h)
			_, _ = all.find(h, "a/b")
		}
	})
}

// FuzzAdvertisement reads what servers might say first.
func FuzzAdvertisement(f *testing.F) {
	f.Add([]byte("001e# service=git-upload-pack\n0000003f0123456789012345678901234567890123456789 refs/tags/v1\x00shallow0000"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := readAdvertisement(bytes.NewReader(b))
		if err != nil {
			return
		}
		for _, n := range a.names(tags) {
			if r, ok := a.find(n); !ok || r.name != tags+n {
				t.Errorf("%q is listed and not found", n)
			}
		}
	})
}
