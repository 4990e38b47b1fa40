package notify

import "time"

// code is what is kept of the codes that were sent to prove an address.
type code struct {
	serial int64      // how many were sent; the last one bears this number
	tries  int        // how many wrong ones came back since the last was sent
	sentAt *time.Time // when the last was sent
}
