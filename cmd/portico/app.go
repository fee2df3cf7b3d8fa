package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"portico/portal"
)

// How long requests have to end when the program stops. Jobs have their own time, see portal.Run.
const shutdownPatience = 10 * time.Second

// app is what runs until it is told to stop: servers, each with its listener, and the portal's jobs.
type app struct {
	log     *slog.Logger
	portal  *portal.Portal
	servers []server
	works   atomic.Bool // jobs are being worked on
}

// working is nil as long as this process works on jobs: a process that is stopping is not ready for more.
func (a *app) working() error {
	if a.works.Load() {
		return nil
	}
	return errors.New("this process does not work on jobs")
}

type server struct {
	http     *http.Server
	listener net.Listener
}

// run serves and works on jobs until ctx ends or one of both fails. It returns when the last request has been answered
// and the last job has ended, so that the caller can close the store.
func (a *app) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var running sync.WaitGroup
	failed := make(chan error, len(a.servers)+1)
	for _, s := range a.servers {
		running.Go(func() {
			if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("serving %s: %w", s.listener.Addr(), err)
				stop()
			}
		})
	}
	jobs, stopJobs := context.WithCancel(context.WithoutCancel(ctx))
	defer stopJobs()
	a.works.Store(true)
	running.Go(func() {
		defer a.works.Store(false)
		if err := a.portal.Run(jobs); err != nil {
			failed <- fmt.Errorf("working on jobs: %w", err)
			stop()
		}
	})
	<-ctx.Done()
	a.works.Store(false)
	a.log.Info("stopping")
	shutdown := a.shutdown()
	stopJobs()
	a.portal.Close()
	running.Wait()
	close(failed)
	errs := []error{shutdown}
	for err := range failed {
		errs = append(errs, err)
	}
	a.log.Info("stopped")
	return errors.Join(errs...)
}

// shutdown stops listening and waits for the requests under way; what takes longer is cut off.
func (a *app) shutdown() error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownPatience)
	defer cancel()
	var all sync.WaitGroup
	errs := make([]error, len(a.servers))
	for i, s := range a.servers {
		all.Go(func() {
			if err := s.http.Shutdown(ctx); err != nil {
				errs[i] = errors.Join(fmt.Errorf("requests that took longer than %v were cut off: %w", shutdownPatience, err), s.http.Close())
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
