"""The workspace tree: folders, notebooks and files, as the Workspace API and the workspace-files API show them."""
