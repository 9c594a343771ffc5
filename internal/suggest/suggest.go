// Package suggest finds the word that a misspelt one was meant to be.
package suggest

import "strings"

// Nearest returns the known word that word was probably meant to be, and whether there is one. Case does not count, and
// of equally near words the first wins.
func Nearest(word string, known []string) (string, bool) {
	// Longer words are no misspelling of anything here, and the distance costs their product.
	const longest = 64
	if word == "" || len(word) > longest {
		return "", false
	}
	lower := strings.ToLower(word)
	// More than a third of a word is another word.
	best, bestDistance := "", min(max(len(lower)/3, 1), 3)+1
	for _, k := range known {
		if d := distance(lower, strings.ToLower(k)); d < bestDistance && d < len(k) {
			best, bestDistance = k, d
		}
	}
	return best, best != ""
}

// distance counts insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}
