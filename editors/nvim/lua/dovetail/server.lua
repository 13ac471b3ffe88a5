--- Finds the server's command: the option `server.cmd`, `dovetail` on PATH, or the environment of `:Dovetail install`.
local M = {}

local config = require("dovetail.config")

---@alias dovetail.Origin "option"|"path"|"environment"|"missing"

--- Return the command that starts the server, and where it comes from.
---@return string[]
---@return dovetail.Origin
function M.command()
  local chosen = config.current.server.cmd
  if chosen then
    return vim.deepcopy(chosen), "option"
  end
  if vim.fn.executable("dovetail") == 1 then
    return { "dovetail", "serve" }, "path"
  end
  local python = require("dovetail.install.environment").python()
  if python then
    return { python, "-E", "-P", "-m", "dovetail", "serve" }, "environment"
  end
  return { "dovetail", "serve" }, "missing"
end

--- Whether the command can be run.
---@return boolean
function M.is_installed()
  return vim.fn.executable(M.command()[1]) == 1
end

--- Return the command of another subcommand, such as `doctor`; nil where `server.cmd` does not end with `serve`.
---@param arguments string[]
---@return string[]?
function M.subcommand(arguments)
  local command = M.command()
  if command[#command] ~= "serve" then
    return nil
  end
  command[#command] = nil
  return vim.list_extend(command, arguments)
end

return M
