package static

import (
	"fmt"
	"io/fs"
	"math"
	"regexp"
	"strings"
	"testing"
)

// layers returns the stylesheet's files by name, comments left out.
func layers(t *testing.T) map[string]string {
	t.Helper()
	names, err := fs.Glob(source, "css/*.css")
	if err != nil || len(names) == 0 {
		t.Fatalf("listing css: %v, %v", names, err)
	}
	comment := regexp.MustCompile(`(?s)/\*.*?\*/`)
	all := map[string]string{}
	for _, name := range names {
		all[name] = comment.ReplaceAllString(string(read(name)), "")
	}
	return all
}

// physical finds a declaration that names a side of the screen, where right-to-left needs a logical one.
var physical = regexp.MustCompile(`(?:^|[{;\s])(` +
	`(?:min-|max-)?(?:width|height)|left|right|top|bottom|` +
	`(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right|top|bottom)[a-z-]*|` +
	`border-(?:top|bottom)-(?:left|right)-radius|overflow-[xy]|` +
	`(?:float|clear|text-align)\s*:\s*(?:left|right)` +
	`)\s*[:;}]`)

func TestLogicalPropertiesOnly(t *testing.T) {
	for name, css := range layers(t) {
		for _, found := range physical.FindAllString(css, -1) {
			t.Errorf("%s: %q is physical", name, strings.TrimSpace(found))
		}
		if strings.Contains(css, "!important") {
			t.Errorf("%s: !important; layers decide who wins", name)
		}
	}
	for _, bad := range []string{"a{left:0}", "a { max-width: 1px }", "b{c:d;margin-top:0}", "a{text-align: left;}", "a{border-left-color:red}"} {
		if !physical.MatchString(bad) {
			t.Errorf("%q is not found", bad)
		}
	}
}

func TestEveryRuleIsInALayer(t *testing.T) {
	for name, css := range layers(t) {
		depth := 0
		for line := range strings.Lines(css) {
			line = strings.TrimSpace(line)
			if depth == 0 && line != "" && !strings.HasPrefix(line, "@layer") {
				t.Errorf("%s: outside a layer: %s", name, line)
			}
			depth += strings.Count(line, "{") - strings.Count(line, "}")
		}
		if depth != 0 {
			t.Errorf("%s: %d braces are not closed", name, depth)
		}
	}
}

func TestMinifyCSS(t *testing.T) {
	tests := []struct{ css, want string }{
		{"/* a */ a , b { color : red ; }", "a,b{color :red}"},
		{"a :hover > b { inset: calc(1px + 2px) }", "a :hover>b{inset:calc(1px + 2px)}"},
		{`a::before { content: "a ;  b" / ""; }`, `a::before{content:"a ;  b" / ""}`},
		{"@media (width < 760px) and (hover) { a { b: c } }", "@media (width < 760px) and (hover){a{b:c}}"},
	}
	for _, tt := range tests {
		if got := minifyCSS(tt.css); got != tt.want {
			t.Errorf("minifyCSS(%q) = %q, want %q", tt.css, got, tt.want)
		}
	}
}

// TestContrast holds WCAG's 4.5 to 1 for each pair of ink and ground that our parts put together.
func TestContrast(t *testing.T) {
	pairs := map[string][]string{
		"ink":      {"page", "surface", "sunken"},
		"ink-soft": {"page", "surface", "sunken"},
		"good":     {"good-soft", "surface", "page"},
		"warn":     {"warn-soft", "surface", "page"},
		"bad":      {"bad-soft", "surface", "page"},
	}
	for scheme, name := range []string{"light", "dark"} {
		for ink, grounds := range pairs {
			for _, ground := range grounds {
				if got := contrast(token(t, ink, scheme), token(t, ground, scheme)); got < 4.5 {
					t.Errorf("%s: --%s on --%s: %.2f to 1, want 4.5", name, ink, ground, got)
				}
			}
		}
		for _, ground := range []string{"page", "surface"} {
			if got := contrast(token(t, "line-strong", scheme), token(t, ground, scheme)); got < 3 {
				t.Errorf("%s: the edge of a control on --%s: %.2f to 1, want 3", name, ground, got)
			}
		}
	}
	if got := contrast(luminance("white"), token(t, "accent", 0)); got < 4.5 {
		t.Errorf("white on --accent: %.2f to 1, want 4.5", got)
	}
}

// token returns the luminance of a colour token, scheme 0 for light and 1 for dark.
func token(t *testing.T, name string, scheme int) float64 {
	t.Helper()
	css := layers(t)["css/2-tokens.css"]
	value := regexp.MustCompile(`--` + name + `: ([^;]+);`).FindStringSubmatch(css)
	if value == nil {
		t.Fatalf("no token --%s", name)
	}
	colours := regexp.MustCompile(`white|oklch\([^)]+\)`).FindAllString(value[1], -1)
	if len(colours) <= scheme {
		t.Fatalf("--%s: no colour %d in %q", name, scheme, value[1])
	}
	return luminance(colours[scheme])
}

// luminance turns oklch(L% C H) into WCAG's relative luminance, by Ottosson's matrices.
func luminance(colour string) float64 {
	if colour == "white" {
		return 1
	}
	var lightness, chroma, hue float64
	fmt.Sscanf(colour, "oklch(%f%% %f %f)", &lightness, &chroma, &hue)
	lightness /= 100
	a, b := chroma*math.Cos(hue*math.Pi/180), chroma*math.Sin(hue*math.Pi/180)
	l := math.Pow(lightness+0.3963377774*a+0.2158037573*b, 3)
	m := math.Pow(lightness-0.1055613458*a-0.0638541728*b, 3)
	s := math.Pow(lightness-0.0894841775*a-1.2914855480*b, 3)
	inGamut := func(x float64) float64 { return min(max(x, 0), 1) }
	red := inGamut(4.0767416621*l - 3.3077115913*m + 0.2309699292*s)
	green := inGamut(-1.2684380046*l + 2.6097574011*m - 0.3413193965*s)
	blue := inGamut(-0.0041960863*l - 0.7034186147*m + 1.7076147010*s)
	return 0.2126*red + 0.7152*green + 0.0722*blue
}

func contrast(a, b float64) float64 {
	return (max(a, b) + 0.05) / (min(a, b) + 0.05)
}
