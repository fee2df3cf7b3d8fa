package main

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"

	"portico/secret"
)

// settings reads values by name and gathers what is wrong with them.
type settings struct {
	get    func(name string) string
	faults faults
}

func (s *settings) fault(name, wrong, example string) {
	s.faults = append(s.faults, fault{name, wrong, example})
}

// text is a value, or fallback where it is not set.
func (s *settings) text(name, fallback string) string {
	if v := strings.TrimSpace(s.get(name)); v != "" {
		return v
	}
	return fallback
}

// required is a value that has to be set.
func (s *settings) required(name, example string) string {
	v := s.text(name, "")
	if v == "" {
		s.fault(name, "is not set", example)
	}
	return v
}

// choice is one of some words; the first is the fallback.
func (s *settings) choice(name string, words ...string) string {
	v := s.text(name, words[0])
	for _, w := range words {
		if v == w {
			return v
		}
	}
	s.fault(name, fmt.Sprintf("is %q, not one of %s", v, strings.Join(words, ", ")), words[0])
	return words[0]
}

// list is a value split at commas and line ends.
func (s *settings) list(name string) []string {
	return split(s.text(name, ""))
}

func split(text string) []string {
	var words []string
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' }) {
		if w = strings.TrimSpace(w); w != "" {
			words = append(words, w)
		}
	}
	return words
}

// secret is a value, or what the file holds that NAME_FILE names; the end of line at its end does not count.
func (s *settings) secret(name string) secret.Text {
	value, file := s.text(name, ""), s.text(name+"_FILE", "")
	switch {
	case value != "" && file != "":
		s.fault(name, "is set, and so is "+name+"_FILE: which one counts?", "")
	case file != "":
		b, err := os.ReadFile(file)
		held := strings.TrimSpace(string(b))
		if err != nil {
			s.fault(name+"_FILE", "cannot be read: "+err.Error(), "/run/secrets/"+strings.ToLower(strings.TrimPrefix(name, "PORTICO_")))
		} else if held == "" {
			s.fault(name+"_FILE", "names a file that is empty", "")
		}
		return secret.Text(held)
	}
	return secret.Text(value)
}

// given says whether a secret is set, or a file is named that should hold it.
func (s *settings) given(name string) bool {
	return s.text(name, "") != "" || s.text(name+"_FILE", "") != ""
}

// address is a URL, https unless it leads to this machine; nil when it is not set or wrong.
func (s *settings) address(name, value, example string) *url.URL {
	if value == "" {
		return nil
	}
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		s.fault(name, "is not an address with https:// and a host", example)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		s.fault(name, "carries more than a host and a path", example)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		s.fault(name, "is not https, and does not lead to this machine", example)
	default:
		u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), ""
		return u
	}
	return nil
}

// loopback says whether a host name means this machine.
func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// origin is a scheme and a host, and no more.
func (s *settings) origin(name, value string) string {
	const example = "https://app.example.com"
	u := s.address(name, value, example)
	if u == nil {
		return ""
	}
	if u.Path != "" {
		s.fault(name, fmt.Sprintf("%s has a path; origins have none", value), example)
	}
	return u.Scheme + "://" + strings.ToLower(u.Host)
}

// size is a number of bytes, from 1 to most: 500000, 64KiB, 10MiB.
func (s *settings) size(name, fallback string, most int64) int64 {
	text := strings.ReplaceAll(s.text(name, fallback), " ", "")
	number, unit := text, int64(1)
	for n, suffix := range []string{"KiB", "MiB", "GiB"} {
		if cut, ok := strings.CutSuffix(text, suffix); ok {
			number, unit = cut, 1<<(10*(n+1))
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	switch {
	case err != nil || n < 1:
		s.fault(name, fmt.Sprintf("is %q, not a number of bytes, KiB or MiB", text), fallback)
	case n > most/unit:
		s.fault(name, fmt.Sprintf("is more than %d MiB", most>>20), fallback)
	default:
		return n * unit
	}
	return 0
}

// hostPort is an address to listen on.
func (s *settings) hostPort(name, value string) string {
	if _, port, err := net.SplitHostPort(value); err != nil || port == "" {
		s.fault(name, fmt.Sprintf("is %q, not HOST:PORT", value), "127.0.0.1:8080")
	}
	return value
}
