package escalation

import (
	"fmt"
	"strings"

	"github.com/tocsinhq/tocsin/internal/notify"
)

// wait says once that a step waits, and for what.
func (b *batch) wait(run Run, taken Taken) {
	name := nameOf(run, b.versions)
	b.line(run.IncidentID, "escalation_waits", fmt.Sprintf("%s, step %d waits %s.", name, taken.Step+1, taken.Waits), nil,
		map[string]any{"policy": name, "step": taken.Step, "round": taken.Round})
}

// instruct puts the step's checklists on the timeline, for whoever takes the incident.
func (b *batch) instruct(incidentID int64, taken Taken) {
	for _, text := range taken.Instructions {
		b.line(incidentID, "instructions", text, nil, map[string]any{"step": taken.Step, "round": taken.Round})
	}
}

// post hands over what the batch's steps post to no person.
func (b *batch) enqueuePosts() error {
	var posts []notify.Post
	for i, e := range b.events {
		inc := b.worlds[i].Incident
		for n, action := range b.taken[i].Posts {
			id := e.ID
			post := notify.Post{
				IncidentID: inc.ID, Episode: inc.Episode, EventID: &id, Title: inc.Title, Message: action.Message,
				Key: fmt.Sprintf("e%d:post%d", id, n), Channel: action.Kind, Destination: action.Destination,
			}
			if action.Type == ActionWebhook {
				post.Channel, post.Destination, post.Headers, post.Body = ActionWebhook, action.URL, action.Headers, action.Body
			}
			posts = append(posts, post)
		}
	}
	if len(posts) == 0 {
		return nil
	}
	return b.Pager.EnqueuePosts(b.tx, b.org, posts)
}

func destinations(posts []Action) string {
	var list []string
	for _, a := range posts {
		if a.Type == ActionWebhook {
			list = append(list, "a webhook")
		} else {
			list = append(list, a.Kind)
		}
	}
	return strings.Join(list, ", ")
}
