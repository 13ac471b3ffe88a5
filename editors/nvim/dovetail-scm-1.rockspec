rockspec_format = "3.0"
package = "dovetail"
version = "scm-1"

-- The release workflow fills in OWNER and the version. The branch `nvim` holds this folder as its root.
source = {
  url = "git+https://github.com/OWNER/dovetail.git",
  branch = "nvim",
}

description = {
  summary = "Code completion that runs entirely on your machine, for Neovim",
  detailed = [[
    Ghost text from the Dovetail language server: a local fill-in-the-middle model that sees the rest of your project.
    The plugin installs the server by `:Dovetail install`.
  ]],
  labels = { "neovim", "plugin", "completion", "lsp" },
  homepage = "https://github.com/OWNER/dovetail",
  license = "MIT",
}

dependencies = {
  "lua == 5.1",
}

build = {
  type = "builtin",
  copy_directories = { "doc", "lsp", "plugin" },
}
