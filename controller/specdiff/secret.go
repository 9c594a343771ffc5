package specdiff

import "regexp"

// hidden stands for a value that is in no message.
const hidden = "***"

// secretField are the paths of the fields that people put secrets into, by index or by name: spec.env[0].value,
// spec.env[TOKEN].
var secretField = regexp.MustCompile(`^spec\.(env\[[^\]]*\](\.value)?|args|command|setup|livenessProbe\.exec\.command)(\[\d*\])?$`)

// holdsSecrets are those paths, and what is around them.
var holdsSecrets = regexp.MustCompile(`^(spec(\.env|\.livenessProbe(\.exec)?)?)?$`)

// SecretField reports whether the field at a path such as spec.env[0].value or spec.args[1] holds what people put
// secrets into. Its value is in no message, event, condition, log or page; its name is enough.
func SecretField(path string) bool { return secretField.MatchString(path) }

// HoldsSecrets reports whether the field at a path is a SecretField, or has one in it.
func HoldsSecrets(path string) bool { return holdsSecrets.MatchString(path) || SecretField(path) }

// plainProgram matches a command's first word if it is the name of a program and nothing else. The longest length is a
// constant: a count in the expression would cost every start of this program milliseconds.
var plainProgram = regexp.MustCompile(`^[A-Za-z0-9_./+-]+$`)

const maxProgram = 200

// ShownProgram is the first word of a command as messages have it, and whether it may be shown at all: it may be a
// whole command with its arguments.
func ShownProgram(command []string) (string, bool) {
	if len(command) == 0 || len(command[0]) > maxProgram || !plainProgram.MatchString(command[0]) {
		return "", false
	}
	return command[0], true
}
