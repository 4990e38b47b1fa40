package escalation

// pair is two things that are the same one before and after; -1 is none, for what was added or removed.
type pair struct{ before, after int }

// align pairs the items of two lists, keeping their order, so that as much as possible is alike. similar is 0 for two that
// have nothing to do with each other, and 1 for equal ones. The result is in the order of the second list.
func align(before, after int, similar func(i, j int) float64) []pair {
	best := make([][]float64, before+1) // of the lists from i and from j on
	for i := range best {
		best[i] = make([]float64, after+1)
	}
	alike := make([][]float64, before)
	for i := before - 1; i >= 0; i-- {
		alike[i] = make([]float64, after)
		for j := after - 1; j >= 0; j-- {
			alike[i][j] = similar(i, j)
			best[i][j] = max(best[i+1][j], best[i][j+1], best[i+1][j+1]+alike[i][j])
		}
	}
	var pairs []pair
	for i, j := 0, 0; i < before || j < after; {
		switch {
		case i < before && j < after && alike[i][j] > 0 && best[i][j] == best[i+1][j+1]+alike[i][j]:
			pairs = append(pairs, pair{i, j})
			i, j = i+1, j+1
		case i < before && (j == after || best[i][j] == best[i+1][j]):
			pairs = append(pairs, pair{i, -1})
			i++
		default:
			pairs = append(pairs, pair{-1, j})
			j++
		}
	}
	return pairs
}

// alikeSteps is how much two steps are the same one.
func alikeSteps(a, b Step) float64 {
	most := max(len(a.Actions), len(b.Actions))
	alike := 0.2 // Two steps without actions are much the same.
	if most > 0 {
		pairs := align(len(a.Actions), len(b.Actions), func(i, j int) float64 { return alikeActions(a.Actions[i], b.Actions[j]) })
		alike = 0
		for _, p := range pairs {
			if p.before >= 0 && p.after >= 0 {
				alike += alikeActions(a.Actions[p.before], b.Actions[p.after])
			}
		}
		alike *= 0.8 / float64(most)
	}
	if a.DelayMinutes == b.DelayMinutes {
		alike += 0.2
	}
	return alike
}

// alikeActions is how much two actions are the same one: not at all when they are of different types.
func alikeActions(a, b Action) float64 {
	if a.Type != b.Type {
		return 0
	}
	before, after := a.set(), b.set()
	equal, all := 1.0, 1.0
	for field, value := range before {
		all++
		if same(value, after[field]) {
			equal++
		}
	}
	for field := range after {
		if before[field] == nil {
			all++
		}
	}
	return equal / all
}
