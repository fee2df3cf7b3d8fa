package portal

import (
	"regexp"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Schedules as connect.yaml takes them, the text as a whole. The official rule is looser: it is content with a part.
var (
	scheduleWord  = regexp.MustCompile(`^(@(annually|yearly|monthly|weekly|daily|hourly|reboot)|@every ([0-9]+(ns|us|µs|ms|s|m|h))+)$`)
	scheduleField = regexp.MustCompile(`^(([0-9]+,)+[0-9]+|([0-9]+|\*)(/|-)[0-9]+|[0-9]+|\*)$`)
)

// What CheckSchedule finds.
const (
	scheduleWrong   = "value_schedule"         // the platform would not take it, or never run it
	scheduleUnclear = "value_schedule_unclear" // it takes it, and when it runs the job is nowhere written
)

// CheckSchedule is nil for a schedule that the platform takes and whose times are certain. A *Refusal otherwise; its code is
// value_schedule_unclear where the platform takes it all the same.
func CheckSchedule(schedule string) error {
	_, err := cronOf(schedule)
	return err
}

// NextRuns is when a schedule runs a job next. The platform's time zone is nowhere written: it is taken to be UTC. nil when
// that cannot be told.
func NextRuns(schedule string, from time.Time, n int) []time.Time {
	times, err := cronOf(schedule)
	if err != nil {
		return nil
	}
	var runs []time.Time
	for at := times.Next(from.UTC()); len(runs) < n && !at.IsZero(); at = times.Next(at) {
		runs = append(runs, at)
	}
	return runs
}

func cronOf(schedule string) (cron.Schedule, error) {
	fields := strings.Fields(schedule)
	switch {
	case schedule == "@reboot":
		return nil, refuse(scheduleUnclear)
	case scheduleWord.MatchString(schedule):
		return parseCron(schedule)
	}
	for _, field := range fields {
		if !scheduleField.MatchString(field) {
			return nil, refuse(scheduleWrong)
		}
	}
	switch len(fields) {
	case 5:
		return parseCron(sundays(fields))
	case 6, 7:
		return nil, refuse(scheduleUnclear)
	}
	return nil, refuse(scheduleWrong)
}

// sundays writes Sunday as 0: the parser knows no 7.
func sundays(fields []string) string {
	if fields[4] == "7" {
		fields[4] = "0"
	}
	return strings.Join(fields, " ")
}

// parseCron wants a schedule that is due at least once, and an interval that is not shorter than a second.
func parseCron(schedule string) (cron.Schedule, error) {
	times, err := cron.ParseStandard(schedule)
	if err != nil || times.Next(time.Unix(0, 0).UTC()).IsZero() {
		return nil, refuse(scheduleWrong)
	}
	if every, ok := strings.CutPrefix(schedule, "@every "); ok {
		if d, err := time.ParseDuration(every); err != nil || d < time.Second {
			return nil, refuse(scheduleWrong)
		}
	}
	return times, nil
}
