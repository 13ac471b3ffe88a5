--- Dovetail: code completion that runs entirely on your machine.
local M = {}

local is_set_up = false

--- Start Dovetail. Options are in `:help dovetail-options`; a wrong one raises an error that names it.
---@param options? table
function M.setup(options)
  if vim.fn.has("nvim-0.10") == 0 then
    error("dovetail.setup: Neovim 0.10 or newer is needed", 0)
  end
  local config = require("dovetail.config")
  local resolved = config.resolve(options)
  local ghost = require("dovetail.ghost")
  if is_set_up then
    ghost.disable()
  end
  config.current = resolved
  is_set_up = true
  local group = vim.api.nvim_create_augroup("dovetail", { clear = true })
  if resolved.suggestion.enabled then
    ghost.enable(group)
  end
  require("dovetail.client").enable(group)
end

--- Whether `setup()` was called.
---@return boolean
function M.is_set_up()
  return is_set_up
end

--- Return the status of the server; see `:help dovetail.status()`.
---@return dovetail.Status
function M.status()
  return require("dovetail.status").get()
end

--- Return what is left of the suggestion on the screen, or nil.
---@return string?
function M.suggestion()
  return require("dovetail.ghost").text()
end

return M
