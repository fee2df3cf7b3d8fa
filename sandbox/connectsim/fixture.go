package connectsim

import (
	"embed"
	"io/fs"
)

// demoRepository is that of the official walk-through; what is in it was written for the sandbox.
const demoRepository = "composable-com/ct-connect-bloomreach-engagement"

//go:embed fixture
var fixtureFiles embed.FS

// switchTags are the tags of acme/loyalty that make something go wrong, each by the switch in its name.
var switchTags = []string{
	"previewFail", "previewCancel", "publishFail", "buildFail", "healthFail", "postDeployWarn", "undeployFail", "slow", "stuck",
}

// demoFixtures are the repositories of a fresh service.
func demoFixtures() []*fixture {
	loyalty := readFixture("loyalty/v1.0.0")
	tags := map[string]map[string]string{"v1.0.0": loyalty, "v1.1.0": readFixture("loyalty/v1.1.0")}
	for _, s := range switchTags {
		tags["v1.0.0-"+s] = loyalty
	}
	return []*fixture{
		{Name: demoRepository, Tags: map[string]map[string]string{
			"v1.0.0": readFixture("bloomreach/v1.0.0"), "v1.1.0": readFixture("bloomreach/v1.1.0"),
		}},
		{Name: "acme/loyalty", Tags: tags},
		{Name: "acme/broken", Tags: map[string]map[string]string{"v1.0.0": readFixture("broken/v1.0.0")}},
		{Name: "acme/empty", Tags: map[string]map[string]string{"v1.0.0": {"README.md": "# Empty\n\nThis repository has no connector.\n"}}},
	}
}

// readFixture reads the files of one tag. They are embedded, so that nothing can be missing at run time.
func readFixture(folder string) map[string]string {
	files := map[string]string{}
	sub, err := fs.Sub(fixtureFiles, "fixture/"+folder)
	if err == nil {
		err = fs.WalkDir(sub, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := fs.ReadFile(sub, path)
			files[path] = string(text)
			return err
		})
	}
	if err != nil {
		panic("connectsim: " + err.Error())
	}
	return files
}
