"""What people look at: the commands at the terminal, and the web page."""
