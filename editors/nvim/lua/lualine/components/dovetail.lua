--- `sections = { lualine_x = { "dovetail" } }` in lualine's options.
local component = require("lualine.component"):extend()

---@return string
function component:update_status()
  return require("dovetail.status").text()
end

return component
