---@brief
---
--- https://github.com/OWNER/dovetail
---
--- Code completion that runs entirely on your machine: a fill-in-the-middle model in llama.cpp that sees the rest of
--- the project. The server answers `textDocument/inlineCompletion`, which Neovim shows from 0.12 on.
---
--- ```sh
--- uv tool install dovetail # or: pipx install dovetail
--- ```
---
--- Ghost text is off by default. To show it, and to accept it with `<Tab>`:
---
--- ```lua
--- vim.lsp.enable('dovetail')
--- vim.lsp.inline_completion.enable()
--- vim.keymap.set('i', '<Tab>', function()
---   if not vim.lsp.inline_completion.get() then
---     return '<Tab>'
---   end
--- end, { expr = true, desc = 'Accept the inline completion' })
--- ```
---
--- Settings of the server go into `init_options`:
---
--- ```lua
--- vim.lsp.config('dovetail', { init_options = { max_tokens = 32 } })
--- ```

---@type vim.lsp.Config
return {
  cmd = { 'dovetail', 'serve' },
  -- Modules that the project or the shell puts on Python's path must not replace the server's own.
  cmd_env = { PYTHONPATH = '' },
  filetypes = {
    'astro',
    'bash',
    'c',
    'cpp',
    'cs',
    'css',
    'cuda',
    'dart',
    'elixir',
    'go',
    'haskell',
    'html',
    'java',
    'javascript',
    'javascriptreact',
    'julia',
    'kotlin',
    'lua',
    'php',
    'python',
    'ruby',
    'rust',
    'scala',
    'scss',
    'sh',
    'sql',
    'svelte',
    'swift',
    'typescript',
    'typescriptreact',
    'vue',
    'zig',
    'zsh',
  },
  -- Where there is no marker the server finds the workspace of a file.
  root_markers = { '.dovetail.toml', '.git', '.hg', '.jj' },
}
