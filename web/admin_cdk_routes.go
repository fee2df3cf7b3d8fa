package web

// archivesPath is where archives of connectors are uploaded, the one address whose bodies may be as large as those.
const archivesPath = "/admin/cdk/archives"

// cdkRoutes are the pages of connectors for Tray: everybody of the staff looks, admins deploy.
func (s *Server) cdkRoutes() []route {
	return []route{
		{"GET", "/admin/cdk", staffViewer, s.adminCDK},
		{"POST", archivesPath, staffAdmin, s.adminUploadArchive},
		{"GET", archivesPath + "/:archive", staffViewer, s.adminArchive},
		{"GET", archivesPath + "/:archive/file", staffAdmin, s.adminArchiveFile},
		{"POST", archivesPath + "/:archive/deploy", staffAdmin, s.adminDeployArchive},
		{"GET", "/admin/cdk/releases/:release", staffViewer, s.adminRelease},
		{"POST", "/admin/cdk/releases/:release/again", staffAdmin, s.adminAgainCDK},
		{"POST", "/admin/cdk/deployments/:deployment/retry", staffAdmin, s.adminRetryCDK},
		{"POST", "/admin/cdk/deployments/:deployment/after", staffAdmin, s.adminSendAfterCDK},
		{"POST", "/admin/cdk/deployments/:deployment/watch", staffAdmin, s.adminWatchCDK},
		{"POST", "/admin/cdk/deployments/:deployment/share", staffAdmin, s.adminShareCDK},
	}
}
