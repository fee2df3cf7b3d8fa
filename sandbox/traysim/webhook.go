package traysim

import (
	"io"
	"net/http"
	"slices"
	"time"

	"portico/sandbox/control"
)

// keptRuns is how many runs are remembered.
const keptRuns = 1000

// run is one execution of a workflow's copy.
type run struct {
	ID         string    `json:"id"`
	InstanceID string    `json:"instance_id"`
	WorkflowID string    `json:"workflow_id"`
	Method     string    `json:"method"`
	At         time.Time `json:"at"`
	Outcome    string    `json:"outcome"` // "successful" or "failed"
	Error      string    `json:"error,omitempty"`
}

// webhook answers GET and POST /webhook/{id}, which stand for https://{id}.trayapp.io. It starts a run and answers 200
// with nothing, or what the workflow is made to answer. The URL of a disabled instance is 404: Tray does not say.
func (s *Server) webhook(w http.ResponseWriter, r *http.Request) {
	entry := s.desk.Journal.Open("webhook", s.clock.Now())
	defer entry.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, maxBody)) // so that it is noticed when the caller goes
	s.desk.Perform(control.Watch(w, entry), r, entry, []string{"webhook"}, func(w http.ResponseWriter) {
		var answer string
		ok := false
		s.change(func(st *state, now time.Time) { answer, ok = st.startRun(r.PathValue("id"), r.Method, now) })
		switch {
		case !ok:
			writeMessage(w, http.StatusNotFound, "Not found")
		case answer != "":
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, answer)
		default:
			w.WriteHeader(http.StatusOK)
		}
	})
}

// startRun runs the workflow that a hook belongs to; false when there is none or its instance is off.
func (st *state) startRun(hook, method string, now time.Time) (answer string, ok bool) {
	i, w := st.hook(hook)
	if i == nil || !i.Enabled || i.NotReady {
		return "", false
	}
	r := run{ID: newID(), InstanceID: i.ID, WorkflowID: w.ID, Method: method, At: now, Outcome: "successful"}
	if reason := st.runFailure(i); reason != "" {
		r.Outcome, r.Error = "failed", reason
	}
	st.Runs = append(st.Runs, r)
	if len(st.Runs) > keptRuns {
		st.Runs = slices.Delete(st.Runs, 0, len(st.Runs)-keptRuns)
	}
	st.changed = true
	return w.Answer, true
}

func (st *state) hook(id string) (*instance, workflowCopy) {
	for _, i := range st.Instances.Rows {
		for _, w := range i.Workflows {
			if w.Hook != "" && w.Hook == id {
				return i, w
			}
		}
	}
	return nil, workflowCopy{}
}

// runFailure says why a run of an instance fails: a slot without a value, or a sign-in that is no longer good.
func (st *state) runFailure(i *instance) string {
	sol, _ := st.Solutions.get(i.SolutionID)
	if missing := i.missing(sol); len(missing) > 0 {
		return "no value for " + missing[0]
	}
	for _, v := range i.Auths {
		if a, ok := st.Authentications.get(v.Value); ok && a.Expired {
			return serviceByName(a.Service).Title + " no longer accepts the sign-in"
		}
	}
	return ""
}
