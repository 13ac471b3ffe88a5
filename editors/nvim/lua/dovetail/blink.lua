--- A source for blink.cmp: `providers = { dovetail = { name = "Dovetail", module = "dovetail.blink", async = true } }`.
local M = {}

function M.new()
  return setmetatable({}, { __index = M })
end

function M:enabled()
  local client = require("dovetail.client")
  return client.is_attached(vim.api.nvim_get_current_buf())
end

function M:get_trigger_characters()
  return { ".", "(", "[", "{", "=", " ", "," }
end

function M:get_completions(_, callback)
  return require("dovetail.menu").ask(function(entries)
    callback({ items = entries, is_incomplete_forward = true, is_incomplete_backward = true })
  end)
end

function M:execute(_, item, callback, default_implementation)
  if default_implementation then
    default_implementation()
  end
  require("dovetail.menu").accepted(item)
  callback()
end

return M
