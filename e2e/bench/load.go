package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// target is a page: where it is, and the session that asks for it.
type target struct {
	address, path, cookie string
}

// request is what is sent each time: HTTP/1.1, uncompressed, on a connection that is kept.
func (t target) request() []byte {
	cookie := ""
	if t.cookie != "" {
		cookie = "Cookie: " + t.cookie + "\r\n"
	}
	return []byte("GET " + t.path + " HTTP/1.1\r\nHost: " + t.address + "\r\nAccept: text/html\r\nAccept-Encoding: identity\r\n" +
		"Accept-Language: en\r\n" + cookie + "\r\n")
}

// connection asks for one page again and again. It is no general client: it does as little as it can, since it shares
// the processors with what it measures.
type connection struct {
	net.Conn
	r       *bufio.Reader
	request []byte
}

func dial(t target) (*connection, error) {
	c, err := net.Dial("tcp", t.address)
	if err != nil {
		return nil, err
	}
	return &connection{c, bufio.NewReaderSize(c, 32<<10), t.request()}, nil
}

// ask asks once and returns how many bytes the page has. Whatever is not 200 is an error.
func (c *connection) ask() (int, error) {
	if _, err := c.Write(c.request); err != nil {
		return 0, err
	}
	status, err := c.r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(status) < 12 || string(status[9:12]) != "200" {
		return 0, fmt.Errorf("the answer is %q", status)
	}
	length, err := c.header()
	if err != nil {
		return 0, err
	}
	if length >= 0 {
		return c.r.Discard(length)
	}
	return c.chunks()
}

// header reads the rest of the header and returns the length it says; -1 for a body in chunks.
func (c *connection) header() (int, error) {
	length := -2
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			break
		}
		if value, ok := cutName(line, "content-length:"); ok {
			if length, err = strconv.Atoi(value); err != nil {
				return 0, err
			}
		}
		if value, ok := cutName(line, "transfer-encoding:"); ok && value == "chunked" {
			length = -1
		}
	}
	if length == -2 {
		return 0, errors.New("the answer says no length")
	}
	return length, nil
}

func cutName(line []byte, name string) (string, bool) {
	if len(line) < len(name) || !strings.EqualFold(string(line[:len(name)]), name) {
		return "", false
	}
	return strings.TrimSpace(string(line[len(name):])), true
}

func (c *connection) chunks() (int, error) {
	total := 0
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		n, err := strconv.ParseInt(strings.TrimSpace(string(line)), 16, 64)
		if err != nil {
			return 0, err
		}
		if _, err := io.CopyN(io.Discard, c.r, n+2); err != nil { // the line end counts
			return 0, err
		}
		if n == 0 {
			return total, nil
		}
		total += int(n)
	}
}

// sample is what one round of asking came to.
type sample struct {
	perSecond float64
	p50, p99  time.Duration
	cpu       time.Duration // of the server, a request
	bytes     int           // of a page
}

// load asks for a page over n connections for a while, and reads what the server p has used meanwhile.
func load(ctx context.Context, p *process, t target, n int, d time.Duration) (sample, error) {
	used, err := p.cpu()
	if err != nil {
		return sample{}, err
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	times, bytes, errs := make([][]time.Duration, n), make([]int, n), make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { times[i], bytes[i], errs[i] = hammer(ctx, t) })
	}
	all.Wait()
	took := time.Since(began)
	after, err := p.cpu()
	if err = errors.Join(errors.Join(errs...), err); err != nil {
		return sample{}, fmt.Errorf("asking for %s: %w", t.path, err)
	}
	every := slices.Concat(times...)
	slices.Sort(every)
	if len(every) == 0 {
		return sample{}, fmt.Errorf("asking for %s: no answer within %v", t.path, d)
	}
	return sample{
		perSecond: float64(len(every)) / took.Seconds(), p50: every[len(every)/2], p99: every[len(every)*99/100],
		cpu: (after - used) / time.Duration(len(every)), bytes: bytes[0],
	}, nil
}

// hammer asks over one connection until ctx ends.
func hammer(ctx context.Context, t target) (times []time.Duration, bytes int, err error) {
	c, err := dial(t)
	if err != nil {
		return nil, 0, err
	}
	defer c.Close() //nolint:errcheck // everything was read
	times = make([]time.Duration, 0, 4096)
	for ctx.Err() == nil {
		began := time.Now()
		if bytes, err = c.ask(); err != nil {
			return nil, 0, err
		}
		times = append(times, time.Since(began))
	}
	return times, bytes, nil
}
