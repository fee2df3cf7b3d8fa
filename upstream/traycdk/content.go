package traycdk

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// decode reads a file of JSON into v, or says under the code why it cannot.
func (i *inspection) decode(f *zip.File, place string, v any, code string, args ...string) bool {
	content, ok := i.read(f, place, code, args)
	if !ok {
		return false
	}
	if rest, found := bytes.CutPrefix(content, byteOrderMark); found {
		i.warnings.add("bom", place)
		content = rest
	}
	err := json.Unmarshal(content, v)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		line, column := position(content, syntax.Offset)
		i.problems.add(code, place, append(args, "why", "syntax", "line", decimal(line), "column", decimal(column))...)
		return false
	}
	if err != nil || !bytes.HasPrefix(bytes.TrimSpace(content), []byte("{")) {
		i.problems.add(code, place, append(args, "why", "object")...)
		return false
	}
	return true
}

// read unpacks a file of no more than maxJSON bytes. What is wrong with one that is
// encrypted or oddly compressed has been said.
func (i *inspection) read(f *zip.File, place, code string, args []string) ([]byte, bool) {
	if f.UncompressedSize64 > maxJSON {
		i.problems.add(code, place, append(args, "why", "too_large", "limit", decimal(maxJSON))...)
		return nil, false
	}
	if f.Flags&1 != 0 || f.Method != zip.Store && f.Method != zip.Deflate {
		return nil, false
	}
	content, err := unpack(f)
	if err != nil {
		i.problems.add("damaged", place)
		return nil, false
	}
	return content, true
}

// unpack reads a file as long as it says that it is; zip refuses a longer one.
func unpack(f *zip.File) ([]byte, error) {
	opened, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	return io.ReadAll(io.LimitReader(opened, maxJSON+1))
}

// position is where in a text the byte before the offset stands, from 1.
func position(content []byte, offset int64) (line, column int) {
	before := content[:min(max(offset-1, 0), int64(len(content)))]
	return bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}
