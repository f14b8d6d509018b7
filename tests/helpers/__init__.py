"""What tests share: tiny models, data directories, launchers, recipes."""
