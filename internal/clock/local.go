package clock

import (
	"fmt"
	"sync"
	"time"
)

// zones keeps what LoadZone found; there are as many as the time zone database has.
var zones sync.Map

// LoadZone is the time zone of an IANA name, quickly. It refuses the empty name and "Local", which mean the server's own zone.
func LoadZone(name string) (*time.Location, error) {
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location), nil
	}
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("%q is no time zone", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	zones.Store(name, zone)
	return zone, nil
}

// Local is the instant at which clocks in the zone show the time: the first one when it comes twice; when it is skipped, as
// much after the skip as it would have been after its start. (time.Date differs east and west of Greenwich.) What is out of
// range overflows as in time.Date, by the calendar.
func Local(year int, month time.Month, day, hour, minute int, zone *time.Location) time.Time {
	shown := time.Date(year, month, day, hour, minute, 0, 0, time.UTC)
	// A zone's offset is less than two days; the spans of one offset around it are looked at in order.
	span := shown.Add(-48 * time.Hour).In(zone)
	for {
		_, offset := span.Zone()
		_, end := span.ZoneBounds()
		at := shown.Add(-time.Duration(offset) * time.Second)
		if end.IsZero() || at.Before(end) {
			return at.In(zone)
		}
		if _, after := end.Zone(); shown.Add(-time.Duration(after) * time.Second).Before(end) {
			return at.In(zone) // The clocks skip it.
		}
		span = end
	}
}
