package web

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"portico/sandbox/cdksim"
	"portico/secret"
	"portico/store"
	"portico/store/storetest"
)

// dock is a desk of an installation that deploys connectors to Tray's simulated regions.
type dock struct {
	*desk
	sim      *cdksim.Server
	site     string
	accounts map[string]store.DeployAccount // by name
}

// newDock has a token of each region, called as that.
func newDock(t *testing.T) *dock {
	t.Helper()
	d := &dock{desk: newDesk(t), accounts: map[string]store.DeployAccount{}}
	d.sim = cdksim.New(cdksim.Options{Clock: d.clock})
	server := httptest.NewServer(d.sim)
	t.Cleanup(server.Close)
	d.site = server.URL
	for _, region := range []string{"us", "eu", "ap"} {
		d.token(region, region, d.sim.Token(region))
	}
	d.as(store.StaffAdmin)
	return d
}

// token configures a token of a region; one of the same name is replaced.
func (d *dock) token(name, region, token string) {
	d.Helper()
	storetest.Update(d, d.store, func(tx *store.Tx) (err error) {
		d.accounts[name], err = tx.PutDeployAccount(d.ctx, store.DeployAccount{
			Platform: store.PlatformTrayCDK, Name: name, Region: region, APIURL: d.site + "/" + region, Secret: secret.Text(token), Position: len(d.accounts),
		})
		return err
	})
}

// control asks the simulator's control API.
func (d *dock) control(method, path string, body any) {
	d.Helper()
	b := storetest.Must[[]byte](d)(json.Marshal(body))
	r := storetest.Must[*http.Request](d)(http.NewRequestWithContext(d.ctx, method, d.site+"/_control"+path, bytes.NewReader(b)))
	answer := storetest.Must[*http.Response](d)(http.DefaultClient.Do(r))
	defer answer.Body.Close() //nolint:errcheck // nothing is read of it
	if answer.StatusCode != http.StatusOK {
		d.Fatalf("%s %s answers %s", method, path, answer.Status)
	}
}

// fault makes the next call of an operation go wrong: "deploy:us" with the kind "401".
func (d *dock) fault(operation, kind string) {
	d.Helper()
	d.control(http.MethodPost, "/faults", map[string]any{"operation": operation, "kind": kind, "times": 1})
}

// send posts a multipart form to a path, as a browser sends one with a file; a filename of "" is a form without a file.
func (d *desk) send(path, field, filename string, content io.Reader, pairs ...string) reply {
	d.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for n := 0; n+1 < len(pairs); n += 2 {
		if err := form.WriteField(pairs[n], pairs[n+1]); err != nil {
			d.Fatal(err)
		}
	}
	if filename != "" {
		part := storetest.Must[io.Writer](d)(form.CreateFormFile(field, filename))
		if _, err := io.Copy(part, content); err != nil {
			d.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		d.Fatal(err)
	}
	return d.sendBody(path, form.FormDataContentType(), &body)
}

func (d *desk) sendBody(path, contentType string, body io.Reader) reply {
	d.Helper()
	r := httptest.NewRequest(http.MethodPost, "https://portal.test/in"+path, body)
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for name, value := range d.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	d.server.ServeHTTP(w, r)
	page := w.Body.String()
	doc := storetest.Must[*goquery.Document](d)(goquery.NewDocumentFromReader(strings.NewReader(page)))
	return reply{T: d.T, status: w.Code, location: strings.TrimPrefix(w.Header().Get("Location"), "/in"), body: page, Document: doc}
}

// upload uploads an archive, and is the path of its page.
func (d *dock) upload(archive []byte) string {
	d.Helper()
	return d.send(archivesPath, "archive", "connector.zip", bytes.NewReader(archive)).is(303).location
}

// deploy uploads a connector and deploys it to some regions, with some more of the form; it is the path of the release's page.
func (d *dock) deploy(name string, regions []string, pairs ...string) string {
	d.Helper()
	form := append([]string{"name", name, "version", "1.0"}, pairs...)
	for _, region := range regions {
		form = append(form, "account", d.accounts[region].ID)
	}
	return d.post(d.upload(cdksim.DemoArchive(name, "1.0", "get_post", "list_posts"))+"/deploy", form...).is(303).location
}

// settle lets deployments and shares go on, moving the clock over every wait, until they rest.
func (d *dock) settle() {
	d.Helper()
	for range 1000 {
		rows := storetest.Must[[]store.CDKDeployment](d)(d.store.CDKUnderWay(d.ctx))
		wait, busy := time.Hour, false
		for _, row := range rows {
			if row.UnderWay() {
				wait, busy = min(wait, max(d.step(row.ID), time.Second)), true
			}
		}
		if !busy {
			return
		}
		d.clock.Advance(wait)
	}
	d.Fatal("it does not come to rest")
}

// shared stores that everything which waits to be shared was shared, as its job would.
func (d *dock) shared(answer string) {
	d.Helper()
	for _, id := range storetest.Must[[]string](d)(d.store.LeftShares(d.ctx, d.clock.Now().Add(time.Hour), 100)) {
		share := storetest.Must[store.CDKShare](d)(d.store.CDKShare(d.ctx, id))
		share.State, share.Answer, share.EndedAt = store.ShareDone, answer, store.At(d.clock.Now())
		storetest.Update(d, d.store, func(tx *store.Tx) error { return tx.PutCDKShare(d.ctx, share, "") })
	}
}

func (d *dock) step(id string) time.Duration {
	d.Helper()
	return storetest.Must[time.Duration](d)(d.portal.AdvanceCDK(context.WithoutCancel(d.ctx), id))
}

// row is the deployment of a release in a region.
func (d *dock) row(path, region string) store.CDKDeployment {
	d.Helper()
	for _, row := range storetest.Must[[]store.CDKDeployment](d)(d.store.CDKDeploymentsOf(d.ctx, strings.TrimPrefix(path, "/admin/cdk/releases/"))) {
		if row.Region == region {
			return row
		}
	}
	d.Fatalf("%s has no deployment in %s", path, region)
	return store.CDKDeployment{}
}

// change stores that a deployment is otherwise.
func (d *dock) change(row store.CDKDeployment, do func(*store.CDKDeployment)) {
	d.Helper()
	storetest.Update(d, d.store, func(tx *store.Tx) error {
		now, err := tx.LockCDKDeployment(d.ctx, row.ID, "")
		if err != nil {
			return err
		}
		do(&now)
		return tx.PutCDKDeployment(d.ctx, now)
	})
}
