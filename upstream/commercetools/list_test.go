package commercetools_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"portico/upstream"
	"portico/upstream/commercetools"
)

func TestPages(t *testing.T) {
	yes := true
	s, c := serve(t, says(200, file(t, "drafts")), says(200, file(t, "connectors")), says(200, file(t, "deployments")))
	drafts, err := c.Drafts(t.Context(), commercetools.DraftQuery{Limit: 7, Offset: 14, Sort: []string{commercetools.NewestFirst}, Private: &yes, IntegrationTypes: []string{"tax", "erp"}})
	if err != nil || drafts.Total != 1 || drafts.Limit != 20 || len(drafts.Results) != 1 || drafts.Results[0].ID != draftID || !drafts.Results[0].Certified {
		t.Errorf("got %+v, %v", drafts, err)
	}
	connectors, err := c.SearchConnectors(t.Context(), "pay & go", &yes, 0, 40)
	if err != nil || len(connectors.Results) != 1 || !connectors.Results[0].Certified || connectors.Results[0].Configurations[0].Standard[0].Default != nil {
		t.Errorf("got %+v, %v", connectors, err)
	}
	deployments, err := c.Deployments(t.Context(), commercetools.DeploymentQuery{Limit: 1, Sort: []string{commercetools.ChangedFirst}, Type: commercetools.DeployPreview, IntegrationTypes: []string{"oms"}})
	if err != nil || len(deployments.Results) != 1 || deployments.Results[0].Applications[0].Schedule != "* * * * 5" {
		t.Errorf("got %+v, %v", deployments, err)
	}
	var lines []string
	for _, r := range s.got() {
		lines = append(lines, r.line)
	}
	want := []string{
		"GET /connectors/drafts?integrationTypes=tax&integrationTypes=erp&isPrivate=true&limit=7&offset=14&sort=createdAt+desc",
		"GET /connectors/search?offset=40&private=true&text=pay+%26+go",
		"GET /my-shop/deployments?deploymentType=preview&integrationTypes=oms&limit=1&sort=lastModifiedAt+desc",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("asked for %s", strings.Join(lines, "\n"))
	}
}

func TestPagesThatAreNone(t *testing.T) {
	for _, body := range []string{`{}`, `{"results":null}`, `{"results":[{"version":1}],"total":1}`, `{"results":[null],"total":1}`, `[]`} {
		_, c := serve(t, says(200, body))
		if _, err := c.AllDrafts(t.Context()); !upstream.IsKind(err, upstream.Malformed) {
			t.Errorf("%s: got %v, want malformed", body, err)
		}
	}
}

// shelf is a list of things that are numbered, of which a page shows at most cap.
type shelf struct {
	ids     []int
	cap     int
	noTotal bool
	asked   []string
	between func(s *shelf) // after each page
}

func (s *shelf) answer(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	offset, _ := strconv.Atoi(query.Get("offset"))
	limit, _ := strconv.Atoi(query.Get("limit"))
	s.asked = append(s.asked, query.Get("sort")+" "+query.Get("limit")+"+"+query.Get("offset"))
	limit = min(limit, s.cap)
	var rows []string
	for _, id := range s.ids[min(offset, len(s.ids)):min(offset+limit, len(s.ids))] {
		rows = append(rows, fmt.Sprintf(`{"id":"d%d","version":1}`, id))
	}
	total := fmt.Sprintf(`,"total":%d`, len(s.ids))
	if s.noTotal {
		total = ""
	}
	fmt.Fprintf(w, `{"limit":%d,"offset":%d,"count":%d%s,"results":[%s]}`, limit, offset, len(rows), total, strings.Join(rows, ","))
	if s.between != nil {
		s.between(s)
	}
}

func numbered(n int) []int {
	ids := make([]int, n)
	for i := range ids {
		ids[i] = i
	}
	return ids
}

func TestWholeLists(t *testing.T) {
	once := func(change func(s *shelf)) func(*shelf) {
		return func(s *shelf) {
			if len(s.asked) == 1 {
				change(s)
			}
		}
	}
	for name, tt := range map[string]struct {
		shelf shelf
		want  int
		asked int
	}{
		"nothing":              {shelf{cap: 500}, 0, 1},
		"one page":             {shelf{cap: 500, ids: numbered(3)}, 3, 1},
		"a full page":          {shelf{cap: 500, ids: numbered(500)}, 500, 1},
		"two pages":            {shelf{cap: 500, ids: numbered(501)}, 501, 2},
		"smaller pages":        {shelf{cap: 100, ids: numbered(450)}, 450, 5},
		"no total":             {shelf{cap: 2, ids: numbered(5), noTotal: true}, 5, 4},
		"the first goes":       {shelf{cap: 2, ids: numbered(5), between: once(func(s *shelf) { s.ids = s.ids[1:] })}, 4, 4},
		"one more comes":       {shelf{cap: 2, ids: numbered(5), between: once(func(s *shelf) { s.ids = append(s.ids, 9) })}, 6, 5},
		"one goes, one comes":  {shelf{cap: 2, ids: numbered(4), between: once(func(s *shelf) { s.ids = []int{0, 1, 9, 2} })}, 4, 2},
		"a row comes up again": {shelf{cap: 2, ids: numbered(4), between: once(func(s *shelf) { s.ids = []int{9, 0, 1, 2} })}, 4, 4},
		"again, without total": {shelf{cap: 2, ids: numbered(4), noTotal: true, between: once(func(s *shelf) { s.ids = []int{9, 0, 1, 2} })}, 4, 6},
	} {
		s := tt.shelf
		_, c := serve(t, s.answer)
		got, err := c.AllDeployments(t.Context())
		if err != nil || len(got) != tt.want || len(s.asked) != tt.asked || s.asked[0] != "createdAt asc 500+" {
			t.Errorf("%s: got %d, %v by %v", name, len(got), err, s.asked)
		}
	}
}

func TestListsThatCannotBeReadWhole(t *testing.T) {
	restless := &shelf{cap: 2, ids: numbered(4), between: func(s *shelf) { s.ids = append(s.ids, len(s.ids)) }}
	_, c := serve(t, restless.answer)
	if _, err := c.AllDrafts(t.Context()); !upstream.IsKind(err, upstream.Unavailable) || len(restless.asked) != 6 {
		t.Errorf("got %v after %d pages", err, len(restless.asked))
	}
	_, c = serve(t, says(200, `{"total":9,"results":[]}`))
	if _, err := c.AllDrafts(t.Context()); !upstream.IsKind(err, upstream.Unavailable) {
		t.Errorf("a list that ends early: got %v", err)
	}
	endless := &shelf{cap: 500, ids: numbered(20_000)}
	_, c = serve(t, endless.answer)
	if _, err := c.AllDrafts(t.Context()); !upstream.IsKind(err, upstream.Refused) || len(endless.asked) != 21 {
		t.Errorf("got %v after %d pages", err, len(endless.asked))
	}
	_, c = serve(t, says(403, `{"errors":[{"code":"AuthorizationError","message":"Access denied"}]}`))
	if _, err := c.AllDrafts(t.Context()); !upstream.IsKind(err, upstream.Forbidden) {
		t.Errorf("got %v", err)
	}
}
