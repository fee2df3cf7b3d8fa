package web

import (
	"context"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"
	"github.com/riverqueue/river/rivertype"

	"portico/store"
	"portico/views"
)

// jobGroups are the groups of the page of jobs, what needs somebody first.
var jobGroups = []struct {
	name   string
	states []rivertype.JobState
}{
	{"failed", []rivertype.JobState{rivertype.JobStateDiscarded, rivertype.JobStateCancelled}},
	{"retrying", []rivertype.JobState{rivertype.JobStateRetryable}},
	{"running", []rivertype.JobState{rivertype.JobStateRunning}},
	{"waiting", []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateScheduled}},
}

// adminJobs answers GET /admin/jobs.
func (s *Server) adminJobs(c echo.Context) error {
	a, err := s.adminPage(c, views.SectionJobs)
	if err != nil {
		return err
	}
	p := views.AdminJobsPage{AdminPage: a}
	for _, g := range jobGroups {
		list, err := s.Store.JobList(c.Request().Context(), adminLines+1, g.states...)
		if err != nil {
			return err
		}
		group := views.JobGroup{Name: g.name}
		group.Jobs, group.More = pageOf(list, adminLines)
		p.Groups = append(p.Groups, group)
	}
	return s.render(c, http.StatusOK, views.AdminJobs(p))
}

// adminRetryJob answers POST /admin/jobs/:job/retry.
func (s *Server) adminRetryJob(c echo.Context) error {
	return s.changeJob(c, s.Portal.RetryJob, "retried")
}

// adminDiscardJob answers POST /admin/jobs/:job/discard.
func (s *Server) adminDiscardJob(c echo.Context) error {
	return s.changeJob(c, s.Portal.DiscardJob, "discarded")
}

func (s *Server) changeJob(c echo.Context, change func(context.Context, store.Actor, int64) error, done string) error {
	id, err := strconv.ParseInt(c.Param("job"), 10, 64)
	if err != nil {
		return store.ErrNotFound
	}
	if err := change(c.Request().Context(), staffActor(c), id); err != nil {
		return err
	}
	return s.redirect(c, address("/admin/jobs", "done", done))
}
