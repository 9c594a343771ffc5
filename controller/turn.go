package controller

// begin gives a pass the turn to write a workspace's status. Whoever had it before, such as a pull that was left, writes
// nothing any more.
func (s *states) begin(name string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn++
	s.turns[name] = s.turn
	return s.turn
}

// end takes a turn back, unless somebody else has it by now.
func (s *states) end(name string, turn uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.turns[name] == turn {
		delete(s.turns, name)
	}
}

// current reports whether a turn still lasts. Outside the loop there are none: each turn is the zero one.
func (s *states) current(name string, turn uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.turns[name] == turn
}

// overlook notes that a manifest changed, look that a pass has said something about the workspace since.
func (s *states) overlook(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unlooked[name] = true
}

func (s *states) look(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.unlooked, name)
	s.changed.send()
}

// looked reports whether a pass has said something about each of these workspaces since its manifest changed.
func (s *states) looked(names []string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		if s.all[name] == nil || s.unlooked[name] {
			return false
		}
	}
	return true
}
