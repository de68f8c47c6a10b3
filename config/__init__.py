"""How the apps are put together and run."""
