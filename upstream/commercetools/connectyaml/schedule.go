package connectyaml

import (
	"regexp"
	"strconv"
	"strings"
)

// scheduleMessage is the official one, word by word.
const scheduleMessage = "Please provide a valid cron schedule string following the specified format. " +
	"For example, for daily, you can use '@daily' or the cron expression '0 0 * * *'."

const (
	words    = `@(annually|yearly|monthly|weekly|daily|hourly|reboot)`
	interval = `@every ([0-9]+(ns|us|µs|ms|s|m|h))+`
	times    = `(([0-9]+,)+[0-9]+|([0-9]+|\*)(/|-)[0-9]+|[0-9]+|\*)`
)

var (
	// loose is the official rule: a text that contains a schedule somewhere.
	loose = regexp.MustCompile(words + `|` + interval + `|(` + times + ` ?){5,7}`)
	// strict is what the rule is meant to say: the whole text is a schedule.
	strict = regexp.MustCompile(`^(` + words + `|` + interval + `|` + times + `( +` + times + `){4,6})$`)
)

// looseSchedule is the official verdict on a job's schedule.
func looseSchedule(s string) string { return unless(loose.MatchString(s), scheduleMessage) }

// doubtful says what is strange about a schedule that the official rule lets pass; "" = nothing.
func doubtful(schedule string) string {
	if !strict.MatchString(schedule) {
		return "Accepted although it is no schedule as a whole: only a part of it matches. When the job will run is not certain."
	}
	if fields := strings.Fields(schedule); len(fields) == 5 && !inRange(fields) {
		return "Accepted although a number is out of its range (minute 0-59, hour 0-23, day 1-31, month 1-12, weekday 0-7)."
	}
	return ""
}

var digits = regexp.MustCompile(`[0-9]+`)

// inRange reports whether the numbers of five fields can be times. What follows a
// slash is a step and may not be 0.
func inRange(fields []string) bool {
	bounds := [5][2]int{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 7}}
	for i, field := range fields {
		when, step, stepped := strings.Cut(field, "/")
		for _, d := range digits.FindAllString(when, -1) {
			n, err := strconv.Atoi(d)
			if err != nil || n < bounds[i][0] || n > bounds[i][1] {
				return false
			}
		}
		if stepped && strings.Trim(step, "0") == "" {
			return false
		}
	}
	return true
}
