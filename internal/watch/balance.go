package watch

import "fmt"

// Balance says whether everything that was owed has an outcome or is on its way.
type Balance struct {
	Steps       Sums // steps taken, and the next one of each run
	People      Sums // people found by steps, and targets that stood for nobody
	Messages    Sums
	Open        []Item
	Unexplained []Item
}

// Sums count the obligations of one kind: Owed is the sum of the rest.
type Sums struct {
	Owed, Open, Unexplained int
	Outcomes                map[Outcome]int
}

// Item is one obligation that has no outcome, with what it waits for or what is wrong. Where it is about a step, person or message,
// the ids say which.
type Item struct {
	RunID, EventID, UserID, NotificationID int64
	Text                                   string
}

// Balanced reports whether nothing is unexplained.
func (b Balance) Balanced() bool { return len(b.Unexplained) == 0 }

// adds reports whether the outcomes make up what was owed.
func (s Sums) adds() bool {
	sum := s.Open + s.Unexplained
	for _, n := range s.Outcomes {
		sum += n
	}
	return sum == s.Owed
}

// balance sums up a ledger whose obligations have been judged. What is owed is counted apart from what came of it.
func balance(l Ledger) Balance {
	b := Balance{}
	b.Steps.Owed = len(l.Runs) + len(l.Steps)
	b.Messages.Owed = len(l.Others)
	for _, r := range l.Runs {
		b.add(&b.Steps, r.Standing, Item{RunID: r.ID})
	}
	for _, s := range l.Steps {
		at := Item{RunID: s.RunID, EventID: s.ID}
		b.add(&b.Steps, s.Standing, at)
		b.People.Owed += len(s.People) + len(s.Told.Missing)
		b.Messages.Owed += len(s.Posts)
		for _, m := range s.Posts {
			b.add(&b.Messages, m.Standing, Item{RunID: s.RunID, EventID: s.ID, NotificationID: m.ID})
		}
		for range s.Told.Missing {
			b.add(&b.People, over(OutcomeNobody), at)
		}
		for _, p := range s.People {
			at.UserID = p.ID
			b.add(&b.People, p.Standing, at)
			b.Messages.Owed += len(p.Messages)
			for _, m := range p.Messages {
				b.add(&b.Messages, m.Standing, Item{RunID: s.RunID, EventID: s.ID, UserID: p.ID, NotificationID: m.ID})
			}
		}
	}
	for _, m := range l.Others {
		b.add(&b.Messages, m.Standing, Item{UserID: m.UserID, NotificationID: m.ID})
	}
	for kind, sums := range map[string]Sums{"steps": b.Steps, "people": b.People, "messages": b.Messages} {
		if !sums.adds() {
			b.Unexplained = append(b.Unexplained, Item{Text: fmt.Sprintf("The outcomes of the %s do not make up what was owed: %+v", kind, sums)})
		}
	}
	return b
}

func (b *Balance) add(sums *Sums, s Standing, at Item) {
	switch {
	case s.Unexplained != "":
		sums.Unexplained++
		at.Text = s.Unexplained
		b.Unexplained = append(b.Unexplained, at)
	case s.Open != "":
		sums.Open++
		at.Text = s.Open
		b.Open = append(b.Open, at)
	case s.Outcome != "":
		if sums.Outcomes == nil {
			sums.Outcomes = map[Outcome]int{}
		}
		sums.Outcomes[s.Outcome]++
	}
}
