package notify

// Preference is a person's switch for one channel. It is on until the person switches it off.
type Preference struct {
	UserID  int64
	Channel string
	Title   string // what the channel is called on screens
	Enabled bool
}

// NoticePreference is a person's switch for one kind of notice. It is on until the person switches it off.
type NoticePreference struct {
	UserID  int64
	Notice  string // the Action
	Title   string // what it is called on screens
	When    string // when it is told, as a sentence
	Enabled bool
}
