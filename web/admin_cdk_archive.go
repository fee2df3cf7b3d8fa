package web

import (
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/views"
)

// adminUploadArchive answers POST /admin/cdk/archives: a form with a file, which goes into the store as it comes.
func (s *Server) adminUploadArchive(c echo.Context) error {
	takeTime(c)
	file, name, err := uploaded(c.Request(), "archive")
	var a store.Archive
	if err == nil {
		a, err = s.Portal.ReceiveArchive(c.Request().Context(), staffActor(c), name, file)
	}
	if err == nil {
		return s.redirect(c, archivesPath, "/", a.ID)
	}
	waste(c.Request()) // or a browser that is still sending shows no answer
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		err = &portal.Refusal{Code: "archive_large", Args: map[string]string{"limit": mebibytes(s.Portal.ArchiveLimit)}}
	}
	p, pageErr := s.cdkPage(c)
	if pageErr != nil {
		return pageErr
	}
	var ok bool
	if _, p.Refused, ok = refusal(p.Page, err); !ok {
		return err
	}
	return s.render(c, http.StatusUnprocessableEntity, views.AdminCDK(p))
}

// uploadPatience is how long an archive may take on its way in or out: a slow line has to carry it, where other requests are
// short and are held to that.
const uploadPatience = 10 * time.Minute

// takeTime gives a request the time that an archive takes.
func takeTime(c echo.Context) {
	until := time.Now().Add(uploadPatience)
	r := http.NewResponseController(c.Response())
	_ = errors.Join(r.SetReadDeadline(until), r.SetWriteDeadline(until)) // a connection that knows no deadlines needs none
}

// uploaded is the file of a multipart form's field, to be read as it comes; what stands before it is skipped.
func uploaded(r *http.Request, field string) (file io.Reader, name string, err error) {
	form, err := r.MultipartReader()
	if err != nil {
		return nil, "", echo.NewHTTPError(http.StatusBadRequest).SetInternal(err)
	}
	for {
		part, err := form.NextPart()
		if err == io.EOF { //nolint:errorlint // the end of the form; one that breaks off wraps it
			return nil, "", &portal.Refusal{Code: "archive_empty"}
		}
		if err != nil {
			return nil, "", &portal.Refusal{Code: "archive_broken", Err: err}
		}
		if part.FormName() == field {
			return part, filepath.Base(part.FileName()), nil
		}
	}
}

// adminArchive answers GET /admin/cdk/archives/:archive?again=: what is in it, and the form to deploy it.
func (s *Server) adminArchive(c echo.Context) error {
	p, err := s.archivePage(c, c.QueryParam("again"))
	if err != nil {
		return err
	}
	p.Name, p.Version = p.Archive.Name, p.Archive.Version
	if p.Again != "" {
		if err := s.chooseAsBefore(c, &p); err != nil {
			return err
		}
	}
	return s.render(c, http.StatusOK, views.AdminCDKArchive(p))
}

// chooseAsBefore checks the regions that the release to go back to was for.
func (s *Server) chooseAsBefore(c echo.Context, p *views.AdminCDKArchivePage) error {
	rows, err := s.Store.CDKDeploymentsOf(c.Request().Context(), p.Again)
	if err != nil {
		return err
	}
	var accounts []string
	for _, d := range rows {
		accounts = append(accounts, d.AccountID)
	}
	choose(p.Regions, accounts)
	return nil
}

// choose checks the tokens of some accounts, and no others.
func choose(regions [][]views.CDKChoice, accounts []string) {
	for _, tokens := range regions {
		for n := range tokens {
			tokens[n].Chosen = slices.Contains(accounts, tokens[n].Account.ID)
		}
	}
}

// archivePage is the page of an archive, with the first token of each region chosen.
func (s *Server) archivePage(c echo.Context, again string) (views.AdminCDKArchivePage, error) {
	ctx := c.Request().Context()
	a, err := s.adminPage(c, views.SectionCDK)
	p := views.AdminCDKArchivePage{AdminPage: a, Again: again}
	if err != nil {
		return p, err
	}
	p.Scripts = s.uploadScript()
	if p.Archive, err = s.Store.Archive(ctx, c.Param("archive")); err != nil {
		return p, err
	}
	if p.Archive.State != store.ArchiveReady {
		return p, store.ErrNotFound
	}
	if again != "" {
		if _, err := s.Store.Release(ctx, again); err != nil {
			return p, err
		}
	}
	if p.Regions, err = s.tokensByRegion(c); err != nil || p.Archive.Name == "" {
		return p, err
	}
	list, err := s.Store.ReleasesOf(ctx, p.Archive.Name, p.Archive.Version, "", adminSecond)
	if err != nil {
		return p, err
	}
	if p.Before, err = s.releases(ctx, list); err != nil {
		return p, err
	}
	for _, r := range p.Before {
		if r.ArchiveID == p.Archive.ID {
			p.Releases = append(p.Releases, r)
		}
	}
	return p, nil
}

// tokensByRegion is the configured tokens, those of a region together.
func (s *Server) tokensByRegion(c echo.Context) ([][]views.CDKChoice, error) {
	accounts, err := s.Store.DeployAccounts(c.Request().Context(), store.PlatformTrayCDK)
	if err != nil {
		return nil, err
	}
	var regions [][]views.CDKChoice
	at := map[string]int{}
	for _, a := range accounts {
		n, ok := at[a.Region]
		if !ok {
			n = len(regions)
			at[a.Region], regions = n, append(regions, nil)
		}
		regions[n] = append(regions[n], views.CDKChoice{Account: a, Chosen: !ok})
	}
	return regions, nil
}

// adminDeployArchive answers POST /admin/cdk/archives/:archive/deploy.
func (s *Server) adminDeployArchive(c echo.Context) error {
	form := c.Request().PostForm
	emails, wrong := portal.ParseEmails(form.Get("emails"))
	wish := portal.ReleaseWish{
		ArchiveID: c.Param("archive"), Name: form.Get("name"), Version: form.Get("version"), Accounts: chosenTokens(form),
		Emails: emails, AgainOf: form.Get("again"),
	}
	var err error
	var r store.Release
	if len(wrong) > 0 {
		err = &portal.Refusal{Code: "cdk_emails", Args: map[string]string{"emails": strings.Join(wrong, ", ")}}
	} else {
		r, err = s.Portal.DeployArchive(c.Request().Context(), staffActor(c), wish)
	}
	if err == nil {
		return s.redirect(c, "/admin/cdk/releases/", r.ID)
	}
	p, pageErr := s.archivePage(c, wish.AgainOf)
	if pageErr != nil {
		return pageErr
	}
	var ok bool
	if _, p.Refused, ok = refusal(p.Page, err); !ok {
		return err
	}
	p.Name, p.Version, p.Emails = wish.Name, wish.Version, form.Get("emails")
	choose(p.Regions, wish.Accounts)
	return s.render(c, http.StatusUnprocessableEntity, views.AdminCDKArchive(p))
}

// chosenTokens is the tokens that a form names: a region of one token has a box, a region of several a choice among them.
func chosenTokens(form url.Values) []string {
	chosen := slices.Clone(form["account"])
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if id := form.Get(name); strings.HasPrefix(name, "account-") && id != "" {
			chosen = append(chosen, id)
		}
	}
	return chosen
}

// adminArchiveFile answers GET /admin/cdk/archives/:archive/file: the archive itself.
func (s *Server) adminArchiveFile(c echo.Context) error {
	ctx := c.Request().Context()
	a, err := s.Store.Archive(ctx, c.Param("archive"))
	if err != nil {
		return err
	}
	body, err := s.Portal.OpenArchive(ctx, a.ID)
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // it was read
	takeTime(c)
	header := c.Response().Header()
	header.Set(echo.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": zipName(a)}))
	header.Set(echo.HeaderContentLength, strconv.FormatInt(a.Size, 10))
	return c.Stream(http.StatusOK, "application/zip", body)
}

// zipName is what an archive's file is called: as it was uploaded, unless that was a payload.json around it, or had no name.
func zipName(a store.Archive) string {
	switch {
	case strings.EqualFold(filepath.Ext(a.Filename), ".zip"):
		return a.Filename
	case a.Name == "":
		return "connector.zip"
	}
	return a.Name + "-" + a.Version + ".zip"
}

func mebibytes(n int64) string { return strconv.FormatFloat(float64(n)/(1<<20), 'f', -1, 64) + " MiB" }
