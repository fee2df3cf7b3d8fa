package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"

	"portico/portal"
	"portico/store/storetest"
)

func TestStoppingFinishesRequests(t *testing.T) {
	s, c := storetest.Open(t)
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	p, err := portal.New(portal.Options{Store: s, Now: c.Now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	arrived, finish := make(chan struct{}), make(chan struct{})
	slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-finish
		if err := s.Ping(r.Context()); err != nil {
			t.Errorf("the store closed under a request: %v", err)
		}
		fmt.Fprint(w, "finished") //nolint:errcheck // the client says
	})
	a := &app{log: log, portal: p, servers: []server{{http: plain(slow), listener: ln}}}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.run(ctx) }()
	answered := make(chan string, 1)
	go func() {
		resp, err := http.Get("http://" + ln.Addr().String())
		if err != nil {
			answered <- err.Error()
			return
		}
		defer resp.Body.Close() //nolint:errcheck // read to its end
		b, err := io.ReadAll(resp.Body)
		answered <- fmt.Sprint(string(b), err)
	}()
	<-arrived
	stop()
	for { // until nobody listens any more
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			break
		}
		conn.Close() //nolint:errcheck // only asked
	}
	select {
	case err := <-ended:
		t.Fatalf("run returned (%v) while a request was under way", err)
	default:
	}
	close(finish)
	if got := <-answered; got != "finished<nil>" {
		t.Errorf("the request under way got %q", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("run ended with %v", err)
	}
}

func TestRunEndsWhenServingFails(t *testing.T) {
	s, c := storetest.Open(t)
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	p, err := portal.New(portal.Options{Store: s, Now: c.Now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close() //nolint:errcheck // so that serving fails
	a := &app{log: log, portal: p, servers: []server{{http: plain(http.NotFoundHandler()), listener: ln}}}
	if err := a.run(t.Context()); err == nil {
		t.Error("run returns nothing although it cannot serve")
	}
}
