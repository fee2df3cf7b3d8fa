package connectyaml

import (
	"slices"
	"strings"
)

const cloudIdentifier = "CLOUD_IDENTIFIER"

// together checks what the parts of a file have to do with each other. It is for
// files without hard problems.
func (c *checker) together(root *node, f File) {
	whole := place{node: root}
	c.applicationNames(whole, f)
	c.globalKeys(whole, f)
	c.cloudIdentifiers(whole, f)
	c.securedInMerchantCenter(whole, f)
}

// applicationNames reports names that several applications have.
func (c *checker) applicationNames(p place, f File) {
	count := map[string]int{}
	var twice []string
	for _, a := range f.Applications {
		count[a.Name]++
		if count[a.Name] == 2 && !inherited[a.Name] {
			if twice == nil {
				p.line, p.column = a.Line, 0
			}
			twice = append(twice, a.Name)
		}
	}
	if twice == nil {
		return
	}
	sortByFirst(twice, f)
	c.report(p, "Duplicate application name found: "+strings.Join(twice, ","))
}

// sortByFirst puts names in the order in which JavaScript lists them: those that
// are places in a list, then the others as they first occur.
func sortByFirst(names []string, f File) {
	first := map[string]int{}
	for i, a := range slices.Backward(f.Applications) {
		first[a.Name] = i
	}
	slices.SortFunc(names, func(a, b string) int { return first[a] - first[b] })
	slices.SortStableFunc(names, byIndex)
}

// inherited are the names that every object of JavaScript has. The official
// validator counts in such an object and so misses them when they occur twice.
var inherited = map[string]bool{
	"constructor": true, "hasOwnProperty": true, "isPrototypeOf": true, "propertyIsEnumerable": true,
	"toLocaleString": true, "toString": true, "valueOf": true, "__proto__": true, "__defineGetter__": true,
	"__defineSetter__": true, "__lookupGetter__": true, "__lookupSetter__": true,
}

// globalKeys reports keys of inheritAs that occur anywhere else.
func (c *checker) globalKeys(p place, f File) {
	global := f.Inherit.Configuration.all()
	count := map[string]int{}
	for _, k := range global {
		count[k.Key]++
	}
	for _, a := range f.Applications {
		for _, k := range a.Configuration.all() {
			count[k.Key]++
		}
	}
	var twice []string
	for _, k := range global {
		if count[k.Key] < 2 || inherited[k.Key] || slices.Contains(twice, k.Key) {
			continue
		}
		if twice == nil {
			p.line, p.column = k.Line, 0
		}
		twice = append(twice, k.Key)
	}
	if twice != nil {
		c.report(p, "Duplicate global key found "+strings.Join(twice, ", "))
	}
}

// cloudIdentifiers reports applications of the Merchant Center that would not know
// in which of its regions they run.
func (c *checker) cloudIdentifiers(p place, f File) {
	isRequired := func(k Key) bool { return k.Key == cloudIdentifier && k.Required }
	isGiven := func(k Key) bool {
		return k.Key == cloudIdentifier && (k.Required || k.Default != nil && *k.Default != "")
	}
	if slices.ContainsFunc(f.Inherit.Configuration.all(), isRequired) {
		return
	}
	for _, a := range f.Applications {
		if a.MerchantCenter() && !slices.ContainsFunc(a.Configuration.Standard, isGiven) {
			p.line, p.column = a.Line, 0
			c.report(p, "Application "+a.Name+" is missing "+cloudIdentifier+" configuration.")
		}
	}
}

// securedInMerchantCenter reports secrets of applications that run in browsers.
func (c *checker) securedInMerchantCenter(p place, f File) {
	for _, a := range f.Applications {
		if !a.MerchantCenter() || len(a.Configuration.Secured) == 0 {
			continue
		}
		p.line, p.column = a.Configuration.Secured[0].Line, 0
		what := "application"
		if a.Type == CustomView {
			what = "view"
		}
		c.report(p, "Secured configuration is not allowed in merchant center custom "+what+".")
	}
}
