package connectsim

import (
	"net/http"
	"slices"
	"strings"
)

// Switches are words that make something go wrong when they stand in a key or a tag, or when a control sets them. Case
// and dashes do not matter.
const (
	previewFail        = "previewFail"   // the preview is rejected
	previewCancel      = "previewCancel" // the preview ends where it was before it was asked for
	publishFail        = "publishFail"
	buildFail          = "buildFail"      // the deployment fails while it is built
	healthFail         = "healthFail"     // it fails since an application does not answer
	postDeployWarn     = "postDeployWarn" // it is deployed, with a warning
	undeployFail       = "undeployFail"   // the first attempt to undeploy fails, a later one does not
	slow               = "slow"           // everything takes ten times as long
	stuck              = "stuck"          // nothing ever comes to an end
	productionDisabled = "productionDisabled"
	noAPIClientScope   = "noApiClientScope" // as though the token had no manage_api_clients
)

// Trips are switches that go off once, at the next call about the object.
const (
	trip401 = "401-next"
	trip409 = "409-next" // at the next update
	trip502 = "502-next"
)

func plain(word string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("-_.", r) {
			return -1
		}
		return r
	}, strings.ToLower(word))
}

// switched says whether a switch is in one of the texts.
func switched(word string, texts ...string) bool {
	return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(plain(t), plain(word)) })
}

// tripsOf are the trips that a key asks for.
func tripsOf(key string) []string {
	return slices.DeleteFunc([]string{trip401, trip409, trip502}, func(t string) bool { return !switched(t, key) })
}

func (d *draft) has(word string) bool {
	return switched(word, append(d.Switches, d.Key, d.Repository.Tag)...)
}

func (d *deployment) has(word string) bool {
	return switched(word, append(d.Switches, d.Key, d.Connector.Key, d.Connector.Repository.Tag)...)
}

// trip lets a call fail by a switch of the object that it is about. For 409-next somebody else changes the object first,
// so that the caller's version is not the current one any more; put writes what has changed.
func (c *call) trip(p *progress, version *int, put func()) error {
	i := slices.IndexFunc(p.Trips, func(t string) bool { return t != trip409 || c.r.Method == http.MethodPost })
	if i < 0 {
		return nil
	}
	gone := p.Trips[i]
	p.Trips = slices.Delete(slices.Clone(p.Trips), i, i+1)
	defer put()
	switch gone {
	case trip401:
		return unauthenticated(c.conf)
	case trip502:
		return refuse(codeBadGateway, "The upstream service did not answer")
	}
	*version++
	return nil
}
