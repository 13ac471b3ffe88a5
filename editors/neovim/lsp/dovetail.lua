-- Dovetail for Neovim 0.12's built-in language client. Put this folder on 'runtimepath', then:
--   vim.lsp.enable("dovetail")
--   vim.lsp.inline_completion.enable()
-- Settings go into init_options; their names stand in the README.
return {
  cmd = { "dovetail", "serve" },
  -- Nothing that the project or the shell puts on Python's path may take the place of the server's own modules.
  cmd_env = { PYTHONPATH = "" },
  filetypes = {
    "c", "cpp", "cs", "go", "java", "javascript", "javascriptreact", "python", "rust", "typescript", "typescriptreact",
  },
  root_markers = { ".dovetail.toml", "pyproject.toml", "setup.py", "package.json", "go.mod", "Cargo.toml", "pom.xml", ".git" },
  init_options = {},
}
