package cdksim

import (
	"archive/zip"
	"encoding/json"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
)

// maxRead is the most that is read of one file in an archive, in bytes.
const maxRead = 1 << 20

// code is what an archive holds, as far as Tray shows it later.
type code struct {
	Title       string      `json:"title"`
	Description string      `json:"description"`
	Service     service     `json:"service"`
	Operations  []operation `json:"operations"`
	// Broken says why it cannot be built; empty when it can.
	Broken string `json:"broken,omitempty"`
}

// service is what a connector signs in to.
type service struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
}

// connectorFile is connector.json.
type connectorFile struct {
	Name        string `json:"name"`
	Version     string `json:"version"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Service     struct {
		Name    string `json:"name"`
		Version string `json:"version"` // a string here, a number in the list of connectors
	} `json:"service"`
}

// archive is a zip's files by their path below its one top folder.
type archive struct {
	top   string
	files map[string]*zip.File
}

// readArchive is the preliminary validation: what it refuses is 400. What only a build would find is code.Broken.
func readArchive(r io.ReaderAt, size int64, name, version string) (code, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return code{}, unfit("connectorSourceCode is not a zip archive: %s", err)
	}
	a, err := openArchive(z)
	if err != nil {
		return code{}, err
	}
	about, err := a.connector(name, version)
	if err != nil {
		return code{}, err
	}
	out := code{Title: about.Title, Description: about.Description, Service: service{Name: about.Service.Name}}
	out.Service.Version, _ = strconv.Atoi(about.Service.Version) // 0 for one that is no number [?]
	out.Operations, out.Broken = a.operations()
	if len(out.Operations) == 0 {
		return code{}, unfit("The connector has no operations: no src/<operation>/operation.json was found")
	}
	return out, nil
}

// openArchive wants one top folder, and nothing in it that may not be there.
func openArchive(z *zip.Reader) (*archive, error) {
	a := &archive{files: map[string]*zip.File{}}
	for _, f := range z.File {
		name := strings.ReplaceAll(f.Name, `\`, "/") // as zips from Windows have it [?]
		if err := checkPath(name); err != nil {
			return nil, err
		}
		top, below, inside := strings.Cut(name, "/")
		if !inside {
			return nil, unfit("The archive must hold one folder named as the connector, and nothing beside it: %s is outside", name)
		}
		if a.top != "" && top != a.top {
			return nil, unfit("The archive must hold one folder named as the connector: it holds %s and %s", a.top, top)
		}
		a.top = top
		if below != "" && !strings.HasSuffix(below, "/") {
			a.files[below] = f
		}
	}
	if a.top == "" {
		return nil, unfit("The archive is empty")
	}
	return a, nil
}

func checkPath(name string) error {
	parts := strings.Split(name, "/")
	switch {
	case parts[0] == "" || strings.HasSuffix(parts[0], ":") || slices.Contains(parts, ".."):
		return unfit("The path %s leads out of the archive", name)
	case slices.Contains(parts, "node_modules"):
		return unfit("The archive must not hold node_modules: %s", name)
	case strings.HasSuffix(name, ".ctx.json"):
		return unfit("The archive must not hold test contexts, which have secrets in them: %s", name)
	}
	return nil
}

// connector reads connector.json, and holds it against the folder and the path of the request.
func (a *archive) connector(name, version string) (connectorFile, error) {
	var about connectorFile
	raw, ok := a.read("connector.json")
	if !ok {
		return about, unfit("connector.json was not found in the folder %s", a.top)
	}
	if err := json.Unmarshal(raw, &about); err != nil {
		return about, unfit("connector.json could not be read: %s", err)
	}
	switch {
	case about.Name != a.top:
		return about, unfit("The folder %s is not named as the connector in connector.json: %s", a.top, about.Name)
	case about.Name != name:
		return about, unfit("The connector name %s does not equal the name in connector.json: %s", name, about.Name)
	case about.Version != version:
		return about, unfit("The connector version %s does not equal the version in connector.json: %s", version, about.Version)
	}
	return about, nil
}

// read is a file's content; false when it is not there, is damaged or is too large to be what it should.
func (a *archive) read(name string) ([]byte, bool) {
	f := a.files[name]
	if f == nil {
		return nil, false
	}
	in, err := f.Open()
	if err != nil {
		return nil, false
	}
	defer in.Close()
	raw, err := io.ReadAll(io.LimitReader(in, maxRead+1))
	return raw, err == nil && len(raw) <= maxRead
}

// folders are those of the operations, in order.
func (a *archive) folders() []string {
	var all []string
	for name := range a.files {
		if dir, file := path.Split(name); file == "operation.json" && strings.HasPrefix(dir, "src/") {
			all = append(all, dir)
		}
	}
	slices.Sort(all)
	return all
}
