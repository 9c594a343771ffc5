package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Text is a message in parts. An instant is a part of its own, because only the program that shows it knows the time
// zone.
type Text []any

// textf is a text without instants.
func textf(format string, args ...any) Text { return Text{fmt.Sprintf(format, args...)} }

// and returns the text with more parts; a part may be a text.
func (t Text) and(parts ...any) Text { return slices.Concat(t, parts) }

// In returns the message with its instants as times of day in a zone.
func (t Text) In(zone *time.Location) string {
	var b strings.Builder
	for _, part := range t {
		switch part := part.(type) {
		case time.Time:
			b.WriteString(part.In(zone).Format(time.TimeOnly))
		case Text:
			b.WriteString(part.In(zone))
		default:
			fmt.Fprint(&b, part)
		}
	}
	return b.String()
}
