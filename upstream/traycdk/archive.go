package traycdk

import (
	"archive/zip"
	"errors"
	"io"
	"math"
)

// Limits are what an archive may be; 0 gives the default.
type Limits struct {
	Compressed   int64 // bytes of the file; 10 MiB. What Tray takes is not documented
	Uncompressed int64 // bytes of all files together; 200 MiB
	Files        int   // entries, folders included; 5000
	Ratio        int   // uncompressed to compressed, of what is not small; 200
}

const (
	maxJSON = 256 << 10 // bytes of a connector.json or an operation.json
	small   = 1 << 20   // bytes that may be packed as tightly as they like
)

func (l Limits) withDefaults() Limits {
	if l.Compressed <= 0 {
		l.Compressed = 10 << 20
	}
	if l.Uncompressed <= 0 {
		l.Uncompressed = 200 << 20
	}
	if l.Files <= 0 {
		l.Files = 5000
	}
	if l.Ratio <= 0 {
		l.Ratio = 200
	}
	return l
}

// inspection is one archive under examination.
type inspection struct {
	limits   Limits
	source   *source
	report   Report
	problems list
	warnings list
	files    map[string]*zip.File // by clean path
	folders  map[string]bool      // by clean path, those that only files imply too
	top      string               // the folder of the connector with a slash, or ""
}

// Inspect says what an archive holds and what is wrong with it, before anything is
// sent. It reads the directory, connector.json and each operation.json, and unpacks
// nothing else; err is only a failure of r.
func Inspect(r io.ReaderAt, size int64, limits Limits) (Report, error) {
	i := &inspection{
		limits:  limits.withDefaults(),
		source:  &source{r: r, size: size},
		files:   map[string]*zip.File{},
		folders: map[string]bool{},
	}
	i.look()
	if i.source.failed != nil {
		return Report{}, i.source.failed
	}
	i.report.Problems, i.report.Warnings = i.problems.listed(), i.warnings.listed()
	return i.report, nil
}

func (i *inspection) look() {
	archive, ok := i.open()
	if !ok {
		return
	}
	for _, f := range archive.File {
		i.entry(f)
	}
	if !i.fits(archive) || !i.layout() {
		return
	}
	if i.folders[i.top+"dist"] {
		i.warnings.add("dist", i.top+"dist")
	}
	i.connector()
	i.operations()
}

// open reads the directory, if the file is an archive that may be looked into.
func (i *inspection) open() (*zip.Reader, bool) {
	if i.source.size > i.limits.Compressed {
		i.problems.add("too_large", "", "size", decimal(i.source.size), "limit", decimal(i.limits.Compressed))
		return nil, false
	}
	if kind := i.source.kind(); kind != "zip" {
		i.problems.add("not_zip", "", "kind", kind)
		return nil, false
	}
	archive, err := i.source.directory(i.limits.Files)
	switch {
	case errors.Is(err, errLongDirectory) || err == nil && len(archive.File) > i.limits.Files:
		i.problems.add("too_many_files", "", "limit", decimal(i.limits.Files))
	case err != nil:
		i.problems.add("damaged", "")
	case len(archive.File) == 0:
		i.problems.add("empty_archive", "")
	default:
		return archive, true
	}
	return nil, false
}

// fits looks for what unpacks to more than it should. The sizes are what the archive
// claims; what is read is held to its claim besides.
func (i *inspection) fits(archive *zip.Reader) bool {
	var packed, unpacked uint64
	for _, f := range archive.File {
		packed, unpacked = add(packed, f.CompressedSize64), add(unpacked, f.UncompressedSize64)
		if ratio := i.ratio(f.CompressedSize64, f.UncompressedSize64); ratio != "" {
			i.problems.add("bomb", f.Name, "ratio", ratio)
		}
	}
	i.report.Uncompressed = int64(min(unpacked, math.MaxInt64))
	switch {
	case unpacked > uint64(i.limits.Uncompressed):
		i.problems.add("bomb", "", "size", decimal(i.report.Uncompressed), "limit", decimal(i.limits.Uncompressed))
	case packed > uint64(i.source.size):
		i.problems.add("bomb", "") // entries lie over one another
	case !i.problems.has("bomb"):
		if ratio := i.ratio(uint64(i.source.size), unpacked); ratio != "" {
			i.problems.add("bomb", "", "ratio", ratio)
		}
	}
	return !i.problems.has("bomb")
}

// ratio is how far something that is not small can be unpacked, if that is too far.
func (i *inspection) ratio(packed, unpacked uint64) string {
	times := unpacked / max(packed, 1)
	if unpacked <= small || times <= uint64(i.limits.Ratio) {
		return ""
	}
	return decimal(int64(min(times, math.MaxInt64)))
}

func add(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}
