package git

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
)

// agent names this program to servers, in the form that some of them look for.
const agent = "git/2 (Portico)"

// want asks for one object with what belongs to it.
type want struct {
	hash    hash
	able    abilities // of the server
	depth   bool      // one commit, without its history
	noBlobs bool      // without the files' contents
}

// encode writes the request. Nothing is ever there already, so that it is done at once.
func (w want) encode() []byte {
	var b bytes.Buffer
	lines := pktline.NewEncoder(&b)
	using := []string{"agent=" + strings.ReplaceAll(agent, " ", "-")}
	for _, ability := range []string{"side-band-64k", "no-progress"} {
		if w.able.has(ability) {
			using = append(using, ability)
		}
	}
	if w.depth {
		using = append(using, "shallow")
	}
	if w.noBlobs {
		using = append(using, "filter")
	}
	_ = lines.Encodef("want %s %s\n", w.hash, strings.Join(using, " ")) // a buffer takes everything
	if w.depth {
		_ = lines.EncodeString("deepen 1\n")
	}
	if w.noBlobs {
		_ = lines.EncodeString("filter blob:none\n")
	}
	_ = lines.Flush()
	_ = lines.EncodeString("done\n")
	return b.Bytes()
}

// answer is what comes back, to be closed.
type answer = io.ReadCloser

// pack reads an answer up to the pack, which it returns.
func (w want) pack(from io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(from)
	lines := pktline.NewScanner(buffered)
	for cutting := w.depth; lines.Scan(); {
		line := strings.TrimSuffix(string(lines.Bytes()), "\n")
		switch {
		case cutting && line == "":
			cutting = false
		case cutting && strings.HasPrefix(line, "shallow "):
		case line == "NAK":
			if w.able.has("side-band-64k") {
				return sideband.NewDemuxer(sideband.Sideband64k, buffered), nil
			}
			return buffered, nil
		default:
			return nil, broken("the answer is not that of a Git server", fmt.Errorf("unexpected line %q", words(line)))
		}
	}
	return nil, answered(lines.Err())
}
