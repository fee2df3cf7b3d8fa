package tray

import (
	"context"

	"portico/graphql"
)

// Authentication is an end user's sign-in at a third party. Tray does not say
// whether it still works, when it was made, or by whom.
type Authentication struct {
	ID           string
	Name         string
	ServiceName  string
	ServiceTitle string
	ServiceIcon  string // an address
}

// Authentications lists the user's authentications (ListAuthentications, user
// token). The list takes no paging arguments in Tray's schema, so the further
// pages are asked for only when it says that there are some.
func (u *UserClient) Authentications(ctx context.Context) ([]Authentication, error) {
	all := []Authentication{}
	err := eachPage("ListAuthentications", func(after string) ([]graphql.AuthenticationEdge, graphql.PageInfo, error) {
		return u.authentications(ctx, after)
	}, func(edges []graphql.AuthenticationEdge) error {
		for _, e := range edges {
			if e.Node.Id == "" {
				return missing("ListAuthentications", "ID of an authentication")
			}
			all = append(all, authentication(e.Node))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

func (u *UserClient) authentications(ctx context.Context, after string) ([]graphql.AuthenticationEdge, graphql.PageInfo, error) {
	if after != "" {
		answer, err := graphql.ListMoreAuthentications(ctx, u.user, pageSize, after)
		if err != nil {
			return nil, graphql.PageInfo{}, err
		}
		return answer.Viewer.Authentications.Edges, answer.Viewer.Authentications.PageInfo, nil
	}
	answer, err := graphql.ListAuthentications(ctx, u.user)
	if err != nil {
		return nil, graphql.PageInfo{}, err
	}
	return answer.Viewer.Authentications.Edges, answer.Viewer.Authentications.PageInfo, nil
}

func authentication(f graphql.AuthenticationFields) Authentication {
	return Authentication{ID: f.Id, Name: f.Name, ServiceName: f.Service.Name, ServiceTitle: f.Service.Title, ServiceIcon: f.Service.Icon}
}
