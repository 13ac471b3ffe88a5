-- For Neovim's own client, without the plugin's ghost text, commands and keys (0.11 or newer; ghost text from 0.12 on):
--   vim.lsp.enable("dovetail")
--   vim.lsp.inline_completion.enable()
-- Settings of the server go into init_options.
local config = require("dovetail.config")

local filetypes = {}
for filetype, on in pairs(config.current.filetypes) do
  if on and filetype ~= "*" then
    filetypes[#filetypes + 1] = filetype
  end
end
table.sort(filetypes)

return {
  cmd = (require("dovetail.server").command()),
  -- Modules that the project or the shell puts on Python's path must not replace the server's own.
  cmd_env = { PYTHONPATH = "" },
  filetypes = filetypes,
  -- Where there is no marker the server finds the workspace of a file.
  root_markers = #config.current.root_markers > 0 and config.current.root_markers or nil,
  init_options = vim.empty_dict(),
}
