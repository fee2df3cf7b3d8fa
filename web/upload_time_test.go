package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portico/store"
)

// patientRecorder is an answer on a connection that notes until when it may be read and written.
type patientRecorder struct {
	*httptest.ResponseRecorder
	read, write time.Time
}

func (r *patientRecorder) SetReadDeadline(t time.Time) error  { r.read = t; return nil }
func (r *patientRecorder) SetWriteDeadline(t time.Time) error { r.write = t; return nil }

// An archive may take longer than another request, but only of somebody who may upload one.
func TestUploadsTakeTime(t *testing.T) {
	d := newDesk(t)
	for role, want := range map[string]bool{store.StaffAdmin: true, store.StaffViewer: false} {
		d.as(role)
		r := httptest.NewRequest(http.MethodPost, "https://portal.test/in"+archivesPath, strings.NewReader("--b--\r\n"))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		for name, value := range d.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		w := &patientRecorder{ResponseRecorder: httptest.NewRecorder()}
		d.server.ServeHTTP(w, r)
		if given := !w.read.IsZero() && w.read.Equal(w.write) && time.Until(w.read) > uploadPatience/2; given != want {
			t.Errorf("%s: it may be read until %s and written until %s, and is answered %d", role, w.read, w.write, w.Code)
		}
	}
}
