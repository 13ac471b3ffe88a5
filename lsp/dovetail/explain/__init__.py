"""Why a completion is as it is: the account of it, and the page that shows it."""
