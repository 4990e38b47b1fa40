package notify

import "time"

// Status is where a notification stands.
type Status string

// The statuses.
const (
	StatusPending   Status = "pending"   // Waits for its time or its next attempt.
	StatusSending   Status = "sending"   // An attempt is under way.
	StatusSent      Status = "sent"      // A provider has taken it.
	StatusDelivered Status = "delivered" // The provider says that it has arrived.
	StatusFailed    Status = "failed"    // It will never be sent.
	StatusCancelled Status = "cancelled" // It was no longer wanted.
)

var statuses = []Status{StatusPending, StatusSending, StatusSent, StatusDelivered, StatusFailed, StatusCancelled}

// What a notification is for.
const (
	ActionPage         = "page"         // Asks for a response.
	ActionStillOnIt    = "still_on_it"  // Asks who holds an incident whether they still do.
	ActionAssigned     = "assigned"     // Tells that the person was assigned.
	ActionCommented    = "commented"    // Tells what somebody wrote.
	ActionAcknowledged = "acknowledged" // Tells who has taken it.
	ActionResolved     = "resolved"     // Tells that it is over.
	ActionTest         = "test"         // "Send me a test page".
	ActionNotices      = "notices"      // Several notices in one message; no notification has it.
	ActionBundle       = "bundle"       // Several pages or notices in one message; only templates name it.
	ActionVerify       = "verify"       // Carries the code that proves an address.
	ActionPost         = "post"         // Goes to a webhook or a channel of the organisation.
)

// Notification is one message on one channel to one person, or to nobody in particular.
type Notification struct {
	ID, OrgID       int64
	UserID          int64 // 0 for a post
	IncidentID      *int64
	Episode         int
	EventID         *int64 // the escalation event that asked for it
	ContactMethodID *int64
	Title, Message  string
	Channel         string
	Recipient       string // the address in the channel's normal form
	Urgency         string
	Action          string
	Status          Status
	Reason          string // why it was cancelled or failed
	WantedUntil     WantedUntil
	PageKey         string // the same for all rows of one page to one person
	DedupKey        string
	Provider        string
	FirstDueAt      time.Time
	NextAttemptAt   *time.Time // nil unless pending
	Attempts        int
	LockedUntil     *time.Time // while sending
	CancelRequested bool       // It is no longer wanted while an attempt is under way.
	BundleID        *int64     // the notification whose message carries this one; nil for one that has its own
	PassedOn        bool       // The person's next method was brought forward because this one is in trouble.
	MaybeDuplicate  bool       // A sender, or the answer to one, was lost: the provider may have it twice.
	ProviderRef     string
	Error           string // what the last failed attempt brought
	TemplateError   string // why the last attempt went out with other words than those that were asked for
	Metadata        map[string]any
	Post            *PostContent // of a post
	CreatedAt       time.Time
	SentAt          *time.Time
	DeliveredAt     *time.Time
	SeenAt          *time.Time // when its person first looked at what it told of
}

// Over reports whether nothing more will be done about it.
func (n Notification) Over() bool { return n.Status != StatusPending && n.Status != StatusSending }

// accepted reports whether a provider is known to have taken it.
func (n Notification) accepted() bool { return n.Status == StatusSent || n.Status == StatusDelivered }

// Attempt is one try to send a notification.
type Attempt struct {
	NotificationID int64
	Number         int // from 1
	Node           string
	StartedAt      time.Time
	FinishedAt     *time.Time
	Result         string // a Result, or one of the words below
	Detail         string // what the provider answered
	ProviderRef    string
}

// What an attempt's result says besides the results of a Send.
const (
	AttemptUnderWay = "sending"
	AttemptLost     = "lost"      // Its sender did not come back within its lease.
	AttemptNotSent  = "not_sent"  // Nothing was given to the provider.
	AttemptTooLate  = "cancelled" // It failed, or was cut off, after the notification was no longer wanted.
)
