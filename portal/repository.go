package portal

import (
	"context"
	"errors"
	"time"

	"portico/store"
	"portico/upstream/commercetools"
	"portico/upstream/commercetools/connectyaml"
	"portico/upstream/git"
)

// repositoryPatience is how long reading one file of a repository may take.
const repositoryPatience = 45 * time.Second

// mostConnectYAML is the longest connect.yaml that is read, in bytes.
const mostConnectYAML = 1 << 20

// repositoryRead is what a repository has at a tag.
type repositoryRead struct {
	file   git.File
	result connectyaml.Result
	err    error // a *Refusal for what a person can mend
}

// readRepository reads the connect.yaml of a repository at a tag, with the account's key where it is asked for by SSH.
func (p *Portal) readRepository(ctx context.Context, accountID, url, tag string) (r repositoryRead) {
	a, err := p.store.DeployAccount(ctx, accountID)
	if err != nil {
		return repositoryRead{err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, repositoryPatience)
	defer cancel()
	r.file, err = git.ReadFile(ctx, p.sourceOf(a, url, tag), "connect.yaml", mostConnectYAML)
	if err != nil {
		return repositoryRead{err: repositoryRefusal(err, url, tag)}
	}
	r.result = connectyaml.Parse(r.file.Data)
	return r
}

func (p *Portal) sourceOf(a store.DeployAccount, url, tag string) git.Source {
	return git.Source{URL: url, Tag: tag, SSHKey: a.GitKey, KnownHosts: a.KnownHosts, AllowLoopback: p.LocalRepositories}
}

// repositoryRefusal says why a repository cannot be read, and who can mend it.
func repositoryRefusal(err error, url, tag string) error {
	why, ok := errors.AsType[*git.Error](err)
	if !ok {
		return err
	}
	code, known := repositoryCodes[why.Kind]
	if !known {
		code = "repository_unreachable"
	}
	r, _ := refuse(code, "url", shortened(url), "tag", shortened(tag)).(*Refusal)
	r.Err = err
	return r
}

var repositoryCodes = map[git.Kind]string{
	git.BadURL: "repository_url", git.Unreachable: "repository_unreachable", git.Denied: "repository_denied", git.NoRepository: "repository_none",
	git.NoTag: "repository_tag", git.BadTag: "repository_tag", git.NoFile: "repository_file", git.TooLarge: "repository_large", git.HostKey: "repository_host_key", git.Malformed: "repository_malformed",
}

// RepositoryTags lists the tags of a draft's repository, the newest version first.
func (p *Portal) RepositoryTags(ctx context.Context, draftID string) ([]string, error) {
	row, err := p.store.ConnectorDraft(ctx, draftID)
	if err != nil {
		return nil, err
	}
	there, err := DraftDocument(row)
	if err != nil {
		return nil, err
	}
	a, err := p.store.DeployAccount(ctx, row.AccountID)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.AnswerWithin)
	defer cancel()
	tags, err := git.Tags(ctx, p.sourceOf(a, there.Repository.URL, ""))
	if err != nil {
		return nil, repositoryRefusal(err, there.Repository.URL, "")
	}
	return tags, nil
}

// PipelineSight is what a pipeline would meet: the connect.yaml at the tag, and what differs from the draft as it is.
type PipelineSight struct {
	Commit  string
	Branch  bool // the name is a branch's: commercetools does not support that
	Result  connectyaml.Result
	NewKeys []string // "application.KEY", or "KEY" where all share it
	Gone    []string
	Lacking []string // required keys that the preview deployment would have no value for
}

// PlanPipeline reads the repository at the tag and says what a pipeline would meet. Nothing is sent. A *Refusal says why the
// repository cannot be read.
func (p *Portal) PlanPipeline(ctx context.Context, w PipelineWish) (PipelineSight, error) {
	row, err := p.store.ConnectorDraft(ctx, w.DraftID)
	if err != nil {
		return PipelineSight{}, err
	}
	there, err := DraftDocument(row)
	if err != nil {
		return PipelineSight{}, err
	}
	url := orElse(w.URL, there.Repository.URL)
	if faults := p.CheckAction(there, commercetools.SetRepository(url, w.Tag)); len(faults) > 0 {
		return PipelineSight{}, faults[0].Refusal
	}
	read := p.readRepository(ctx, row.AccountID, url, w.Tag)
	if read.err != nil {
		return PipelineSight{}, read.err
	}
	sight := PipelineSight{Commit: read.file.Commit, Branch: read.file.Branch, Result: read.result}
	if read.result.Valid {
		sight.NewKeys, sight.Gone = keyChanges(keysOfDraft(there), keysOfFile(read.result.File))
		sight.Lacking, err = p.lacking(ctx, w, row, read.result.File, sight.NewKeys)
	}
	return sight, err
}

func keysOfDraft(d commercetools.Draft) []string {
	var keys []string
	add := func(prefix string, all ...[]commercetools.Key) {
		for _, list := range all {
			for _, k := range list {
				keys = append(keys, prefix+k.Key)
			}
		}
	}
	add("", d.GlobalConfiguration.Standard, d.GlobalConfiguration.Secured)
	for _, a := range d.Configurations {
		add(a.Name+".", a.Standard, a.Secured)
	}
	return keys
}

func keysOfFile(f connectyaml.File) []string {
	var keys []string
	add := func(prefix string, c connectyaml.Configuration) {
		for _, list := range [][]connectyaml.Key{c.Standard, c.Secured} {
			for _, k := range list {
				keys = append(keys, prefix+k.Key)
			}
		}
	}
	add("", f.Inherit.Configuration)
	for _, a := range f.Applications {
		if !a.Ignored() {
			add(a.Name+".", a.Configuration)
		}
	}
	return keys
}

// keyChanges is what is new and what is gone.
func keyChanges(was, now []string) (fresh, gone []string) {
	had := map[string]bool{}
	for _, k := range was {
		had[k] = true
	}
	for _, k := range now {
		if !had[k] {
			fresh = append(fresh, k)
		}
		delete(had, k)
	}
	for _, k := range was {
		if had[k] {
			gone = append(gone, k)
		}
	}
	return fresh, gone
}
