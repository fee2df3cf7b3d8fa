package git

import (
	"context"
	"errors"
)

// Kind says what kept a file from being read.
type Kind string

const (
	// BadURL: the address is not one of a repository.
	BadURL Kind = "bad address"
	// BadTag: the name cannot be a tag's.
	BadTag Kind = "bad tag"
	// Unreachable: the server does not answer, or not in time.
	Unreachable Kind = "unreachable"
	// Denied: the server wants another key, or a password.
	Denied Kind = "access denied"
	// HostKey: the SSH server's key is not known, or another one.
	HostKey Kind = "host key"
	// NoRepository: the server knows no such repository.
	NoRepository Kind = "no repository"
	// NoTag: the repository has neither a tag nor a branch of that name.
	NoTag Kind = "no tag"
	// NoFile: there is no file of that path at the tag.
	NoFile Kind = "no file"
	// TooLarge: the file, or what must be read to find it, is larger than allowed.
	TooLarge Kind = "too large"
	// Malformed: the answer is not that of a Git server.
	Malformed Kind = "malformed"
)

// Error is why a repository could not be read. Its texts hold neither keys nor what
// stands in front of the host in an address.
type Error struct {
	Kind    Kind
	Message string // what happened, in a sentence without a full stop
	Err     error  // the cause, where there is one
}

// Error gives the kind, what happened and the cause.
func (e *Error) Error() string {
	text := "reading a Git repository: " + string(e.Kind)
	if e.Message != "" {
		text += ": " + e.Message
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Temporary reports whether the same reading may succeed later.
func (e *Error) Temporary() bool { return e.Kind == Unreachable }

// IsKind reports whether err is an *Error of that kind.
func IsKind(err error, kind Kind) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Kind == kind
}

func fail(kind Kind, message string) *Error { return &Error{Kind: kind, Message: message} }

// broken is an answer that makes no sense.
func broken(message string, err error) *Error {
	return &Error{Kind: Malformed, Message: message, Err: err}
}

// explain makes an *Error of any error. Where the time is over or the caller has
// given up, that is the reason, whatever broke because of it.
func explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return &Error{Kind: Unreachable, Message: "the server did not answer in time", Err: context.Cause(ctx)}
	}
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	return &Error{Kind: Unreachable, Message: "the connection broke", Err: err}
}
