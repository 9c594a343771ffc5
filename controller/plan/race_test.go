//go:build race

package plan_test

// raceDetector says that the tests are ten times as slow.
const raceDetector = true
