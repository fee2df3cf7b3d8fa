package traysim

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// hostPage is a page of another site that opens a dialog, keeps what it says and answers the wizard's validation: the
// name "bad" is refused.
const hostPage = `<!doctype html><title>host</title><button id="open">Open</button><script>
const heard = [];
document.getElementById("open").onclick = () => window.open(%q, "dialog", "width=500,height=500");
addEventListener("message", (e) => {
  heard.push(e.data);
  if (e.data.type !== "tray.configPopup.validate") return;
  const answer = (data) => e.source.postMessage({type: "tray.configPopup.client.validation", data}, e.origin);
  answer({inProgress: true});
  const bad = e.data.data.configValues.external_sheet_name === "bad";
  answer({inProgress: false, errors: bad ? {external_sheet_name: "This sheet does not exist"} : {}});
});
</script>`

// popup opens a dialog from a page at 127.0.0.1, with the Tray at localhost, and returns the contexts of both.
func popup(t *testing.T, m *sim, path string) (host, dialog context.Context) {
	t.Helper()
	chromium := os.Getenv("CHROMIUM")
	if chromium == "" {
		chromium = "/usr/bin/chromium"
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox)...)
	t.Cleanup(cancel)
	host, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)

	address := strings.Replace(m.url, "127.0.0.1", "localhost", 1) + path
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, hostPage, address)
	}))
	t.Cleanup(page.Close)
	act(t, host, chromedp.Navigate(page.URL))
	opened := chromedp.WaitNewTarget(host, func(i *target.Info) bool { return strings.Contains(i.URL, "/external/") })
	act(t, host, chromedp.Click(chromedp.ID("open")))
	dialog, cancel = chromedp.NewContext(host, chromedp.WithTargetID(<-opened))
	t.Cleanup(cancel)
	return host, dialog
}

func act(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// read waits until an expression is true in a page, also across a navigation, and returns the value of another.
func read(t *testing.T, ctx context.Context, until, value string) string {
	t.Helper()
	for {
		_, err := chromedp.Run(ctx, chromedp.Poll[bool](until))
		if err == nil {
			break
		}
		if ctx.Err() != nil || !strings.Contains(err.Error(), "(-32000)") { // the page went away in the middle
			t.Fatalf("waiting for %s: %v", until, err)
		}
	}
	got, err := chromedp.Run(ctx, chromedp.Evaluate[string](value))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestWizardAsksTheHost(t *testing.T) {
	m := start(t, Options{})
	user, token := m.newUser("ada")
	id := m.newInstance(token, "Google Sheets export").at("id").text()
	host, wizard := popup(t, m, "/external/solutions/"+m.s.EmbeddedID()+"/configure/"+id+"?start=2&customValidation=true&code="+m.code(user))

	field := chromedp.CSS(`[data-testid=external_sheet_name]`)
	next := chromedp.CSS(`[data-testid=wizard-next]`)
	act(t, wizard, chromedp.SetValue(field, "bad"), chromedp.Click(next))
	if got := read(t, wizard, `document.querySelector("[data-field=external_sheet_name] [data-problem]").textContent !== ""`,
		`document.querySelector("[data-field=external_sheet_name] [data-problem]").textContent`); got != "This sheet does not exist" {
		t.Errorf("the field says %q", got)
	}
	act(t, wizard, chromedp.SetValue(field, "leads"), chromedp.Click(next))
	got := read(t, host, `heard.length >= 4`, `JSON.stringify(heard)`)
	want := `[{"type":"tray.configPopup.ready"},` +
		`{"type":"tray.configPopup.validate","data":{"visibleValues":["external_sheet_name","external_header"],"authValues":{},"configValues":{"external_header":true,"external_sheet_name":"bad"}}},` +
		`{"type":"tray.configPopup.validate","data":{"visibleValues":["external_sheet_name","external_header"],"authValues":{},"configValues":{"external_header":true,"external_sheet_name":"leads"}}},` +
		`{"type":"tray.configPopup.finish"}]`
	if got != want {
		t.Errorf("the host heard\n%s, want\n%s", got, want)
	}
	if got := m.control("GET", "state", "").at("instances.0.config_values.0.value").text(); got != `"leads"` {
		t.Errorf("stored %s", got)
	}
}

func TestAuthDialogTellsItsOpener(t *testing.T) {
	m := start(t, Options{})
	user, token := m.newUser("ada")
	host, dialog := popup(t, m, m.slotDialog(user, token))
	act(t, dialog, chromedp.Click(chromedp.CSS(`[data-testid=auth-continue]`)))
	act(t, dialog,
		chromedp.SendKeys(chromedp.CSS(`[data-testid=auth-email]`), "ada@example.com"),
		chromedp.SendKeys(chromedp.CSS(`[data-testid=auth-password]`), "whatever"),
		chromedp.Click(chromedp.CSS(`[data-testid=auth-allow]`)))
	got := read(t, host, `heard.length >= 1`, `JSON.stringify(heard)`)
	id := m.data(token, `{ viewer { authentications { edges { node { id } } } } }`, nil).at("viewer.authentications.edges.0.node.id").text()
	if want := `[{"authId":"` + id + `","authType":"oauth","type":"tray.authpopup.finish"}]`; got != want {
		t.Errorf("the host heard %s, want %s", got, want)
	}
}
