--- A source for blink.cmp: `providers = { dovetail = { name = "Dovetail", module = "dovetail.blink", async = true } }`.
---@class dovetail.BlinkSource a source as blink.cmp's "Source boilerplate" describes it
local M = {}

---@return dovetail.BlinkSource
function M.new()
  return setmetatable({}, { __index = M })
end

--- Whether the current buffer is attached to the server.
---@return boolean
function M:enabled()
  local client = require("dovetail.client")
  return client.is_attached(vim.api.nvim_get_current_buf())
end

---@return string[]
function M:get_trigger_characters()
  return { ".", "(", "[", "{", "=", " ", "," }
end

--- Ask for the suggestion. Returns a function that cancels.
---@param _ table blink.cmp's context
---@param callback fun(response: table)
---@return fun()
function M:get_completions(_, callback)
  return require("dovetail.menu").ask(function(entries)
    callback({ items = entries, is_incomplete_forward = true, is_incomplete_backward = true })
  end)
end

--- Insert an entry as blink.cmp does by default, and report it to the server.
---@param _ table blink.cmp's context
---@param item table
---@param callback fun()
---@param default_implementation? fun()
function M:execute(_, item, callback, default_implementation)
  if default_implementation then
    default_implementation()
  end
  require("dovetail.menu").accepted(item)
  callback()
end

return M
