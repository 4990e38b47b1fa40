// Package worlds_test drives whole installations through random nights on a clock of their own, and asks a model that knows
// the design's words, and nothing of the engine, who must have been paged.
//
//	plan   what happens, drawn at random and shrunk when it ends badly
//	house  the real product: one node on SQLite in a synctest bubble, called through its doors, crashed at any moment
//	model  what the design says must follow; it is shown each thing that happened and says what is missing or too much
//	diary  the night in plain words, printed when the two disagree
package worlds_test
