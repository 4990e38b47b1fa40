package web

import (
	"maps"
	"net/url"
	"slices"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/notify"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

const notificationsPath = "/notifications"

// tabEverybody shows what was sent to everybody rather than to the viewer.
const tabEverybody = "all"

func (s *site) routeNotifications() {
	s.routes.HandleFunc("GET "+notificationsPath, s.person(s.notifications))
}

// notifications lists messages to people, newest first. A word in the address that means nothing is left out, as if it were not there.
func (s *site) notifications(v *visit) error {
	everybody := v.actor.Can(account.SeeAllIncidents) && v.query("tab") == tabEverybody
	keep := url.Values{}
	f := notify.NotificationFilter{Limit: pageSize, Cursor: v.query("cursor")}
	if everybody {
		keep.Set("tab", tabEverybody)
	} else {
		f.UserID = &v.actor.UserID
	}
	if status := notify.Status(v.query("status")); slices.Contains(deliveryStatuses, status) {
		f.Statuses = []notify.Status{status}
		keep.Set("status", string(status))
	}
	if channel := v.query("channel"); s.Notifications.Channels[channel] != nil {
		f.Channel = channel
		keep.Set("channel", channel)
	}
	if message, ok := number(v.query("message")); ok {
		f.MessageID = &message
		keep.Set("message", idText(message))
	}
	page, err := s.Notifications.ListNotifications(v.ctx, v.actor, f)
	if fault.Is(err, fault.Invalid) {
		f.Cursor = "" // Somebody made it up: the list from its beginning.
		page, err = s.Notifications.ListNotifications(v.ctx, v.actor, f)
	}
	if err != nil {
		return err
	}
	p := view.Notifications{
		Shell: v.shell("Notifications", notificationsPath), Tabs: notificationTabs(v.actor, everybody), Tab: keep.Get("tab"), ShowAll: everybody,
		Filter: s.notificationFilter(keep), Filtered: len(f.Statuses) > 0 || f.Channel != "" || f.MessageID != nil, OneMessage: f.MessageID != nil, URL: v.r.URL.RequestURI(),
		Pager: olderPager(notificationsPath, page.Next, keep),
	}
	if f.Cursor != "" {
		p.Pager.First = addressOf(notificationsPath, keep)
	}
	if page.Total > 0 {
		p.Pager.Total = view.Capped(page.Total, page.Capped) + " in all"
	}
	p.Rows, err = s.deliveries(v, page.Notifications)
	if err != nil {
		return err
	}
	return v.show(view.NotificationsPage(p))
}

func addressOf(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// notificationTabs are offered to who may see more than their own.
func notificationTabs(a account.Actor, everybody bool) []view.Choice {
	if !a.Can(account.SeeAllIncidents) {
		return nil
	}
	return []view.Choice{
		{Word: "To me", URL: notificationsPath, Current: !everybody},
		{Word: "To everybody", URL: notificationsPath + "?tab=" + tabEverybody, Current: everybody},
	}
}

var deliveryStatuses = []notify.Status{
	notify.StatusPending, notify.StatusSending, notify.StatusSent, notify.StatusDelivered, notify.StatusFailed, notify.StatusCancelled,
}

func (s *site) notificationFilter(chosen url.Values) []view.Select {
	statuses := []view.Option{{Word: "Any status"}}
	for _, status := range deliveryStatuses {
		statuses = append(statuses, view.Option{Value: string(status), Word: view.DeliveryLook(string(status)).Word})
	}
	channels := append([]view.Option{{Word: "Any channel"}}, s.channelOptions()...)
	return []view.Select{
		{Name: "status", Label: "Status", Value: chosen.Get("status"), Options: statuses},
		{Name: "channel", Label: "Channel", Value: chosen.Get("channel"), Options: channels},
	}
}

// channelOptions are the channels by their titles.
func (s *site) channelOptions() []view.Option {
	var options []view.Option
	for _, kind := range slices.Sorted(maps.Keys(s.Notifications.Channels)) {
		options = append(options, view.Option{Value: kind, Word: s.Notifications.Channels[kind].Describe().Title})
	}
	return byWord(options)
}

// deliveries are notifications as screens show them.
func (s *site) deliveries(v *visit, list []notify.Delivery) ([]view.Delivery, error) {
	wanted := make([]*int64, len(list))
	for i := range list {
		if list[i].UserID != 0 {
			wanted[i] = &list[i].UserID
		}
	}
	name, err := s.people(v, wanted...)
	if err != nil {
		return nil, err
	}
	shown := make([]view.Delivery, len(list))
	for i := range list {
		shown[i] = v.delivery(list[i])
		if wanted[i] != nil {
			shown[i].Person = name(wanted[i]).Name
		}
	}
	return shown, nil
}

// delivery is a notification as screens show it, but for the name of its person.
func (v *visit) delivery(d notify.Delivery) view.Delivery {
	shown := view.Delivery{
		ID: d.ID, Channel: d.Channel, To: d.Recipient, Title: d.Title, Action: d.Action, Status: string(d.Status), Attempts: d.Attempts,
		CreatedAt: d.CreatedAt, SentAt: d.SentAt, DeliveredAt: d.DeliveredAt, SeenAt: d.SeenAt, NextAt: d.NextAttemptAt,
		Why: reasonText(d.Reason), Asks: d.Action == notify.ActionPage,
	}
	if d.BundleID != nil {
		shown.Carried = v.messageAddress(d)
	}
	if d.IncidentID != nil {
		shown.IncidentID = *d.IncidentID
	}
	for _, t := range d.Tries {
		word := attemptWords[t.Result]
		if word == "" {
			word = view.Humanize(t.Result)
		}
		shown.Tries = append(shown.Tries, view.Try{Number: t.Number, At: t.StartedAt, Result: word, Answer: t.Detail})
		shown.Answer = t.Detail
	}
	if d.TemplateError != "" {
		shown.Why = "It went out in other words than those of the template, which failed: " + d.TemplateError + ". " + shown.Why
	}
	if d.MaybeDuplicate {
		shown.Why = "It may have arrived twice: a sender was lost before it could note the answer. " + shown.Why
	}
	return shown
}

// messageAddress lists what one message told of. Who may see neither everybody's notifications nor this person's own is not led there.
func (v *visit) messageAddress(d notify.Delivery) string {
	address := notificationsPath + "?message=" + idText(*d.BundleID)
	switch {
	case d.UserID == v.actor.UserID:
		return address
	case v.actor.Can(account.SeeAllIncidents):
		return address + "&tab=" + tabEverybody
	}
	return "#"
}

// reasonWords say why a notification was not sent, or not sent again.
var reasonWords = map[string]string{
	"acknowledged": "Somebody had acknowledged.", "answered": "The person had answered.", "snoozed": "The incident was snoozed.",
	"resolved": "The incident was resolved.", "new_episode": "The incident opened anew and was paged anew.", "deleted": "The incident was deleted.",
	"inactive": "The account is not active.", "unreachable": "The address is not this person's any more.", "already_paged": "A page told more.", "refused": "It is not tried again.",
	"superseded": "A later page said the same.", "given_up": "Given up: it was no longer worth sending.",
}

// reasonText is a reason in words; one without words of its own is told as it is.
func reasonText(reason string) string {
	if text, known := reasonWords[reason]; known {
		return text
	}
	return sentence(view.Humanize(reason))
}

// attemptWords are the results of attempts.
var attemptWords = map[string]string{
	string(notify.Sent): "Accepted", string(notify.Retry): "Failed", string(notify.Permanent): "Refused", notify.AttemptUnderWay: "Under way",
	notify.AttemptLost: "Its sender was lost", notify.AttemptTooLate: "Too late",
}
