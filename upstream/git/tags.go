package git

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// version is the form of tags that are versions: v1.2.3, 1.2, v2.0.0-rc.1.
var version = regexp.MustCompile(`^[vV]?([0-9]{1,9}(?:\.[0-9]{1,9}){0,3})(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$`)

// newestFirst puts names that are versions first, the newest in front, and then the
// others backwards by name.
func newestFirst(names []string) {
	slices.SortFunc(names, func(a, b string) int {
		x, y := version.FindStringSubmatch(a), version.FindStringSubmatch(b)
		switch {
		case x == nil && y == nil:
			return strings.Compare(b, a)
		case x == nil || y == nil:
			return cmp.Compare(len(y), len(x))
		}
		return cmp.Or(byNumbers(y[1], x[1]), beforeRelease(y[2], x[2]), strings.Compare(b, a))
	})
}

// byNumbers compares 1.10 and 1.9.2; a missing number is 0.
func byNumbers(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(x), len(y)) {
		if c := cmp.Compare(at(x, i), at(y, i)); c != 0 {
			return c
		}
	}
	return 0
}

func at(numbers []string, i int) int {
	if i >= len(numbers) {
		return 0
	}
	n, _ := strconv.Atoi(numbers[i]) // up to nine digits
	return n
}

// beforeRelease compares what stands behind the hyphen of versions, by the rules of
// semantic versions: none is the newest, numbers are compared as such and are older
// than words.
func beforeRelease(a, b string) int {
	if a == "" || b == "" {
		return cmp.Compare(len(b), len(a))
	}
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		n, err1 := strconv.Atoi(x[i])
		m, err2 := strconv.Atoi(y[i])
		switch {
		case err1 == nil && err2 == nil:
			if n != m {
				return cmp.Compare(n, m)
			}
		case err1 == nil:
			return -1
		case err2 == nil:
			return 1
		case x[i] != y[i]:
			return strings.Compare(x[i], y[i])
		}
	}
	return cmp.Compare(len(x), len(y))
}
