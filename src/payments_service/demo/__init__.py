"""The whole service on one machine with nothing installed, and a story that is played on it."""
