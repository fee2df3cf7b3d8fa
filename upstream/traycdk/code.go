package traycdk

import "slices"

// codes are all there are, each with the arguments that its sentence gets, if any, what
// it means, and what to do about it. Each may come with Args["more"]: how many more of
// the kind were found and are not listed. Sizes are in bytes, places count from 1.
var codes = []string{
	// The archive as a whole. After these nothing more is looked at.

	// With kind: empty, html, text, json, gzip, bzip2, xz, 7z, rar or unknown. The file is not a zip
	// archive. Upload the .tray/connector.zip that `tray-cdk connector build` makes.
	"not_zip",
	// With size, limit. The file is larger than the portal takes. Leave out what the build does not need,
	// or raise the limit.
	"too_large",
	// The file begins as a zip archive, but its directory, or the file at the path, cannot be read; often
	// an upload or a copy that was cut short. Build it again and upload it again.
	"damaged",
	// There are no files in the archive. Build the connector again.
	"empty_archive",
	// With limit. The archive has more entries than the portal looks through. Build with the CLI, which
	// packs no node_modules.
	"too_many_files",
	// With size, limit, or ratio, or neither. Unpacked, the archive (or the file at the path) is far
	// larger than packed, or its files lie over one another. Build it again with the CLI.
	"bomb",

	// Its entries.

	// The entry is encrypted. Pack it without a password.
	"encrypted",
	// With method: zip's number. The entry is compressed in a way that few programs read. Pack it with the
	// ordinary way, deflate.
	"compression",
	// The entry's path begins at the root of a disk. Pack the folder from the one above it.
	"absolute_path",
	// The entry's path leads out of the archive. Pack the folder from the one above it.
	"path_escape",
	// The entry's path is empty, not UTF-8, or has control characters. Rename the file.
	"bad_path",
	// The entry is a symbolic link. Pack the file itself.
	"symlink",
	// The entry is neither a file nor a folder. Leave it out.
	"special_file",
	// Two entries have this path, or one is a file and a folder. Pack into a new file: zip adds to one
	// that is there.
	"duplicate_entry",
	// A folder that macOS adds when Finder compresses. Build with the CLI, or zip with -x '__MACOSX/*'.
	"mac_metadata",
	// Installed packages are in the archive. Leave them out: Tray installs what package.json names.
	"node_modules",
	// A test context, which holds secrets, is in the archive; it would go to Tray. Delete it, build again,
	// and change the secrets if the file has left your machine.
	"context_file",

	// How it is laid out.

	// The files are not inside a folder. Pack the folder of the connector, not what is in it.
	"no_top_folder",
	// With folders, count. There is more than one folder at the top. Pack the connector's folder alone.
	"several_top_folders",
	// With folder. A file lies beside the connector's folder. Leave it out, or move it into the folder.
	"outside_folder",
	// The archive holds another archive. Upload the inner one.
	"zip_in_zip",
	// With folder; found: where one is, if anywhere. The folder has no connector.json. Pack the folder
	// that has it, right at the top.
	"no_connector_json",
	// With folder, name. The folder's name is not the connector's. Rename the folder, or the name in
	// connector.json.
	"folder_unlike_name",

	// connector.json and the operations.

	// With why: syntax, object or too_large; line and column of syntax; limit of too_large. connector.json
	// cannot be read. Correct it.
	"bad_connector_json",
	// With name, suggestion. The connector's name is missing, or not lower-case words joined by hyphens.
	// Correct name in connector.json.
	"bad_name",
	// With version, suggestion. The connector's version is missing, or not two numbers. Correct version in
	// connector.json, in quotes.
	"bad_version",
	// No folder in src has an operation.json. Add an operation with the CLI and build again.
	"no_operations",
	// With operation: the folder; why, line, column, limit as above. An operation.json cannot be read.
	// Correct it.
	"bad_operation_json",
	// With operation. The operation has no handler.ts. Add it; the file at the path is missing.
	"no_handler",
	// With operation, file: input.json or output.json. The operation has no schema, which the build makes
	// of input.ts or output.ts. Pack with `tray-cdk connector build`, not by hand.
	"no_schema",

	// Beside the form. See Report.Unlike.

	// With form, archive. The form names another connector than the archive. Correct one of them: Tray
	// refuses the two together.
	"name_unlike_form",
	// With form, archive. The form names another version than the archive. Correct one of them: Tray
	// refuses the two together.
	"version_unlike_form",

	// Warnings, with which it can be sent.

	// With version. Tray's documentation says that only version 1.0 is supported. Expect a refusal, or use
	// 1.0.
	"version_not_1_0",
	// connector.json is at the top: the folder's contents were packed instead of the folder. Pack from the
	// folder above: zip -r connector.zip my-connector.
	"zip_of_contents",
	// Paths are written with back slashes, as some Windows programs do; Tray may not see folders in them.
	// Build with the CLI, or pack with another program.
	"back_slashes",
	// Compiled code is in the archive; Tray compiles the sources itself. Leave it out.
	"dist",
	// Something of the machine or of git, which the connector does not need. Leave it out.
	"clutter",
	// A file of a kind that often holds secrets; it would go to Tray. Leave it out if it does.
	"secret_file",
	// The file begins with a byte order mark, which many programs do not take for JSON. Save it as UTF-8
	// without one.
	"bom",
	// connector.json names no service. Name one of yours or a public one: without it nobody can sign in.
	"no_service",
	// With operation, folder. The operation's name is not its folder's. Make them the same.
	"operation_unlike_folder",
	// With folder. The folder has a handler and a schema, but no operation.json: it is no operation. Add
	// it, or move the folder.
	"no_operation_json",

	// payload.json. See Payload.

	// With at: the byte, from 1. The file begins as a JSON object and goes on as something else. Make it
	// as Tray's documentation says, or upload the connector.zip itself.
	"payload_not_json",
	// The file is UTF-16, as PowerShell's > writes it. Write it as UTF-8, or upload the connector.zip
	// itself.
	"payload_utf16",
	// There is no connectorSourceCode in it, or it is not a string. Upload the connector.zip itself.
	"payload_no_source",
	// There is more than one connectorSourceCode in it. Upload the connector.zip itself.
	"payload_repeated",
	// The file ends in the middle. Upload it again, or the connector.zip itself.
	"payload_cut_short",
	// With at: the byte of the archive, from 1, before which it must be. The source code is not base64.
	// Make it as Tray's documentation says, or upload the connector.zip itself.
	"payload_bad_base64",
	// A note: the base64 was broken into lines, as GNU base64 does; the portal joins it, Tray refuses it.
	// Run base64 -w0.
	"payload_wrapped",
}

// Codes are the codes of all problems and warnings, in order of the alphabet.
func Codes() []string { return slices.Sorted(slices.Values(codes)) }
