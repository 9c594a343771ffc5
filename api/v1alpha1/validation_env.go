package v1alpha1

import (
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

func validateEnv(env []EnvVar, p *field.Path) field.ErrorList {
	var errs field.ErrorList
	seen := make(map[string]bool, len(env))
	for i, e := range env {
		name := p.Index(i).Child("name")
		switch {
		case e.Name == "":
			errs = append(errs, field.Required(name, "every variable needs a name"))
			continue
		case strings.ContainsRune(e.Name, '='):
			// What follows = is likely a value, and a value may be a secret.
			before, _, _ := strings.Cut(e.Name, "=")
			errs = append(errs, field.Invalid(name, ShownName(before)+"=…", "must not contain =; the value goes into the field value"))
		case strings.ContainsRune(e.Name, 0):
			errs = append(errs, field.Invalid(name, ShownName(e.Name), "must not contain NUL"))
		case seen[e.Name]:
			errs = append(errs, field.Duplicate(name, ShownName(e.Name)))
		}
		seen[e.Name] = true
		if strings.ContainsRune(e.Value, 0) {
			errs = append(errs, field.Forbidden(p.Index(i).Child("value"), "must not contain NUL"))
		}
	}
	return errs
}

// plainName is how a variable is usually named.
var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*`)

// ShownName is the name of an environment variable as messages have it. A name may hold what was meant as a value, as
// in "TOKEN: hunter2": what comes after the first character that is in no usual name is left out.
func ShownName(name string) string {
	plain := plainName.FindString(name)
	if plain != name {
		plain += "…"
	}
	return plain
}
