-- Prints what `:help dovetail` is made of, as JSON: the plugin's options and the subcommands. `help.py` runs it.
local root =
  vim.fs.dirname(vim.fs.dirname(vim.fs.abspath and vim.fs.abspath(arg[0]) or vim.fn.fnamemodify(arg[0], ":p")))
vim.opt.runtimepath:prepend(root)

local options = {}
for _, option in ipairs(require("dovetail.config").options) do
  options[#options + 1] = {
    name = option.name,
    type = option.type,
    default = vim.inspect(option.default),
    sentence = option.sentence,
  }
end

local subcommands = {}
for name, subcommand in pairs(require("dovetail.commands").subcommands) do
  subcommands[#subcommands + 1] = { name = name, sentence = subcommand.sentence }
end
table.sort(subcommands, function(one, other)
  return one.name < other.name
end)

io.stdout:write(vim.json.encode({ options = options, subcommands = subcommands }))
