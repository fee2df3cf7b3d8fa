package piecesim

import (
	"crypto/rand"
	"crypto/sha256"
	"regexp"
	"time"
)

const idAlphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// idShape is what every ID looks like; other shapes are refused before anything is looked for.
var idShape = regexp.MustCompile(`^[0-9a-zA-Z]{21}$`)

// newID is a fresh ID in Activepieces' shape.
func newID() string { return randomText(21) }

// randomText is n random letters and digits.
func randomText(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, says its documentation
	return letters(b)
}

// fixedID is the same ID each time for the same name, so that demo data keeps its IDs when it is made again.
func fixedID(name string) string {
	sum := sha256.Sum256([]byte("portico/sandbox/piecesim/" + name))
	return letters(sum[:21])
}

func letters(b []byte) string {
	for i := range b {
		b[i] = idAlphabet[int(b[i])%len(idAlphabet)]
	}
	return string(b)
}

// stamp is a time as Activepieces writes it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// stampOrNull is null for a time that has not come.
func stampOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}
