--- A source for nvim-cmp: `require("cmp").register_source("dovetail", require("dovetail.cmp").new())`.
local M = {}

function M.new()
  return setmetatable({}, { __index = M })
end

function M:is_available()
  return require("dovetail.client").is_attached(vim.api.nvim_get_current_buf())
end

function M:get_debug_name()
  return "dovetail"
end

function M:get_position_encoding_kind()
  return "utf-8"
end

function M:get_trigger_characters()
  return { ".", "(", "[", "{", "=", " ", "," }
end

function M:complete(_, callback)
  require("dovetail.menu").ask(function(entries)
    callback({ items = entries, isIncomplete = true })
  end)
end

function M:execute(entry, callback)
  require("dovetail.menu").accepted(entry)
  callback(entry)
end

return M
