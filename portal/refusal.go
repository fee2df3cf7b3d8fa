package portal

// Refusal is a thing that cannot be done, for a reason that the person who asked can read: its code names a message
// (refusal.CODE), its Args fill it.
type Refusal struct {
	Code string
	Args map[string]string
	Err  error // for the log
}

// Error implements error.
func (r *Refusal) Error() string {
	if r.Err != nil {
		return "refused: " + r.Code + ": " + r.Err.Error()
	}
	return "refused: " + r.Code
}

// Unwrap implements errors.Unwrap.
func (r *Refusal) Unwrap() error { return r.Err }

func refuse(code string, args ...string) error {
	r := &Refusal{Code: code, Args: map[string]string{}}
	for i := 0; i+1 < len(args); i += 2 {
		r.Args[args[i]] = args[i+1]
	}
	return r
}
