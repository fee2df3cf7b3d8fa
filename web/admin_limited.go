package web

import (
	"context"
	"slices"
	"time"

	"portico/store"
)

const (
	mostLimited = 5                  // lines of an account's page
	limitedFor  = 7 * 24 * time.Hour // how long they are shown
)

// limited is what the plan of an account did not allow customers lately, newest first.
func (s *Server) limited(ctx context.Context, accountID string) ([]store.Event, error) {
	all, err := s.Store.EventsByCode(ctx, "automation.limited", 20*mostLimited)
	all = slices.DeleteFunc(all, func(e store.Event) bool { return e.SubjectID != accountID || s.Now().Sub(e.At.Time) > limitedFor })
	return all[:min(len(all), mostLimited)], err
}
