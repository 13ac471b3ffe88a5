"""The pages: true links, true commands, generated parts up to date, a site without warnings."""
