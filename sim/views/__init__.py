"""What people look at: pictures, the story, the terminal."""
