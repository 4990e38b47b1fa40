package notify

import "time"

// Rate is so many messages in a time.
type Rate struct {
	N   int
	Per time.Duration
}

// personRates are how many messages one person may be sent on a channel: more in a row wake nobody better.
var (
	personRates = map[string]Rate{"voice": {1, 2 * time.Minute}, "sms": {5, time.Minute}}
	otherRate   = Rate{10, time.Minute}
)

func personLimit(channel string) limit {
	if r, ok := personRates[channel]; ok {
		return r.limit()
	}
	return otherRate.limit()
}

// limit is a bucket of so many messages, of which one is free again after each interval. All it knows of the past is one instant:
// when the bucket will be full.
type limit struct {
	burst int
	every time.Duration
}

// limit is the bucket that never lets more through than the rate in any time of that length: half at once, the rest one by one, so
// that what comes next never waits for the whole time.
func (r Rate) limit() limit {
	burst := r.N/2 + 1
	steps := time.Duration(r.N - burst + 1)
	return limit{burst, (r.Per + steps - 1) / steps}
}

// owed is how long the bucket takes to be full. A clock that was set back makes nobody wait for longer than an empty bucket would.
func (l limit) owed(full, now time.Time) time.Duration {
	return min(max(full.Sub(now), 0), time.Duration(l.burst)*l.every)
}

// free is how many messages may be sent now.
func (l limit) free(full, now time.Time) int {
	return int((time.Duration(l.burst)*l.every - l.owed(full, now)) / l.every)
}

// next is when a message may be sent.
func (l limit) next(full, now time.Time) time.Time {
	return now.Add(max(l.owed(full, now)-time.Duration(l.burst-1)*l.every, 0))
}

// spend is when the bucket will be full after so many messages more; a negative number gives back what was not sent.
func (l limit) spend(full, now time.Time, n int) time.Time {
	return now.Add(max(l.owed(full, now)+time.Duration(n)*l.every, 0))
}
