package portal

import (
	"portico/store"
	"portico/upstream/traycdk"
)

func aboutArchive(a store.Archive) any {
	return map[string]any{"filename": a.Filename, "size": a.Size, "sha256": a.SHA256, "name": a.Name, "version": a.Version, "problems": len(a.Report.Problems)}
}

// reported is what Tray's reader of archives has found, in the store's words.
func reported(r traycdk.Report) store.ArchiveReport {
	s := store.ArchiveReport{
		Title: r.Title, Description: r.Description, Service: r.Service, Trigger: r.Trigger, RawHTTP: r.RawHTTP, Files: r.Files, Uncompressed: r.Uncompressed,
		Problems: problems(r.Problems), Warnings: problems(r.Warnings),
	}
	if r.ServiceVersion != "" {
		s.Service += " " + r.ServiceVersion
	}
	for _, o := range r.Operations {
		s.Operations = append(s.Operations, store.ArchiveOperation{Name: o.Name, Title: o.Title, Type: o.Type, Delivery: o.Delivery})
	}
	return s
}

func problems(found []traycdk.Problem) []store.ArchiveProblem {
	var all []store.ArchiveProblem
	for _, f := range found {
		all = append(all, store.ArchiveProblem{Code: f.Code, Path: f.Path, Args: f.Args})
	}
	return all
}
