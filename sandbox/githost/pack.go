package githost

import (
	"compress/zlib"
	"crypto"
	"encoding/binary"
	"io"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/hash"
)

// pack writes objects as a pack of version 2, none of them as a difference to another.
func (r *Repository) pack(w io.Writer, objects []plumbing.Hash) error {
	sum := hash.New(crypto.SHA1)
	both := io.MultiWriter(w, sum)
	header := binary.BigEndian.AppendUint32([]byte("PACK"), 2)
	header = binary.BigEndian.AppendUint32(header, uint32(len(objects)))
	if _, err := both.Write(header); err != nil {
		return err
	}
	for _, h := range objects {
		if err := r.objects[h].write(both); err != nil {
			return err
		}
	}
	_, err := w.Write(sum.Sum(nil))
	return err
}

// write writes one object: its type and size, four bits and then seven in each
// byte, and its content compressed.
func (o object) write(w io.Writer) error {
	size := len(o.content)
	header := []byte{byte(o.kind)<<4 | byte(size&0x0F)}
	for size >>= 4; size > 0; size >>= 7 {
		header[len(header)-1] |= 0x80
		header = append(header, byte(size&0x7F))
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	z := zlib.NewWriter(w)
	if _, err := z.Write(o.content); err != nil {
		return err
	}
	return z.Close()
}
