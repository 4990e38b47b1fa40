package notify

import (
	"maps"
	"slices"
	"strings"

	"github.com/tocsinhq/tocsin/internal/db"
)

var templateColumns = []string{"org_id", "event", "channel", "subject", "text", "html", "version", "updated_by", "updated_at"}

// templatesOf are the templates of an organisation, by event and channel.
func templatesOf(tx *db.Tx, org int64) ([]Template, error) {
	return db.List(tx, scanTemplate, "SELECT "+strings.Join(templateColumns[1:], ", ")+
		" FROM notification_templates WHERE org_id = ? ORDER BY event, channel", org)
}

// templateOf is one, locked against another change.
func templateOf(tx *db.Tx, org int64, event, channel, suffix string) (Template, bool, error) {
	return db.One(tx, scanTemplate, "SELECT "+strings.Join(templateColumns[1:], ", ")+
		" FROM notification_templates WHERE org_id = ? AND event = ? AND channel = ?"+suffix, org, event, channel)
}

func scanTemplate(row db.Scanner) (t Template, err error) {
	err = row.Scan(&t.Event, &t.Channel, &t.Subject, &t.Text, &t.HTML, &t.Version, &t.UpdatedBy, db.ScanTime(&t.UpdatedAt))
	return t, err
}

func saveTemplate(tx *db.Tx, org int64, t Template) error {
	return tx.Insert("notification_templates", templateColumns,
		[][]any{{org, t.Event, t.Channel, t.Subject, t.Text, t.HTML, t.Version, t.UpdatedBy, t.UpdatedAt}},
		`ON CONFLICT (org_id, event, channel) DO UPDATE SET subject = excluded.subject, text = excluded.text, html = excluded.html,
		version = excluded.version, updated_by = excluded.updated_by, updated_at = excluded.updated_at`)
}

func deleteTemplate(tx *db.Tx, org int64, event, channel string) error {
	_, err := tx.Exec("DELETE FROM notification_templates WHERE org_id = ? AND event = ? AND channel = ?", org, event, channel)
	return err
}

// templateKey says what a template is for.
type templateKey struct{ event, channel string }

// templatesFor are those that messages may use.
func templatesFor(tx *db.Tx, org int64, began []*flight) (map[templateKey]Template, error) {
	events := map[string]bool{}
	for _, f := range began {
		for _, p := range f.load {
			events[p.n.Action] = true
		}
		if len(f.load) > 1 {
			events[ActionBundle] = true
		}
	}
	found := map[templateKey]Template{}
	if len(events) == 0 {
		return found, nil
	}
	in, args := db.InList(slices.Sorted(maps.Keys(events)))
	list, err := db.List(tx, scanTemplate, "SELECT "+strings.Join(templateColumns[1:], ", ")+
		" FROM notification_templates WHERE org_id = ? AND event IN "+in, append([]any{org}, args...)...)
	for _, t := range list {
		found[templateKey{t.Event, t.Channel}] = t
	}
	return found, err
}
