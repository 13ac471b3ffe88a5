if vim.g.loaded_dovetail then
  return
end
vim.g.loaded_dovetail = true

vim.api.nvim_create_user_command("Dovetail", function(command)
  require("dovetail.commands").run(command)
end, {
  nargs = "*",
  bang = true,
  desc = "Dovetail: status, pause, model, why and more",
  complete = function(...)
    return require("dovetail.commands").complete(...)
  end,
})
