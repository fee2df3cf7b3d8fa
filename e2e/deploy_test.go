package e2e

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// regions are where each connector of a fleet goes.
var regions = []string{"us", "eu", "ap"}

// connectors is how many a fleet has; each goes to every region.
const connectors = 200

// TestDeployFleet deploys many connectors to three regions each, with a simulated Tray that loses answers, fails
// and asks to come back, and with the whole sandbox killed five times on the way.
func TestDeployFleet(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.plan("kaput-", "Failed")
	names := make(chan string, connectors)
	for n := range connectors {
		names <- fmt.Sprintf("%s-%03d", map[bool]string{true: "kaput", false: "fleet"}[n%10 == 0], n)
	}
	close(names)
	var sending sync.WaitGroup
	for range 6 {
		sending.Go(func() {
			for name := range names {
				f.deploy(name)
			}
		})
	}
	f.killsOnTheWay(3 * connectors)
	sending.Wait()
	f.rests()
	f.wantDeployed(3 * connectors)
}

// fleet is many connectors and the sandbox that they are deployed with, which is killed and starts again where it was.
type fleet struct {
	t       *testing.T
	dir     string
	archive []byte // of the sandbox's own connector

	mu      sync.RWMutex // held for writing while nothing runs
	s       *sandbox
	staff   *http.Client
	release map[string]string // the path of each connector's release
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	f := &fleet{t: t, dir: t.TempDir(), release: map[string]string{}}
	f.begin()
	f.archive = f.s.connector()
	return f
}

// begin starts the sandbox and signs the admin in; what goes wrong at Tray begins with it.
func (f *fleet) begin() {
	f.t.Helper()
	f.s = newSandbox(f.t, "-data", f.dir)
	jar, err := cookiejar.New(nil)
	if err != nil {
		f.t.Fatal(err)
	}
	f.staff = &http.Client{Jar: jar}
	answer, err := f.staff.Get(f.s.said("admin_sign_in"))
	if err != nil {
		f.t.Fatal(err)
	}
	answer.Body.Close() //nolint:errcheck // only the cookie matters
	for kind, times := range map[string]int{"lost": 12, "500_after": 6, "500": 6, "429": 6} {
		f.s.cdk().fault("deploy", kind, times)
		f.s.cdk().fault("deployment", kind, times)
	}
}

// cdk is the simulated Tray that connectors are deployed to.
func (s *sandbox) cdk() simulator {
	s.t.Helper()
	return simulator{s.t, s.said("tray_cdk")}
}

// plan has the builds of each kaput connector end otherwise.
func (f *fleet) plan(prefix, status string) {
	f.t.Helper()
	for n := 0; n < connectors; n += 10 {
		f.s.cdk().control("POST", "plans", map[string]any{"name": fmt.Sprintf("%s%03d", prefix, n), "phases": []map[string]any{
			{"status": "Building", "ms": 40_000}, {"status": status},
		}})
	}
}

// killsOnTheWay moves the clock until everything was accepted, and kills the sandbox five times before that.
func (f *fleet) killsOnTheWay(rows int) {
	f.t.Helper()
	for _, accepted := range []int{rows / 12, rows / 5, rows / 3, rows / 2, rows * 4 / 5} {
		f.accepts(accepted)
		f.killed()
	}
	f.accepts(rows)
}

// accepts waits until Tray has taken so many deployments, while time goes by.
func (f *fleet) accepts(want int) {
	f.t.Helper()
	f.passes(fmt.Sprintf("%d deployments to be accepted", want), func() string {
		if n := len(f.s.cdk().control("GET", "deployments", nil).all()); n < want {
			return fmt.Sprintf("%d are", n)
		}
		return ""
	})
}

// rests waits until the portal says that nothing is under way, while time goes by.
func (f *fleet) rests() {
	f.t.Helper()
	f.passes("the end of everything", func() string {
		doc, err := f.open("/admin/cdk")
		if err != nil {
			return err.Error()
		}
		if n := doc.Find("#under-way [data-testid=under-way]").Length(); n > 0 {
			return fmt.Sprintf("%d releases are shown as under way", n)
		}
		return ""
	})
}

// passes lets five seconds go by until nothing is missing.
func (f *fleet) passes(what string, ask func() (missing string)) {
	f.t.Helper()
	eventually(f.t, what, func() string {
		missing := ask()
		if missing != "" {
			f.s.advance(5 * time.Second)
		}
		return missing
	})
}

// killed ends the sandbox as a power cut does, and starts it again with what it has kept.
func (f *fleet) killed() {
	f.t.Helper()
	f.s.kill() // people's requests are cut off
	f.mu.Lock()
	defer f.mu.Unlock()
	f.begin()
}

// now is the portal that runs, and who asks it.
func (f *fleet) now() (*http.Client, string) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.staff, f.s.portal
}

// open is a page of the staff's.
func (f *fleet) open(path string) (*goquery.Document, error) {
	staff, portal := f.now()
	answer, err := staff.Get(portal + path)
	if err != nil {
		return nil, err
	}
	return shown(answer)
}

func shown(answer *http.Response) (*goquery.Document, error) {
	defer answer.Body.Close() //nolint:errcheck // read whole below
	doc, err := goquery.NewDocumentFromReader(answer.Body)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s: %s", answer.Request.URL.Path, answer.Status, words(doc.Find("main").Text()))
	}
	doc.Url = answer.Request.URL
	return doc, nil
}

// deploy uploads a connector and deploys it everywhere, as a person does who does not give up when a request is cut off: they
// look whether it went through before they ask again.
func (f *fleet) deploy(name string) {
	archive, err := renamed(f.archive, name)
	if err != nil {
		f.t.Error(err)
		return
	}
	for deadline := time.Now().Add(2 * patience); ; {
		page, sent := f.uploaded(archive)
		if sent == nil && !strings.Contains(page.Url.Path, "/releases/") {
			page, sent = f.submitted(page)
		}
		if sent == nil {
			f.mu.Lock()
			f.release[name] = page.Url.Path
			f.mu.Unlock()
			return
		}
		if f.t.Context().Err() != nil || time.Now().After(deadline) {
			f.t.Errorf("%s is not deployed: %v", name, sent)
			return
		}
	}
}

// uploaded is the page of an archive, or of its release when there is one.
func (f *fleet) uploaded(archive []byte) (*goquery.Document, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("archive", "connector.zip")
	if err != nil {
		return nil, err
	}
	part.Write(archive) //nolint:errcheck // a buffer takes everything
	form.Close()        //nolint:errcheck // a buffer takes everything
	page, err := f.send("/admin/cdk/archives", form.FormDataContentType(), &body)
	if err != nil {
		return nil, err
	}
	if release, ok := page.Find("main a[href*='/admin/cdk/releases/']").Attr("href"); ok {
		return f.open(release)
	}
	return page, nil
}

// submitted sends the form of an archive's page as it is shown: to all regions.
func (f *fleet) submitted(page *goquery.Document) (*goquery.Document, error) {
	form := page.Find("form[action$='/deploy']")
	values := url.Values{}
	for _, field := range form.Find("input[name], textarea[name]").EachIter() {
		if value, ok := held(field); ok {
			values.Add(field.AttrOr("name", ""), value)
		}
	}
	if n := len(values["account"]); n != len(regions) {
		return nil, fmt.Errorf("the form has %d regions chosen", n)
	}
	return f.send(form.AttrOr("action", ""), "application/x-www-form-urlencoded", strings.NewReader(values.Encode()))
}

// send posts a form of the staff's and returns the page that it leads to.
func (f *fleet) send(path, contentType string, body io.Reader) (*goquery.Document, error) {
	staff, portal := f.now()
	r, err := http.NewRequestWithContext(f.t.Context(), "POST", portal+path, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	answer, err := staff.Do(r)
	if err != nil {
		return nil, err
	}
	return shown(answer)
}

// wantDeployed fails unless Tray has taken each connector once in each region, was not asked too often, and is in agreement
// with what the portal shows of each.
func (f *fleet) wantDeployed(rows int) {
	f.t.Helper()
	status := map[string]string{} // at Tray, by region and name
	ids := map[string]string{}
	asked := 0
	for _, d := range f.s.cdk().control("GET", "deployments", nil).all() {
		key := d.text("region") + " " + d.text("name")
		if _, twice := status[key]; twice {
			f.t.Errorf("%s was sent twice", key)
		}
		status[key], ids[key] = d.text("status"), d.text("id")
		wantPaced(f.t, key, d)
		if len(d.list("polls")) > 0 {
			asked++
		}
	}
	if asked < rows*2/3 { // those whose answer was lost have come to their end when they are found
		f.t.Errorf("%d of %d deployments were asked for by their IDs", asked, rows)
	}
	if len(status) != rows || len(f.release) != rows/len(regions) {
		f.t.Errorf("Tray has %d deployments and the portal %d releases, want %d and %d", len(status), len(f.release), rows, rows/len(regions))
	}
	for name, path := range f.release {
		doc, err := f.open(path)
		if err != nil {
			f.t.Fatal(err)
		}
		for _, region := range regions {
			key := region + " " + name
			row := doc.Find("[data-testid=region-" + region + "]")
			if pill := words(row.Find(".pill").Text()); pill != status[key] || ids[key] == "" || !strings.Contains(row.Text(), ids[key]) {
				f.t.Errorf("%s is %q at Tray as %s, and shown as %s", key, status[key], ids[key], words(row.Text()))
			}
		}
	}
}

// wantPaced fails when a deployment was asked for more often than every five seconds, or every fifteen once two minutes
// have gone by since it was first asked for, which is after the portal knew of it.
func wantPaced(t *testing.T, key string, d result) {
	t.Helper()
	var polls []time.Time
	for _, p := range d.list("polls") {
		polls = append(polls, time.UnixMilli(int64(p.value.(float64))))
	}
	if !slices.IsSortedFunc(polls, time.Time.Compare) {
		t.Errorf("the clock of %s went back: %v", key, polls)
	}
	for n := 1; n < len(polls); n++ {
		pause := 5 * time.Second
		if polls[n-1].Sub(polls[0]) > 2*time.Minute {
			pause = 15 * time.Second
		}
		if gap := polls[n].Sub(polls[n-1]); gap < pause-time.Millisecond { // times are whole milliseconds
			t.Errorf("%s was asked for %v after the last time, want %v at least", key, gap, pause)
		}
	}
}

// connectorName is what the sandbox's own connector is called.
const connectorName = "northwind-orders"

// renamed is the sandbox's connector under another name.
func renamed(archive []byte, name string) ([]byte, error) {
	in, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, err
	}
	var buffer bytes.Buffer
	out := zip.NewWriter(&buffer)
	for _, file := range in.File {
		if err := renameFile(out, file, name); err != nil {
			return nil, err
		}
	}
	err = out.Close()
	return buffer.Bytes(), err
}

func renameFile(out *zip.Writer, file *zip.File, name string) error {
	r, err := file.Open()
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // was only read
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	w, err := out.Create(strings.ReplaceAll(file.Name, connectorName, name))
	if err != nil || len(content) == 0 {
		return err
	}
	_, err = w.Write(bytes.ReplaceAll(content, []byte(connectorName), []byte(name)))
	return err
}

// connector is the archive that the sandbox brings.
func (s *sandbox) connector() []byte {
	s.t.Helper()
	raw, err := os.ReadFile(s.said("connector"))
	if err != nil {
		s.t.Fatal(err)
	}
	return raw
}
