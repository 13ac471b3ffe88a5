"""The language server, the completion pipeline and the command line of Dovetail."""
