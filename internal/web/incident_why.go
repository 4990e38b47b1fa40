package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
	"github.com/tocsinhq/tocsin/internal/watch"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// whyMe answers "why me?": by which step the viewer was paged, because of what, how and when, and who else was. Who was not paged is
// told who was.
func whyMe(user int64, d incident.Detail, l watch.Ledger) view.Pair {
	others := othersPaged(user, l, "Nobody else", " too.")
	if s, p, found := foundIn(user, l); found {
		return view.Pair{Name: "Why me", Value: foundBy(s, p) + " " + others}
	}
	for _, m := range slices.Backward(l.Others) {
		if via, _ := m.Metadata["via"].(string); m.UserID == user && m.Action == notify.ActionPage && m.Episode == l.Incident.Episode {
			return view.Pair{Name: "Why me", Value: "You were paged because " + because(via) + howPaged([]watch.Message{m}) + ". " + others}
		}
	}
	for _, a := range d.Assignments {
		if a.UserID == user {
			return view.Pair{Name: "Why me", Value: "You are assigned to it. " + others}
		}
	}
	return view.Pair{Name: "Who was paged", Value: "You were not paged. " + othersPaged(user, l, "Nobody", lastPaged(l)+".")}
}

// lastPaged names the newest step of the present episode that paged somebody, "" when none did.
func lastPaged(l watch.Ledger) string {
	for _, s := range slices.Backward(l.Steps) {
		for _, p := range s.People {
			if s.Episode == l.Incident.Episode && p.ToldPerson.Outcome == escalation.PersonPaged {
				return ", last by step " + strconv.Itoa(s.Step+1) + " of " + policyName(s) + " at " + s.TriggeredAt.UTC().Format(time.RFC3339)
			}
		}
	}
	return ""
}

// foundIn is the newest step of the present episode that paged somebody, else the newest that found them.
func foundIn(user int64, l watch.Ledger) (step watch.Step, person watch.Person, found bool) {
	for _, s := range slices.Backward(l.Steps) {
		if s.Episode != l.Incident.Episode {
			continue
		}
		for _, p := range s.People {
			switch {
			case p.ID != user:
			case p.ToldPerson.Outcome == escalation.PersonPaged:
				return s, p, true
			case !found:
				step, person, found = s, p, true
			}
		}
	}
	return step, person, found
}

// foundBy says by which step somebody was found, because of what, and by which way the page came.
func foundBy(s watch.Step, p watch.Person) string {
	by := "step " + strconv.Itoa(s.Step+1) + " of " + policyName(s) + " because " + because(p.Via)
	text := "You were paged by " + by + howPaged(p.Messages) + "."
	switch p.ToldPerson.Outcome {
	case escalation.PersonAlreadyPaged:
		text = "You were found by " + by + ", and had been paged a moment before."
	case escalation.PersonUnreachable:
		text = "You were found by " + by + ", and there is no way to reach you."
	}
	if s.Told.By.Name != "" {
		text += " " + s.Told.By.Name + " asked for it."
	}
	return text
}

// because makes a clause of how somebody was found.
func because(via string) string {
	via = account.SpellRoles(via)
	rest, isRole := strings.CutPrefix(via, "role ")
	switch {
	case via == "":
		return "somebody asked for you"
	case strings.HasPrefix(via, "you "):
		return via
	case isRole:
		return "you have the role " + rest
	case via == "assigned":
		return "you are assigned to it"
	case via == "reporter":
		return "you reported it"
	case via == "named in the policy":
		return "the policy names you"
	case strings.HasPrefix(via, "on call"):
		return strings.Replace("you were "+via, "you were on call by", "you are on call by", 1)
	case strings.HasPrefix(via, "organisation's"), strings.HasPrefix(via, "team lead of"), strings.HasPrefix(via, "on-call engineer of"):
		return "you are the " + via
	}
	return "you are " + via
}

// howPaged says by which channels a page came and when, or what became of it.
func howPaged(messages []watch.Message) string {
	var came, comes, lost []string
	for _, m := range messages {
		word := channelWord(m.Channel)
		switch {
		case m.SentAt != nil:
			word += " at " + m.SentAt.UTC().Format(time.RFC3339)
			if m.BundleID != nil {
				word += " together with others"
			}
			came = append(came, word)
		case !m.Over() && m.NextAttemptAt != nil:
			comes = append(comes, word+" at "+m.NextAttemptAt.UTC().Format(time.RFC3339))
		case !m.Over():
			comes = append(comes, word)
		case m.Status == notify.StatusFailed:
			lost = append(lost, word)
		}
	}
	text := ""
	if len(came) > 0 {
		text += ", by " + both(came)
	}
	if len(comes) > 0 {
		text += "; it goes out by " + both(comes)
	}
	if len(lost) > 0 {
		text += "; it could not be sent by " + both(lost)
	}
	return text
}

// othersPaged says who but the user was paged for the present episode.
func othersPaged(user int64, l watch.Ledger, nobody, end string) string {
	var names []string
	for _, s := range l.Steps {
		for _, p := range s.People {
			if s.Episode == l.Incident.Episode && p.ID != user && p.ToldPerson.Outcome == escalation.PersonPaged && !slices.Contains(names, p.Name) {
				names = append(names, p.Name)
			}
		}
	}
	switch n := len(names); {
	case n == 0 && l.Incident.Status == incident.StatusOpen:
		return nobody + " has been paged yet."
	case n == 0:
		return nobody + " was paged."
	case n == 1:
		return names[0] + " was paged" + end
	case n <= 4:
		return both(names) + " were paged" + end
	}
	return strings.Join(names[:3], ", ") + " and " + strconv.Itoa(len(names)-3) + " others were paged" + end
}

// both joins words as a sentence does.
func both(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
