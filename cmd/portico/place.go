package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// places is where the sandbox listens: the portal, the sample host application, and simulated the platforms Tray,
// Activepieces, Tray CDK and commercetools Connect, in this order. Browsers reach the portal by the number 127.0.0.1 and the
// others by the name localhost, so that these are other sites, as in life: cookies ignore ports.
type places struct{ listeners []net.Listener }

const (
	placeCount = 6
	lastPort   = 65535 - (placeCount - 1) // that leaves room for the others behind it
)

// listen takes the address for the portal and the next ports for the others, or free ones.
func listen(address string) (places, error) {
	host, first, err := splitListen(address)
	if err != nil {
		return places{}, usageError{err}
	}
	var p places
	for i := range placeCount {
		port := 0
		if first > 0 {
			port = first + i
		}
		l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if errors.Is(err, syscall.EADDRINUSE) {
			err = fmt.Errorf("port %d is taken; choose another with -listen 127.0.0.1:%d, or free ones with -listen 127.0.0.1:0", port, first+1000)
		}
		if err != nil {
			p.close()
			return places{}, fmt.Errorf("starting the sandbox: %w", err)
		}
		p.listeners = append(p.listeners, l)
	}
	return p, nil
}

// splitListen reads HOST:PORT. There is no https in the sandbox, and without it browsers keep the session's cookie on
// this machine alone; 0.0.0.0 is for a container whose ports are passed on.
func splitListen(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("-listen is %q, not HOST:PORT, for example 127.0.0.1:8080", address)
	}
	if port, err = strconv.Atoi(text); err != nil || port < 0 || port > lastPort {
		return "", 0, fmt.Errorf("-listen has the port %q, not a number from 0 to %d", text, lastPort)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if ip := net.ParseIP(host); host != "" && (ip == nil || !ip.IsLoopback() && !ip.IsUnspecified()) {
		return "", 0, fmt.Errorf("-listen has the host %q: the sandbox is for this machine alone, for example 127.0.0.1:8080", host)
	}
	return host, port, nil
}

func (p places) close() {
	for _, l := range p.listeners {
		l.Close() //nolint:errcheck // the server has closed it, unless the start failed
	}
}

func (p places) port(i int) string {
	_, port, err := net.SplitHostPort(p.listeners[i].Addr().String())
	if err != nil {
		panic(err) // a TCP listener's address has a port
	}
	return port
}

func (p places) portal() string   { return "http://127.0.0.1:" + p.port(0) }
func (p places) host() string     { return "http://localhost:" + p.port(1) }
func (p places) tray() string     { return "http://" + p.trayHost() }
func (p places) trayHost() string { return "localhost:" + p.port(2) }
func (p places) pieces() string   { return "http://localhost:" + p.port(3) }
func (p places) cdk() string      { return "http://localhost:" + p.port(4) }
func (p places) connect() string  { return "http://localhost:" + p.port(5) }
