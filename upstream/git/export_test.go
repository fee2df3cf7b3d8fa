package git

import "crypto/x509"

// Trusting is the source with a server's own certificates trusted.
func (s Source) Trusting(pool *x509.CertPool) Source {
	s.trusted = pool
	return s
}
