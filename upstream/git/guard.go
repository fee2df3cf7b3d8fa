package git

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// dialTime is how long a connection may take to come about.
const dialTime = 15 * time.Second

// guard connects to hosts, and to those that it watches at public addresses alone.
// Where a proxy does the connecting it is the proxy that has to know what it may reach.
type guard struct {
	mu      sync.Mutex
	watched []string
}

func (g *guard) watch(host string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.watched = append(g.watched, strings.ToLower(host))
}

func (g *guard) watches(host string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Contains(g.watched, strings.ToLower(host))
}

// dial connects. What is looked at is the address that the name has led to, at the
// moment of connecting.
func (g *guard) dial(ctx context.Context, network, to string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialTime}
	if host, _, err := net.SplitHostPort(to); err == nil && g.watches(host) {
		dialer.Control = onlyPublic
	}
	return dialer.DialContext(ctx, network, to)
}

func onlyPublic(_, to string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(to)
	if err == nil && !public(at.Addr().Unmap()) {
		err = fail(Unreachable, fmt.Sprintf("the server redirects to %s, which is not a public address", at.Addr()))
	}
	return err
}

// special is what netip counts as public and is not (RFC 6890 and the registries
// that follow it): networks of carriers and of tests, those to come, and IPv6
// addresses that lead to an IPv4 one of any kind.
var special = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10")

func prefixes(all ...string) (parsed []netip.Prefix) {
	for _, one := range all {
		parsed = append(parsed, netip.MustParsePrefix(one))
	}
	return parsed
}

func public(a netip.Addr) bool {
	return a.IsGlobalUnicast() && !a.IsPrivate() && !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(a) })
}
