package notify

// Preference is a person's switch for one channel. It is on until the person switches it off.
type Preference struct {
	UserID  int64
	Channel string
	Title   string // what the channel is called on screens
	Enabled bool
}
