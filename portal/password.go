package portal

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"portico/secret"
)

// argon2id as OWASP's password storage cheat sheet has it: 2 passes over 19 MiB, one lane.
const (
	argonPasses = 2
	argonMemory = 19 << 10 // KiB
	argonLanes  = 1
	argonLength = 32
)

// hashing lets two passwords be hashed at a time in the process: each takes 19 MiB and a core.
var hashing = make(chan struct{}, 2)

// nobody is the hash that the password of an unknown address is compared with, so that it takes as long.
var nobody = phc(make([]byte, 16), make([]byte, argonLength))

var errHash = errors.New("a password hash of an unknown form")

// hashPassword makes what is kept of a password, in the PHC string format.
func hashPassword(ctx context.Context, password secret.Text) (string, error) {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("making a salt: %w", err)
	}
	sum, err := argon(ctx, password, salt, argonPasses, argonMemory, argonLanes)
	return phc(salt, sum), err
}

func phc(salt, sum []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonLanes, b64.EncodeToString(salt), b64.EncodeToString(sum))
}

func argon(ctx context.Context, password secret.Text, salt []byte, passes, memory uint32, lanes uint8) ([]byte, error) {
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for a turn to hash: %w", ctx.Err())
	}
	return argon2.IDKey([]byte(password.Reveal()), salt, passes, memory, lanes, argonLength), nil
}

// checkPassword says whether a hash was made of a password.
func checkPassword(ctx context.Context, hash string, password secret.Text) (bool, error) {
	part := strings.Split(hash, "$")
	if len(part) != 6 || part[1] != "argon2id" {
		return false, errHash
	}
	var version int
	var memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(part[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, errHash
	}
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil || passes == 0 || lanes == 0 {
		return false, errHash
	}
	salt, serr := base64.RawStdEncoding.DecodeString(part[4])
	want, werr := base64.RawStdEncoding.DecodeString(part[5])
	if serr != nil || werr != nil || len(want) != argonLength {
		return false, errHash
	}
	got, err := argon(ctx, password, salt, passes, memory, lanes)
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
}
