package connectyaml

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

// scan goes through the characters of one value that may fill several lines. The
// library has read it, so that its brackets and quotes are known to close.
type scan struct {
	source   string
	at, line int
	least    int // how far each line must be indented
}

func (s *scan) ended() bool { return s.at >= len(s.source) }

// rest is what begins at a place; like the source it ends with a line break.
func (s *scan) rest(at int) string {
	if at >= len(s.source) {
		return "\n"
	}
	return s.source[at:]
}

// quoted passes a text in quotes with the anchor and tag in front of it.
func (s *scan) quoted() *Problem {
	for !s.ended() {
		switch s.source[s.at] {
		case '"', '\'':
			return s.quote()
		case '&', '!':
			s.property()
		case '#':
			s.comment()
		case '\n':
			s.line++
			s.at++
		default:
			s.at++
		}
	}
	return nil
}

// property passes an anchor, an alias or a tag.
func (s *scan) property() { s.at += strings.IndexAny(s.rest(s.at), " \t\r\n,[]{}") }

func (s *scan) comment() { s.at += strings.IndexByte(s.rest(s.at), '\n') }

// quote passes a text in quotes.
func (s *scan) quote() *Problem {
	mark := s.source[s.at]
	for s.at++; !s.ended(); s.at++ {
		next := s.rest(s.at + 1)[0]
		switch c := s.source[s.at]; {
		case c == '\n':
			s.line++
			if indent, first := s.nextLine(); first != '\n' && indent < s.least {
				return s.problem("Missing closing "+string(mark)+"quote", indent)
			}
		case c == '\\' && mark == '"' && next != '\n', c == '\'' && mark == c && next == c:
			s.at++
		case c == mark:
			s.at++
			return nil
		}
	}
	return nil
}

// nextLine is how far the line after a line break is indented, and its first
// character; a line break where it is empty.
func (s *scan) nextLine() (indent int, first byte) {
	rest := s.rest(s.at + 1)
	for rest[indent] == ' ' {
		indent++
	}
	return indent, strings.TrimPrefix(rest[indent:], "\r")[0]
}

func (s *scan) problem(message string, indent int) *Problem {
	return &Problem{Message: message, Line: s.line, Column: indent + 1}
}

// flow passes a collection in brackets. Its last bracket alone may stand below the
// key that it belongs to.
func (s *scan) flow(kind yaml.Kind) *Problem {
	message := "Flow sequence in block collection must be sufficiently indented and end with a ]"
	if kind == yaml.MappingNode {
		message = "Flow map in block collection must be sufficiently indented and end with a }"
	}
	depth, begins := 0, true // whether a quote here would begin a text
	for !s.ended() {
		switch c := s.source[s.at]; c {
		case '"', '\'':
			if begins {
				if wrong := s.quote(); wrong != nil {
					return wrong
				}
				continue
			}
		case '&', '!', '*':
			if begins {
				s.property()
				continue
			}
		case '#':
			if strings.ContainsRune(" \t\n", rune(s.source[s.at-1])) {
				s.comment()
				continue
			}
		case '\n':
			s.line++
			indent, first := s.nextLine()
			last := depth == 1 && indent == s.least-1 && (first == ']' || first == '}')
			if indent < s.least && first != '\n' && first != '#' && !last {
				return s.problem(message, indent)
			}
		case '[', '{':
			depth, begins = depth+1, true
		case ']', '}':
			if depth--; depth == 0 {
				return nil
			}
			begins = true
		case ',':
			begins = true
		case ':', '?':
			begins = begins || strings.IndexByte(" \t\r\n,[]{}", s.rest(s.at + 1)[0]) >= 0
		case ' ', '\t', '\r':
		default:
			begins = false
		}
		s.at++
	}
	return nil
}
