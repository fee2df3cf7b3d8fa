package web

// archivesPath is where archives of connectors are uploaded, the one address whose bodies may be as large as those.
const archivesPath = "/admin/cdk/archives"
