--- A source for nvim-cmp: `require("cmp").register_source("dovetail", require("dovetail.cmp").new())`.
---@class dovetail.CmpSource a source as `:help cmp-develop` describes it
local M = {}

---@return dovetail.CmpSource
function M.new()
  return setmetatable({}, { __index = M })
end

--- Whether the current buffer is attached to the server.
---@return boolean
function M:is_available()
  return require("dovetail.client").is_attached(vim.api.nvim_get_current_buf())
end

---@return string
function M:get_debug_name()
  return "dovetail"
end

---@return string
function M:get_position_encoding_kind()
  return "utf-8"
end

---@return string[]
function M:get_trigger_characters()
  return { ".", "(", "[", "{", "=", " ", "," }
end

---@param _ table nvim-cmp's parameters
---@param callback fun(response: table)
function M:complete(_, callback)
  require("dovetail.menu").ask(function(entries)
    callback({ items = entries, isIncomplete = true })
  end)
end

--- Report an accepted entry to the server.
---@param entry table
---@param callback fun(entry: table)
function M:execute(entry, callback)
  require("dovetail.menu").accepted(entry)
  callback(entry)
end

return M
