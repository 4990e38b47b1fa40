package view

// Message is the page on which one kind of message is put into words.
type Message struct {
	FormPage
	URL       string // of the page; what is done stands below it
	Own       bool   // The words are the organisation's.
	Variables []Pair
	Functions []Pair
}

// Letter is a message as it would be sent, inside the page on which it is written.
type Letter struct {
	Shell
	Subject, Text, HTML string
	Warnings            []string
	Bad                 []Pair // what failed, by field, instead of the message
}
