package main

import (
	"runtime/debug"
	"time"
)

// A page makes some hundred kilobytes that are garbage as soon as it is sent. With the runtime's own percentage a small
// program under load collects after every 30 pages or so, which took a fifth of its processor time; twice the percentage
// takes half of that, for 4 MB more when it rests.
const gcPercent = 200

// restAfter is how long starting and the first copies of a usual account have to be over.
const restAfter = 10 * time.Second

// sparing sets how memory is used, unless the operator says so in GOGC, and gives back once what starting took. The
// function that is returned keeps that from happening after the end.
func sparing(getenv func(string) string) (stop func() bool) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	return time.AfterFunc(restAfter, debug.FreeOSMemory).Stop
}
